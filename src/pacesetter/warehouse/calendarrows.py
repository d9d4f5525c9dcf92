"""Rows of calendars and their exceptions that name hours, holidays or zones which nobody can read.

Owns nothing but the asking: the grammar is ``model.calendars``. These tables are small, so every row is asked about in
Python. Must not know how rows are stored.
"""

from typing import Any

import duckdb
import pyarrow as pa

from pacesetter.model.calendars import calendar_complaint, exception_complaint
from pacesetter.warehouse.parsing import code
from pacesetter.warehouse.staging import Intake
from pacesetter.warehouse.storage import create_from

Complaint = tuple[int, str, str]


def mark_unreadable_hours(con: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Put out the rows of ``calendars`` and ``calendar_exceptions`` that the model cannot read, each with its complaint.

    Other tables are left alone. The complaints stand in ``Intake.complaints`` (_rid, complaint).
    """
    ask = {"calendars": _calendars, "calendar_exceptions": _exceptions}.get(intake.table.name)
    found = ask(con, intake) if ask else []
    if not found:
        return
    rids, columns, texts = zip(*found, strict=True)
    codes = [code(intake.table, column, "unreadable") for column in columns]
    rows = pa.table({"_rid": rids, "code": pa.array(codes, pa.int32()), "complaint": texts})
    create_from(con, intake.complaints, rows)
    con.execute(f"INSERT INTO {intake.out} SELECT _rid, code, 0 FROM {intake.complaints}")


def _calendars(con: duckdb.DuckDBPyConnection, intake: Intake) -> list[Complaint]:
    found = []
    for rid, zone, hours, holidays in _rows(con, intake, "time_zone, hours, holidays"):
        complaint = calendar_complaint(
            time_zone=str(zone), hours=str(hours), holidays=None if holidays is None else str(holidays)
        )
        if complaint:
            found.append((rid, *complaint))
    return found


def _exceptions(con: duckdb.DuckDBPyConnection, intake: Intake) -> list[Complaint]:
    asked = ((rid, exception_complaint(hours)) for rid, hours in _rows(con, intake, "hours"))
    return [(rid, "hours", complaint) for rid, complaint in asked if complaint]


def _rows(con: duckdb.DuckDBPyConnection, intake: Intake, columns: str) -> list[tuple[Any, ...]]:
    return con.execute(
        f"SELECT _rid, {columns} FROM {intake.view} WHERE _rid NOT IN (SELECT _rid FROM {intake.out})"
    ).fetchall()
