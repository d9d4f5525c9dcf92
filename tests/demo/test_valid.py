"""The bundle keeps the canonical model to the letter, and its rows keep faith with each other."""

from collections import defaultdict
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest
from bundle_check import complaints, read

from pacesetter.demo.kinds import STATUS_PHASES
from pacesetter.demo.simulate import write_bundle
from pacesetter.errors import BadRequest
from pacesetter.model.tables import TABLES

AS_OF = "2026-11-01T00:00:00Z"


def test_every_row_is_valid(small: Path) -> None:
    assert complaints(small) == []


def test_the_check_can_fail(small: Path, tmp_path: Path) -> None:
    for table in TABLES:
        (tmp_path / f"{table.name}.csv").write_bytes((small / f"{table.name}.csv").read_bytes())
    sites = tmp_path / "sites.csv"
    sites.write_text(sites.read_text() + "s-x,no-such-client,Main,\n")
    assert len(complaints(tmp_path)) == 1


def test_every_table_but_benchmarks_has_rows(small: Path) -> None:
    empty = [t.name for t in TABLES if not read(small, t.name)]
    assert empty == ["benchmarks"]


def test_nothing_happens_after_the_as_of_instant(small: Path) -> None:
    for table in TABLES:
        columns = [c.name for c in table.columns if c.name.endswith("_at")]
        for row in read(small, table.name):
            for column in columns:
                if column in ("due_at", "promised_at") or (table.name == "shifts" and column == "ends_at"):
                    continue  # these may lie ahead
                assert row[column] < AS_OF, (table.name, row)


def test_events_are_in_order_and_begin_with_the_creation(small: Path) -> None:
    tickets = {t["ticket_id"]: t for t in read(small, "tickets")}
    events = defaultdict(list)
    for event in read(small, "ticket_events"):
        events[event["ticket_id"]].append(event)
    assert set(events) == set(tickets)
    for ticket_id, log in events.items():
        log.sort(key=lambda e: e["event_id"])
        assert [e["occurred_at"] for e in log] == sorted(e["occurred_at"] for e in log)
        assert log[0]["kind"] == "created" and log[0]["occurred_at"] == tickets[ticket_id]["created_at"]


def test_columns_of_a_ticket_say_what_its_events_say(small: Path) -> None:
    status, team, holder, priority = {}, {}, {}, {}
    for e in sorted(read(small, "ticket_events"), key=lambda e: e["event_id"]):
        if e["kind"] in ("created", "status", "resolved", "reopened", "closed"):
            if e["kind"] != "created":
                assert e["from_value"] == status[e["ticket_id"]]
            status[e["ticket_id"]] = e["to_value"]
            assert e["to_value"] in STATUS_PHASES
        elif e["kind"] in ("team", "escalation"):
            assert e["from_value"] == team.get(e["ticket_id"], e["from_value"]) and e["from_value"] != e["to_value"]
            team[e["ticket_id"]] = e["to_value"]
        elif e["kind"] == "assignment":
            assert e["from_value"] == holder.get(e["ticket_id"], "")
            holder[e["ticket_id"]] = e["to_value"]
        elif e["kind"] == "priority":
            priority[e["ticket_id"]] = e["to_value"]
    for t in read(small, "tickets"):
        key = t["ticket_id"]
        assert t["status"] == status[key]
        assert t["team_id"] == team.get(key, t["team_id"])
        assert t["technician_id"] == holder.get(key, "")
        assert t["priority"] == priority.get(key, t["priority"])


def test_nobody_works_on_two_things_at_once(small: Path) -> None:
    spans = defaultdict(list)
    for e in read(small, "time_entries"):
        start = datetime.fromisoformat(e["started_at"])
        spans[e["technician_id"]].append((start, start + timedelta(minutes=float(e["duration_minutes"]) - 1)))
    for entries in spans.values():
        entries.sort()
        for (_, end), (start, _) in pairwise(entries):
            assert start >= end


def test_work_is_done_in_shifts(small: Path) -> None:
    """Work begins within a shift of the technician that no absence takes away."""
    shifts = defaultdict(lambda: {"work": set(), "absence": set()})
    for s in read(small, "shifts"):
        shifts[s["technician_id"]][s["kind"]].add((s["starts_at"], s["ends_at"]))
    for e in read(small, "time_entries"):
        own = shifts[e["technician_id"]]
        at_work = own["work"] - own["absence"]
        assert any(a <= e["started_at"] < b for a, b in at_work), e


@pytest.mark.parametrize("breaker", ["used", "file"])
def test_a_folder_in_use_is_refused(tmp_path: Path, breaker: str) -> None:
    place = tmp_path / "there"
    if breaker == "used":
        place.mkdir()
        (place / "x").write_text("")
    else:
        place.write_text("")
    with pytest.raises(BadRequest, match="not empty"):
        write_bundle(place, "small")


def test_an_unknown_size_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadRequest, match="'tiny' is not a size; take one of small, medium, large, huge"):
        write_bundle(tmp_path / "b", "tiny")
