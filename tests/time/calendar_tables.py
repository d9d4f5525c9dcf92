"""Fixtures in plain functions: a connection with canonical calendars and the tables that are built from them."""

from collections.abc import Iterable
from datetime import date

import duckdb

from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import BusinessTime, build_calendar_tables, read_business_time

Row = tuple[str, str, str, str | None]
Exception_ = tuple[str, date, str | None, str | None]


def canonical(calendars: Iterable[Row], exceptions: Iterable[Exception_] = ()) -> duckdb.DuckDBPyConnection:
    """A connection with the canonical tables; a calendar is (id, zone, hours, holidays)."""
    con = duckdb.connect(config={"threads": 1})
    con.execute(
        "CREATE TABLE calendars (calendar_id VARCHAR, name VARCHAR, time_zone VARCHAR, hours VARCHAR, holidays VARCHAR)"
    )
    con.execute("CREATE TABLE calendar_exceptions (calendar_id VARCHAR, day DATE, hours VARCHAR, name VARCHAR)")
    for calendar_id, zone, hours, holidays in calendars:
        con.execute(
            "INSERT INTO calendars VALUES (?, ?, ?, ?, ?)", [calendar_id, f"{calendar_id} desk", zone, hours, holidays]
        )
    for row in exceptions:
        con.execute("INSERT INTO calendar_exceptions VALUES (?, ?, ?, ?)", list(row))
    return con


def built(con: duckdb.DuckDBPyConnection, first_s: int, last_s: int) -> BusinessTime:
    """The look-ups over tables built for data from ``first_s`` to ``last_s``."""
    build_calendar_tables(con, Settings(), first_s, last_s)
    return read_business_time(con)


def keys(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The key of each calendar."""
    return dict(
        con.execute("SELECT calendar_id, calendar_key FROM calendar_versions WHERE calendar_id IS NOT NULL").fetchall()
    )


def ask(
    con: duckdb.DuckDBPyConnection, time: BusinessTime, kind: str, calendar: str | int, *arguments: int
) -> int | None:
    """One look-up through SQL: ``kind`` is a method of BusinessTime, the arguments are epoch seconds or seconds."""
    key = keys(con)[calendar] if isinstance(calendar, str) else calendar
    lookup = getattr(time, kind)("x", "t.k", *(f"t.a{n}" for n in range(len(arguments))))
    columns = ", ".join(f"CAST({value} AS BIGINT) AS a{n}" for n, value in enumerate(arguments))
    rows = con.execute(
        f"SELECT {lookup.value} FROM (SELECT CAST({key} AS BIGINT) AS k, {columns}) AS t {lookup.joins}"
    ).fetchall()
    assert len(rows) == 1
    return rows[0][0]
