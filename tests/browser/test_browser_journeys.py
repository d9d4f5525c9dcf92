"""What people come for, done in Chromium: sign in, ask, drill to a ticket, edit a target, build a dashboard, and find nothing of others."""

import re
from collections.abc import Callable

from playwright.sync_api import Page, expect
from tests.browser.pages import PAGES, settle
from tests.browser.stage import Stage

from pacesetter.warehouse.workspace import Workspace


def test_from_the_overview_over_a_figure_to_a_ticket(as_role: Callable[..., Page]) -> None:
    page = as_role("delivery_manager")
    page.goto("/kpis")
    settle(page)
    page.locator("article.tile h3 a[href^='/kpis/resolution_time']").first.click()
    page.wait_for_url("**/kpis/resolution_time**")
    settle(page)
    expect(page.locator("h1")).to_be_visible()
    page.locator("a[href*='/rows']").first.click()
    page.wait_for_url("**/rows**")
    settle(page)
    ticket = page.locator("#rows a[href^='/tickets/']").first
    number = ticket.inner_text().strip()
    ticket.click()
    page.wait_for_url("**/tickets/**")
    expect(page.locator("h1")).to_contain_text(number)


def test_a_view_is_a_link(as_role: Callable[..., Page], stage: Stage) -> None:
    page = as_role("delivery_manager")
    page.goto(f"/kpis/tickets_created?period=custom&from=2026-08-01&to=2026-08-31&where=client={stage.client}")
    settle(page)
    shown = page.locator("main").inner_text()
    again = as_role("administrator")
    again.goto(page.url)
    settle(again)
    first = re.search(r"\d[\d.,]*", shown)
    assert first and first.group() in again.locator("main").inner_text()


def test_the_period_picker_keeps_the_filters(as_role: Callable[..., Page], stage: Stage) -> None:
    page = as_role("delivery_manager")
    page.goto(f"/kpis/tickets_created?where=client={stage.client}")
    settle(page)
    page.locator("select[name=period]").first.select_option("last-quarter")
    page.wait_for_url("**period=last-quarter**")
    settle(page)
    assert "client" in page.url and stage.client in page.url


def test_every_page_can_be_walked_by_keyboard(as_role: Callable[..., Page]) -> None:
    page = as_role("delivery_manager")
    page.goto("/")
    settle(page)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#main"
    page.keyboard.press("Enter")
    assert page.evaluate("location.hash") == "#main"
    seen = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.outerHTML.slice(0, 200)"))
    assert len(seen) > 20, "the focus is caught somewhere"


def test_a_target_is_edited_with_its_preview_and_stands_in_the_log(as_role: Callable[..., Page]) -> None:
    page = as_role("administrator")
    page.goto("/settings/targets/edit")
    page.locator("#f-kpi").select_option("csat")
    page.locator("input[name=value]").fill("91")
    page.locator("input[name=from]").fill("2026-09-01")
    page.locator("form.editor button[value=preview]").click()
    expect(page.locator("#preview")).to_be_visible()
    page.locator("form.editor button[value=save]").click()
    page.wait_for_url(lambda url: "/edit" not in url and "/changes/" not in url, timeout=120_000)
    page.goto("/kpis/csat?period=last-month")
    settle(page)
    expect(page.locator("main")).to_contain_text("91")
    page.goto("/people/log")
    expect(page.locator("main")).to_contain_text("csat")


def test_a_dashboard_is_built_and_kept(as_role: Callable[..., Page]) -> None:
    page = as_role("delivery_manager")
    page.goto("/dashboards/new")
    page.locator("input[name=title]").fill("Monday morning")
    page.locator("button[value=add]").click()
    last = page.locator("select[name^=kpi_]").last
    last.select_option("reopen_rate")
    page.locator("select[name^=chart_]").last.select_option("series")
    page.locator("button[value=save]").click()
    page.wait_for_url(re.compile(r"/dashboards/\d+$"))
    settle(page)
    expect(page.locator("h1")).to_contain_text("Monday morning")
    expect(page.locator("section.board").last).to_contain_text("eopen")
    page.reload()
    settle(page)
    expect(page.locator("section.board").last).to_contain_text("eopen")
    page.goto("/dashboards")
    expect(page.locator("a.card h3", has_text="Monday morning")).to_have_count(1)


def test_a_client_finds_nothing_of_another(as_role: Callable[..., Page], stage: Stage) -> None:
    with Workspace.open(stage.root).reader() as con:
        others = [
            name
            for client, name in con.execute("SELECT client_id, name FROM clients").fetchall()
            if client != stage.client
        ]
    page = as_role("client_manager")
    bodies: list[tuple[str, str]] = []
    page.on(
        "response",
        lambda r: bodies.append((r.url, r.text())) if "text" in (r.headers.get("content-type") or "") else None,
    )
    for address in {a for pages in PAGES(stage).values() for a in pages.values()} - {"/sign-in"}:
        page.goto(address)
        settle(page)
        text = page.content()
        assert not [name for name in others if name in text], address
    assert others and bodies
    assert not [(url, name) for url, body in bodies for name in others if name in body]
