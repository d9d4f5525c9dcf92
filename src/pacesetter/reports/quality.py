"""The rows that wait in the quarantine and the tickets whose records disagree, page by page.

Owns that paging. What is refused, and why, is the warehouse's business.
"""

from dataclasses import dataclass
from typing import Any

import duckdb

from pacesetter.warehouse.doctor import Defect, QuarantinedRow, open_rows


@dataclass(frozen=True)
class Found:
    """Rows ``[offset, offset + len(rows))`` of ``total``."""

    rows: tuple[Any, ...]
    total: int
    offset: int


def quarantined(con: duckdb.DuckDBPyConnection, table: str, reason: str, limit: int, offset: int) -> Found:
    """Rows of one table that wait for one reason, as ``QuarantinedRow``, in the order in which they came."""
    total = con.execute(
        "SELECT count(*) FROM _quarantine WHERE left_at IS NULL AND table_name = ? AND reason = ?", [table, reason]
    ).fetchall()[0][0]
    rows: tuple[QuarantinedRow, ...] = open_rows(con, table, reason, limit=limit, offset=offset)
    return Found(rows, int(total), offset)


def disagreements(con: duckdb.DuckDBPyConnection, kind: str, detail: str, limit: int, offset: int) -> Found:
    """Tickets with one kind of defect, as ``Defect``, by ticket."""
    where = "kind = ? AND coalesce(detail, '') = ?"
    total = con.execute(f"SELECT count(*) FROM _defects WHERE {where}", [kind, detail]).fetchall()[0][0]
    rows = con.execute(
        f"SELECT ticket_id, detail, column_value, event_value FROM _defects WHERE {where} ORDER BY ALL LIMIT ? OFFSET ?",
        [kind, detail, limit, offset],
    ).fetchall()
    names = ("ticket_id", "detail", "column_value", "event_value")
    return Found(tuple(Defect(**dict(zip(names, row, strict=True))) for row in rows), int(total), offset)
