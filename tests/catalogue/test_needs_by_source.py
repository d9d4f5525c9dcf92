"""Two systems of tickets of which one tells less: its tickets are left out where nobody can judge them, and are never perfect; by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue import needs
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.drill_rows import Drill
from pacesetter.catalogue.rollup_building import refresh
from pacesetter.settings import Settings
from pacesetter.warehouse.workspace import Workspace

LACKS_RESOLUTIONS = "not available: needs status, resolved or closed events, or tickets.resolved_at or closed_at"
LACKS_REOPENINGS = "not available: needs status or reopened events, or tickets.reopen_count"


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workspace:
    """Monday: acme has four tickets of a desk with its history (one reopened) and six of a list of tickets without any,
    of which one is spam; beta has three of that list, and one that names no source; gamma has
    two of a mailbox."""
    sheet = Sheet()
    for status, phase in (("Open", "active"), ("Done", "resolved")):
        sheet.add("ticket_statuses", status=status, phase=phase)
    for client in ("acme", "beta", "gamma"):
        sheet.add("clients", client_id=client, name=client, started_on="2020-01-01")
    told = sheet.tickets(4, source="desk", type="incident", channel="email", contact_id="", worked_minutes=30)
    sheet.events(told, "reply", 10, is_public="true")
    sheet.events(told, "status", 60, from_value="Open", to_value="Done")
    sheet.events(told[:1], "status", 120, from_value="Done", to_value="Open")
    sheet.events(told[:1], "status", 180, from_value="Open", to_value="Done")
    sheet.tickets(5, 60, source="list", type="incident", channel="email")
    sheet.tickets(1, 60, source="list", type="incident", channel="email", excluded_as="spam")
    sheet.tickets(3, 60, source="list", type="incident", client_id="beta", channel="email")
    sheet.tickets(1, 60, type="incident", client_id="beta", channel="email")
    sheet.tickets(2, source="mailbox", client_id="gamma")
    sheet.add("costs", cost_id="c{n}", incurred_on="2026-03-02", amount=400, kind="labor", is_support="true")
    folder = tmp_path_factory.mktemp("by_source")
    sheet.save(folder / "bundle")
    return workspace(folder / "ws", folder / "bundle", Settings(), datetime(2026, 4, 1, tzinfo=UTC))


@pytest.fixture(scope="module")
def told(place: Workspace) -> Iterator[Desk]:
    with open_desk(place, operator_scope()) as opened:
        yield opened


def ask(desk: Desk, kpi: str, **words: Any) -> list[Answer]:
    query = desk.query(first="2026-03-01", last="2026-04-01", **words)
    return desk.ask([kpi], query)


def rows_of(desk: Desk, drill: Drill) -> list[tuple[object, ...]]:
    return desk.evaluator.run(drill.tree)


def test_tickets_without_history_are_left_out_and_told(told: Desk) -> None:
    """One of four was reopened; of the nine others, nobody knows, and the spam is spam."""
    (found,) = ask(told, "reopen_rate")
    assert (found.value, found.numerator, found.denominator, found.n) == (25, 1, 4, 4)
    assert found.excluded == {"not_provided": 9, "spam": 1}
    assert found.notes == ("tickets are left out whose source does not provide what this needs",)
    (first,) = ask(told, "first_contact_resolution")
    assert (first.numerator, first.denominator, first.excluded["not_provided"]) == (3, 4, 9)


def test_what_every_source_tells_counts_all(told: Desk) -> None:
    found = {a.statistic: a for a in ask(told, "tickets_resolved")}["count"]
    assert (found.value, found.excluded, found.notes) == (13, {"spam": 1}, ())


def test_by_source_and_by_client_the_unknown_is_null_with_the_reason(told: Desk) -> None:
    by_source = {a.dimensions["source"]: a for a in ask(told, "reopen_rate", by=["source"])}
    assert set(by_source) == {"desk", "list", None}
    assert by_source["desk"].value == 25 and not by_source["desk"].excluded
    for source, out in (("list", {"not_provided": 8, "spam": 1}), (None, {"not_provided": 1})):
        found = by_source[source]
        assert (found.value, found.n, found.reason, found.excluded) == (None, 0, LACKS_REOPENINGS, out)
    by_client = {a.dimensions["client"]: a for a in ask(told, "reopen_rate", by=["client"])}
    assert by_client["acme"].value == 25
    assert (by_client["beta"].value, by_client["beta"].reason) == (None, LACKS_REOPENINGS)


@pytest.mark.parametrize("words", [{"where": ["source=list"]}, {"where": ["client=beta"]}])
def test_a_question_about_such_tickets_alone_is_not_available(told: Desk, words: dict[str, object]) -> None:
    for kpi in ("reopen_rate", "first_contact_resolution", "first_response_time"):
        for found in ask(told, kpi, **words):
            assert found.value is None and found.n == 0 and str(found.reason).startswith("not available: needs ")


def test_a_clients_own_question_is_answered_by_the_sources_of_its_tickets(place: Workspace) -> None:
    with open_desk(place, client_scope("somebody of beta", frozenset({"beta"}))) as desk:
        (found,) = ask(desk, "reopen_rate")
        assert (found.value, found.reason, found.excluded) == (None, LACKS_REOPENINGS, {})


def test_costs_are_not_divided_by_the_tickets_of_some_sources(told: Desk) -> None:
    """Effort is known of the four tickets of the desk: 30 minutes each. Nothing tells how much went into the others."""
    effort = ask(told, "technician_efficiency")[0]
    assert (effort.value, effort.denominator) == (30 * 60, 4)
    cost = ask(told, "cost_per_ticket")[0]
    assert (cost.value, cost.reason) == (None, LACKS_RESOLUTIONS)
    only = ask(told, "cost_per_ticket", where=["client=acme"])[0]
    assert only.reason != LACKS_RESOLUTIONS


def test_a_source_that_begins_later_takes_nothing_from_what_was(told: Desk) -> None:
    """The mailbox begins in March at 9:00; what was resolved before, of which nothing is there, divides as ever."""
    query = told.query(first="2026-02-01", last="2026-04-01", grain="month")
    before, march = told.ask(["cost_per_ticket"], query)
    assert before.reason != LACKS_RESOLUTIONS and march.reason == LACKS_RESOLUTIONS


def test_a_count_of_what_nobody_tells_is_not_zero(told: Desk) -> None:
    """The mailbox tells of no resolution: gamma has two tickets, and how many were resolved is not known."""
    assert [a.value for a in ask(told, "tickets_created", where=["client=gamma"])] == [2]
    (found,) = ask(told, "tickets_resolved", where=["client=gamma"])
    assert (found.value, found.n, found.reason) == (None, 0, LACKS_RESOLUTIONS)


def test_rows_say_why_they_are_out(told: Desk) -> None:
    query = told.query(first="2026-03-01", last="2026-04-01")
    inside, outside = (told.drill("reopen_rate", query, side) for side in ("denominator", "excluded"))
    assert len(rows_of(told, inside)) == 4
    assert sorted(row[-1] for row in rows_of(told, outside)) == ["not_provided"] * 9 + ["spam"]


def test_rollups_leave_out_the_same(place: Workspace) -> None:
    refresh(place, worth=0)
    with open_desk(place, operator_scope()) as desk:
        read: list[str] = []
        before = desk.evaluator.run
        desk.evaluator.__dict__["run"] = lambda tree: read.append(tree.sql(dialect="duckdb")) or before(tree)
        (found,) = ask(desk, "reopen_rate")
        assert read and all(" FROM r_" in text for text in read)
        assert (found.value, found.denominator, found.excluded) == (25, 4, {"not_provided": 9, "spam": 1})


def test_sources_are_told_apart_only_where_there_are_several(told: Desk) -> None:
    provided = told.evaluator.provided
    assert set(provided.by_source) == {None, "desk", "list", "mailbox"}
    of_clients = {client: set(found) for client, found in provided.sources_of.items()}
    assert of_clients == {"acme": {"desk", "list"}, "beta": {"list", None}, "gamma": {"mailbox"}}
    assert needs.lacking(("reopenings",), provided) == (None, "list", "mailbox")
    assert needs.lacking((), provided) == ()
    assert needs.lacking(("reopenings",), needs.Provided({"status": 1}, {})) == ()


def test_times_of_the_list_are_columns(told: Desk) -> None:
    """A list with the time of the resolution is enough for the time to it: 5 and 3 and 1 of an hour, and four of the desk."""
    found = {a.statistic: a for a in ask(told, "resolution_time", hours="calendar")}["mean"]
    assert (found.n, found.numerator) == (13, 9 * 3600 + 3 * 3600 + 3 * 3600)
    assert at(60) == "2026-03-02T10:00:00Z"
