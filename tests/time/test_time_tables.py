"""The tables and the text of the look-ups: no answer is said and not guessed, no row is lost, the dialect is kept."""

from datetime import UTC, date, datetime, timedelta

import duckdb
import pytest
import sqlglot
from calendar_tables import ask, built, canonical, keys
from sqlglot import exp

from pacesetter.errors import BadDefinition, BadWorkspace
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime, build_calendar_tables, read_arrays
from pacesetter.warehouse.business_time_arrays import NOTHING
from pacesetter.warehouse.business_time_tables import horizon, read_layout

FIRST_S = int(datetime(2025, 5, 1, tzinfo=UTC).timestamp())
LAST_S = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
DAY_S = 86_400
MINUTES = ", ".join(f"{h:02d}:{m:02d}-{h:02d}:{m + 1:02d}" for h in range(24) for m in range(0, 60, 2))
CALENDARS = [
    ("office", "Europe/Berlin", "mon-fri 08:00-18:00", "DE"),
    ("same", "Europe/Berlin", "mon,tue,wed,thu,fri 08:00-18:00", "DE"),
    ("never", "UTC", "mon 10:00-11:00", None),
]
CLOSED = [("never", date(2023, 12, 25) + timedelta(days=n), None, "moved out") for n in range(7 * 366)]


@pytest.fixture(scope="module")
def desk() -> tuple[duckdb.DuckDBPyConnection, BusinessTime]:
    con = canonical(CALENDARS, CLOSED)
    return con, built(con, FIRST_S, LAST_S)


def test_the_horizon_is_whole_years_one_before_and_three_after(
    desk: tuple[duckdb.DuckDBPyConnection, BusinessTime],
) -> None:
    layout = desk[1].layout
    assert datetime.fromtimestamp(layout.origin_s, UTC) == datetime(2024, 1, 1, tzinfo=UTC)
    assert datetime.fromtimestamp(layout.last_s, UTC) == datetime(2030, 1, 1, tzinfo=UTC)
    extreme = horizon(-(10**12), 10**12)
    assert (extreme.first_year, extreme.last_year) == (1970, 2099)


def test_no_answer_is_said(desk: tuple[duckdb.DuckDBPyConnection, BusinessTime]) -> None:
    con, time = desk
    key, never = keys(con)["office"], keys(con)["never"]
    asked = [
        (0, key, FIRST_S, 3600, None), (1, key, time.layout.origin_s - 1, 3600, "beyond_horizon"),
        (2, key, time.layout.last_s, 3600, "beyond_horizon"), (3, key, FIRST_S, 10**9, "beyond_horizon"),
        (4, never, FIRST_S, 3600, "never_opens"), (5, None, FIRST_S, 3600, "no_calendar"),
        (6, key, FIRST_S, None, "no_target"), (7, key, FIRST_S, -1, "no_target"), (8, key, None, 3600, "beyond_horizon"),
        (9, 99, FIRST_S, 3600, "beyond_horizon"), (10, -1, FIRST_S, 3600, "beyond_horizon"),
        (11, never, FIRST_S, 0, None), (12, key, time.layout.last_s + 5, 0, "beyond_horizon"),
    ]  # fmt: skip
    values = ", ".join(
        "(" + ", ".join("NULL" if value is None else str(value) for value in row[:4]) + ")" for row in asked
    )
    relation = f"""(SELECT n, CAST(k AS BIGINT) AS calendar_key, CAST(s AS BIGINT) AS start_s, CAST(t AS BIGINT) AS target_s
                     FROM (VALUES {values}) AS v(n, k, s, t))"""
    rows = con.execute(f"SELECT n, due_s, due_reason FROM ({time.select_due(relation)}) ORDER BY n").fetchall()
    assert [row[2] for row in rows] == [row[4] for row in asked]
    assert all((row[1] is None) == (row[2] is not None) for row in rows)


@pytest.mark.parametrize("join", ["LEFT JOIN", "JOIN"])
def test_no_row_is_lost_or_doubled(desk: tuple[duckdb.DuckDBPyConnection, BusinessTime], join: str) -> None:
    con, time = desk
    time = BusinessTime(layout=time.layout, join=join)
    relation = """(SELECT CAST(k AS BIGINT) AS calendar_key, s AS start_s, s + 1000 AS end_s, 60 AS target_s
                   FROM (VALUES (0), (1), (2), (7), (-1), (NULL)) v(k), range(-500000000, 3000000000, 12345678) r(s))"""
    expected = con.execute(f"SELECT count(*) FROM {relation}").fetchall()
    for sql in (time.select_open_seconds(relation), time.select_due(relation)):
        assert con.execute(f"SELECT count(*) FROM ({sql})").fetchall() == expected
    beyond = con.execute(
        f"SELECT count(open_s) FROM ({time.select_open_seconds(relation)}) WHERE calendar_key NOT BETWEEN 0 AND 2 "
        f"OR start_s < {time.layout.origin_s} OR end_s >= {time.layout.last_s}"
    ).fetchall()
    assert beyond == [(0,)]


def test_calendars_that_are_open_alike_share_a_key(desk: tuple[duckdb.DuckDBPyConnection, BusinessTime]) -> None:
    con, _ = desk
    assert keys(con)["office"] == keys(con)["same"] != keys(con)["never"]
    assert ALWAYS_OPEN_KEY not in keys(con).values()
    assert con.execute("SELECT calendar_key, hours FROM calendar_versions WHERE calendar_id IS NULL").fetchall() == [
        (0, "24x7")
    ]


