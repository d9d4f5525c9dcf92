"""Which pages there are, by who looks at them, and when one is complete."""

from playwright.sync_api import Page
from tests.browser.stage import Stage


def PAGES(stage: Stage) -> dict[str, dict[str, str]]:
    """Addresses by name by role; the role is empty where nobody is signed in."""
    client, technician = stage.client, stage.technician
    return {
        "": {"sign-in": "/sign-in"},
        "administrator": {
            "overview": "/", "kpis": "/kpis", "queue": "/queue", "wallboard": "/wallboard", "clients": "/clients",
            "client": f"/clients/{client}", "teams": "/teams", "technicians": "/technicians",
            "technician": f"/technicians/{technician}", "compare": "/compare", "kpi": "/kpis/resolution_time",
            "kpi-share": "/kpis/sla_compliance?by=priority", "rows": "/kpis/resolution_time/rows", "quality": "/data-quality",
            "dashboards": "/dashboards", "settings": "/settings", "targets": "/settings/targets", "calendars": "/settings/calendars",
            "policies": "/settings/policies", "statuses": "/settings/statuses", "people": "/people", "log": "/people/log",
            "raci": "/raci", "conformance": "/raci/conformance", "accountability": "/accountability", "integrity": "/integrity",
            "two-clocks": "/two-clocks", "account": "/account",
        },
        "delivery_manager": {"overview": "/", "queue": "/queue"},
        "finance": {"overview": "/", "cost": "/kpis/cost_per_ticket"},
        "account_manager": {"overview": "/", "clients": "/clients"},
        "technician": {"overview": "/", "queue": "/queue"},
        "client_manager": {"overview": "/", "raci": "/raci"},
        "client_viewer": {"overview": "/", "kpi": "/kpis/first_response_time"},
    }  # fmt: skip


def settle(page: Page) -> None:
    """Wait until everything that a page loads by itself has come, and its charts are drawn."""
    page.wait_for_load_state("load")
    page.wait_for_function("() => !document.querySelector('[aria-busy=true], .htmx-request, .later')", timeout=120_000)
    page.wait_for_load_state("networkidle")
