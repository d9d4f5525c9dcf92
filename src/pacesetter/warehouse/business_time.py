"""Business time as arithmetic in SQL: open seconds, due instants and next openings by equality joins.

Owns the text of the look-ups, in the restricted dialect: integer epoch seconds, CASE, equality joins, no time-zone
function. Must not know how a calendar is defined or how the tables are filled (``business_time_tables``).

A look-up is a piece of FROM clause and an expression, so that one query can hold many::

    time = read_business_time(con)
    worked = time.between("w", "t.calendar_key", "t.created_s", "t.resolved_s")
    due = time.due("d", "t.calendar_key", "t.created_s", "t.target_s")
    sql = f"SELECT t.ticket_key, {worked.value} AS open_s, {due.value} AS due_s FROM t {worked.joins} {due.joins}"

Every joined table has exactly one row for every row of ``t`` (row 0 where there is no answer), so rows are neither lost
nor doubled, and an answer is NULL where the calendar key is NULL or the instant lies beyond the horizon.
"""

from dataclasses import dataclass

import duckdb

from pacesetter.warehouse.business_time_arrays import DAY_S, BusinessTimeArrays, Layout
from pacesetter.warehouse.business_time_tables import (
    ALWAYS_OPEN_KEY,
    build_calendar_tables,
    read_arrays,
    read_layout,
)

__all__ = [
    "ALWAYS_OPEN_KEY", "BusinessTime", "BusinessTimeArrays", "Layout", "Lookup", "build_calendar_tables", "read_arrays",
    "read_business_time",
]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Lookup:
    """A look-up as SQL: ``joins`` go behind the relation in FROM, ``value`` is a BIGINT expression, maybe NULL.

    ``reason`` is a text expression that says why the value is NULL, itself NULL where there is a value; only a due
    instant has one.
    """

    joins: str
    value: str
    reason: str = "NULL"