def test_one_row_a_day_and_row_0_says_nothing(desk: tuple[duckdb.DuckDBPyConnection, BusinessTime]) -> None:
    con, time = desk
    rows, dense = con.execute("SELECT count(*), max(day_key) + 1 FROM calendar_days").fetchall()[0]
    assert rows == dense == 1 + time.layout.days * time.layout.calendars
    assert con.execute("SELECT base_s, total_s FROM calendar_days WHERE day_key = 0").fetchall() == [(None, None)]
    assert con.execute("SELECT shift_s FROM calendar_openings WHERE opening_key = 0").fetchall() == [(None,)]


def test_any_number_of_pieces_a_day() -> None:
    con = canonical([("dense", "Australia/Lord_Howe", f"thu-fri {MINUTES}", None), *CALENDARS[:1]])
    time = built(con, FIRST_S, LAST_S)
    assert time.layout.finer_s and time.layout.finer_bucket_s  # more pieces than columns: finer rows
    assert ask(con, time, "between", "dense", FIRST_S + 30, FIRST_S + 30 + DAY_S) == DAY_S // 2
    assert ask(con, time, "due", "dense", FIRST_S, 720 * 60) == FIRST_S + DAY_S - 60
    assert ask(con, time, "next_opening", "dense", FIRST_S + 60) == FIRST_S + 120
    assert ask(con, time, "between", "office", FIRST_S, FIRST_S + 7 * DAY_S) == 40 * 3600  # 1 May is a holiday
    arrays = read_arrays(con)
    assert arrays.layout == time.layout


def test_holidays_are_listed_for_review() -> None:
    con = canonical(
        [("office", "Europe/Berlin", "24x7", "DE")], [("office", date(2026, 5, 1), "10:00-12:00", "on call")]
    )
    built(con, FIRST_S, LAST_S)
    listed = con.execute(
        "SELECT day, name, is_replaced FROM calendar_holidays WHERE year(day) = 2026 ORDER BY 1"
    ).fetchall()
    assert len(listed) == 9 and (date(2026, 5, 1), "Labor Day", True) in listed
    assert sum(replaced for _, _, replaced in listed) == 1


def test_tables_that_say_the_same_are_left_alone_and_others_rebuilt() -> None:
    con = canonical(CALENDARS[:2])
    build_calendar_tables(con, Settings(), FIRST_S, LAST_S)
    con.execute("UPDATE calendar_days SET base_s = base_s + 1 WHERE day_key = 5")  # shows whether it was written again
    spoiled = "SELECT sum(base_s) FROM calendar_days"
    before = con.execute(spoiled).fetchall()
    build_calendar_tables(con, Settings(), FIRST_S + 5, LAST_S - 5)
    assert con.execute(spoiled).fetchall() == before
    changes = (
        "UPDATE calendars SET hours = 'mon-fri 08:00-17:00' WHERE calendar_id = 'same'",
        "INSERT INTO calendar_exceptions VALUES ('office', DATE '2026-01-05', NULL, 'moved')",
        "DELETE FROM calendars WHERE calendar_id = 'same'",
    )
    for change in changes:
        con.execute(change)
        build_calendar_tables(con, Settings(), FIRST_S, LAST_S)
        now = con.execute(spoiled).fetchall()
        assert now != before
        before = now
    assert build_calendar_tables(con, Settings(), FIRST_S, LAST_S + 366 * DAY_S).last_s > read_layout(con).origin_s


def test_rebuilt_and_kept_tables_are_the_same() -> None:
    first, second = canonical(CALENDARS[:1]), canonical(CALENDARS[:1])
    build_calendar_tables(first, Settings(), FIRST_S, FIRST_S)
    for con in (first, second):
        build_calendar_tables(con, Settings(), FIRST_S, LAST_S)
    for table in ("calendar_days", "calendar_openings", "calendar_versions", "calendar_layout", "calendar_holidays"):
        rows = [con.execute(f"SELECT * FROM {table} ORDER BY ALL").fetchall() for con in (first, second)]
        assert rows[0] == rows[1]


def test_a_workspace_without_calendars_has_round_the_clock() -> None:
    con = canonical([])
    time = built(con, FIRST_S, LAST_S)
    assert ask(con, time, "between", ALWAYS_OPEN_KEY, FIRST_S, LAST_S) == LAST_S - FIRST_S
    assert (read_arrays(con).days["base_s"][0]) == NOTHING


def test_refusals() -> None:
    with pytest.raises(BadWorkspace, match="calendars have not been prepared"):
        read_layout(duckdb.connect())
    con = canonical([("office", "Europe/Berlin", "mon-fri 8-18", None)])
    with pytest.raises(BadDefinition, match="calendar 'office', hours, character 9"):
        build_calendar_tables(con, Settings(), FIRST_S, LAST_S)


def test_the_dialect_is_kept(desk: tuple[duckdb.DuckDBPyConnection, BusinessTime]) -> None:
    """Equality joins and CASE only: no FILTER, no as-of join, no time-zone function, no least or greatest over nulls."""
    time = desk[1]
    for sql in (time.select_open_seconds("t"), time.select_due("t")):
        tree = sqlglot.parse_one(sql, dialect="duckdb")
        functions = {type(node) for node in tree.find_all(exp.Func)}
        assert functions <= {exp.Case, exp.If, exp.And, exp.Or, exp.Cast}
        for join in tree.find_all(exp.Join):
            assert isinstance(join.args["on"], exp.EQ) and join.args.get("method") is None
        for engine in ("spark", "clickhouse", "postgres"):
            assert sqlglot.transpile(sql, read="duckdb", write=engine)
