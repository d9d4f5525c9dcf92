"""Durations in open hours are told in hours, on pages and on the command line: a day of 24 hours is there only round the clock."""

from datetime import UTC, datetime

import pytest
from fastapi.testclient import TestClient
from tests.web.conftest import FILES, PEOPLE, Served, serve, signed_in
from typer.testing import CliRunner

from pacesetter.cli.main import app
from pacesetter.reports import charts, wording

OCTOBER = "period=custom&from=2026-10-01&to=2026-10-31"
HEAD = "event_id,ticket_id,occurred_at,kind,actor_kind,actor_id,from_value,to_value,is_public,channel\n"
OFFICE = FILES | {
    "clients": "client_id,name,calendar_id\nacme,Acme Works,office\ncanary-client,Canary Holding,\n",
    "calendars": "calendar_id,name,time_zone,hours\noffice,Office,Europe/Berlin,mon-fri 08:00-18:00\n",
    "tickets": "ticket_id,client_id,created_at,type,team_id,technician_id,resolved_at\n"
    "A-1,acme,2026-10-05T08:00:00+02:00,incident,desk,t-ann,2026-10-12T13:05:00+02:00\n"
    "C-1,canary-client,2026-10-05T08:00:00+02:00,incident,desk,t-ann,2026-10-12T13:05:00+02:00\n",
    "ticket_events": HEAD + "1,A-1,2026-10-06T08:00:00+02:00,assignment,technician,t-ann,,t-ann,,\n",
    "surveys": FILES["surveys"].splitlines()[0] + "\n", "time_entries": FILES["time_entries"].splitlines()[0] + "\n",
}  # fmt: skip


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Served:
    """Acme's ticket, from Monday 8:00 to Monday 13:05: five days of ten hours and 5 h 05 m. The other client has no calendar."""
    return serve(tmp_path_factory.mktemp("hours"), OFFICE)


@pytest.fixture(scope="module")
def admin(office: Served) -> TestClient:
    return signed_in(office.app, PEOPLE["administrator"][0])


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("--hours", "business"), "55 h 05 m"), (("--hours", "sla"), "55 h 05 m"), ((), "55 h 05 m"), (("--hours", "calendar"), "7 d 05 h"),
    ],
)  # fmt: skip
def test_the_command_line(office: Served, words: tuple[str, ...], told: str) -> None:
    where = ["--where", "client=acme", "-w", str(office.workspace.root)]
    for command in ("get", "rows"):
        result = CliRunner().invoke(app, ["kpi", command, "resolution_time", *words, *where])
        assert result.exit_code == 0 and told in result.stdout, result.output
    nobody = CliRunner().invoke(
        app, ["kpi", "get", "resolution_time", "--by", "client", "-w", str(office.workspace.root)]
    )
    assert "7 d 05 h" in nobody.stdout, "where no calendar applies, the hours run round the clock"


def test_a_tickets_story(office: Served, admin: TestClient) -> None:
    shown = CliRunner().invoke(app, ["ticket", "show", "A-1", "-w", str(office.workspace.root)]).stdout
    assert "(round the clock)  msp tier 1 7 d 05 h" in shown, shown
    page = admin.get("/tickets/A-1").text
    held = page[page.index('id="hands"') : page.index('id="events"')]
    assert "6 d 05 h" in held and "45 h 05 m" in held and "1 d" not in held


def test_pages(admin: TestClient) -> None:
    for words, told, other in (("", "55 h 05 m", "2 d 07 h"), ("&hours=calendar", "7 d 05 h", "173 h 05 m")):
        for path in ("/kpis/resolution_time", "/kpis/resolution_time/rows"):
            page = admin.get(f"{path}?{OCTOBER}&where=client=acme{words}").text
            assert told in page and other not in page, (path, words)
        chart = admin.get(f"/kpis/resolution_time/chart.json?{OCTOBER}&where=client=acme{words}").text
        assert told in chart and other not in chart
    german = admin.get(f"/kpis/resolution_time?{OCTOBER}&where=client=acme", headers={"accept-language": "de"}).text
    assert "55 Std. 05 Min." in german


def test_words() -> None:
    assert (wording.duration(273_600, days=True), wording.duration(273_600, "de", days=True)) == (
        "3 d 04 h",
        "3 Tg. 04 Std.",
    )
    assert (wording.step_text(7 * 86_400), wording.step_text(7 * 86_400, days=True)) == ("168 h", "7 d")
    assert wording.value_text(76, "hours", "en") == "76 h 00 m"
    assert charts.axis_of("s", 864_000.0) == (3600.0, "hours") and charts.axis_of(wording.CLOCK_S, 864_000.0) == (
        86_400.0,
        "days",
    )
    then, now = datetime(2026, 10, 5, tzinfo=UTC), datetime(2026, 10, 9, tzinfo=UTC)
    assert wording.ago(then, now) == "4 d 00 h ago"


@pytest.mark.parametrize(
    ("value", "unit", "en", "de"),
    [
        (-6, "count", "−6", "−6"), (-1234.5, "ratio", "−1,234.50", "−1.234,50"), (1.5, "ratio", "1.50", "1,50"),
        (-0.04, "percent", "0.0 %", "0,0 %"), (-12.34, "percent", "−12.3 %", "−12,3 %"), (-3.0, "points", "−3.0", "−3,0"),
        (-2.0, "days", "−2.0 d", "−2,0 Tg."), (3.0, "value", "3", "3"), (-60, "s", "−1 m", "−1 Min."),
    ],
)  # fmt: skip
def test_numbers_have_one_sign_of_minus_and_their_units_decimals(value: float, unit: str, en: str, de: str) -> None:
    assert (wording.value_text(value, unit, "en"), wording.value_text(value, unit, "de")) == (en, de)


def test_amounts_have_the_same_sign_of_minus() -> None:
    assert wording.value_text(-9.5, "currency", "en", "EUR") == "−€9.50"
    assert wording.interval_text((-0.5, 1.25), "ratio", "en") == "−0.50 … 1.25"
