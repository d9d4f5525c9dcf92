"""Small bundles for the tests of the warehouse, and the rows that came of them."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from pacesetter.warehouse.workspace import Workspace

CLIENTS = [{"client_id": "acme", "name": "Acme"}, {"client_id": "beta", "name": "Beta"}]
QUARANTINE = "table_name, file, line, column_name, value, reason, message"


def ticket(ticket_id: str, **more: str) -> dict[str, str]:
    return {"ticket_id": ticket_id, "client_id": "acme", "created_at": "2026-01-05T08:00:00Z", **more}


def event(event_id: str, ticket_id: str, **more: str) -> dict[str, str]:
    return {"event_id": event_id, "ticket_id": ticket_id, "occurred_at": "2026-01-05T09:00:00Z", "kind": "note", **more}


def write_bundle(folder: Path, tables: Mapping[str, Sequence[Mapping[str, str]]]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for table, rows in tables.items():
        columns = list(dict.fromkeys(name for row in rows for name in row))
        with (folder / f"{table}.csv").open("w", encoding="utf-8", newline="") as out:
            sheet = csv.DictWriter(out, columns, restval="")
            sheet.writeheader()
            sheet.writerows(rows)
    return folder


def write_text(folder: Path, files: Mapping[str, str | bytes]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
    return folder


def query(ws: Workspace, sql: str) -> list[tuple[object, ...]]:
    with ws.reader() as con:
        return con.execute(sql).fetchall()


def waiting(ws: Workspace) -> list[tuple[object, ...]]:
    return query(ws, f"SELECT {QUARANTINE} FROM _quarantine WHERE left_at IS NULL ORDER BY table_name, file, line, id")


def content(ws: Workspace, tables: Iterable[str]) -> dict[str, list[tuple[object, ...]]]:
    """Every row of some tables without the ticket keys, in an order that does not depend on how it came in."""
    found = {}
    with ws.reader() as con:
        for table in tables:
            if table == "ticket_events":
                sql = "SELECT k.ticket_id, e.* EXCLUDE (ticket_key) FROM ticket_events e JOIN tickets k USING (ticket_key)"
            else:
                sql = f"SELECT * {'EXCLUDE (ticket_key)' if table == 'tickets' else ''} FROM {table}"
            found[table] = sorted(con.execute(sql).fetchall(), key=repr)
    return found
