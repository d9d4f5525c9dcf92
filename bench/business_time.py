"""Business time: look-ups a second against what a Python user would pick, on the same tickets in the same run.

    python bench/business_time.py [--scale 1.0]

One look-up is the open seconds between two instants, or the due instant for one target. At scale 1 the product's own
rows are of ten million tickets; the Python packages get as many of the same tickets as they manage in a few seconds.
Wrong answers are counted against the minute-by-minute oracle of the tests, on the same sample for all. The packages get
wall-clock times that were converted beforehand, outside the time measured.
"""

import argparse
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from datetime import time as wall_time
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import numpy as np

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "time"))

from calendar_cases import BERLIN_2026, days  # noqa: E402
from calendar_oracle import Desk, Window  # noqa: E402

from pacesetter.settings import Settings  # noqa: E402
from pacesetter.warehouse.business_time import build_calendar_tables, read_arrays, read_business_time  # noqa: E402

ZONE = ZoneInfo("Europe/Berlin")
FIRST, LAST = date(2026, 1, 2), date(2026, 12, 30)
SAMPLE = 4_000
SECONDS_EACH = 4.0
CHUNK = 65_536
WRITTEN_ORDER = "join_order,build_side_probe_side"
Answer = Callable[[datetime, datetime], float | None]


@dataclass
class Scenario:
    """One calendar: as text, and in the terms of the oracle and of the packages."""

    name: str
    hours: str
    holidays: str | None
    desk: Desk
    start: wall_time
    end: wall_time
    weekdays: Sequence[int]

    @property
    def closed(self) -> list[date]:
        return sorted(self.desk.holidays)


SCENARIOS = [
    Scenario(
        "office 08-18, holidays", "mon-fri 08:00-18:00", "DE-BE", Desk("Europe/Berlin", days(0, 4, (480, 1080)), BERLIN_2026),
        wall_time(8), wall_time(18), range(5),
    ),
    Scenario(
        "nights 22-06, two DST nights", "mon-sun 22:00-06:00", None, Desk("Europe/Berlin", days(0, 6, (1320, 1800))),
        wall_time(22), wall_time(6), range(7),
    ),
]  # fmt: skip


def business_duration(scenario: Scenario) -> Answer:
    from business_duration import businessDuration

    weekend = [day for day in range(7) if day not in scenario.weekdays]
    return lambda a, b: businessDuration(a, b, scenario.start, scenario.end, weekend, scenario.closed, unit="sec")


def business_time_delta(scenario: Scenario) -> Answer:
    import businesstimedelta as package

    rules: list[Any] = [package.WorkDayRule(scenario.start, scenario.end, list(scenario.weekdays))]
    if scenario.closed:
        rules.append(package.HolidayRule(dict.fromkeys(scenario.closed, "holiday")))
    whole = package.Rules(rules)

    def answer(a: datetime, b: datetime) -> float:
        found = whole.difference(a, b)
        return float(found.hours * 3600 + found.seconds)

    return answer


def custom_business_hour(scenario: Scenario) -> Answer:
    import pandas as pd

    mask = "".join("1" if day in scenario.weekdays else "0" for day in range(7))
    hour = pd.offsets.CustomBusinessHour(
        start=f"{scenario.start:%H:%M}", end=f"{scenario.end:%H:%M}", weekmask=mask, holidays=scenario.closed
    )
    return lambda a, b: 3600.0 * len(pd.date_range(a, b, freq=hour, inclusive="left"))


def numpy_recipe(scenario: Scenario) -> Callable[[np.ndarray, np.ndarray], np.ndarray] | None:
    """``busday_count`` for whole days and a clip for the first and last; nothing that passes midnight."""
    low, high = scenario.start.hour * 3600, scenario.end.hour * 3600
    if high <= low:
        return None
    calendar = np.busdaycalendar("".join("1" if d in scenario.weekdays else "0" for d in range(7)), scenario.closed)

    def passed(wall: np.ndarray) -> np.ndarray:
        day = wall.astype("datetime64[D]")
        second = (wall - day).astype(np.int64)
        today = np.is_busday(day, busdaycal=calendar) * (np.clip(second, low, high) - low)
        return np.busday_count("2026-01-01", day, busdaycal=calendar) * (high - low) + today

    return lambda a, b: passed(b) - passed(a)


def tickets_sql(count: int) -> str:
    """Tickets of two minutes to about three weeks in 2026, deterministic."""
    first_s = int(datetime(2026, 1, 5, tzinfo=UTC).timestamp())
    chance = "((hash(hash(i) + {}) >> 11) / 9007199254740992.0)"
    return f"""SELECT i AS ticket_key, CAST(k AS BIGINT) AS calendar_key, start_s,
                      start_s + CAST(120 * power(15000, {chance.format(2)}) AS BIGINT) AS end_s,
                      CAST(60 * floor(4 * power(900, {chance.format(3)})) AS BIGINT) AS target_s
               FROM (SELECT i, {{key}} AS k, {first_s} + CAST({chance.format(1)} * 330 * 86400 AS BIGINT) AS start_s
                     FROM range({count}) AS r(i)) AS t"""


