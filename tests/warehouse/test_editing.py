"""Edits: taken whole or not at all, named columns only, facts as if everything had been built anew."""

import random
import shutil
import threading
from pathlib import Path
from typing import Any

import duckdb
import pytest
from bundles import CLIENTS, content, event, query, ticket, waiting, write_bundle

from pacesetter.errors import BadRequest
from pacesetter.model.tables import BY_NAME
from pacesetter.warehouse import facts
from pacesetter.warehouse.doctor import doctor
from pacesetter.warehouse.editing import Busy, EditedMeanwhile, EditRefused, apply_edit, canonical_rows, removable
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

REAL_BUILD = facts.build
OFFICE = {"calendar_id": "office", "name": "Office", "time_zone": "Europe/Berlin", "hours": "mon-fri 08:00-18:00"}
NIGHT = {"calendar_id": "night", "name": "Night", "time_zone": "Europe/Berlin", "hours": "mon-fri 20:00-06:00"}
TEAMS = [{"team_id": t, "name": t, "organisation": "msp"} for t in ("desk", "field")]
GOLD = {"sla_policy_id": "gold", "name": "Gold", "calendar_id": "office"}


def world(tickets: int = 40, seed: int = 3) -> dict[str, list[dict[str, str]]]:
    """Tickets of two clients with answers, waits and resolutions at generated instants."""
    dice = random.Random(seed)
    rows, events = [], []
    for n in range(tickets):
        key, day = f"T{n:03d}", dice.randint(1, 27)
        rows.append(ticket(key, created_at=f"2026-01-{day:02d}T{dice.randint(0, 23):02d}:10:00Z", priority="P1",
                           client_id=dice.choice(("acme", "beta")), type="incident",
                           team_id=dice.choice(("desk", "field", ""))))  # fmt: skip
        for m, (kind, value, later) in enumerate(
            (("status", "Pending", 0), ("status", "Working", 1), ("reply", "", 1), ("status", "Done", 2))
        ):
            events.append(
                event(f"{key}-{m}", key, kind=kind, to_value=value, actor_kind="technician", is_public="true",
                      occurred_at=f"2026-01-{min(day + later, 31):02d}T23:{10 + m}:00Z")
            )  # fmt: skip
    return {
        "calendars": [OFFICE, NIGHT], "clients": [{**c, "calendar_id": "office"} for c in CLIENTS], "tickets": rows,
        "ticket_events": events, "sla_policies": [GOLD], "teams": TEAMS,
        "sla_targets": [
            {"sla_policy_id": "gold", "clock": "respond", "target_minutes": "60", "hours": "business"},
            {"sla_policy_id": "gold", "clock": "resolve", "target_minutes": "900", "hours": "business"},
        ],
        "ticket_statuses": [
            {"status": "Pending", "phase": "waiting_requester"}, {"status": "Working", "phase": "active"},
            {"status": "Done", "phase": "resolved"},
        ],
    }  # fmt: skip


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("editing")
    import_bundle(Workspace.create(folder / "ws"), write_bundle(folder / "b", world()))
    return folder / "ws"


