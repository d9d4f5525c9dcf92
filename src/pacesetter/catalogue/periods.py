"""Periods: the half-open spans of local time in which a KPI is asked, DST included.

Owns grains, the cutting of time at local midnights, and the cell table by which an engine finds the period of an instant
with one equality join. Must not know KPIs or engines. All instants are epoch seconds.
"""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from pacesetter.errors import BadRequest

EARLIEST, LATEST = 1970, 2199
"""Years that days and instants of a question may lie in; those of records do."""
MAX_PERIODS = 200_000


class Grain(StrEnum):
    """How long a period is; ``all`` is the whole span in one."""

    HOUR = "hour"
    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    QUARTER = "quarter"
    YEAR = "year"
    ALL = "all"


@dataclass(frozen=True)
class Period:
    """``[from_s, to_s)`` in epoch seconds."""

    from_s: int
    to_s: int


def midnight(day: date, zone: ZoneInfo) -> int:
    """The first instant of a local day; where the clock skips midnight, the instant of the skip."""
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def local_day(at_s: int, zone: ZoneInfo) -> date:
    """The local date at an instant."""
    return datetime.fromtimestamp(at_s, zone).date()


def cut(first: date, last: date, grain: Grain, zone: ZoneInfo) -> list[Period]:
    """The periods of ``grain`` that make up the local days ``[first, last)``.

    Weeks are ISO weeks. The first and the last period are cut at ``first`` and ``last``. A day that the zone skips is no period.
    """
    if last <= first:
        raise BadRequest(f"the span from {first} to {last} is empty", do="give --to a later day than --from")
    edges = list(itertools.islice(_edges(first, last, grain, zone), MAX_PERIODS + 1))
    if len(edges) > MAX_PERIODS:
        raise BadRequest(f"{MAX_PERIODS:,} periods are too many", do="choose a coarser --grain or a shorter span")
    return [Period(a, b) for a, b in itertools.pairwise(edges) if b > a]


def _edges(first: date, last: date, grain: Grain, zone: ZoneInfo) -> Iterator[int]:
    if grain is Grain.HOUR:
        yield from _hour_edges(midnight(first, zone), midnight(last, zone), zone)
        return
    day = first
    while day < last:
        yield midnight(day, zone)
        day = _next_start(day, grain, last)
    yield midnight(last, zone)


def _next_start(day: date, grain: Grain, last: date) -> date:
    if grain is Grain.ALL:
        return last
    if grain is Grain.DAY:
        return day + timedelta(days=1)
    if grain is Grain.WEEK:
        return day + timedelta(days=7 - day.weekday())
    months = {Grain.MONTH: 1, Grain.QUARTER: 3, Grain.YEAR: 12}[grain]
    index = day.year * 12 + day.month - 1
    index = index - index % months + months
    return date(index // 12, index % 12 + 1, 1)


def _hour_edges(start: int, end: int, zone: ZoneInfo) -> Iterator[int]:
    """Instants at which the wall clock shows a full hour, or jumps over one."""
    yield start
    before = _wall(start, zone)
    for at_s in range(start + 900, end, 900):
        wall = _wall(at_s, zone)
        if wall // 3600 != before // 3600 or wall - before != 900:
            yield at_s
        before = wall
    yield end


def _wall(at_s: int, zone: ZoneInfo) -> int:
    return int(datetime.fromtimestamp(at_s, zone).replace(tzinfo=UTC).timestamp())


def months_in(from_s: int, to_s: int, zone: ZoneInfo) -> float:
    """How many calendar months lie in ``[from_s, to_s)``; a part of a month counts by its days."""
    if to_s <= from_s:
        return 0.0
    day, last = local_day(from_s, zone), local_day(to_s - 1, zone) + timedelta(days=1)
    total = 0.0
    while day < last:
        start = day.replace(day=1)
        after = (start + timedelta(days=32)).replace(day=1)
        total += (min(after, last) - day).days / (after - start).days
        day = after
    return total


@dataclass(frozen=True)
class Cells:
    """The look-up table of a list of adjacent periods: cell ``at_s // width`` holds up to two edges.

    Within a cell the period is ``index`` before ``edge_1``, ``index + 1`` from there on, ``index + 2`` from ``edge_2`` on; -1 is
    before the first period. Columns: cell, index, edge_1, edge_2 (edges are far in the future where there is none).
    """

    width: int
    rows: list[tuple[int, int, int, int]]


FAR = 1 << 60


def cells(periods: list[Period]) -> Cells:
    """The cell table of adjacent periods, in cells of a day or less."""
    edges = [p.from_s for p in periods] + [periods[-1].to_s]
    width = 86_400
    while width > 1:
        rows = _cell_rows(edges, width)
        if rows is not None:
            return Cells(width, rows)
        width //= 2
    raise BadRequest("the periods are shorter than a second")


def _cell_rows(edges: list[int], width: int) -> list[tuple[int, int, int, int]] | None:
    rows, done = [], 0
    for cell in range(edges[0] // width, (edges[-1] - 1) // width + 1):
        end = (cell + 1) * width
        inside = done
        while inside < len(edges) and edges[inside] < end:
            inside += 1
        here = edges[done:inside]
        if len(here) > 2:
            return None
        padded = [*here, FAR, FAR]
        rows.append((cell, done - 1, padded[0], padded[1]))
        done = inside
    return rows


def parse_day(text: str, option: str) -> date:
    """A day written as 2026-10-01, 2026-10 (its first day) or 2026 (its first day)."""
    parts = text.split("-")
    try:
        if len(parts) <= 3 and len(parts[0]) == 4 and all(p.isdigit() for p in parts):
            numbers = [int(p) for p in parts] + [1] * (3 - len(parts))
            found = date(*numbers)
            if not EARLIEST <= found.year <= LATEST:
                raise BadRequest(f"'{text}' lies outside of the years {EARLIEST} to {LATEST}", where=option)
            return found
    except ValueError:
        pass
    raise BadRequest(f"'{text}' is not a day", where=option, do="write it as 2026-10-01")


def parse_instant(text: str, zone: ZoneInfo, option: str) -> int:
    """An instant written as ISO 8601; one without an offset is local to ``zone``, a bare day is its first instant."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"'{text}' is not an instant", where=option, do="write it as 2026-10-01T08:00:00Z") from None
    if not EARLIEST <= instant.year <= LATEST:
        raise BadRequest(f"'{text}' lies outside of the years {EARLIEST} to {LATEST}", where=option)
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return int(instant.timestamp())