def calendars() -> duckdb.DuckDBPyConnection:
    """A connection with the calendar tables; key n is the n-th scenario."""
    con = duckdb.connect(config={"threads": 2})
    con.execute(
        "CREATE TABLE calendars (calendar_id VARCHAR, name VARCHAR, time_zone VARCHAR, hours VARCHAR, holidays VARCHAR)"
    )
    con.execute("CREATE TABLE calendar_exceptions (calendar_id VARCHAR, day DATE, hours VARCHAR, name VARCHAR)")
    for n, s in enumerate(SCENARIOS):
        con.execute(
            "INSERT INTO calendars VALUES (?, ?, ?, ?, ?)", [str(n), s.name, "Europe/Berlin", s.hours, s.holidays]
        )
    begin = int(datetime(2026, 1, 1, tzinfo=UTC).timestamp())
    build_calendar_tables(con, Settings(), begin, begin + 365 * 86_400)
    return con


def run(scale: float = 1.0) -> list[dict[str, Any]]:
    """All rows of the table; ``scale`` 1 is ten million tickets for the product's own."""
    count = max(int(10_000_000 * scale), SAMPLE)
    con = calendars()
    rows: list[dict[str, Any]] = []
    for key, scenario in enumerate(SCENARIOS, 1):
        window = Window(scenario.desk, FIRST, LAST)
        con.execute(f"CREATE OR REPLACE TABLE tickets AS {tickets_sql(count).format(key=key)}")
        rows += own_rows(con, scenario, window, count)
        rows += package_rows(con, scenario, window)
    return rows


def own_rows(con: duckdb.DuckDBPyConnection, scenario: Scenario, window: Window, count: int) -> list[dict[str, Any]]:
    time_sql, arrays = read_business_time(con), read_arrays(con)
    opened, due = time_sql.select_open_seconds("tickets"), time_sql.select_due("tickets")
    fast = replace(time_sql, join="JOIN").select_open_seconds("tickets")
    sample = f"ticket_key < {SAMPLE} ORDER BY ticket_key"
    found = con.execute(f"SELECT start_s, end_s, open_s FROM ({opened}) WHERE {sample}").fetchall()
    wrong = sum(open_s != window.open_seconds(a, b) for a, b, open_s in found)
    found_due = con.execute(f"SELECT start_s, target_s, due_s FROM ({due}) WHERE {sample}").fetchall()
    wrong_due = sum(due_s != window.due(a, n) for a, n, due_s in found_due)
    columns = con.execute("SELECT calendar_key, start_s, end_s FROM tickets").fetchnumpy()
    key, start, end = (np.asarray(columns[name]) for name in ("calendar_key", "start_s", "end_s"))
    head = slice(0, SAMPLE)
    wrong_arrays = sum(
        open_s != window.open_seconds(int(a), int(b))
        for a, b, open_s in zip(
            start[head], end[head], arrays.open_seconds(key[head], start[head], end[head]), strict=True
        )
    )

    def in_chunks(answer: Callable[..., np.ndarray], *values: np.ndarray) -> None:
        for at in range(0, count, CHUNK):
            answer(*(value[at : at + CHUNK] for value in values))

    def sql_sum(sql: str, name: str) -> None:
        con.execute(f"SELECT sum({name}) FROM ({sql})").fetchall()

    def written_order() -> None:
        con.execute(f"SET disabled_optimizers = '{WRITTEN_ORDER}'")
        sql_sum(fast, "open_s")
        con.execute("RESET disabled_optimizers")

    found_fast = con.execute(f"SELECT start_s, end_s, open_s FROM ({fast}) WHERE {sample}").fetchall()
    measured = [
        ("pacesetter, SQL on 2 cores", wrong, lambda: sql_sum(opened, "open_s")),
        ("pacesetter, SQL, joins as written", int(found_fast != found) * SAMPLE, written_order),
        ("pacesetter, due instants, SQL", wrong_due, lambda: sql_sum(due, "due_s")),
        ("pacesetter, arrays on 1 core", wrong_arrays, lambda: in_chunks(arrays.open_seconds, key, start, end)),
    ]
    return [row(scenario, name, count, best_of(work), bad) for name, bad, work in measured]