@pytest.fixture
def built(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """A workspace with facts."""
    monkeypatch.setattr(facts, "build", REAL_BUILD)
    return Workspace.open(shutil.copytree(template, tmp_path / "built"))


def facts_of(ws: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """Every table that is derived, roll-ups and all, except for what names the generation itself."""
    tables = query(ws, "SELECT table_name FROM duckdb_tables() WHERE regexp_matches(table_name, '^(f|r)_|^_defects$')")
    assert ("f_clocks",) in tables and ("f_tickets",) in tables
    return {str(name): sorted(query(ws, f"SELECT * FROM {name}"), key=repr) for (name,) in tables}


def test_named_columns_change_and_the_others_stay(ws: Workspace, tmp_path: Path) -> None:
    seated = [{"client_id": "acme", "name": "Acme", "industry": "tools", "seats": "40", "x_region": "north"}]
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": seated}))
    report = apply_edit(ws, {"clients": [{"client_id": "acme", "industry": "", "seats": "50"}, CLIENTS[1]]})
    assert (report.tables["clients"].changed, report.tables["clients"].inserted) == (1, 1)
    found = query(ws, "SELECT client_id, name, industry, seats, x_region FROM clients ORDER BY 1")
    assert found == [("acme", "Acme", None, 50.0, "north"), ("beta", "Beta", None, None, None)]


def test_one_bad_row_and_nothing_is_written(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "calendars": [OFFICE]}))
    before, at = content(ws, ("clients", "calendars", "_imports", "_quarantine")), ws.generations.number()
    rows = {
        "clients": [{"client_id": "acme", "name": "New"}, {"client_id": "beta", "calendar_id": "nowhere"}],
        "calendars": [{**OFFICE, "hours": "mon-fri 08:00-18:00; mon 9-12"}, {**OFFICE, "calendar_id": "x", "time_zone": "Berlin"}],
    }  # fmt: skip
    with pytest.raises(EditRefused) as refused:
        apply_edit(ws, rows)
    told = {(c.table, c.row, c.column): c.message for c in refused.value.complaints}
    assert set(told) == {("clients", 1, "calendar_id"), ("calendars", 0, "hours"), ("calendars", 1, "time_zone")}
    assert told["clients", 1, "calendar_id"] == "calendar_id is 'nowhere', which is no row of calendars"
    assert "two digits" in told["calendars", 0, "hours"]
    assert "nothing was changed" in str(refused.value)
    assert content(ws, ("clients", "calendars", "_imports", "_quarantine")) == before
    assert ws.generations.number() == at and waiting(ws) == []


def test_the_same_row_twice_is_refused_and_a_row_may_refer_to_a_new_one(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with pytest.raises(EditRefused, match="stands there twice"):
        apply_edit(ws, {"clients": [{"client_id": "acme", "name": "A"}, {"client_id": "acme", "name": "B"}]})
    apply_edit(ws, {"sla_policies": [GOLD], "calendars": [OFFICE]})
    assert query(ws, "SELECT calendar_id FROM sla_policies") == [("office",)]


@pytest.mark.parametrize(
    ("rows", "remove", "why"),
    [
        ({"nothing": []}, {}, "no table"),
        ({"clients": [{"client_id": "acme", "colour": "red"}]}, {}, "no column 'colour'"),
        ({}, {"clients": [{"client_id": "acme"}]}, "not removed"),
        ({}, {"calendar_exceptions": [{"calendar_id": "office"}]}, "is known by"),
    ],
)
def test_what_an_edit_cannot_mean(ws: Workspace, tmp_path: Path, rows: object, remove: object, why: str) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    with pytest.raises(BadRequest, match=why):
        apply_edit(ws, rows, remove=remove)  # type: ignore[arg-type]


def test_rows_are_removed_where_nothing_refers_to_them(ws: Workspace, tmp_path: Path) -> None:
    days = [{"calendar_id": "office", "day": f"2026-01-0{n}", "name": f"day {n}"} for n in (1, 2)]
    import_bundle(ws, write_bundle(tmp_path / "b", {"calendars": [OFFICE], "calendar_exceptions": days}))
    apply_edit(ws, {}, remove={"calendar_exceptions": [{"calendar_id": "office", "day": "2026-01-02"}]})
    assert query(ws, "SELECT name FROM calendar_exceptions") == [("day 1",)]
    assert not removable(BY_NAME["raci_assignments"]) and not removable(BY_NAME["clients"])


def test_an_edit_makes_the_data_no_newer(ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    before = doctor(ws)
    monkeypatch.setenv("PACESETTER_NOW", "2026-03-03T00:00:00Z")
    apply_edit(ws, {"clients": [{"client_id": "acme", "name": "New"}]})
    after = doctor(ws)
    assert (after.as_of, after.last_import_at, after.imports) == (before.as_of, before.last_import_at, before.imports)
    assert after.generation == before.generation + 1


def test_one_writer_at_a_time(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))
    refused: list[Exception] = []

    def second(con: duckdb.DuckDBPyConnection) -> None:
        def edit() -> None:
            try:
                apply_edit(ws, {"clients": [{"client_id": "acme", "name": "second"}]})
            except Busy as busy:
                refused.append(busy)

        other = threading.Thread(target=edit)
        other.start()
        other.join()

    apply_edit(ws, {"clients": [{"client_id": "acme", "name": "first"}]}, guard=second)
    assert [str(r) for r in refused] == ["an import or another edit is being written; try again in a moment"]
    assert query(ws, "SELECT name FROM clients WHERE client_id = 'acme'") == [("first",)]


def test_a_guard_stops_the_edit(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))

    def guard(con: duckdb.DuckDBPyConnection) -> None:
        if canonical_rows(con, "clients")[0]["name"] != "somebody else's":
            raise EditedMeanwhile("it was changed meanwhile")

    with pytest.raises(EditedMeanwhile):
        apply_edit(ws, {"clients": [{"client_id": "acme", "name": "mine"}]}, guard=guard)
    assert query(ws, "SELECT name FROM clients ORDER BY 1") == [("Acme",), ("Beta",)]


