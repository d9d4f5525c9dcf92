"""KPIs by month and client: from rows, from roll-ups, and by SQL written by hand over the same facts, every figure compared; and the page
of one client from roll-ups."""

import math
import resource
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlglot import exp

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import rollup_building, rollups
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.periods import Grain
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.registry import find
from pacesetter.warehouse.workspace import Workspace
from questions import AS_OF_S, Asked, questions
from tables import show

FIRST, LAST = date(2023, 1, 1), date(2026, 1, 1)
CLIENT, PAGE_FROM, PAGE_KPIS = "C7", date(2025, 1, 1), 30
TIMES = 5


def bench_evaluator(ws: Workspace) -> None:
    """Make the roll-ups; ask each question three ways, then all at once; then a client's page."""
    begin = time.perf_counter()
    cells = rollup_building.refresh(ws)
    built = time.perf_counter() - begin
    with ws.reader() as con:
        asked = [a for a in questions() if not unmet(find(a.kpi).definition.needs, Evaluator(con).provided)]
        evaluator = Evaluator(con, ws.settings)
        evaluator.ask([find("tickets_created")], by_client(), operator_scope())  # all begin with warm files
        rows = [compared(con, evaluator, one) for one in asked]
        kpis = [find(a.kpi) for a in asked]
        together, answers = timed(lambda: evaluator.ask(kpis, by_client(), operator_scope()))
        with from_rows(evaluator):
            together_raw, _ = timed(lambda: evaluator.ask(kpis, by_client(), operator_scope()))
        page = client_page(con, evaluator, asked)
    hand = sum(r["by hand"] for r in rows)
    for what, raw, rolled in (
        (f"{len(rows)} KPIs, one by one", sum(r["rows"] for r in rows), sum(r["roll-ups"] for r in rows)),
        (f"{len(rows)} KPIs, asked together: {len(answers):,} answers", together_raw, together),
    ):
        rows.append(line(what, hand, raw, rolled))
    show(
        "Evaluator",
        rows,
        "Seconds. By hand: one statement over the facts for each. Ours also counts n, exclusions and empty months, gives intervals,\n"
        "ranks the clients. 'different' counts figures that differ from those by hand, 'unlike' answers from roll-ups that differ from\n"
        f"those from rows. The roll-ups have {cells:,} rows and took {built:.0f} s, the copy of the generation in it.",
    )
    show(
        "Page of a client",
        page,
        f"Client {CLIENT}, 12 months; the best of {TIMES} times, and processor time of all threads.",
    )


def line(what: str, hand: float, raw: float, rolled: float) -> dict[str, Any]:
    return {
        "kpi": what,
        "by hand": hand,
        "rows": raw,
        "roll-ups": rolled,
        "rows / hand": raw / hand,
        "roll-ups / hand": rolled / hand,
    }


def by_client() -> Query:
    return Query(first=FIRST, last=LAST, zone=ZoneInfo("UTC"), as_of_s=AS_OF_S, grain=Grain.MONTH, by=("client",))


def timed(work: Callable[[], list[Answer]]) -> tuple[float, list[Answer]]:
    begin = time.perf_counter()
    found = work()
    return time.perf_counter() - begin, found


@contextmanager
def from_rows(evaluator: Evaluator) -> Iterator[None]:
    """For a while, no roll-ups."""
    mine = evaluator.rollups
    evaluator.__dict__["rollups"] = rollups.NONE
    try:
        yield
    finally:
        evaluator.__dict__["rollups"] = mine


