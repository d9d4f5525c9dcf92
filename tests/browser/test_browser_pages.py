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


@pytest.mark.parametrize("locale", ["en-GB", "de-DE"])
def test_tables_fit_a_wide_window(locale: str, stage: Stage, as_role: Callable[..., Page]) -> None:
    page = as_role("administrator", width="wide", locale=locale)
    page.goto("/queue")
    settle(page)
    ticket = page.locator("table.queue th[scope=row] a").first.get_attribute("href")
    assert ticket
    for address in (ticket, "/hands", "/raci/conformance", "/clients"):
        page.goto(address)
        settle(page)
        assert page.locator(".scroll").count()
        cut = page.evaluate(
            """() => [...document.querySelectorAll('.scroll')].filter(s => s.scrollWidth > s.clientWidth)
                .map(s => `${s.closest('section')?.querySelector('h2')?.textContent}: ${s.scrollWidth} in ${s.clientWidth}`)"""
        )
        assert cut == [], address


def test_figures_keep_their_labels_on_a_phone(stage: Stage, as_role: Callable[..., Page]) -> None:
    page = as_role("administrator", width="phone", locale="en-GB")
    page.goto("/hands")
    settle(page)
    assert page.locator("table.splits thead").is_hidden()
    first = page.locator("table.splits tbody tr").first.inner_text()
    for label in ("The largest: ", "Tickets: ", "Time in all: "):
        assert label.strip(": ") in first
        assert page.locator("table.splits tbody tr").first.get_by_text(label.strip(": "), exact=True).is_visible()
    assert page.evaluate(
        "() => getComputedStyle(document.querySelector('.scroll')).backgroundImage.includes('gradient')"
    )
