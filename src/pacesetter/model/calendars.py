"""Calendars of service as half-open interval algebra: which instants are open.

An instant is open when the wall clock of the calendar's zone, at that instant, stands within a span: a skipped hour
counts nothing, a doubled one twice. A span belongs to the day on which it starts: an exception, or a public holiday,
replaces the spans that start on its day, and the tail of last night's span stays. An exception on a holiday wins.
Spans that overlap count once.

Owns the calendar and its version. Must not know engines, tables or files; days by the million are in ``warehouse``.
"""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import cached_property

from pacesetter.errors import BadDefinition
from pacesetter.model.calendar_holidays import check_holidays, public_holidays
from pacesetter.model.calendar_zones import DAY_S, Interval, check_zone, instants_of, merged, zone_offsets
from pacesetter.model.hours import Spans, Week, parse_day, parse_week

EPOCH_DAY = date(1970, 1, 1).toordinal()
VERSION_YEARS = range(1990, 2050)
"""The years whose holidays and clock changes make up a calendar's version, whatever range the data have."""


class Because(StrEnum):
    """What gives a day its hours."""

    WEEK = "week"
    HOLIDAY = "holiday"
    EXCEPTION = "exception"


@dataclass(frozen=True, kw_only=True)
class DayException:
    """One day that differs from the week. No spans: closed."""

    day: date
    spans: Spans
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class DayPlan:
    """The spans that start on a day, what gives them, and the name of the holiday or exception."""

    day: date
    spans: Spans
    because: Because
    name: str | None = None


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """Weekly hours in a zone, less public holidays, with exceptions. Make one with ``read_calendar``."""

    calendar_id: str
    name: str
    time_zone: str
    hours: str
    week: Week
    holidays: str | None = None
    exceptions: tuple[DayException, ...] = ()
    locale: str | None = None

    def plan(self, day: date) -> DayPlan:
        """What starts on ``day``: the exception's spans, else none on a public holiday, else the weekday's."""
        exception = self._exceptions.get(day)
        if exception is not None:
            return DayPlan(day=day, spans=exception.spans, because=Because.EXCEPTION, name=exception.name)
        if self.holidays and (name := public_holidays(self.holidays, day.year, self.locale).get(day)) is not None:
            return DayPlan(day=day, spans=(), because=Because.HOLIDAY, name=name)
        return DayPlan(day=day, spans=self.week[day.weekday()], because=Because.WEEK)

    def walls(self, first: date, last: date) -> list[Interval]:
        """The open wall-clock seconds (since 1970-01-01 00:00 on the wall) of the days from ``first`` to ``last``.

        Both days are included, the tail of the night before ``first`` too; disjoint, in order.
        """
        found: list[Interval] = []
        low, high = wall_s(first), wall_s(last) + DAY_S
        for ordinal in range(first.toordinal() - 1, last.toordinal() + 1):
            midnight_s = (ordinal - EPOCH_DAY) * DAY_S
            for start_s, end_s in self.plan(date.fromordinal(ordinal)).spans:
                found.append((max(midnight_s + start_s, low), min(midnight_s + end_s, high)))
        return merged(found)

    def open_pieces(self, first_s: int, last_s: int) -> list[Interval]:
        """The open instants within ``[first_s, last_s)`` (epoch seconds) as disjoint maximal intervals in order."""
        offsets = zone_offsets(self.time_zone, first_s, last_s)
        if not offsets:
            return []
        first = first_s + min(o.offset_s for o in offsets)
        last = last_s + max(o.offset_s for o in offsets)
        return instants_of(self.walls(wall_day(first), wall_day(last)), offsets)

    def holidays_in(self, year: int) -> list[tuple[date, str]]:
        """The public holidays that the calendar's ``holidays`` code brings in a year, for review."""
        return list(public_holidays(self.holidays, year, self.locale).items()) if self.holidays else []

    @cached_property
    def version(self) -> str:
        """Sixteen hex digits that change when, and only when, what is open may change.

        Made of the spans (not their spelling), the exceptions, and the holidays and clock changes of 1990 to 2049 as
        the installed data list them; names and the range of the data are no part of it.
        """
        content = {
            "zone": [list(o) for o in zone_offsets(self.time_zone, *_year_bounds(VERSION_YEARS))],
            "week": self.week,
            "holidays": [day.isoformat() for year in VERSION_YEARS for day, _ in self.holidays_in(year)],
            "exceptions": [[e.day.isoformat(), e.spans] for e in self.exceptions],
        }
        return hashlib.sha256(json.dumps(content, separators=(",", ":")).encode()).hexdigest()[:16]

    @cached_property
    def _exceptions(self) -> dict[date, DayException]:
        return {exception.day: exception for exception in self.exceptions}


def read_calendar(
    *,
    calendar_id: str,
    time_zone: str,
    hours: str,
    name: str | None = None,
    holidays: str | None = None,
    exceptions: Iterable[tuple[date, str | None, str | None]] = (),
    locale: str | None = None,
) -> Calendar:
    """A calendar from its canonical texts; ``exceptions`` are (day, hours, name), later rows of a day win.

    Raises BadDefinition with the calendar, the column, the place in the text and what to write.
    """
    where = f"calendar '{calendar_id}'"
    check_zone(time_zone, f"{where}, time_zone")
    code = (holidays or "").strip() or None
    if code:
        check_holidays(code, f"{where}, holidays")
    read = {
        day: DayException(day=day, spans=parse_day(text, f"{where}, exception of {day}, hours"), name=label)
        for day, text, label in exceptions
    }
    return Calendar(
        calendar_id=calendar_id,
        name=name or calendar_id,
        time_zone=time_zone,
        hours=hours,
        week=parse_week(hours, f"{where}, hours"),
        holidays=code,
        exceptions=tuple(read[day] for day in sorted(read)),
        locale=locale,
    )


def calendar_complaint(*, time_zone: str, hours: str, holidays: str | None = None) -> tuple[str, str] | None:
    """The first wrong column of a row of ``calendars`` and why, or None where the row can be read; for quarantine."""
    try:
        column = "time_zone"
        check_zone(time_zone, column)
        column = "holidays"
        if holidays and holidays.strip():
            check_holidays(holidays.strip(), column)
        column = "hours"
        parse_week(hours, column)
    except BadDefinition as error:
        return column, str(error)
    return None


def exception_complaint(hours: str | None) -> str | None:
    """Why the hours of a row of ``calendar_exceptions`` cannot be read, or None; for quarantine."""
    try:
        parse_day(hours)
    except BadDefinition as error:
        return str(error)
    return None


def wall_s(day: date) -> int:
    """Midnight of a day on the wall, in wall-clock seconds since 1970-01-01 00:00."""
    return (day.toordinal() - EPOCH_DAY) * DAY_S


def wall_day(second: int) -> date:
    """The day on which a wall-clock second lies."""
    return date(1970, 1, 1) + timedelta(days=second // DAY_S)


def _year_bounds(years: range) -> tuple[int, int]:
    return wall_s(date(years.start, 1, 1)), wall_s(date(years.stop, 1, 1))