@dataclass(frozen=True, kw_only=True)
class BusinessTime:
    """The look-ups over the calendar tables of one generation.

    ``calendar`` arguments are SQL expressions for a ``calendar_key`` of ``calendar_versions``, instants for BIGINT
    epoch seconds. ``alias`` must be new in the query. ``prefix`` stands before the table names (``main.``).
    ``join`` may be ``JOIN`` where the engine keeps the written order of joins (DuckDB: ``SET disabled_optimizers =
    'join_order,build_side_probe_side'``): up to twice as fast, the same answers. Without that, DuckDB takes a join on an
    expression for one that keeps few rows, and may hash the large side.
    """

    layout: Layout
    prefix: str = ""
    join: str = "LEFT JOIN"

    def opened(self, alias: str, calendar: str, at_s: str) -> Lookup:
        """C(t): the seconds that the calendar was open from the start of the horizon to ``at_s``."""
        row = f"{alias}_day"
        joins = self._join("calendar_days", row, "day_key", self._day_key(calendar, at_s))
        value = self._clamped(row, at_s)
        if self.layout.finer_s:
            finer = f"{alias}_part"
            key = _finer_key(row, f"(({at_s}) - {row}.start_s) // {self.layout.finer_s}")
            joins = f"{joins}\n{self._join('calendar_days', finer, 'day_key', key)}"
            value = f"CASE WHEN {row}.finer_key > 0 THEN {self._clamped(finer, at_s)} ELSE {value} END"
        return Lookup(joins=joins, value=f"({value})")

    def between(self, alias: str, calendar: str, start_s: str, end_s: str) -> Lookup:
        """The open seconds of ``[start_s, end_s)``; negative where the end lies before the start."""
        start = self.opened(f"{alias}_start", calendar, start_s)
        end = self.opened(f"{alias}_end", calendar, end_s)
        return Lookup(joins=f"{start.joins}\n{end.joins}", value=f"({end.value} - {start.value})")

    def due(self, alias: str, calendar: str, start_s: str, seconds: str) -> Lookup:
        """The earliest instant at which ``seconds`` (an integer, 0 or more) open seconds have passed since ``start_s``.

        Exactly at closing, if they are used up there. Reasons: ``no_target`` (seconds NULL or negative),
        ``no_calendar``, ``beyond_horizon`` (the start, or the due instant, is not covered), ``never_opens``.
        """
        start = self.opened(alias, calendar, start_s)
        day, row, count = f"{alias}_day", f"{alias}_open", f"({start.value} + ({seconds}))"
        found = f"({seconds}) > 0 AND {count} <= {day}.total_s"
        key = f"CASE WHEN {found} THEN {day}.opening_key + ({count} - 1) // {self.layout.bucket_s} ELSE 0 END"
        joins = f"{start.joins}\n{self._join('calendar_openings', row, 'opening_key', key)}"
        value = self._moved(row, count)
        if self.layout.finer_bucket_s:
            finer = f"{alias}_gap"
            within = f"(({count} - 1) % {self.layout.bucket_s}) // {self.layout.finer_bucket_s}"
            joins = f"{joins}\n{self._join('calendar_openings', finer, 'opening_key', _finer_key(row, within))}"
            value = f"CASE WHEN {row}.finer_key > 0 THEN {self._moved(finer, count)} ELSE {value} END"
        value = f"(CASE WHEN ({seconds}) = 0 AND {day}.base_s IS NOT NULL THEN ({start_s}) ELSE {value} END)"
        return Lookup(joins=joins, value=value, reason=_reason(value, calendar, seconds, day))

    def next_opening(self, alias: str, calendar: str, at_s: str) -> Lookup:
        """The earliest open instant from ``at_s`` on: ``at_s`` itself where it is open. With the reasons of ``due``.

        One open second has passed one second after that instant, and no earlier.
        """
        due = self.due(alias, calendar, at_s, "1")
        return Lookup(joins=due.joins, value=f"({due.value} - 1)", reason=due.reason)

    def select_open_seconds(self, relation: str, *, calendar: str = "calendar_key", start_s: str = "start_s",
                            end_s: str = "end_s", name: str = "open_s") -> str:  # fmt: skip
        """A SELECT of every column of ``relation`` (a table, or a SELECT in parentheses) and the open seconds."""
        found = self.between("bt", f"r.{calendar}", f"r.{start_s}", f"r.{end_s}")
        return f"SELECT r.*, {found.value} AS {name}\nFROM {relation} AS r\n{found.joins}"

    def select_due(self, relation: str, *, calendar: str = "calendar_key", start_s: str = "start_s",
                   seconds: str = "target_s", name: str = "due_s", reason: str = "due_reason") -> str:  # fmt: skip
        """A SELECT of every column of ``relation`` with the due instant and the reason where there is none."""
        found = self.due("bt", f"r.{calendar}", f"r.{start_s}", f"r.{seconds}")
        columns = f"{found.value} AS {name}, {found.reason} AS {reason}"
        return f"SELECT r.*, {columns}\nFROM {relation} AS r\n{found.joins}"

    def _join(self, table: str, alias: str, column: str, key: str) -> str:
        return f"{self.join} {self.prefix}{table} AS {alias} ON {alias}.{column} = {key}"

    def _day_key(self, calendar: str, at_s: str) -> str:
        """The row of an instant; row 0 beyond the horizon, so that no calendar reads its neighbour's days."""
        layout = self.layout
        known = (
            f"({at_s}) >= {layout.origin_s} AND ({at_s}) < {layout.last_s} "
            f"AND ({calendar}) >= 0 AND ({calendar}) < {layout.calendars}"
        )
        day = f"(({at_s}) - {layout.origin_s}) // {DAY_S}"
        return f"CASE WHEN {known} THEN 1 + ({calendar}) * {layout.days} + {day} ELSE 0 END"

    def _clamped(self, row: str, at_s: str) -> str:
        """Open seconds before the day, and of each piece what lies before the instant (``base_s`` is less the lows)."""
        clamps = [
            f"CASE WHEN ({at_s}) <= {row}.low_{n} THEN {row}.low_{n}"
            f" WHEN ({at_s}) >= {row}.high_{n} THEN {row}.high_{n} ELSE ({at_s}) END"
            for n in range(1, self.layout.pieces + 1)
        ]
        return " + ".join([f"{row}.base_s", *clamps])

    def _moved(self, row: str, count: str) -> str:
        """The instant at which ``count`` open seconds have passed: shifted by every closed gap before it."""
        gaps = [
            f"CASE WHEN {count} > {row}.after_{n} THEN {row}.gap_{n} ELSE 0 END"
            for n in range(1, self.layout.gaps + 1)
        ]  # fmt: skip
        return " + ".join([count, f"{row}.shift_s", *gaps])


def _finer_key(row: str, within: str) -> str:
    return f"CASE WHEN {row}.finer_key > 0 THEN {row}.finer_key + {within} ELSE 0 END"


def _reason(value: str, calendar: str, seconds: str, day: str) -> str:
    return (
        f"CASE WHEN ({seconds}) IS NULL OR ({seconds}) < 0 THEN 'no_target' "
        f"WHEN ({calendar}) IS NULL THEN 'no_calendar' "
        f"WHEN {value} IS NOT NULL THEN NULL WHEN {day}.total_s = 0 THEN 'never_opens' ELSE 'beyond_horizon' END"
    )


def read_business_time(con: duckdb.DuckDBPyConnection, prefix: str = "") -> BusinessTime:
    """The look-ups over the calendar tables that the connection sees (under ``prefix``, such as ``main.``)."""
    return BusinessTime(layout=read_layout(con, prefix), prefix=prefix)
