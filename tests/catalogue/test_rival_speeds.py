"""Rival definitions of response and resolution, and the age of the backlog in all hours, on one small desk, by hand.

Hours mon-fri 08:00-18:00 in Berlin. All of it in October 2026 (offset +02:00 until the 25th).
"""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pacesetter.cli.main import app

STATUSES = "status,phase\nNew,new\nOpen,active\nAsk,waiting_requester\nDone,resolved\nShut,closed\n"
TICKETS = """ticket_id,client_id,created_at,status
A,acme,2026-10-05T09:00:00+02:00,Shut
B,acme,2026-10-05T09:00:00+02:00,Open
C,acme,2026-10-09T17:00:00+02:00,Ask
"""
# A: robot after 1 minute, human after 30; resolved after 1 hour, reopened, resolved again after 3 hours, closed after 2 days
# B: nobody ever answered, open. C: created Friday 17:00, open until Monday 12:00, then waits for the requester; robot only
EVENTS = """event_id,ticket_id,occurred_at,kind,actor_kind,from_value,to_value,is_public
a1,A,2026-10-05T09:01:00+02:00,reply,automation,,,true
a2,A,2026-10-05T09:30:00+02:00,reply,technician,,,true
a3,A,2026-10-05T10:00:00+02:00,status,technician,New,Done,
a4,A,2026-10-05T11:00:00+02:00,status,requester,Done,Open,
a5,A,2026-10-05T12:00:00+02:00,status,technician,Open,Done,
a6,A,2026-10-07T09:00:00+02:00,status,automation,Done,Shut,
b1,B,2026-10-05T09:00:00+02:00,status,technician,New,Open,
c1,C,2026-10-09T17:01:00+02:00,reply,automation,,,true
c2,C,2026-10-12T12:00:00+02:00,status,technician,New,Ask,
"""
MINUTE, HOUR, DAY = 60, 3600, 86_400


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("rivals")
    bundle = root / "bundle"
    bundle.mkdir()
    calendar = "calendar_id,name,time_zone,hours\noffice,Office,Europe/Berlin,mon-fri 08:00-18:00\n"
    clients = "client_id,name,calendar_id\nacme,Acme,office\n"
    for name, text in (
        ("clients", clients), ("calendars", calendar), ("ticket_statuses", STATUSES), ("tickets", TICKETS),
        ("ticket_events", EVENTS),
    ):  # fmt: skip
        (bundle / f"{name}.csv").write_text(text, encoding="utf-8")
    run = CliRunner(env={"PACESETTER_NOW": "2026-10-13T10:00:00Z"})
    assert run.invoke(app, ["init", str(root / "ws"), "--time-zone", "Europe/Berlin"]).exit_code == 0
    assert run.invoke(app, ["import", str(bundle), "-w", str(root / "ws")]).exit_code == 0
    return root / "ws"


def value(desk: Path, *words: str) -> tuple[object, object]:
    result = CliRunner().invoke(app, ["kpi", "get", *words, "--format", "json", "-w", str(desk)])
    assert result.exit_code == 0, result.output
    first = json.loads(result.stdout)[0]
    return first["value"], first["n"]


SPAN = ("--from", "2026-10-01", "--to", "2026-11-01")


@pytest.mark.parametrize(
    ("variant", "hours", "mean", "n"),
    [
        ("human", "calendar", 30 * MINUTE, 1),
        ("with_automatic", "calendar", MINUTE, 2),
        # A waited 30 minutes; B eight days and three hours, C from Friday 17:00 to Tuesday 12:00
        ("unanswered_to_now", "calendar", (30 * MINUTE + 8 * DAY + 3 * HOUR + 3 * DAY + 19 * HOUR) / 3, 3),
        # B: Monday 9 h, four days of 10 h, Monday 10 h, Tuesday 4 h. C: Friday 1 h, Monday 10 h, Tuesday 4 h
        ("unanswered_to_now", "business", (30 * MINUTE + 63 * HOUR + 15 * HOUR) / 3, 3),
        # C is paused from Monday 12:00 on: Friday 1 h, Monday 4 h
        ("unanswered_to_now", "sla", (30 * MINUTE + 63 * HOUR + 5 * HOUR) / 3, 3),
    ],
)
def test_first_response_in_its_rival_meanings(desk: Path, variant: str, hours: str, mean: float, n: int) -> None:
    assert value(desk, "first_response_time", *SPAN, "--variant", variant, "--hours", hours) == (pytest.approx(mean), n)


@pytest.mark.parametrize(("variant", "seconds"), [("final", 3 * HOUR), ("first", HOUR), ("to_closure", 2 * DAY)])
def test_resolution_in_its_rival_meanings(desk: Path, variant: str, seconds: int) -> None:
    words = ("resolution_time", *SPAN, "--variant", variant, "--hours", "calendar")
    assert value(desk, *words) == (seconds, 1)


def test_open_tickets_censored_is_the_kaplan_meier_median(desk: Path) -> None:
    # one of three is resolved: the curve stays above one half, so there is no median yet, and that is said
    words = ["kpi", "get", "resolution_time", *SPAN, "--variant", "open_censored", "--format", "json", "-w", str(desk)]
    [answer] = json.loads(CliRunner().invoke(app, words).stdout)
    assert answer["value"] is None and answer["reason"] and answer["n"] == 3


@pytest.mark.parametrize(
    ("hours", "mean"),
    [
        # at midnight at the end of the 12th: B is 7 d 15 h old, C (since Friday 17:00) 3 d 7 h
        ("calendar", (7 * DAY + 15 * HOUR + 3 * DAY + 7 * HOUR) / 2),
        # B: 9 h + 4 × 10 h + 10 h; C: 1 h + 10 h
        ("business", (59 * HOUR + 11 * HOUR) / 2),
        # C is paused from 12:00 on: 1 h + 4 h
        ("sla", (59 * HOUR + 5 * HOUR) / 2),
    ],
)
def test_the_age_of_the_backlog_in_all_hours(desk: Path, hours: str, mean: float) -> None:
    words = ("backlog_age", "--from", "2026-10-12", "--to", "2026-10-13", "--grain", "day", "--hours", hours)
    assert value(desk, *words) == (pytest.approx(mean), 2)
