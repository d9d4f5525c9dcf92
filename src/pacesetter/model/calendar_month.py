"""A calendar's month as a person reads it: what is open on each day, why, and how long the day is.

Owns the reading, not its print. Must not know terminals or tables.
"""

from calendar import monthrange
from dataclasses import dataclass
from datetime import date, timedelta

from pacesetter.model.calendar_zones import DAY_S, instants_of, zone_offsets
from pacesetter.model.calendars import Because, Calendar, wall_s
from pacesetter.model.hours import Span

_MARGIN_S = 2 * DAY_S


@dataclass(frozen=True, kw_only=True)
class CalendarDay:
    """One local day. ``spans`` is what the wall clock shows as open between its midnights, seconds after midnight.

    ``open_s`` is what that is in real seconds, ``length_s`` the length of the day: 86400, another number when the clocks
    change, 0 where the zone left the day out. ``name`` is that of the holiday or exception.
    """

    day: date
    spans: tuple[Span, ...]
    open_s: int
    length_s: int
    because: Because
    name: str | None


@dataclass(frozen=True, kw_only=True)
class CalendarMonth:
    """The days of one month, in order."""

    year: int
    month: int
    days: tuple[CalendarDay, ...]

    @property
    def open_s(self) -> int:
        """Open seconds of the month, from its first midnight to the midnight after its last day."""
        return sum(day.open_s for day in self.days)

    @property
    def weeks(self) -> list[list[CalendarDay | None]]:
        """The days in rows of seven, Monday first; None before the first day and after the last."""
        row: list[CalendarDay | None] = [None] * self.days[0].day.weekday()
        cells = row + list(self.days)
        cells += [None] * (-len(cells) % 7)
        return [cells[n : n + 7] for n in range(0, len(cells), 7)]


def calendar_month(calendar: Calendar, year: int, month: int) -> CalendarMonth:
    """One month of a calendar; ``month`` is 1 to 12."""
    days = [date(year, month, 1) + timedelta(days=n) for n in range(monthrange(year, month)[1])]
    offsets = zone_offsets(calendar.time_zone, wall_s(days[0]) - _MARGIN_S, wall_s(days[-1]) + DAY_S + _MARGIN_S)
    read = []
    for day in days:
        midnight_s = wall_s(day)
        walls = calendar.walls(day, day)
        plan = calendar.plan(day)
        read.append(
            CalendarDay(
                day=day,
                spans=tuple(Span(start - midnight_s, end - midnight_s) for start, end in walls),
                open_s=_length(instants_of(walls, offsets)),
                length_s=_length(instants_of([(midnight_s, midnight_s + DAY_S)], offsets)),
                because=plan.because,
                name=plan.name,
            )
        )
    return CalendarMonth(year=year, month=month, days=tuple(read))


def _length(intervals: list[tuple[int, int]]) -> int:
    return sum(end - start for start, end in intervals)
