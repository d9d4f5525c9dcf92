"""Every page in Chromium: nothing for axe to complain of, nothing wider than the window, no error of a script."""

from collections.abc import Callable
from pathlib import Path

import axe_playwright_python
import pytest
from playwright.sync_api import Page
from tests.browser.pages import PAGES, settle
from tests.browser.stage import Stage

AXE = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text("utf-8")
ROLES = (
    "administrator",
    "delivery_manager",
    "finance",
    "account_manager",
    "technician",
    "client_manager",
    "client_viewer",
    "",
)


def violations(page: Page) -> list[str]:
    """What axe finds: rule, how many places, the first of them."""
    page.evaluate(AXE)
    found = page.evaluate("() => axe.run(document, {resultTypes: ['violations']})")
    return [f"{v['id']} ({len(v['nodes'])}): {v['nodes'][0]['html'][:160]}" for v in found["violations"]]


def wider(page: Page) -> str | None:
    """What reaches out of the window, None where nothing does."""
    return page.evaluate(
        """() => document.documentElement.scrollWidth <= document.documentElement.clientWidth + 1 ? null
            : [...document.querySelectorAll('body *')].filter(e => e.getBoundingClientRect().right > innerWidth + 1)
                .slice(0, 3).map(e => e.outerHTML.slice(0, 120)).join(' | ') || 'something'"""
    )


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(("width", "scheme", "locale"), [("wide", "light", "en-GB"), ("phone", "dark", "de-DE")])
def test_every_page_is_accessible_and_fits(
    role: str, width: str, scheme: str, locale: str, stage: Stage, as_role: Callable[..., Page]
) -> None:
    page = as_role(role, width=width, scheme=scheme, locale=locale)
    wrong = []
    for name, address in PAGES(stage)[role].items():
        answer = page.goto(address)
        assert answer is not None and answer.ok, f"{address}: {answer and answer.status}"
        settle(page)
        wrong += [f"{name}: {text}" for text in violations(page)]
        if (text := wider(page)) is not None:
            wrong.append(f"{name}: reaches out of the window: {text}")
    assert not wrong, "\n".join(wrong)
