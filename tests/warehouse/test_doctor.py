"""What the doctor sees."""

from datetime import UTC, datetime
from pathlib import Path

import duckdb
from bundles import CLIENTS, event, ticket, write_bundle

from pacesetter.warehouse.doctor import doctor
from pacesetter.warehouse.importer import StagedSource, import_bundle, import_staged
from pacesetter.warehouse.staging import StagedTable
from pacesetter.warehouse.workspace import Workspace


def test_the_doctor_counts_and_shows(ws: Workspace, tmp_path: Path) -> None:
    tables = {
        "clients": [*CLIENTS, *({"client_id": f"c{i}", "name": ""} for i in range(5))],
        "tickets": [ticket("T1", status="Odd"), ticket("T2", status="Known"), ticket("T3", status="active")],
        "ticket_statuses": [{"status": "Known", "phase": "active"}],
        "ticket_events": [
            event("E1", "T1", kind="status", to_value="Odd"),
            event("E2", "T1", kind="status", to_value="Strange"),
        ],
    }
    import_bundle(ws, write_bundle(tmp_path / "b", tables), as_of=datetime(2026, 1, 31, tzinfo=UTC))
    with ws.next_generation() as generation:
        generation.con.execute("DELETE FROM _defects")
        generation.con.execute(
            "INSERT INTO _defects VALUES ('T1', 'disagreement', 'resolved_at', 'a', 'b'), ('T1', 'bad_timestamp', 'E1', NULL, NULL)"
        )
    report = doctor(ws)
    assert report.as_of == datetime(2026, 1, 31, tzinfo=UTC) and report.imports == 1 and report.generation == 2
    assert report.last_import_at == datetime(2026, 2, 1, 12, tzinfo=UTC)
    assert report.newest_event_at == datetime(2026, 1, 5, 9, tzinfo=UTC)
    assert report.tables["clients"] == 2 and report.tables["tickets"] == 3 and report.tables["projects"] == 0
    (group,) = report.quarantine
    assert (group.table, group.reason, group.rows) == ("clients", "missing", 5) and report.open_quarantine == 5
    assert [(e.line, e.column, e.file) for e in group.examples] == [
        (4, "name", "clients.csv"),
        (5, "name", "clients.csv"),
        (6, "name", "clients.csv"),
    ]
    assert [(d.kind, d.tickets, d.rows) for d in report.defects] == [("bad_timestamp", 1, 1), ("disagreement", 1, 1)]
    assert report.unknown_statuses == (("Odd", 2), ("Strange", 1))
    assert not report.healthy


def test_a_staged_source_is_checked_like_a_bundle(ws: Workspace, tmp_path: Path) -> None:
    (tmp_path / "source.xlsx").write_text("x")

    rows = (
        "(VALUES ('T1', 'acme', TIMESTAMP '2026-01-05 08:00:00', 'incident', 's.xlsx', 2), "
        "('T2', 'acme', TIMESTAMP '2026-01-05 08:00:00', 'nonsense', 's.xlsx', 7)) "
        "AS t(ticket_id, client_id, created_at, type, _file, _line)"
    )

    def stage(con: duckdb.DuckDBPyConnection, progress: object) -> list[StagedTable]:
        con.execute(f"CREATE TABLE scratch.prepared AS SELECT * FROM {rows}")
        clients = "(SELECT 'acme' AS client_id, 'Acme' AS name, '3' AS seats, 's.xlsx' AS _file, 1 AS _line)"
        return [
            StagedTable(table="tickets", relation="scratch.prepared"),
            StagedTable(table="clients", relation=clients),
        ]

    source = StagedSource(
        path=str(tmp_path / "source.xlsx"), stage=stage, mapping="mine", files=(tmp_path / "source.xlsx",)
    )
    report = import_staged(ws, source, time_zone="Europe/Berlin")
    assert report.mapping == "mine" and report.tables["tickets"].inserted == 1
    example = doctor(ws).quarantine[0].examples[0]
    assert (example.file, example.line, example.column, example.value) == ("s.xlsx", 7, "type", "nonsense")
    with ws.reader() as con:
        assert con.execute("SELECT created_at::VARCHAR FROM tickets").fetchall() == [("2026-01-05 08:00:00",)]
