"""Opening hours as arrays of open spans, for the simulated source system's own due dates and for when people answer.

Owns the reading of the weekly text for the simulation only. The product's calendars are another module, on purpose:
the simulated source judges by its own clock.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

import holidays as public_holidays
import numpy as np

from pacesetter.demo.arrays import Ints

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_MARGIN_BEFORE = timedelta(days=15)
_MARGIN_AFTER = timedelta(days=400)


@dataclass(frozen=True)
class WorkingCalendar:
    """A calendar as the model declares it; ``exceptions`` maps a day to its hours (empty text = closed) and its name."""

    calendar_id: str
    name: str
    time_zone: str
    hours: str
    holidays: str | None = None
    exceptions: tuple[tuple[date, str, str], ...] = ()


class OpenHours:
    """The open spans of a calendar over a horizon, with the open seconds before each of them."""

    def __init__(self, starts: Ints, ends: Ints) -> None:
        self.starts, self.ends = starts, ends
        self.before = np.concatenate([np.zeros(1, np.int64), np.cumsum(ends - starts)[:-1]])
        self._starts, self._ends, self._before = starts.tolist(), ends.tolist(), self.before.tolist()

    def elapsed(self, at: Ints) -> Ints:
        """Open seconds from the start of the horizon to each instant."""
        i = np.searchsorted(self.starts, at, side="right") - 1
        j = i.clip(0)
        inside = np.minimum(at, self.ends[j]) - self.starts[j]
        passed: Ints = np.asarray(np.where(i < 0, 0, self.before[j] + inside))
        return passed

    def due(self, at: Ints, seconds: Ints) -> Ints:
        """The earliest instant at which that many open seconds have passed since ``at``."""
        goal = self.elapsed(at) + seconds
        i = (np.searchsorted(self.before, goal, side="left") - 1).clip(0)
        reached: Ints = np.maximum(self.starts[i] + goal - self.before[i], at)
        return reached

    def due_one(self, at: int, seconds: int) -> int:
        """The same for one instant, fast."""
        i = bisect_right(self._starts, at) - 1
        passed = self._before[i] + min(at, self._ends[i]) - self._starts[i] if i >= 0 else 0
        goal = passed + seconds
        j = max(bisect_left(self._before, goal) - 1, 0)
        found: int = self._starts[j] + goal - self._before[j]
        return max(found, at)


def _weekly(text: str) -> dict[int, list[tuple[int, int]]]:
    """Spans (start minute, end minute; past 1440 over midnight) by weekday of a weekly text."""
    week: dict[int, list[tuple[int, int]]] = {d: [] for d in range(7)}
    if text == "24x7":
        return {d: [(0, 1440)] for d in range(7)}
    for clause in text.split(";"):
        days, _, spans = clause.strip().partition(" ")
        first, _, last = days.partition("-")
        covered = range(DAYS.index(first), DAYS.index(last or first) + 1)
        for day in covered:
            week[day] += day_spans(spans)
    return week


def day_spans(text: str) -> list[tuple[int, int]]:
    """Spans in minutes of one day's hours, such as ``08:00-12:00, 13:00-17:00``; empty text is closed."""
    spans = []
    for span in filter(None, (s.strip() for s in text.split(","))):
        start, end = (int(p[:2]) * 60 + int(p[3:5]) for p in span.split("-"))
        spans.append((start, end if end > start else end + 1440))
    return spans


@lru_cache(maxsize=256)
def holiday_dates(code: str | None, first_year: int, last_year: int) -> Mapping[date, str]:
    """Public holidays of a country or country-subdivision (``DE``, ``DE-BE``); none where the code is empty."""
    if not code:
        return {}
    country, _, part = code.partition("-")
    found = public_holidays.country_holidays(country, subdiv=part or None, years=range(first_year, last_year + 1))
    return {day: found[day] for day in sorted(found)}


def local_epoch(zone: ZoneInfo, day: date, minute: int) -> int:
    """Epoch second of a wall-clock minute of a local day (minute may pass 1440)."""
    wall = datetime.combine(day + timedelta(days=minute // 1440), time(minute % 1440 // 60, minute % 60), zone)
    return int(wall.timestamp())


@lru_cache(maxsize=256)
def open_hours(calendar: WorkingCalendar, first: date, last: date) -> OpenHours:
    """The open spans of ``calendar`` from two weeks before ``first`` to about a year after ``last``."""
    zone, week = ZoneInfo(calendar.time_zone), _weekly(calendar.hours)
    closed = holiday_dates(calendar.holidays, first.year - 1, last.year + 2)
    special = {day: day_spans(text) for day, text, _ in calendar.exceptions}
    spans: list[list[int]] = []
    day, stop = first - _MARGIN_BEFORE, last + _MARGIN_AFTER
    while day < stop:
        today = special[day] if day in special else [] if day in closed else week[day.weekday()]
        for start, end in sorted(today):
            a, b = local_epoch(zone, day, start), local_epoch(zone, day, end)
            if spans and a <= spans[-1][1]:
                spans[-1][1] = max(b, spans[-1][1])
            elif b > a:
                spans.append([a, b])
        day += timedelta(days=1)
    table = np.array(spans, dtype=np.int64)
    return OpenHours(table[:, 0].copy(), table[:, 1].copy())


def zone_offsets(zone_name: str, start: int, hours: int) -> Ints:
    """UTC offset in seconds of a zone at each of ``hours`` full hours from the epoch second ``start``."""
    zone = ZoneInfo(zone_name)
    found = [datetime.fromtimestamp(start + 3600 * h, zone).utcoffset() for h in range(hours)]
    return np.array([int(o.total_seconds()) if o else 0 for o in found], dtype=np.int64)
