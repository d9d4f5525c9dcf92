"""The look-up tables of one question: periods, local midnights, months, exchange rates, working days.

Owns their names and contents. All of them are small and are registered with the connection, so that no engine needs a time-zone
function or an as-of join. Must not know facts or KPIs.
"""

import bisect
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.catalogue.attribution import AGREEMENT_SPANS, read_agreement_spans
from pacesetter.catalogue.local_hours import local_hours
from pacesetter.catalogue.periods import Cells, Grain, Period, cells, cut, local_day, midnight
from pacesetter.model.calendars import Calendar
from pacesetter.model.schema import Kind
from pacesetter.model.tables import TABLES
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import read_business_time
from pacesetter.warehouse.business_time_tables import read_calendars

PERIODS = "period_cells"
PERIOD_SPANS = "period_spans"
LOCAL_HOURS = "local_hours"
DAY_STARTS = "day_starts"
DAY_RATES = "day_rates"
PERIOD_RATES = "period_rates"
OPEN_NOW = "open_now"
OPEN_AT_ENDS = "open_at_ends"
OPEN_DUES = "open_dues"
MONTH_CELLS = "month_cells"
WORKING_DAYS = 20
"""Working days over which the pace of resolving is measured (``backlog_days``)."""

Rates = dict[str, list[tuple[date, Decimal]]]


