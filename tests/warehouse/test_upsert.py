"""Imports after the first: what changes, what stays, and what tickets are told to the facts."""

import random
from pathlib import Path

import duckdb
import pytest
from bundles import CLIENTS, content, event, query, ticket, write_bundle

from pacesetter.warehouse import facts, importer
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

REAL_BUILD = facts.build

ALL = ("clients", "tickets", "ticket_events", "surveys", "tool_uses")


def many(count: int, seed: int = 1) -> dict[str, list[dict[str, str]]]:
    dice = random.Random(seed)
    tickets = [
        ticket(
            f"T{i:04d}",
            created_at=f"2026-01-{dice.randint(1, 28):02d}T08:{dice.randint(0, 59):02d}:00Z",
            subject=f"s{i}",
        )
        for i in range(count)
    ]
    events = [
        event(f"E{i:05d}", f"T{dice.randrange(count):04d}", occurred_at=f"2026-01-{dice.randint(1, 28):02d}T09:00:00Z")
        for i in range(count * 3)
    ]
    return {"clients": CLIENTS, "tickets": tickets, "ticket_events": events}


def test_importing_twice_changes_nothing(ws: Workspace, tmp_path: Path) -> None:
    bundle = write_bundle(tmp_path / "b", many(50))
    import_bundle(ws, bundle)
    tables = ("clients", "tickets", "ticket_events", "_quarantine")
    before = [query(ws, f"SELECT * FROM {t}") for t in tables]
    report = import_bundle(ws, bundle)
    assert [query(ws, f"SELECT * FROM {t}") for t in tables] == before
    assert {(t.inserted, t.changed) for t in report.tables.values()} == {(0, 0)}
    assert report.tables["ticket_events"].unchanged == 150


