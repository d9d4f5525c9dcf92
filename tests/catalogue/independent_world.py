"""A bundle in an empty DuckDB: the canonical tables as they stand in the files, opening hours laid out by hand, and the views of
``independent/base``. Shares nothing with the product but the names and kinds of the model's columns.
"""

import csv
import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import duckdb
import holidays

from pacesetter.model.tables import TABLES

FOLDER = Path(__file__).parent / "independent"
BASE = FOLDER / "base"
KINDS = {"instant": "TIMESTAMPTZ", "date": "DATE", "num": "DOUBLE", "money": "DECIMAL(18, 4)", "bool": "BOOLEAN"}
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SPAN = re.compile(r"(\d\d):(\d\d)-(\d\d):(\d\d)")


def load(bundle: Path, as_of_s: int, calendar: str) -> duckdb.DuckDBPyConnection:
    """The bundle as of an epoch second; ``calendar`` is the workspace's own. The workspace's zone is Europe/Berlin, its currency EUR."""
    con = duckdb.connect()
    for table in TABLES:
        columns = ", ".join(f'"{c.name}" {KINDS.get(c.kind.value, "VARCHAR")}' for c in table.columns)
        con.execute(f"CREATE TABLE {table.name} ({columns})")
        path = bundle / f"{table.name}.csv"
        if path.exists():
            header = path.open(encoding="utf-8").readline().strip().split(",")
            named = [f'"{c}"' for c in header if table.column(c)]
            con.execute(
                f"INSERT INTO {table.name} ({', '.join(named)}) SELECT {', '.join(named)} "
                f"FROM read_csv('{path}', all_varchar = true, header = true, nullstr = '')"
            )
    con.execute(f"CREATE TABLE asked AS SELECT {as_of_s}::BIGINT AS as_of, '{calendar}' AS workspace_calendar")
    _opening_hours(con, bundle)
    for path in sorted(BASE.glob("*.sql")):
        con.execute(path.read_text("utf-8"))
    return con


def _opening_hours(con: duckdb.DuckDBPyConnection, bundle: Path) -> None:
    """``weekly`` (calendar, day of week from Monday 0, minutes from midnight), ``special_days`` and ``special_spans``."""
    con.execute("CREATE TABLE weekly (calendar_id VARCHAR, weekday INT, low INT, high INT)")
    con.execute("CREATE TABLE special_days (calendar_id VARCHAR, day DATE)")
    con.execute("CREATE TABLE special_spans (calendar_id VARCHAR, day DATE, low INT, high INT)")
    for row in _rows(bundle / "calendars.csv"):
        weekly = [(row["calendar_id"], *span) for span in _weekly(row["hours"])]
        con.executemany("INSERT INTO weekly VALUES (?, ?, ?, ?)", weekly)
        if row["holidays"]:
            country, _, part = row["holidays"].partition("-")
            free = holidays.country_holidays(country, subdiv=part or None, years=range(2026, 2028))
            con.executemany("INSERT INTO special_days VALUES (?, ?)", [(row["calendar_id"], day) for day in free])
    for row in _rows(bundle / "calendar_exceptions.csv"):
        key = (row["calendar_id"], date.fromisoformat(row["day"]))
        con.execute("DELETE FROM special_days WHERE calendar_id = ? AND day = ?", key)
        con.execute("INSERT INTO special_days VALUES (?, ?)", key)
        for low, high in _spans(row["hours"]):
            con.execute("INSERT INTO special_spans VALUES (?, ?, ?, ?)", (*key, low, high))


def _rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def _weekly(hours: str) -> Iterator[tuple[int, int, int]]:
    if hours == "24x7":
        yield from ((day, 0, 1440) for day in range(7))
        return
    for part in hours.split(";"):
        days, _, spans = part.strip().partition(" ")
        first, _, last = days.partition("-")
        for day in range(DAYS.index(first), DAYS.index(last or first) + 1):
            yield from ((day, low, high) for low, high in _spans(spans))


def _spans(text: str) -> Iterator[tuple[int, int]]:
    for match in SPAN.finditer(text):
        a, b, c, d = (int(n) for n in match.groups())
        low, high = a * 60 + b, c * 60 + d
        assert low % 15 == high % 15 == 0, "the grid of base/2_hours.sql has cells of a quarter of an hour"
        yield low, high if high > low else high + 1440
