"""The calendar tables of a generation: built from the canonical calendars, read back as a layout or as arrays.

Owns the tables ``calendar_versions`` (which key and version a calendar id has), ``calendar_days`` and
``calendar_openings`` (the arithmetic), ``calendar_holidays`` (what the holidays package brought, for review),
``calendar_layout`` (one row, the shape of the others) and, for the session that builds them, ``calendar_changes`` (from
which instant on a calendar is open otherwise than it was). Must not know SLA clocks or KPIs.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb
import numpy as np
import pyarrow as pa

from pacesetter.errors import BadWorkspace
from pacesetter.model.calendar_holidays import holidays_version
from pacesetter.model.calendar_zones import tzdata_version
from pacesetter.model.calendars import Calendar, read_calendar
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time_arrays import (
    DAY_S,
    NOTHING,
    BusinessTimeArrays,
    Ints,
    Layout,
    build_arrays,
    first_difference,
)

ALWAYS_OPEN_KEY = 0
"""The ``calendar_key`` of round-the-clock time, so that calendar hours are the same arithmetic."""

NEVER = 2**62
"""Stands in ``calendar_changes`` for a calendar that is open as it was."""

YEARS_BEHIND, YEARS_AHEAD = 1, 3
EARLIEST_YEAR, LATEST_YEAR = 1970, 2100
TABLES = ("calendar_layout", "calendar_versions", "calendar_days", "calendar_openings", "calendar_holidays")


@dataclass(frozen=True, kw_only=True)
class Horizon:
    """The years that calendar tables cover, both included; from midnight to midnight UTC."""

    first_year: int
    last_year: int

    @property
    def first_s(self) -> int:
        """The first instant covered, epoch seconds."""
        return _new_year_s(self.first_year)

    @property
    def last_s(self) -> int:
        """The first instant not covered, epoch seconds."""
        return _new_year_s(self.last_year + 1)


def horizon(first_s: int, last_s: int) -> Horizon:
    """Whole years: from the year before that of the data's earliest instant to three years after that of the latest.

    The same data always have the same horizon. Instants before 1970 and after 2099 are not covered.
    """
    first, last = (min(max(s, 0), _new_year_s(LATEST_YEAR) - 1) for s in (first_s, last_s))
    first_year = datetime.fromtimestamp(first, UTC).year
    last_year = max(first_year, datetime.fromtimestamp(last, UTC).year) + YEARS_AHEAD
    return Horizon(first_year=max(first_year - YEARS_BEHIND, EARLIEST_YEAR), last_year=min(last_year, LATEST_YEAR - 1))


def read_calendars(
    con: duckdb.DuckDBPyConnection, locale: str | None = None, calendar_id: str | None = None
) -> list[Calendar]:
    """The calendars of the canonical tables (or the one of that id, if there is one), in order of id.

    Raises BadDefinition for the first that cannot be read.
    """
    exceptions: dict[str, list[tuple[date, str | None, str | None]]] = {}
    for owner, day, hours, label in con.execute(
        "SELECT calendar_id, day, hours, name FROM calendar_exceptions ORDER BY calendar_id, day"
    ).fetchall():
        exceptions.setdefault(owner, []).append((day, hours, label))
    rows = con.execute(
        "SELECT calendar_id, name, time_zone, hours, holidays FROM calendars "
        "WHERE $1 IS NULL OR calendar_id = $1 ORDER BY calendar_id", [calendar_id],
    ).fetchall()  # fmt: skip
    return [
        read_calendar(
            calendar_id=found, name=name, time_zone=zone, hours=hours, holidays=holidays,
            exceptions=exceptions.get(found, ()), locale=locale,
        )
        for found, name, zone, hours, holidays in rows
    ]  # fmt: skip


def build_calendar_tables(con: duckdb.DuckDBPyConnection, settings: Settings, first_s: int, last_s: int) -> Layout:
    """Write the calendar tables for data from ``first_s`` to ``last_s`` (epoch seconds); their layout.

    Reads ``calendars`` and ``calendar_exceptions``. Tables that already say the same are left as they are, so that a
    serving file does not grow. Names of holidays are in the workspace's language where the package has it. Also writes the
    temporary table ``calendar_changes``: calendar_id, from_s.
    """
    calendars = read_calendars(con, settings.locale)
    covered = horizon(first_s, last_s)
    versions = _versions_table(calendars, covered)
    con.execute("CREATE OR REPLACE TEMP TABLE calendar_changes (calendar_id VARCHAR, from_s BIGINT)")
    if _unchanged(con, versions):
        return read_layout(con)
    arrays = calendar_arrays(_distinct(calendars), covered)
    _note_changes(con, arrays, versions)
    _write(con, "calendar_layout", pa.Table.from_pylist([arrays.layout.row()]))
    _write(con, "calendar_days", _arrow(arrays.days))
    _write(con, "calendar_openings", _arrow(arrays.openings))
    _write(con, "calendar_holidays", _holidays_table(calendars, covered))
    _write(con, "calendar_versions", versions)
    return arrays.layout


def calendar_arrays(calendars: Sequence[Calendar], covered: Horizon) -> BusinessTimeArrays:
    """The arithmetic of calendars in memory: key 0 is round the clock, key n the n-th calendar of the sequence."""
    first_s, last_s = covered.first_s, covered.last_s
    pieces = [[(first_s, last_s)], *(calendar.open_pieces(first_s, last_s) for calendar in calendars)]
    return build_arrays(pieces, first_s, (last_s - first_s) // DAY_S)


def read_layout(con: duckdb.DuckDBPyConnection, prefix: str = "") -> Layout:
    """The layout of the calendar tables that the connection sees. Raises BadWorkspace where there are none."""
    try:
        cursor = con.execute(f"SELECT * FROM {prefix}calendar_layout")
        names = [column[0] for column in cursor.description or ()]
        row = cursor.fetchall()[0]
    except duckdb.CatalogException:
        raise BadWorkspace("the calendars have not been prepared", do="import a bundle first") from None
    return Layout(**dict(zip(names, row, strict=True)))


def read_arrays(con: duckdb.DuckDBPyConnection, prefix: str = "") -> BusinessTimeArrays:
    """The tables of a generation as arrays, for look-ups outside SQL."""
    layout = read_layout(con, prefix)
    days, openings = (
        _arrays(con.sql(f"SELECT * FROM {prefix}{table} ORDER BY {key}").to_arrow_table())
        for table, key in (("calendar_days", "day_key"), ("calendar_openings", "opening_key"))
    )
    return BusinessTimeArrays(layout, days, openings)


def _distinct(calendars: Iterable[Calendar]) -> list[Calendar]:
    """One calendar of each version, in order of id; its place (from 1) is the calendar key."""
    found: dict[str, Calendar] = {}
    for calendar in calendars:
        found.setdefault(calendar.version, calendar)
    return list(found.values())


def _versions_table(calendars: Sequence[Calendar], covered: Horizon) -> pa.Table:
    """``calendar_versions``; calendars that are open at the same instants share a key. Round the clock has no id."""
    keys = {calendar.version: key for key, calendar in enumerate(_distinct(calendars), 1)}
    common = {
        "first_s": covered.first_s, "last_s": covered.last_s,
        "tzdata": tzdata_version(), "holidays_package": holidays_version(),
    }  # fmt: skip
    rows: list[dict[str, Any]] = [
        {"calendar_id": None, "calendar_key": ALWAYS_OPEN_KEY, "version": "24x7", "name": "24x7", "time_zone": "UTC",
         "hours": "24x7", "holidays": None, **common}
    ]  # fmt: skip
    rows += [
        {"calendar_id": c.calendar_id, "calendar_key": keys[c.version], "version": c.version, "name": c.name,
         "time_zone": c.time_zone, "hours": c.hours, "holidays": c.holidays, **common}
        for c in calendars
    ]  # fmt: skip
    text, whole = pa.string(), pa.int64()
    kinds = [text, whole, text, text, text, text, text, whole, whole, text, text]
    return pa.Table.from_pylist(rows, schema=pa.schema(list(zip(rows[0], kinds, strict=True))))


def _holidays_table(calendars: Sequence[Calendar], covered: Horizon) -> pa.Table:
    """``calendar_holidays``: every public holiday of every calendar, and whether an exception replaces it."""
    rows = [
        {"calendar_id": c.calendar_id, "day": day, "name": name, "is_replaced": day in replaced}
        for c in calendars
        for replaced in [{exception.day for exception in c.exceptions}]
        for year in range(covered.first_year, covered.last_year + 1)
        for day, name in c.holidays_in(year)
    ]
    kinds = {"calendar_id": pa.string(), "day": pa.date32(), "name": pa.string(), "is_replaced": pa.bool_()}
    return pa.Table.from_pylist(rows, schema=pa.schema(list(kinds.items())))


def _note_changes(con: duckdb.DuckDBPyConnection, arrays: BusinessTimeArrays, versions: pa.Table) -> None:
    """Fill ``calendar_changes`` with every calendar of the tables that stand and are about to be replaced.

    ``from_s`` is NOTHING where key or horizon differ, NEVER where nothing does.
    """
    if not _standing(con):
        return
    before, told = read_arrays(con), []
    keys = {row["calendar_id"]: row["calendar_key"] for row in versions.to_pylist()}
    alike = (before.layout.origin_s, before.layout.days) == (arrays.layout.origin_s, arrays.layout.days)
    for found, key in con.execute("SELECT calendar_id, calendar_key FROM calendar_versions").fetchall():
        comparable = alike and keys.get(found) == key
        from_s = first_difference(before, key, arrays, key) if comparable else NOTHING
        told.append((found, NEVER if from_s is None else from_s))
    con.executemany("INSERT INTO calendar_changes VALUES (?, ?)", told)


def _standing(con: duckdb.DuckDBPyConnection) -> bool:
    found = con.execute(
        "SELECT count(DISTINCT table_name) FROM information_schema.tables "
        "WHERE table_catalog = current_database() AND table_name IN (SELECT unnest(?))", [list(TABLES)],
    ).fetchall()  # fmt: skip
    return bool(found[0][0] == len(TABLES))


def _unchanged(con: duckdb.DuckDBPyConnection, versions: pa.Table) -> bool:
    if not _standing(con):
        return False
    cursor = con.execute("SELECT * FROM calendar_versions")
    names = [column[0] for column in cursor.description or ()]
    rows = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    by_id = {row["calendar_id"]: row for row in versions.to_pylist()}
    return len(rows) == len(by_id) and {row["calendar_id"]: row for row in rows} == by_id


def _write(con: duckdb.DuckDBPyConnection, name: str, table: pa.Table) -> None:
    con.register("calendar_rows", table)
    try:
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM calendar_rows")
    finally:
        con.unregister("calendar_rows")


def _arrow(columns: dict[str, Ints]) -> pa.Table:
    return pa.table({name: pa.array(values, mask=values == NOTHING) for name, values in columns.items()})


def _arrays(table: pa.Table) -> dict[str, Ints]:
    return {
        name: np.ascontiguousarray(table.column(name).fill_null(NOTHING).to_numpy().astype(np.int64))
        for name in table.column_names
    }


def _new_year_s(year: int) -> int:
    return (date(year, 1, 1).toordinal() - date(1970, 1, 1).toordinal()) * DAY_S
