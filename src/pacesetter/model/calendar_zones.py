"""Time zones as constant offsets between transitions, and wall-clock spans as instants.

Owns the only step from wall clock to instant: a wall-clock second that the zone skips is no instant, one that it
repeats is two. Must not know calendars or holidays. Intervals are half-open pairs of integer seconds.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import NamedTuple
from zoneinfo import TZPATH, ZoneInfo, available_timezones

from pacesetter.errors import BadDefinition

Interval = tuple[int, int]

DAY_S = 86_400
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Offset(NamedTuple):
    """From ``start_s`` to ``end_s`` (epoch seconds) the wall clock is ``offset_s`` seconds ahead of UTC."""

    start_s: int
    end_s: int
    offset_s: int


def check_zone(name: str, where: str = "time_zone") -> str:
    """``name``, if it is an IANA zone; otherwise BadDefinition with the nearest names."""
    zones = _zones()
    if name in zones:
        return name
    near = get_close_matches(name, zones, 3, 0.6)
    do = f"did you mean {' or '.join(near)}?" if near else "write one such as Europe/Berlin"
    raise BadDefinition(f"'{name}' is not an IANA time zone", where=where, do=do)


@lru_cache(1)
def _zones() -> frozenset[str]:
    return frozenset(available_timezones())


@lru_cache(1)
def tzdata_version() -> str:
    """The release of the time-zone data in use (``2026a``), of the system where it has them, else of the package."""
    for folder in TZPATH:
        table = Path(folder) / "tzdata.zi"
        if table.is_file():
            with table.open(encoding="ascii", errors="replace") as lines:
                return lines.readline().removeprefix("# version").strip()
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "unknown"


@lru_cache(512)
def zone_offsets(zone: str, first_s: int, last_s: int) -> tuple[Offset, ...]:
    """The offsets of an IANA zone that cover ``[first_s, last_s)`` without a gap, neighbours differing.

    The zone is asked once a day and halved between two days that differ: no zone changes twice within a day since
    1970 (a test reads every zone's file to say so).
    """
    tz = ZoneInfo(zone)
    found: list[Offset] = []
    start_s, offset_s = first_s, _offset(tz, first_s)
    at_s = first_s
    while at_s < last_s:
        next_s = min(at_s + DAY_S, last_s)
        if (next_offset_s := _offset(tz, next_s)) != offset_s:
            change_s = _change(tz, at_s, next_s)
            found.append(Offset(start_s, change_s, offset_s))
            start_s, offset_s = change_s, next_offset_s
        at_s = next_s
    if start_s < last_s:
        found.append(Offset(start_s, last_s, offset_s))
    return tuple(found)


def _change(tz: ZoneInfo, low_s: int, high_s: int) -> int:
    """The first second in ``(low_s, high_s]`` with another offset than at ``low_s``."""
    offset_s = _offset(tz, low_s)
    while high_s - low_s > 1:
        middle_s = (low_s + high_s) // 2
        if _offset(tz, middle_s) == offset_s:
            low_s = middle_s
        else:
            high_s = middle_s
    return high_s


def _offset(tz: ZoneInfo, at_s: int) -> int:
    offset = (_EPOCH + timedelta(seconds=at_s)).astimezone(tz).utcoffset()
    assert offset is not None
    return offset.days * DAY_S + offset.seconds


def merged(intervals: Iterable[Interval]) -> list[Interval]:
    """The same seconds as disjoint intervals in order; those that overlap or touch become one."""
    result: list[Interval] = []
    for start, end in sorted(intervals):
        if result and start <= result[-1][1]:
            if end > result[-1][1]:
                result[-1] = (result[-1][0], end)
        elif end > start:
            result.append((start, end))
    return result


def instants_of(walls: Sequence[Interval], offsets: Iterable[Offset]) -> list[Interval]:
    """The instants at which the wall clock stands within ``walls``, as disjoint intervals of epoch seconds in order.

    ``walls`` are disjoint intervals in order, in wall-clock seconds (seconds since 1970-01-01 00:00 on the wall).
    """
    ends = [end for _, end in walls]
    result: list[Interval] = []
    for start_s, end_s, offset_s in offsets:
        first, last = start_s + offset_s, end_s + offset_s
        for index in range(bisect_right(ends, first), len(walls)):
            low, high = walls[index]
            if low >= last:
                break
            low, high = max(low, first) - offset_s, min(high, last) - offset_s
            if result and result[-1][1] == low:
                result[-1] = (result[-1][0], high)
            else:
                result.append((low, high))
    return result