def compared(con: duckdb.DuckDBPyConnection, evaluator: Evaluator, asked: Asked) -> dict[str, Any]:
    """One question three ways, and how many figures differ."""
    begin = time.perf_counter()
    by_hand = con.execute(asked.sql).fetchall()
    hand = time.perf_counter() - begin
    kpi = find(asked.kpi)
    with from_rows(evaluator):
        raw, answers = timed(lambda: evaluator.ask([kpi], by_client(), operator_scope()))
    rolled, same = timed(lambda: evaluator.ask([kpi], by_client(), operator_scope()))
    unlike = abs(len(answers) - len(same)) + sum(not alike(a, b) for a, b in zip(answers, same, strict=False))
    expected = {
        (
            client,
            int(month.timestamp() if month.tzinfo else month.replace(tzinfo=ZoneInfo("UTC")).timestamp()),
            name,
        ): value
        for client, month, *values in by_hand
        for name, value in zip(asked.statistics, values, strict=True)
        if value is not None and client is not None
    }
    found = {
        (a.dimensions["client"], a.from_s, a.statistic): a.value
        for a in answers
        if a.value is not None and a.statistic in asked.statistics and a.dimensions["client"] is not None
    }
    different = sum(
        not math.isclose(found.get(key, math.nan), value, rel_tol=1e-9, abs_tol=1e-9) for key, value in expected.items()
    ) + sum(1 for key, value in found.items() if key not in expected and value != 0)
    return {**line(asked.kpi, hand, raw, rolled), "figures": len(expected), "different": different, "unlike": unlike}


def alike(a: Answer, b: Answer) -> bool:
    """Equal, but for the last digits of fractions, whose rows two threads add in any order."""
    if replace(a, value=None, ci=None, numerator=None, extra={}) != replace(
        b, value=None, ci=None, numerator=None, extra={}
    ):
        return False
    pairs = [(a.value, b.value), (a.numerator, b.numerator), *zip(a.ci or (), b.ci or (), strict=True)]
    return all(
        x == y or (x is not None and y is not None and math.isclose(x, y, rel_tol=1e-9, abs_tol=1e-9)) for x, y in pairs
    )


def client_page(con: duckdb.DuckDBPyConnection, evaluator: Evaluator, asked: list[Asked]) -> list[dict[str, Any]]:
    """What one client's page asks: thirty KPIs over twelve months, with all statistics, and with the first of each alone."""
    whole = replace(by_client(), first=PAGE_FROM, by=(), where={"client": (CLIENT,)})
    evaluator.rollups.sums({}, evaluator.frame(whole, operator_scope(), whole.periods(), []), evaluator.run)
    names = [a.kpi for a in asked if served(evaluator, a.kpi, whole)][:PAGE_KPIS]
    kpis = [find(name) for name in names]
    rows = []
    for what, query in (
        (f"{len(kpis)} KPIs, all statistics", whole),
        (f"{len(kpis)} KPIs, tiles", replace(whole, main_only=True)),
    ):
        rolled, cpu, answers = best(partial(evaluator.ask, kpis, query, operator_scope()))
        with from_rows(evaluator):
            raw, raw_cpu, _ = best(partial(evaluator.ask, kpis, query, operator_scope()))
        rows.append({"what": what, "answers": len(answers), "roll-ups": rolled, "processor": cpu, "rows": raw,
                     "rows, processor": raw_cpu, "rows / roll-ups": raw / rolled})  # fmt: skip
    return rows


def served(evaluator: Evaluator, kpi: str, query: Query) -> bool:
    """Whether a question about that KPI is answered from roll-ups alone."""
    told: list[str] = []
    before = evaluator.run

    def listen(tree: exp.Expression) -> Any:
        told.append(tree.sql(dialect="duckdb"))
        return before(tree)

    evaluator.__dict__["run"] = listen
    try:
        evaluator.ask([find(kpi)], query, operator_scope())
    finally:
        del evaluator.__dict__["run"]
    return bool(told) and all(" FROM r_" in text for text in told)


def best(work: Callable[[], list[Answer]]) -> tuple[float, float, list[Answer]]:
    """The shortest of several times, with the processor time of the program in it."""
    found, answers = [], []
    for _ in range(TIMES):
        begin, used = time.perf_counter(), processor()
        answers = work()
        found.append((time.perf_counter() - begin, processor() - used))
    return *min(found), answers


def processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