EDITS: dict[str, dict[str, list[dict[str, str | None]]]] = {
    "hours": {"calendars": [{"calendar_id": "office", "hours": "mon-sat 06:00-12:00"}]},
    "target": {"sla_targets": [{"sla_policy_id": "gold", "clock": "respond", "priority": "", "type": "", "target_minutes": "5"}]},
    "policy": {
        "sla_policies": [
            {"sla_policy_id": "gold", "valid_to": "2026-01-15"},
            {"sla_policy_id": "gold-2", "name": "Gold", "calendar_id": "office", "valid_from": "2026-01-15"},
        ],
        "sla_targets": [
            {"sla_policy_id": "gold-2", "clock": "resolve", "priority": None, "type": None, "target_minutes": "30", "hours": "calendar"}
        ],
    },
    "later policy": {
        "sla_policies": [{"sla_policy_id": "silver", "name": "Silver", "client_id": "beta", "valid_from": "2026-01-20", "rank": "0"}],
        "sla_targets": [{"sla_policy_id": "silver", "clock": "respond", "target_minutes": "10", "hours": "calendar"}],
    },
    "closed from a day on": {
        "calendar_exceptions": [{"calendar_id": "office", "day": "2026-01-26", "hours": None, "name": "Moving"}]
    },
    "closed one day": {"calendar_exceptions": [{"calendar_id": "office", "day": "2026-01-08", "hours": "12:00-13:00"}]},
    "holidays": {"calendars": [{"calendar_id": "office", "holidays": "DE-BY"}]},
    "calendar of the policy": {"sla_policies": [{"sla_policy_id": "gold", "calendar_id": "night"}]},
    "calendar that comes first": {
        "calendars": [{"calendar_id": "another", "name": "A", "time_zone": "UTC", "hours": "24x7"}],
        "clients": [{"client_id": "beta", "calendar_id": "another"}],
        "sla_policies": [{"sla_policy_id": "gold", "calendar_id": None}],
    },
    "calendar of a client": {
        "clients": [{"client_id": "beta", "calendar_id": "night"}],
        "sla_policies": [{"sla_policy_id": "gold", "calendar_id": None}],
    },
    "calendar of a team": {
        "clients": [{"client_id": "beta", "calendar_id": None}, {"client_id": "acme", "calendar_id": None}],
        "sla_policies": [{"sla_policy_id": "gold", "calendar_id": None}],
        "teams": [{"team_id": "field", "calendar_id": "night"}],
    },
    "rules of a policy": {"sla_policies": [{"sla_policy_id": "gold", "on_reopen": "restart", "on_priority_change": "keep"}]},
    "phase": {"ticket_statuses": [{"status": "Pending", "phase": "active"}]},
    "kpi target": {"targets": [{"kpi": "csat", "value": "90", "warn": "85", "valid_from": "2026-01-01"}]},
}  # fmt: skip


