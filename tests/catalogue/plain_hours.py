"""Opening hours of the calendars of a bundle, in plain Python: which calendar a ticket has, and what passes in it.

Holidays come from the ``holidays`` package, as the model says; an exception replaces the spans of its day.
"""

import re
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import accumulate
from pathlib import Path
from zoneinfo import ZoneInfo

import holidays

from catalogue.plain_python import Books
from clocks.clock_oracle import Hours

Spans = list[tuple[int, int]]
QUARTER = 15
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
WORKSPACE = "cal-berlin"
FIRST_S = int(datetime(2026, 4, 1, tzinfo=UTC).timestamp())
LAST_S = int(datetime(2027, 2, 1, tzinfo=UTC).timestamp())


class Opening(Hours):
    """A calendar of the bundle. Spans are minutes from midnight of the day on which they start."""

    def __init__(self, books: Books, calendar: str) -> None:
        [row] = [r for r in books.rows("calendars") if r["calendar_id"] == calendar]
        self.zone = ZoneInfo(row["time_zone"])
        self.week = dict(_weekly(row["hours"]))
        country, _, part = row["holidays"].partition("-")
        free = holidays.country_holidays(country, subdiv=part or None, years=range(2026, 2028)) if country else {}
        self.special: dict[date, Spans] = {day: [] for day in free}
        for told in books.rows("calendar_exceptions"):
            if told["calendar_id"] == calendar:
                self.special[date.fromisoformat(told["day"])] = _spans(told["hours"])
        self.first_s = FIRST_S
        self.flags: list[bool] = []
        self.before: list[int] = []

    def spans(self, day: date) -> Spans:
        """What opens on a local day."""
        return self.special.get(day, self.week.get(day.weekday(), []))

    def is_open(self, at_s: int) -> bool:
        """Whether the wall clock stands within a span, of today or of last night."""
        wall = datetime.fromtimestamp(at_s, UTC).astimezone(self.zone)
        minute, today = wall.hour * 60 + wall.minute, wall.date()
        night = self.spans(today - timedelta(days=1))
        return any(a <= minute < b for a, b in self.spans(today)) or any(a <= minute + 1440 < b for a, b in night)

    def laid_out(self) -> "Opening":
        """With its minutes looked at, so that it can be asked what passes."""
        quarters = [self.is_open(at_s) for at_s in range(FIRST_S, LAST_S, QUARTER * 60)]
        self.flags = [flag for flag in quarters for _ in range(QUARTER)]
        self.before = [0, *accumulate(60 if flag else 0 for flag in self.flags)]
        return self


def _weekly(hours: str) -> list[tuple[int, Spans]]:
    if hours == "24x7":
        return [(day, [(0, 1440)]) for day in range(7)]
    found = []
    for part in hours.split(";"):
        days, _, spans = part.strip().partition(" ")
        first, _, last = days.partition("-")
        found += [(day, _spans(spans)) for day in range(DAYS.index(first), DAYS.index(last or first) + 1)]
    return found


def _spans(text: str) -> Spans:
    found = []
    for a, b, c, d in re.findall(r"(\d\d):(\d\d)-(\d\d):(\d\d)", text):
        low, high = int(a) * 60 + int(b), int(c) * 60 + int(d)
        assert low % QUARTER == high % QUARTER == 0, "looked at once in a quarter of an hour"
        found.append((low, high if high > low else high + 1440))
    return found


@cache
def _opening(folder: Path, calendar: str) -> Opening:
    return Opening(Books(folder), calendar).laid_out()


def opening(books: Books, calendar: str) -> Opening:
    """A calendar that can be asked what passes."""
    return _opening(books.folder, calendar)