def test_the_import_time_is_recorded_even_when_nothing_changes(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = write_bundle(tmp_path / "b", {"clients": CLIENTS})
    import_bundle(ws, bundle)
    monkeypatch.setenv("PACESETTER_NOW", "2026-02-02T00:00:00Z")
    import_bundle(ws, bundle)
    assert query(ws, "SELECT value FROM _meta WHERE key = 'as_of'") == [("2026-02-02T00:00:00Z",)]
    assert query(ws, "SELECT id, imported_at::VARCHAR FROM _imports ORDER BY id") == [
        (1, "2026-02-01 12:00:00"),
        (2, "2026-02-02 00:00:00"),
    ]


def test_the_order_of_rows_does_not_matter(tmp_path: Path) -> None:
    tables = many(60)
    one, two = Workspace.create(tmp_path / "1"), Workspace.create(tmp_path / "2")
    import_bundle(one, write_bundle(tmp_path / "b1", tables))
    shuffled = {name: random.Random(7).sample(rows, len(rows)) for name, rows in tables.items()}
    import_bundle(two, write_bundle(tmp_path / "b2", shuffled))
    for table in ("clients", "tickets", "ticket_events"):
        assert sorted(query(one, f"SELECT * FROM {table}"), key=repr) == sorted(
            query(two, f"SELECT * FROM {table}"), key=repr
        )


def test_increments_equal_one_import_of_the_union(tmp_path: Path) -> None:
    tables = many(90)
    old = [{**row, "subject": "before"} for row in tables["tickets"][:30]]
    one, two = Workspace.create(tmp_path / "1"), Workspace.create(tmp_path / "2")
    import_bundle(one, write_bundle(tmp_path / "whole", tables))
    first = {"clients": CLIENTS, "tickets": [*old, *tables["tickets"][30:60]]}
    import_bundle(two, write_bundle(tmp_path / "i1", first))
    import_bundle(two, write_bundle(tmp_path / "i2", {"ticket_events": tables["ticket_events"][:100]}))
    import_bundle(two, write_bundle(tmp_path / "i3", {**tables, "ticket_events": tables["ticket_events"][100:]}))
    assert content(one, ALL) == content(two, ALL)
    assert query(two, "SELECT count(*) FROM _quarantine WHERE left_at IS NULL") == [(0,)]


def test_a_changed_row_replaces_the_old_one_and_keeps_its_key(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", many(5)))
    keys = query(ws, "SELECT ticket_id, ticket_key FROM tickets ORDER BY ticket_id")
    changed = [ticket("T0002", subject="new", x_note="n"), ticket("T9999", created_at="2020-01-01T00:00:00Z")]
    report = import_bundle(ws, write_bundle(tmp_path / "i", {"tickets": changed}))
    assert (report.tables["tickets"].inserted, report.tables["tickets"].changed) == (1, 1)
    assert query(ws, "SELECT ticket_id, ticket_key FROM tickets ORDER BY ticket_id") == [*keys, ("T9999", 6)]
    assert query(ws, "SELECT subject, x_note FROM tickets WHERE ticket_id = 'T0002'") == [("new", "n")]
    assert query(ws, "SELECT count(*), count(DISTINCT ticket_key) FROM tickets") == [(6, 6)]


def test_keys_follow_creation_and_id(ws: Workspace, tmp_path: Path) -> None:
    tickets = [ticket("b"), ticket("a"), ticket("c", created_at="2025-01-01T00:00:00Z")]
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": tickets}))
    assert query(ws, "SELECT ticket_key, ticket_id FROM tickets ORDER BY 1") == [(1, "c"), (2, "a"), (3, "b")]


def test_events_stand_in_the_order_of_ticket_and_time(ws: Workspace, tmp_path: Path) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", many(40)))
    rows = query(ws, "SELECT ticket_key, occurred_at, event_id FROM ticket_events ORDER BY rowid")
    assert rows == sorted(rows, key=lambda r: (r[0], r[1]))


def test_an_event_that_moves_changes_both_tickets_and_the_facts_are_told(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: list[object] = []

    def build(con: duckdb.DuckDBPyConnection, settings: object, changed: str | None, *more: object) -> None:
        calls.append(
            None if changed is None else con.execute(f"SELECT ticket_key FROM {changed} ORDER BY 1").fetchall()
        )

    monkeypatch.setattr(importer.facts, "build", build)
    tables = {
        "clients": CLIENTS,
        "tickets": [ticket("T1"), ticket("T2"), ticket("T3")],
        "ticket_events": [event("E1", "T1")],
    }
    bundle = write_bundle(tmp_path / "b", tables)
    import_bundle(ws, bundle)
    import_bundle(ws, bundle)
    import_bundle(ws, write_bundle(tmp_path / "i", {"ticket_events": [event("E1", "T2")]}))
    new_name = [{"client_id": "acme", "name": "New"}]
    import_bundle(ws, write_bundle(tmp_path / "j", {"clients": new_name, "tickets": [ticket("T3", status="x")]}))
    assert calls == [None, [], [(1,), (2,)], [(3,)]]


def test_a_failure_while_facts_are_built_changes_nothing(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS}))

    def build(*given: object) -> None:
        raise RuntimeError("broken")

    monkeypatch.setattr(importer.facts, "build", build)
    with pytest.raises(RuntimeError):
        import_bundle(ws, write_bundle(tmp_path / "i", {"tickets": [ticket("T1")]}))
    assert query(ws, "SELECT count(*) FROM tickets") == [(0,)]


def test_keys_of_several_columns_with_instants(ws: Workspace, tmp_path: Path) -> None:
    tables = {
        "technicians": [{"technician_id": "a", "name": "A"}],
        "tool_uses": [
            {"technician_id": "a", "used_at": "2026-01-05T08:00:00Z", "tool": "remote", "ticket_id": ""},
            {"technician_id": "a", "used_at": "2026-01-05T09:00:00+01:00", "tool": "remote", "ticket_id": ""},
        ],
    }
    report = import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert (report.tables["tool_uses"].inserted, report.tables["tool_uses"].repeated) == (1, 1)


def test_facts_of_another_version_are_derived_anew_by_any_import(
    ws: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A generation keeps how its facts were derived: one change of one ticket brings all of them up to this version."""
    monkeypatch.setattr(facts, "build", REAL_BUILD)
    bundle = write_bundle(tmp_path / "b", many(20))
    with monkeypatch.context() as other:
        other.setattr(facts, "_derivation", lambda: "another version")
        import_bundle(ws, bundle)
    as_this_version = query(ws, "SELECT * FROM f_intervals ORDER BY ALL")
    with ws.next_generation() as generation:
        generation.con.execute("ALTER TABLE f_intervals DROP COLUMN holder")
    import_bundle(ws, write_bundle(tmp_path / "c", {"tickets": [ticket("T0003", subject="other")]}))
    again = query(ws, "SELECT * FROM f_intervals ORDER BY ALL")
    assert len(again) == len(as_this_version) and len(again[0]) == len(as_this_version[0])