@pytest.mark.parametrize("name", EDITS)
def test_facts_after_an_edit_are_those_of_a_build_from_scratch(built: Workspace, tmp_path: Path, name: str) -> None:
    before = facts_of(built)
    apply_edit(built, EDITS[name])
    tables = ("clients", "teams", "calendars", "calendar_exceptions", "tickets", "ticket_events", "sla_policies", "sla_targets",
              "ticket_statuses", "targets")  # fmt: skip
    with built.reader() as con:
        rows = {t: canonical_rows(con, t) for t in tables}
    again = Workspace.create(tmp_path / "again")
    told = {t: [{k: v or "" for k, v in row.items()} for row in found] for t, found in rows.items() if found}
    import_bundle(again, write_bundle(tmp_path / "whole", told))
    assert facts_of(built) == facts_of(again)
    assert (facts_of(built) == before) == (name in UNNOTICED), "the edit is one that facts notice"


UNNOTICED = ("kpi target", "rules of a policy")
"""Edits that leave every fact of this world as it was."""

UNTOUCHED: dict[str, tuple[dict[str, list[dict[str, str | None]]], str]] = {
    "a day off to come": (
        {"calendar_exceptions": [{"calendar_id": "office", "day": "2026-02-16", "hours": None}]},
        "phase <> 'resolved' OR list_contains(late, ticket_key)",
    ),
    "a policy from a day on": (EDITS["later policy"], "client_id = 'beta' AND created_s >= epoch(TIMESTAMPTZ '2026-01-20 00:00+01')"),
    "a calendar that judges nobody": ({"calendars": [{"calendar_id": "night", "hours": "24x7"}]}, "FALSE"),
    "a client's policy": (
        {"sla_policies": [{"sla_policy_id": "own", "name": "Own", "client_id": "beta", "rank": "0"}]},
        "client_id = 'beta'",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", UNTOUCHED)
def test_an_edit_costs_the_tickets_that_it_touches(
    built: Workspace, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    rows, touched = UNTOUCHED[name]
    late = "(SELECT list(ticket_key) FROM f_clocks WHERE due_s >= epoch(TIMESTAMPTZ '2026-02-15 00:00Z'))"
    expected = {
        k for (k,) in query(built, f"SELECT ticket_key FROM (SELECT *, {late} AS late FROM f_tickets) WHERE {touched}")
    }
    recomputed: set[int] = set()

    def build(con: duckdb.DuckDBPyConnection, *given: Any) -> str | None:
        found = REAL_BUILD(con, *given)
        recomputed.update(k for (k,) in con.execute(f"SELECT ticket_key FROM {found or 'tickets'}").fetchall())
        return found

    monkeypatch.setattr(facts, "build", build)
    apply_edit(built, rows)
    assert recomputed == expected and len(expected) < 40


def test_an_edit_that_no_fact_reads_builds_none(
    built: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def build(*given: object) -> None:
        raise AssertionError("facts were built")

    monkeypatch.setattr(facts, "build", build)
    apply_edit(built, EDITS["kpi target"])
    assert query(built, "SELECT kpi, value, warn FROM targets") == [("csat", 90.0, 85.0)]


def test_nothing_in_the_facts_reads_the_tables_that_build_none() -> None:
    from importlib.resources import files

    from pacesetter.warehouse.editing import NOT_IN_FACTS

    folder = files(facts.__package__ or "")
    for entry in folder.iterdir():
        if entry.name.endswith((".sql", ".py")):
            text = entry.read_text("utf-8")
            for table in NOT_IN_FACTS:
                assert f"FROM {table}" not in text and f"JOIN {table}" not in text, (entry.name, table)


def test_the_first_rows_of_a_workspace_may_be_edits(ws: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(facts, "build", REAL_BUILD)
    apply_edit(ws, {"targets": [{"kpi": "csat", "value": "90"}]})
    assert query(ws, "SELECT count(*) FROM f_tickets") == [(0,)]
