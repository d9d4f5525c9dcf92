"""Business time by asking the wall clock once a minute: slow, obvious, and without a line of the product in it.

From the sentence of the data model: an instant is open when the wall clock of the calendar's zone, at that instant,
stands within a span; a span belongs to the day on which it starts; an exception, or a holiday, replaces the spans of
its day, and an exception wins. Every clock change in the windows used falls on a whole UTC minute, and so do the borders of
spans: one look per minute is exact to the second.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

Minutes = list[tuple[int, int]]  # spans as minutes after midnight; an end above 1440 lies on the next day


@dataclass
class Desk:
    """A calendar in plain data: what the texts of a case mean, written down a second time by hand."""

    zone: str
    week: dict[int, Minutes]  # 0 is Monday
    holidays: set[date] = field(default_factory=set)
    exceptions: dict[date, Minutes] = field(default_factory=dict)

    def spans(self, day: date) -> Minutes:
        if day in self.exceptions:
            return self.exceptions[day]
        if day in self.holidays:
            return []
        return self.week.get(day.weekday(), [])

    def is_open(self, at_s: int) -> bool:
        wall = datetime.fromtimestamp(at_s, UTC).astimezone(ZoneInfo(self.zone))
        minute = wall.hour * 60 + wall.minute
        today, yesterday = wall.date(), wall.date() - timedelta(days=1)
        return any(start <= minute < end for start, end in self.spans(today)) or any(
            start <= minute + 1440 < end for start, end in self.spans(yesterday)
        )


class Window:
    """The minutes of a desk between two dates (UTC midnights), looked at one by one."""

    def __init__(self, desk: Desk, first: date, last: date) -> None:
        self.first_s = int(datetime(first.year, first.month, first.day, tzinfo=UTC).timestamp())
        self.last_s = int(datetime(last.year, last.month, last.day, tzinfo=UTC).timestamp())
        zone = ZoneInfo(desk.zone)
        known: dict[date, list[bool]] = {}
        self.flags = bytearray()
        for at_s in range(self.first_s, self.last_s, 60):
            wall = datetime.fromtimestamp(at_s, zone)
            day = wall.date()
            if day not in known:
                known[day] = _minutes_of(desk, day)
            self.flags.append(known[day][wall.hour * 60 + wall.minute])
        self.passed = [0, *accumulate(self.flags)]  # open minutes before each minute

    def opened(self, at_s: int) -> int:
        """Open seconds from the start of the window to an instant."""
        minute, second = divmod(at_s - self.first_s, 60)
        return self.passed[minute] * 60 + (second if minute < len(self.flags) and self.flags[minute] else 0)

    def open_seconds(self, start_s: int, end_s: int) -> int:
        return self.opened(end_s) - self.opened(start_s)

    def left(self, start_s: int) -> int:
        """Open seconds from an instant to the end of the window."""
        return self.passed[-1] * 60 - self.opened(start_s)

    def due(self, start_s: int, seconds: int) -> int:
        """The earliest instant at which that many open seconds have passed; the caller asks for no more than are left."""
        if seconds == 0:
            return start_s
        count = self.opened(start_s) + seconds
        minute = bisect_left(self.passed, (count + 59) // 60) - 1  # the minute in which that second passes
        return self.first_s + minute * 60 + count - self.passed[minute] * 60

    def next_opening(self, at_s: int) -> int | None:
        """The earliest open instant from an instant on, within the window."""
        minute = (at_s - self.first_s) // 60
        if self.flags[minute]:
            return at_s
        found = self.flags.find(1, minute)
        return None if found < 0 else self.first_s + found * 60


def _minutes_of(desk: Desk, day: date) -> list[bool]:
    today, yesterday = desk.spans(day), desk.spans(day - timedelta(days=1))
    return [
        any(start <= minute < end for start, end in today)
        or any(start <= minute + 1440 < end for start, end in yesterday)
        for minute in range(1440)
    ]
