"""The arithmetic of business time on dense tables, built and evaluated with arrays.

Two tables carry it. ``calendar_days``: one row per calendar and UTC day under one dense integer key, with the open
seconds before that day and the open pieces within it, so that C(t), the open seconds from the horizon's start to t,
is one look-up and a few clamps. ``calendar_openings`` is its inverse: one row per calendar and bucket of open seconds,
with what leads from open seconds to instants and the closed gaps within the bucket. Row 0 of each stands for "no
answer". A row with more pieces (gaps) than there are columns points to finer rows of the same shape, so any number is
exact.

Owns that layout and its evaluation by arrays, for replays and for tests; ``business_time`` owns the same in SQL.
Must not know how a calendar is defined: it takes the open pieces.
"""

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]

DAY_S = 86_400
BUCKET_S = 14_400
MOST_COLUMNS = 6
FINER_S = (7_200, 3_600, 900, 300, 60)
NOTHING = -(2**62)
"""Stands for "no answer" in an array; every real answer is above it."""


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The shape of the two tables: what the look-ups must know besides the rows. All seconds are whole.

    The horizon is ``[origin_s, origin_s + 86400 * days)``; beyond it there is no answer. ``finer_s`` and
    ``finer_bucket_s`` are 0 where no row needs finer rows.
    """

    origin_s: int
    days: int
    calendars: int
    pieces: int
    finer_s: int
    bucket_s: int
    gaps: int
    finer_bucket_s: int

    @property
    def last_s(self) -> int:
        """The end of the horizon, the first instant without an answer."""
        return self.origin_s + self.days * DAY_S

    def row(self) -> dict[str, int]:
        """The layout as one row."""
        return {field.name: getattr(self, field.name) for field in fields(self)}


@dataclass(frozen=True)
class _Cuts:
    """Pieces cut at the borders of slots: for each part its piece, slot, bounds and rank within the slot."""

    piece: Ints
    slot: Ints
    low: Ints
    high: Ints
    rank: Ints
    count: Ints  # parts in each slot

    def only(self, keep: NDArray[np.bool_]) -> "_Cuts":
        """The parts that are kept."""
        return _Cuts(self.piece[keep], self.slot[keep], self.low[keep], self.high[keep], self.rank[keep], self.count)

    def before(self) -> Ints:
        """The length of all parts before each slot."""
        passed: Ints = np.concatenate(([0], np.cumsum(self.high - self.low)))
        before: Ints = passed[np.cumsum(self.count) - self.count]
        return before


def _cut(low: Ints, high: Ints, width: int, slots: int) -> _Cuts:
    """Cut disjoint pieces in order at the multiples of ``width``; ``slots`` slots begin at 0."""
    first = low // width
    parts = (high - 1) // width - first + 1
    piece = np.repeat(np.arange(len(low), dtype=np.int64), parts)
    begin = np.cumsum(parts) - parts
    slot = first[piece] + (np.arange(len(piece), dtype=np.int64) - begin[piece])
    count = np.bincount(slot, minlength=slots).astype(np.int64)
    rank = np.arange(len(slot), dtype=np.int64) - (np.cumsum(count) - count)[slot]
    return _Cuts(
        piece, slot, np.maximum(low[piece], slot * width), np.minimum(high[piece], (slot + 1) * width), rank, count
    )


def _finer(cuts: _Cuts, busy: NDArray[np.bool_], width: int, most: int) -> tuple[int, _Cuts]:
    """The widest finer slot (or the finest) in which no slot has more than ``most`` parts, and the cuts by it.

    Only the busy slots are cut; they stand one after the other on the axis of the result.
    """
    dense = cuts.only(busy[cuts.slot])
    move = ((np.cumsum(busy) - 1)[dense.slot] - dense.slot) * width
    for finer in FINER_S:
        fine = _cut(dense.low + move, dense.high + move, finer, int(busy.sum()) * (width // finer))
        if int(fine.count.max()) <= most:
            break
    return finer, replace(fine, piece=dense.piece[fine.piece])


class BusinessTimeArrays:
    """Open seconds, due instants and next openings for arrays of look-ups, over the same rows as the SQL.

    ``days`` and ``openings`` are the columns of the two tables by name, int64, NOTHING for null. Instants are epoch
    seconds. An answer is NOTHING where the instant lies beyond the horizon or the calendar key is unknown.
    """

    def __init__(self, layout: Layout, days: dict[str, Ints], openings: dict[str, Ints]) -> None:
        self.layout = layout
        self.days = days
        self.openings = openings

    def opened(self, calendar: Ints, at_s: Ints) -> Ints:
        """C(t): the seconds that the calendar was open from the start of the horizon to ``at_s``."""
        return self._opened(self._day_key(calendar, at_s), at_s)

    def open_seconds(self, calendar: Ints, start_s: Ints, end_s: Ints) -> Ints:
        """The open seconds of ``[start_s, end_s)``, negative where the end lies before the start."""
        start, end = self.opened(calendar, start_s), self.opened(calendar, end_s)
        return np.where((start < 0) | (end < 0), NOTHING, end - start)

    def due(self, calendar: Ints, start_s: Ints, seconds: Ints) -> Ints:
        """The earliest instant at which ``seconds`` (0 or more) open seconds have passed since ``start_s``."""
        layout = self.layout
        key = self._day_key(calendar, start_s)
        passed = self._opened(key, start_s)
        count = passed + seconds
        found = (passed >= 0) & (seconds >= 0) & (count > 0) & (count <= self.days["total_s"][key])
        row = np.where(found, self.days["opening_key"][key] + (count - 1) // layout.bucket_s, 0)
        if layout.finer_bucket_s:
            finer = self.openings["finer_key"][row]
            within = (count - 1) % layout.bucket_s // layout.finer_bucket_s
            row = np.where(finer > 0, finer + within, row)
        due = count + self.openings["shift_s"][row]
        for n in range(1, layout.gaps + 1):
            due += np.where(count > self.openings[f"after_{n}"][row], self.openings[f"gap_{n}"][row], 0)
        return np.where((seconds == 0) & (passed >= 0), start_s, np.where(found, due, NOTHING))

    def next_opening(self, calendar: Ints, at_s: Ints) -> Ints:
        """The earliest open instant from ``at_s`` on: ``at_s`` itself where it is open."""
        due = self.due(calendar, at_s, np.ones_like(at_s))
        return np.where(due == NOTHING, NOTHING, due - 1)

    def _day_key(self, calendar: Ints, at_s: Ints) -> Ints:
        layout = self.layout
        day = (at_s - layout.origin_s) // DAY_S
        known = (day >= 0) & (day < layout.days) & (calendar >= 0) & (calendar < layout.calendars)
        return np.where(known, 1 + calendar * layout.days + day, 0)

    def _opened(self, key: Ints, at_s: Ints) -> Ints:
        layout, days = self.layout, self.days
        if layout.finer_s:
            finer = days["finer_key"][key]
            key = np.where(finer > 0, finer + (at_s - days["start_s"][key]) // layout.finer_s, key)
        opened = days["base_s"][key]
        for n in range(1, layout.pieces + 1):
            opened += np.minimum(np.maximum(at_s, days[f"low_{n}"][key]), days[f"high_{n}"][key])
        return opened


def build_arrays(calendars: Sequence[Sequence[tuple[int, int]]], origin_s: int, days: int) -> BusinessTimeArrays:
    """The two tables for calendars given by their open pieces within the horizon (disjoint, in order), by key."""
    counts = [len(pieces) for pieces in calendars]
    flat: Any = [bound for pieces in calendars for bound in pieces]
    bounds = np.array(flat, dtype=np.int64).reshape(-1, 2) - origin_s
    calendar = np.repeat(np.arange(len(calendars), dtype=np.int64), counts)
    low, high = bounds[:, 0], bounds[:, 1]
    day_rows, pieces, finer_s = _day_rows(calendar, low, high, len(calendars), days, origin_s)
    total, first_row, opening_rows, gaps, finer_bucket_s = _opening_rows(
        calendar, low + origin_s, high - low, len(calendars)
    )
    row_calendar = day_rows["calendar_key"]
    day_rows["total_s"] = np.where(row_calendar < 0, NOTHING, total[np.maximum(row_calendar, 0)])
    day_rows["opening_key"] = np.where(row_calendar < 0, 0, first_row[np.maximum(row_calendar, 0)])
    layout = Layout(
        origin_s=origin_s, days=days, calendars=len(calendars), pieces=pieces, finer_s=finer_s,
        bucket_s=BUCKET_S, gaps=gaps, finer_bucket_s=finer_bucket_s,
    )  # fmt: skip
    return BusinessTimeArrays(layout, day_rows, opening_rows)


def first_difference(old: BusinessTimeArrays, old_key: int, new: BusinessTimeArrays, new_key: int) -> int | None:
    """The beginning of the first UTC day (epoch seconds) on which two calendars are not open alike; None where there is none.

    Both must have the same horizon. Days of more pieces than there are columns count as different.
    """
    assert (old.layout.origin_s, old.layout.days) == (new.layout.origin_s, new.layout.days)
    days = old.layout.days
    one, two = (
        {n: c[1 + k * days : 1 + (k + 1) * days] for n, c in a.days.items()}
        for a, k in ((old, old_key), (new, new_key))
    )
    differs = (one["finer_key"] > 0) | (two["finer_key"] > 0)
    nothing = np.zeros(days, dtype=np.int64)
    for name in {*one, *two} - {"day_key", "calendar_key", "opening_key", "finer_key", "total_s"}:
        differs |= one.get(name, nothing) != two.get(name, nothing)
    return old.layout.origin_s + int(np.argmax(differs)) * DAY_S if differs.any() else None


@dataclass(frozen=True)
class _DayPart:
    """Rows of ``calendar_days`` that belong together: the plain days, or the finer rows of the busy ones."""

    cuts: _Cuts
    owner: Ints  # the day, counted over all calendars
    start_s: Ints  # the row's first instant
    axis_s: Ints  # where the row begins on the axis of the cuts
    before: Ints
    finer_key: Ints


def _day_rows(
    calendar: Ints, low: Ints, high: Ints, calendars: int, days: int, origin_s: int
) -> tuple[dict[str, Ints], int, int]:
    """Rows of ``calendar_days``, how many pieces they have room for, and the width of finer rows (0: none).

    The pieces are cut on one axis on which calendar k has the seconds from ``k * days * 86400`` on.
    """
    slots = calendars * days
    shift = calendar * (days * DAY_S)
    cuts = _cut(low + shift, high + shift, DAY_S, slots)
    before = cuts.before()
    before -= np.repeat(before[::days], days)
    slot = np.arange(slots, dtype=np.int64)
    busy = cuts.count > MOST_COLUMNS
    columns = min(max(int(cuts.count.max(initial=0)), 1), MOST_COLUMNS)
    finer_key = np.zeros(slots, dtype=np.int64)
    plain = _DayPart(cuts.only(~busy[cuts.slot]), slot, origin_s + slot % days * DAY_S, slot * DAY_S, before, finer_key)
    if not busy.any():
        return _day_columns([plain], days, columns), columns, 0
    finer_s, fine = _finer(cuts, busy, DAY_S, MOST_COLUMNS)
    columns = max(columns, int(fine.count.max()))
    each = DAY_S // finer_s
    row = np.arange(len(fine.count), dtype=np.int64)
    finer_key[busy] = 1 + slots + row[::each]
    owner = np.repeat(slot[busy], each)
    passed = fine.before()
    fine_before = before[owner] + passed - np.repeat(passed[::each], each)
    start_s = origin_s + owner % days * DAY_S + row % each * finer_s
    finer = _DayPart(fine, owner, start_s, row * finer_s, fine_before, np.zeros_like(row))
    return _day_columns([plain, finer], days, columns), columns, finer_s


def _day_columns(parts: list[_DayPart], days: int, columns: int) -> dict[str, Ints]:
    """The columns of ``calendar_days``: row 0, then the rows of each part in order."""
    bounds = [f"{side}_{n}" for n in range(1, columns + 1) for side in ("low", "high")]
    collected = [np.array([[NOTHING, NOTHING, NOTHING, 0] + [0] * len(bounds)], dtype=np.int64)]
    for part in parts:
        table = np.zeros((len(part.owner), len(bounds)), dtype=np.int64)
        move = (part.start_s - part.axis_s)[part.cuts.slot]
        table[part.cuts.slot, 2 * part.cuts.rank] = part.cuts.low + move
        table[part.cuts.slot, 2 * part.cuts.rank + 1] = part.cuts.high + move
        base = part.before - table[:, ::2].sum(axis=1)
        collected.append(np.column_stack([part.owner // days, part.start_s, base, part.finer_key, table]))
    return _named("day_key", ["calendar_key", "start_s", "base_s", "finer_key", *bounds], collected)


def _opening_rows(
    calendar: Ints, start_s: Ints, length: Ints, calendars: int
) -> tuple[Ints, Ints, dict[str, Ints], int, int]:
    """Each calendar's open seconds and first row, the rows of ``calendar_openings``, its gap columns and finer bucket.

    The axis is open seconds: calendar k has those from ``first[k] * BUCKET_S`` on, without a gap between pieces.
    """
    total = np.zeros(calendars, dtype=np.int64)
    np.add.at(total, calendar, length)
    before = np.cumsum(length) - length - (np.cumsum(total) - total)[calendar]
    buckets = -(-total // BUCKET_S)
    first = np.cumsum(buckets) - buckets
    slots = int(buckets.sum())
    axis = first[calendar] * BUCKET_S + before
    cuts = _cut(axis, axis + length, BUCKET_S, slots)
    busy = cuts.count > MOST_COLUMNS + 1
    columns = min(max(int(cuts.count.max(initial=0)) - 1, 1), MOST_COLUMNS)
    finer_key = np.zeros(slots, dtype=np.int64)
    parts = [(cuts.only(~busy[cuts.slot]), finer_key)]
    finer_s = 0
    if busy.any():
        finer_s, fine = _finer(cuts, busy, BUCKET_S, MOST_COLUMNS + 1)
        columns = max(columns, int(fine.count.max()) - 1)
        finer_key[busy] = 1 + slots + np.arange(0, len(fine.count), BUCKET_S // finer_s)
        parts.append((fine, np.zeros_like(fine.count)))
    return total, 1 + first, _opening_columns(parts, start_s - before, before, columns), columns, finer_s


def _opening_columns(parts: list[tuple[_Cuts, Ints]], shift: Ints, before: Ints, columns: int) -> dict[str, Ints]:
    """The columns of ``calendar_openings``: row 0, then the rows of each part in order."""
    names = ["shift_s", "finer_key", *(f"{side}_{n}" for n in range(1, columns + 1) for side in ("after", "gap"))]
    collected = [np.array([[NOTHING] + [0] * (len(names) - 1)], dtype=np.int64)]
    for cuts, finer_key in parts:
        table = np.zeros((len(finer_key), len(names)), dtype=np.int64)
        table[:, 1] = finer_key
        leads = cuts.only(cuts.rank == 0)
        table[leads.slot, 0] = shift[leads.piece]
        rest = cuts.only(cuts.rank > 0)
        table[rest.slot, 2 * rest.rank] = before[rest.piece]
        table[rest.slot, 2 * rest.rank + 1] = shift[rest.piece] - shift[rest.piece - 1]
        collected.append(table)
    return _named("opening_key", names, collected)


def _named(key: str, names: list[str], parts: list[Ints]) -> dict[str, Ints]:
    """The columns of the parts, one below the other, under their names, with the number of the row as the key."""
    rows = np.concatenate(parts)
    columns = {name: np.ascontiguousarray(rows[:, n]) for n, name in enumerate(names)}
    return {key: np.arange(len(rows), dtype=np.int64), **columns}
