"""What must hold for any calendar: additivity, bounds, the inverse, on generated calendars and intervals."""

import itertools
from datetime import UTC, date, datetime, timedelta

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from pacesetter.model.calendars import Calendar, read_calendar
from pacesetter.model.hours import DAYS, clock_text
from pacesetter.warehouse.business_time_arrays import NOTHING, BusinessTimeArrays
from pacesetter.warehouse.business_time_tables import Horizon, calendar_arrays

COVERED = Horizon(first_year=2010, last_year=2012)
ZONES = [
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
    "UTC",
]
WEEK_S = 7 * 86_400
LATE_S = COVERED.last_s - 60 * 86_400

minutes = st.integers(0, 1439)
instants = st.integers(COVERED.first_s, LATE_S)
lengths = st.one_of(st.integers(0, 100), st.integers(0, 100_000), st.integers(0, 50 * 86_400))


@st.composite
def spans(draw: st.DrawFn) -> str:
    start, end = draw(minutes), draw(st.integers(0, 1440))
    if start == end:
        end = (end + 1) % 1440
    return f"{clock_text(start * 60)}-{clock_text(end * 60)}"


@st.composite
def weeks(draw: st.DrawFn) -> str:
    entry = st.tuples(st.sets(st.sampled_from(DAYS), min_size=1), st.lists(spans(), min_size=1, max_size=9))
    entries = draw(st.lists(entry, min_size=1, max_size=4))
    return "; ".join(f"{','.join(sorted(days))} {', '.join(parts)}" for days, parts in entries)


def calendar(hours: str, zone: str, **more: object) -> Calendar:
    return read_calendar(calendar_id="any", time_zone=zone, hours=hours, **more)  # type: ignore[arg-type]


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    days = draw(st.lists(st.dates(date(2010, 1, 1), date(2012, 12, 31)), max_size=5, unique=True))
    exceptions = [(day, draw(st.one_of(st.just(""), spans())), None) for day in days]
    holidays = draw(st.sampled_from([None, "DE-BE", "US", "BR", "WS"]))
    return calendar(draw(weeks()), draw(st.sampled_from(ZONES)), holidays=holidays, exceptions=exceptions)


def ints(*values: int) -> np.ndarray:
    return np.array(values, dtype=np.int64)


def opened(arrays: BusinessTimeArrays, start_s: int, end_s: int, key: int = 1) -> int:
    return int(arrays.open_seconds(ints(key), ints(start_s), ints(end_s))[0])


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, lengths, st.lists(st.floats(0, 1), max_size=6))
def test_additive_over_any_cut_and_within_calendar_time(
    desk: Calendar, start_s: int, length_s: int, cuts: list[float]
) -> None:
    arrays = calendar_arrays([desk], COVERED)
    points = [start_s, *sorted(start_s + int(cut * length_s) for cut in cuts), start_s + length_s]
    parts = [opened(arrays, a, b) for a, b in itertools.pairwise(points)]
    assert sum(parts) == opened(arrays, start_s, start_s + length_s)
    assert all(0 <= part <= b - a for part, a, b in zip(parts, points, points[1:], strict=False))
    assert opened(arrays, start_s, start_s + length_s, key=0) == length_s
    assert opened(arrays, start_s + length_s, start_s) == -opened(arrays, start_s, start_s + length_s)


@settings(max_examples=60, deadline=None)
@given(calendars(), instants, st.one_of(st.integers(0, 5), st.integers(0, 500_000)))
def test_the_inverse_undoes_the_forward(desk: Calendar, start_s: int, seconds: int) -> None:
    arrays = calendar_arrays([desk], COVERED)
    due_s = int(arrays.due(ints(1), ints(start_s), ints(seconds))[0])
    if due_s == NOTHING:
        assert opened(arrays, start_s, COVERED.last_s - 1) < seconds
        return
    assert due_s >= start_s + seconds and (seconds > 0 or due_s == start_s)
    if due_s < COVERED.last_s:
        assert opened(arrays, start_s, due_s) == seconds
    if seconds:
        assert opened(arrays, start_s, due_s - 1) == seconds - 1  # and no earlier


@settings(max_examples=40, deadline=None)
@given(calendars(), instants)
def test_the_next_opening_is_open_and_nothing_before_it_is(desk: Calendar, at_s: int) -> None:
    arrays = calendar_arrays([desk], COVERED)
    next_s = int(arrays.next_opening(ints(1), ints(at_s))[0])
    if next_s == NOTHING:
        assert opened(arrays, at_s, COVERED.last_s - 1) == 0
    elif next_s < COVERED.last_s - 1:
        assert opened(arrays, at_s, next_s) == 0 and opened(arrays, next_s, next_s + 1) == 1


@settings(max_examples=40, deadline=None)
@given(weeks(), st.sampled_from(["UTC", "Asia/Kathmandu", "Asia/Tokyo"]), instants, lengths, st.integers(-20, 8))
def test_shifting_by_whole_weeks_changes_nothing(
    hours: str, zone: str, start_s: int, length_s: int, shift: int
) -> None:
    """In zones without clock changes, without holidays; within the years covered."""
    start_s = min(max(start_s, COVERED.first_s + 21 * WEEK_S), LATE_S - 9 * WEEK_S)
    arrays = calendar_arrays([calendar(hours, zone)], COVERED)
    moved = start_s + shift * WEEK_S
    assert opened(arrays, start_s, start_s + length_s) == opened(arrays, moved, moved + length_s)


@settings(max_examples=60, deadline=None)
@given(calendars(), spans(), st.sampled_from(DAYS), instants, lengths)
def test_widening_hours_never_shortens(desk: Calendar, more: str, day: str, start_s: int, length_s: int) -> None:
    exceptions = [(e.day, ",".join(span.text() for span in e.spans), None) for e in desk.exceptions]
    wider = calendar(f"{desk.hours}; {day} {more}", desk.time_zone, holidays=desk.holidays, exceptions=exceptions)
    arrays = calendar_arrays([desk, wider], COVERED)
    narrow = opened(arrays, start_s, start_s + length_s)
    assert narrow <= opened(arrays, start_s, start_s + length_s, key=2)
    assert opened(arrays, start_s, start_s + length_s, key=2) <= length_s


@settings(max_examples=40, deadline=None)
@given(calendars(), st.dates(date(2010, 1, 2), date(2012, 10, 1)))
def test_pieces_are_what_the_table_counts(desk: Calendar, day: date) -> None:
    """Cut the year anywhere: open pieces of a part are the pieces of the whole, clipped; their lengths are the count."""
    first_s = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
    last_s = first_s + int(timedelta(days=40).total_seconds())
    whole = desk.open_pieces(COVERED.first_s, COVERED.last_s)
    clipped = [(max(a, first_s), min(b, last_s)) for a, b in whole if a < last_s and b > first_s]
    assert desk.open_pieces(first_s, last_s) == clipped
    assert all(a < b for a, b in clipped)
    assert all(earlier[1] < later[0] for earlier, later in itertools.pairwise(clipped))
    arrays = calendar_arrays([desk], COVERED)
    assert sum(b - a for a, b in clipped) == opened(arrays, first_s, last_s)
