"""At least 100,000 look-ups, forward, inverse and next opening, agree to the second with the oracle: in SQL and in arrays."""

import random
from dataclasses import dataclass

import duckdb
import numpy as np
import pyarrow as pa
import pytest
from calendar_cases import CASES, Case
from calendar_oracle import Window
from calendar_tables import built, canonical, keys

from pacesetter.model.calendar_zones import zone_offsets
from pacesetter.warehouse.business_time import BusinessTime, read_arrays

PER_CALENDAR = 7_000
ZONES = {
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "America/Sao_Paulo",
    "Asia/Kathmandu",
    "Pacific/Apia",
}


@dataclass
class World:
    con: duckdb.DuckDBPyConnection
    time: BusinessTime
    windows: dict[str, Window]
    cases: pa.Table
    names: list[str]


@pytest.fixture(scope="module")
def world() -> World:
    windows = {case.name: Window(case.desk, case.first, case.last) for case in CASES}
    con = canonical(
        [(case.name, case.desk.zone, case.hours, case.holidays) for case in CASES],
        [(case.name, *exception) for case in CASES for exception in case.exceptions],
    )
    first_s, last_s = min(w.first_s for w in windows.values()), max(w.last_s for w in windows.values())
    time = built(con, first_s, last_s)
    key = keys(con)
    rows: dict[str, list[int]] = {
        name: [] for name in ("calendar_key", "start_s", "end_s", "target_s", "open_s", "due_s", "next_s")
    }
    names = []
    for case in CASES:
        for row in generated(case, windows[case.name]):
            names.append(case.name)
            for name, value in zip(rows, (key[case.name], *row), strict=True):
                rows[name].append(value)
    rows["case_number"] = list(range(len(names)))
    cases = pa.table({name: pa.array(values, pa.int64()) for name, values in rows.items()})
    con.register("cases", cases)
    return World(con, time, windows, cases, names)


def generated(case: Case, window: Window) -> list[tuple[int | None, ...]]:
    """Look-ups drawn with a fixed seed, half of them at clock changes, and at borders of spans to the second."""
    draw = random.Random(case.name)
    changes = [o.start_s for o in zone_offsets(case.desk.zone, window.first_s, window.last_s)][1:]
    borders = [
        window.first_s + minute * 60
        for minute in range(1, len(window.flags)) if window.flags[minute] != window.flags[minute - 1]
    ]  # fmt: skip

    def instant() -> int:
        kind = draw.random()
        if kind < 0.25 and changes:
            at_s = draw.choice(changes) + draw.randint(-100_000, 100_000)
        elif kind < 0.5 and borders:
            at_s = draw.choice(borders) + draw.randint(-1, 1)
        else:
            at_s = draw.randrange(window.first_s, window.last_s)
        return min(max(at_s, window.first_s), window.last_s - 1)

    rows = []
    for _ in range(PER_CALENDAR):
        start_s = instant()
        far = instant() if draw.random() < 0.5 else start_s + int(10 ** draw.uniform(0, 6.5))
        end_s = min(max(start_s, far), window.last_s)
        left = window.left(start_s)
        target_s = min(left, int(10 ** draw.uniform(-0.5, 6.5)))
        if draw.random() < 0.1:  # used up exactly at the end of a span
            closing = draw.choice(borders) if borders else start_s
            target_s = window.open_seconds(start_s, closing) if closing > start_s else target_s
        opening = window.next_opening(start_s)
        rows.append((
            start_s, end_s, target_s, window.open_seconds(start_s, end_s), window.due(start_s, target_s), opening,
        ))  # fmt: skip
    return rows


def test_there_are_enough_cases_and_they_are_hard(world: World) -> None:
    assert world.cases.num_rows >= 100_000
    assert {case.desk.zone for case in CASES} >= ZONES
    start, end = (world.cases[name].to_numpy() for name in ("start_s", "end_s"))
    closed_start = closed_end = over_change = 0
    for case in CASES:
        window = world.windows[case.name]
        mask = np.array([name == case.name for name in world.names])
        closed = np.array([not flag for flag in window.flags] + [True])
        closed_start += int(closed[(start[mask] - window.first_s) // 60].sum())
        closed_end += int(closed[(end[mask] - window.first_s) // 60].sum())
        changes = [o.start_s for o in zone_offsets(case.desk.zone, window.first_s, window.last_s)][1:]
        over_change += sum(int(((start[mask] < c) & (end[mask] > c)).sum()) for c in changes)
    assert closed_start > 20_000 and closed_end > 20_000 and over_change > 15_000


def test_sql_open_seconds(world: World) -> None:
    sql = world.time.select_open_seconds("(SELECT * EXCLUDE (open_s), open_s AS expected FROM cases)")
    agree(world, f"SELECT case_number, start_s, end_s, expected, open_s FROM ({sql})")


def test_sql_due(world: World) -> None:
    sql = world.time.select_due("(SELECT * EXCLUDE (due_s), due_s AS expected FROM cases)")
    agree(world, f"SELECT case_number, start_s, target_s, expected, due_s FROM ({sql})")
    assert world.con.execute(f"SELECT count(due_reason) FROM ({sql})").fetchall() == [(0,)]


def test_sql_next_opening(world: World) -> None:
    found = world.time.next_opening("n", "c.calendar_key", "c.start_s")
    agree(
        world,
        f"SELECT c.case_number, c.start_s, 0, c.next_s, {found.value} FROM cases AS c {found.joins} WHERE c.next_s IS NOT NULL",
    )


def test_arrays_say_the_same(world: World) -> None:
    arrays = read_arrays(world.con)
    calendar, start, end, target, opened, due = (
        world.cases[name].to_numpy() for name in ("calendar_key", "start_s", "end_s", "target_s", "open_s", "due_s")
    )
    assert (arrays.open_seconds(calendar, start, end) == opened).all()
    assert (arrays.due(calendar, start, target) == due).all()
    expected = world.cases["next_s"]
    known = expected.is_valid().to_numpy()
    assert (arrays.next_opening(calendar, start)[known] == expected.drop_null().to_numpy()).all()


def test_the_minutes_of_the_oracle_hold_to_the_second(world: World) -> None:
    """The wall clock asked at single seconds: the oracle's minutes do not hide a change within a minute."""
    draw = random.Random(7)
    for case in CASES:
        window = world.windows[case.name]
        changes = [o.start_s for o in zone_offsets(case.desk.zone, window.first_s, window.last_s)][1:] or [
            window.first_s
        ]
        for _ in range(300):
            near = draw.choice(changes) + draw.randint(-9_000, 9_000)
            at_s = near if draw.random() < 0.5 else draw.randrange(window.first_s, window.last_s)
            at_s = min(max(at_s, window.first_s), window.last_s - 1)
            assert window.open_seconds(at_s, at_s + 1) == case.desk.is_open(at_s), (case.name, at_s)


def agree(world: World, sql: str) -> None:
    """Every row (number, instant, instant or seconds, expected, found) has found what was expected, and none is missing."""
    rows = world.con.execute(f"SELECT * FROM ({sql}) AS r(n, a, b, expected, found)").fetchall()
    wrong = [(world.names[n], a, b, expected, found) for n, a, b, expected, found in rows if expected != found]
    assert len(rows) > 0.9 * world.cases.num_rows
    assert not wrong, f"{len(wrong)} of {len(rows)}, such as {wrong[:5]}"
