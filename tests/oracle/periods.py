"""Local days, hours and longer periods as half-open spans of epoch seconds."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

Span = tuple[int, int]


def local(second: int, zone: ZoneInfo) -> datetime:
    """The wall clock at an instant."""
    return datetime.fromtimestamp(second, UTC).astimezone(zone)


def day_start(day: date, zone: ZoneInfo) -> int:
    """The first second whose local date is ``day`` (or later, where the day is skipped)."""
    middle = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    low, high = middle - 30 * 3600, middle + 30 * 3600
    steps = (s for s in range(low, high, 900) if local(s, zone).date() >= day)
    return next(steps)  # clocks change at quarters of an hour


def begins(day: date, grain: str) -> bool:
    """Whether a period of this grain begins on the day."""
    return {
        "day": True,
        "week": day.weekday() == 0,
        "month": day.day == 1,
        "quarter": day.day == 1 and day.month in (1, 4, 7, 10),
        "year": day.day == 1 and day.month == 1,
        "all": False,
    }[grain]


def cut(first: date, last: date, grain: str, zone_name: str) -> list[Span]:
    """The periods of ``[first, last)``, cut at local midnights (or full hours of the wall clock)."""
    zone = ZoneInfo(zone_name)
    start, end = day_start(first, zone), day_start(last, zone)
    edges = [start]
    if grain == "hour":
        for second in range(start + 900, end, 900):
            now, before = local(second, zone), local(second - 900, zone)
            if now.minute == 0 or (now.date(), now.hour) != (before.date(), before.hour):
                edges.append(second)
    else:
        day = first + timedelta(days=1)
        while day < last:
            if begins(day, grain):
                edges.append(day_start(day, zone))
            day += timedelta(days=1)
    edges.append(end)
    return list(pairwise(edges))