@dataclass
class Lookups:
    """Registers the tables on ``con``; what does not depend on the question is read once."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    _days: list[date] | None = None
    _rates: Rates | None = None
    _agreements: pa.Table | None = None
    _zones: set[str] = field(default_factory=set)

    def periods(self, periods: list[Period], as_of_s: int, zone: ZoneInfo, *, working: bool) -> Cells:
        """Register ``period_cells`` and ``period_spans``: p, from_s, to_s, at_s (the end, or as-of where that is earlier), before_s
        (what is earlier has happened by then), window_s."""
        table = cells(periods)
        self._register_cells(PERIODS, table)
        begun = [(i, p) for i, p in enumerate(periods) if p.from_s <= as_of_s]
        ends = [min(p.to_s, as_of_s) for _, p in begun]
        windows = self._windows(ends, zone) if working else [0] * len(ends)
        columns = {"p": [i for i, _ in begun], "from_s": [p.from_s for _, p in begun], "to_s": [p.to_s for _, p in begun],
                   "at_s": ends, "before_s": [min(p.to_s, as_of_s + 1) for _, p in begun], "window_s": windows}  # fmt: skip
        self.con.register(PERIOD_SPANS, pa.table({n: pa.array(c, pa.int64()) for n, c in columns.items()}))
        return table

    def hours(self, from_s: int, to_s: int, zone: ZoneInfo) -> None:
        """Register ``local_hours``."""
        self.con.register(LOCAL_HOURS, local_hours(from_s, to_s, zone))

    def agreements(self) -> None:
        """Register ``agreement_spans``: client_id, offering_id, from_s, to_s, agreement_id."""
        if self._agreements is None:
            self._agreements = read_agreement_spans(self.con, ZoneInfo(self.settings.time_zone))
        self.con.register(AGREEMENT_SPANS, self._agreements)

    def days(self, zone: ZoneInfo) -> None:
        """Register ``day_starts``: day, at_s (its local midnight), month (a number that grows by one per month)."""
        days = self._all_days()
        table = {
            "day": pa.array(days, pa.date32()),
            "at_s": pa.array([midnight(d, zone) for d in days], pa.int64()),
            "month": pa.array([_month(d) for d in days], pa.int64()),
        }
        self.con.register(DAY_STARTS, pa.table(table))

    def months(self, periods: list[Period], zone: ZoneInfo) -> None:
        """Register ``month_cells``, the cell table of the local months of the span, whole; ``idx`` is the month's number."""
        first, last = local_day(periods[0].from_s, zone).replace(day=1), local_day(periods[-1].to_s - 1, zone)
        after = (last.replace(day=1) + timedelta(days=32)).replace(day=1)
        table = cells(cut(first, after, Grain.MONTH, zone))
        low = _month(first)
        moved = [(cell, low + index, one, two) for cell, index, one, two in table.rows]
        self._register_cells(MONTH_CELLS, Cells(table.width, moved))

    def money(self, periods: list[Period], as_of_s: int, zone: ZoneInfo) -> None:
        """Register ``day_rates`` (day, currency, rate in force that day) and ``period_rates`` (p, currency, start_rate, end_rate)."""
        rates = self._all_rates()
        home = self.settings.currency
        days = self._all_days()
        found = [(d, c, r) for d in days for c in rates if (r := in_force(rates[c], d)) is not None]
        found += [(d, home, Decimal(1)) for d in days]
        self.con.register(DAY_RATES, _rate_table(("day", pa.date32()), ("rate",), found))
        spans: list[tuple[Any, ...]] = []
        for index, period in enumerate(periods):
            start = local_day(period.from_s, zone)
            end = local_day(max(min(period.to_s, as_of_s) - 1, period.from_s), zone)
            spans += [(index, c, in_force(rates[c], start), in_force(rates[c], end)) for c in rates]
            spans.append((index, home, Decimal(1), Decimal(1)))
        self.con.register(PERIOD_RATES, _rate_table(("p", pa.int64()), ("start_rate", "end_rate"), spans))

    def open_now(self, as_of_s: int) -> None:
        """Register ``open_now``: calendar_key, open_s, the open seconds of each calendar up to the as-of instant."""
        opened = read_business_time(self.con).opened("o", "v.calendar_key", str(as_of_s))
        rows = self.con.execute(
            f"SELECT v.calendar_key, {opened.value} FROM (SELECT DISTINCT calendar_key FROM calendar_versions) AS v {opened.joins}"
        ).fetchall()
        columns = zip(("calendar_key", "open_s"), zip(*rows, strict=True), strict=True)
        self.con.register(OPEN_NOW, pa.table({name: pa.array(values, pa.int64()) for name, values in columns}))

    def open_dues(self, as_of_s: int) -> None:
        """Register ``open_dues``: calendar_key, due_s, open_s, the open seconds of each calendar up to the due instant of every clock
        that was broken then and still runs."""
        opened = read_business_time(self.con).opened("o", "v.calendar_key", "v.due_s")
        rows = self.con.execute(
            f"""SELECT v.calendar_key, v.due_s, {opened.value}
            FROM (SELECT DISTINCT coalesce(calendar_key, 0) AS calendar_key, due_s FROM f_clocks
                WHERE due_s < {as_of_s} AND valid_from_s <= {as_of_s} AND (superseded_s IS NULL OR superseded_s > {as_of_s})
                    AND (stopped_s IS NULL OR stopped_s > {as_of_s}) AND (cancelled_s IS NULL OR cancelled_s > {as_of_s})) AS v
            {opened.joins}"""
        ).fetchall()
        columns = zip(
            ("calendar_key", "due_s", "open_s"), zip(*rows, strict=True) if rows else ((), (), ()), strict=True
        )
        self.con.register(OPEN_DUES, pa.table({name: pa.array(values, pa.int64()) for name, values in columns}))

    def open_at_ends(self) -> None:
        """Register ``open_at_ends``: p, calendar_key, open_s, the open seconds of each calendar up to ``at_s`` of each period."""
        opened = read_business_time(self.con).opened("o", "v.calendar_key", "v.at_s")
        rows = self.con.execute(
            f"""SELECT v.p, v.calendar_key, {opened.value} AS open_s
            FROM (SELECT s.p, s.at_s, c.calendar_key
                FROM {PERIOD_SPANS} AS s CROSS JOIN (SELECT DISTINCT calendar_key FROM calendar_versions) AS c) AS v
            {opened.joins}"""
        ).fetchall()
        columns = zip(("p", "calendar_key", "open_s"), zip(*rows, strict=True) if rows else ((), (), ()), strict=True)
        self.con.register(OPEN_AT_ENDS, pa.table({name: pa.array(values, pa.int64()) for name, values in columns}))

    def _register_cells(self, name: str, table: Cells) -> None:
        columns = list(zip(*table.rows, strict=True))
        names = ("cell", "idx", "edge_1", "edge_2")
        self.con.register(name, pa.table({n: pa.array(c, pa.int64()) for n, c in zip(names, columns, strict=True)}))

    def _all_days(self) -> list[date]:
        if self._days is None:
            selects = [
                f'SELECT DISTINCT "{c.name}" AS day FROM {t.name}'
                for t in TABLES
                for c in t.columns
                if c.kind is Kind.DATE
            ]
            rows = self.con.execute(f"SELECT DISTINCT day FROM ({' UNION ALL '.join(selects)}) ORDER BY day").fetchall()
            self._days = [day for (day,) in rows if day is not None and 1 < day.year < 9999]
        return self._days

    def _all_rates(self) -> Rates:
        if self._rates is None:
            self._rates = {}
            for currency, day, rate in self.con.execute(
                "SELECT currency, day, CAST(rate AS DECIMAL(20, 10)) FROM exchange_rates ORDER BY currency, day"
            ).fetchall():
                if currency != self.settings.currency:
                    self._rates.setdefault(currency, []).append((day, rate))
        return self._rates

    def _windows(self, ends: list[int], zone: ZoneInfo) -> list[int]:
        """For each end, the local midnight at which the last twenty working days before it begin."""
        calendar = self._working_calendar()
        days = [local_day(at_s - 1, zone) for at_s in ends]
        if not days:
            return []
        first = min(days) - timedelta(days=WORKING_DAYS * 5)
        span = (max(days) - first).days + 1
        working = [d for d in (first + timedelta(days=i) for i in range(span)) if _is_working(d, calendar)]
        return [midnight(_back(working, d), zone) for d in days]

    def _working_calendar(self) -> Calendar | None:
        named = self.settings.calendar
        return next(iter(read_calendars(self.con, None, named)), None) if named else None


def in_force(rates: list[tuple[date, Decimal]], day: date) -> Decimal | None:
    """The rate of the last day that is not after ``day``."""
    at = bisect.bisect_right(rates, day, key=lambda r: r[0])
    return rates[at - 1][1] if at else None


def _month(day: date) -> int:
    return day.year * 12 + day.month - 1


def _is_working(day: date, calendar: Calendar | None) -> bool:
    return bool(calendar.plan(day).spans) if calendar else day.weekday() < 5


def _back(working: list[date], day: date) -> date:
    at = bisect.bisect_right(working, day)
    return working[max(0, at - WORKING_DAYS)] if working else day - timedelta(days=WORKING_DAYS)


def _rate_table(key: tuple[str, pa.DataType], names: tuple[str, ...], rows: Iterable[tuple[Any, ...]]) -> pa.Table:
    listed = list(rows)
    columns = {
        key[0]: pa.array([r[0] for r in listed], key[1]),
        "currency": pa.array([r[1] for r in listed], pa.string()),
    }
    for index, name in enumerate(names):
        columns[name] = pa.array([r[2 + index] for r in listed], pa.decimal128(20, 10))
    return pa.table(columns)
