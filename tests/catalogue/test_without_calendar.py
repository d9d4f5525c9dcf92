"""Where no calendar applies, business hours are calendar hours, and the answer says so (rule 6 of the catalogue)."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.settings import Settings

ALL, SOME = "no calendar applies: these are calendar hours", "where no calendar applies, open hours are calendar hours"


def opened(folder: Path, **calendars: str) -> Iterator[Desk]:
    """Three tickets of a client with the calendar given, or none, and two of another, each resolved after two hours."""
    sheet = Sheet()
    sheet.add("calendars", calendar_id="office", name="Office", time_zone="UTC", hours="mon-fri 10:00-18:00")
    for client in ("acme", "beta"):
        sheet.add("clients", client_id=client, name=client, calendar_id=calendars.get(client, ""))
    sheet.tickets(3, 120)
    sheet.tickets(2, 120, client_id="beta")
    sheet.save(folder / "bundle")
    ws = workspace(folder / "ws", folder / "bundle", Settings(), datetime(2026, 3, 3, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as desk:
        yield desk


def ask(desk: Desk, *by: str, **words: object) -> dict[object, Answer]:
    query = desk.query(first="2026-03-01", last="2026-03-03", by=by, **words)  # type: ignore[arg-type]
    return {a.dimensions.get("client"): a for a in desk.ask(["resolution_time"], query) if a.statistic == "mean"}


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    yield from opened(tmp_path_factory.mktemp("mixed"), acme="office")


def test_an_answer_says_for_how_many_rows_there_is_no_calendar(mixed: Desk) -> None:
    whole = ask(mixed)[None]
    assert (whole.value, whole.notes, whole.extra["without_calendar"]) == ((3 * 3_600 + 2 * 7_200) / 5, (SOME,), 2)
    found = ask(mixed, "client")
    assert (found["acme"].value, found["acme"].notes, found["acme"].extra.get("without_calendar")) == (3_600, (), None)
    assert (found["beta"].value, found["beta"].notes, found["beta"].extra["without_calendar"]) == (7_200, (ALL,), 2)


def test_calendar_hours_need_no_calendar(mixed: Desk) -> None:
    assert all(a.notes == () and a.value == 7_200 for a in ask(mixed, "client", hours="calendar").values())


@pytest.mark.parametrize(("calendars", "told"), [({}, (ALL,)), ({"acme": "office", "beta": "office"}, ())])
def test_where_all_or_none_have_one(tmp_path: Path, calendars: dict[str, str], told: tuple[str, ...]) -> None:
    for desk in opened(tmp_path, **calendars):
        assert [a.notes for a in ask(desk, "client").values()] == [told, told]


def test_every_kpi_can_be_asked_where_some_have_none(mixed: Desk) -> None:
    for kpi in registry.catalogue().values():
        for hours in ("business", "sla") if kpi.hours else ():
            query = mixed.query(first="2026-03-01", last="2026-03-03", by=["client"], hours=hours, variant="all")
            for a in mixed.ask([kpi.id], query):
                assert a.extra.get("without_calendar", 0) <= a.n and bool(a.notes) == ("without_calendar" in a.extra)


def test_a_ticket_with_a_clock_that_cannot_be_judged_kept_not_everything(tmp_path: Path) -> None:
    """An answer is promised in calendar hours, a solution in business hours that nobody knows. Answered in time: not judged; late:
    broken."""
    sheet = Sheet()
    sheet.policy(respond=60)
    sheet.add("sla_targets", sla_policy_id="sla", clock="resolve", target_minutes=480, hours="business")
    doubtful, broken, still_open = sheet.tickets(3)
    sheet.events([doubtful, still_open], "reply", 30)
    sheet.events([broken], "reply", 90)
    sheet.events([doubtful, broken], "resolved", 120)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), datetime(2026, 3, 3, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as desk:
        for variant in ("clocks", "closed_only"):
            query = desk.query(first="2026-03-01", last="2026-03-03", variant=variant)
            [found] = desk.ask(["sla_compliance"], query)
            assert (found.value, found.n, dict(found.excluded)) == (0, 1, {"no_calendar": 1})