def package_rows(con: duckdb.DuckDBPyConnection, scenario: Scenario, window: Window) -> list[dict[str, Any]]:
    rows = []
    sample = con.execute(
        f"SELECT start_s, end_s FROM tickets WHERE ticket_key < {SAMPLE} ORDER BY ticket_key"
    ).fetchall()
    truth = [window.open_seconds(a, b) for a, b in sample]
    walls = [tuple(datetime.fromtimestamp(s, ZONE).replace(tzinfo=None) for s in pair) for pair in sample]
    recipe = numpy_recipe(scenario)
    if recipe is None:
        rows.append(row(scenario, "numpy busday recipe", 0, 0.0, None, "cannot pass midnight"))
    else:
        a, b = (np.array([pair[n] for pair in walls], dtype="datetime64[s]") for n in (0, 1))
        wrong = int((recipe(a, b) != np.array(truth)).sum())
        many_a, many_b = np.tile(a, 250), np.tile(b, 250)
        rows.append(row(scenario, "numpy busday recipe", len(many_a), best_of(lambda: recipe(many_a, many_b)), wrong))
    for name, make in (
        ("pandas CustomBusinessHour", custom_business_hour),
        ("business-duration", business_duration),
        ("businesstimedelta", business_time_delta),
    ):
        rows.append(package_row(scenario, name, make, walls, truth))
    return rows


def package_row(
    scenario: Scenario, name: str, make: Callable[[Scenario], Answer], walls: Any, truth: list[int]
) -> dict[str, Any]:
    """One package, one call per ticket, until the sample or the time is used up."""
    try:
        answer = make(scenario)
    except ImportError:
        return row(scenario, name, 0, 0.0, None, "not installed")
    done, wrong, begin = 0, 0, time.perf_counter()
    for (a, b), expected in zip(walls, truth, strict=True):
        try:
            found = answer(a, b)
        except Exception:
            found = None
        wrong += found is None or abs(found - expected) >= 0.5
        done += 1
        if time.perf_counter() - begin > SECONDS_EACH:
            break
    return row(scenario, name, done, time.perf_counter() - begin, wrong)


def best_of(work: Callable[[], Any], times: int = 3) -> float:
    seconds = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)


def row(scenario: Scenario, name: str, count: int, seconds: float, wrong: int | None, note: str = "") -> dict[str, Any]:
    checked = min(count, SAMPLE)
    return {
        "scenario": scenario.name, "what": name, "look-ups": count, "seconds": seconds,
        "per_second": count / seconds if seconds else None, "wrong": wrong, "checked": checked, "note": note,
    }  # fmt: skip


def peak_memory(count: int) -> int:
    """MiB at the peak of a process that streams so many tickets from a Parquet file to another, look-ups in between."""
    result = subprocess.run(
        [sys.executable, __file__, "--stream", str(count)], capture_output=True, text=True, check=True
    )  # fmt: skip
    return int(result.stdout)


def stream(count: int) -> int:
    con = calendars()
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET enable_external_file_cache = false")
    look_ups = read_business_time(con)
    with tempfile.TemporaryDirectory() as folder:
        con.execute(f"COPY ({tickets_sql(count).format(key=1)}) TO '{folder}/tickets.parquet' (FORMAT parquet)")
        sql = look_ups.select_open_seconds(f"read_parquet('{folder}/tickets.parquet')")
        con.execute(f"COPY ({sql}) TO '{folder}/answers.parquet' (FORMAT parquet)")
    for line in Path("/proc/self/status").read_text().splitlines():  # ru_maxrss would begin with that of the parent
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) // 1024
    return 0


def show(rows: list[dict[str, Any]]) -> None:
    best = {r["scenario"]: r["per_second"] for r in reversed(rows) if r["what"].startswith("pacesetter, SQL")}
    print(f"{'calendar':<30}{'what':<36}{'look-ups':>12}{'a second':>24}{'ours is':>12}{'wrong of checked':>20}")
    for r in rows:
        speed = f"{r['per_second']:,.0f}" if r["per_second"] else r["note"]
        ratio = f"{best[r['scenario']] / r['per_second']:,.1f} x" if r["per_second"] else ""
        wrong = "" if r["wrong"] is None else f"{r['wrong']:,} of {r['checked']:,}"
        print(f"{r['scenario']:<30}{r['what']:<36}{r['look-ups']:>12,}{speed:>24}{ratio:>12}{wrong:>20}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="1 is ten million tickets")
    parser.add_argument("--stream", type=int, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.stream:
        print(stream(arguments.stream))
        return
    show(run(arguments.scale))
    small, large = (max(int(n * arguments.scale), 10_000) for n in (2_000_000, 20_000_000))
    print(f"\npeak memory, Parquet to Parquet: {peak_memory(small):,} MiB for {small:,} tickets, "
          f"{peak_memory(large):,} MiB for {large:,}")  # fmt: skip


if __name__ == "__main__":
    main()
