"""The evaluator by month × client against SQL written by hand over the same facts, KPI by KPI, with the figures compared."""

import math
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.periods import Grain
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.registry import find
from pacesetter.warehouse.workspace import Workspace
from tables import show
from warehouse import AS_OF

FIRST, LAST = date(2023, 1, 1), date(2026, 1, 1)
FIRST_S, AS_OF_S = 1672531200, int(AS_OF.timestamp())
HOURS = ("business", "calendar", "sla")
SHARES = {
    "first_contact_resolution": (
        "NOT had_second_contact AND NOT was_escalated AND handoffs = 0 AND NOT was_reopened_in_window", "type <> 'alert'"),
    "first_level_resolution": ("tier = 1 AND NOT was_escalated", "TRUE"),
    "reopen_rate": ("was_reopened", "TRUE"),
    "ping_pong_rate": ("returns > 0", "TRUE"),
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """One KPI in one kind of hours, and the SQL of (client, month, values in the order of ``statistics``)."""

    kpi: str
    hours: str | None
    statistics: tuple[str, ...]
    sql: str


def by_month(table: str, at: str, values: str, where: str = "TRUE", valid: str = "superseded_s") -> str:
    current = f"({valid} IS NULL OR {valid} > {AS_OF_S}) AND " if valid else ""
    return (
        f"SELECT client_id, date_trunc('month', make_timestamp({at} * 1000000)) AS month, {values} FROM {table} "
        f"WHERE {current}{at} >= {FIRST_S} AND {at} < {AS_OF_S} AND excluded_as IS NULL AND ({where}) GROUP BY ALL"
    )


def spread(value: str) -> str:
    return f"avg({value}), quantile_cont({value}, 0.5), quantile_cont({value}, 0.9)"


def questions() -> Iterator[Asked]:
    three = ("mean", "median", "p90")
    for hours in HOURS:
        own = f"{hours}_s"
        responses = by_month("f_responses", "responded_s", spread(own), "type <> 'alert' AND NOT is_early", "")
        yield Asked("first_response_time", hours, three, responses)
        yield Asked(
            "resolution_time", hours, three, by_month("f_resolutions", "resolved_s", spread(own), "NOT is_early")
        )
        yield Asked("mttr", hours, three, by_month("f_closures", "closed_s", spread(own), "NOT is_early"))
        first = by_month("f_escalations", "escalated_s", spread(own), "nth = 1 AND NOT is_early", "")
        yield Asked("time_to_escalate", hours, three, first)
        acted = by_month("f_escalations", "escalated_s", spread(f"action_{own}"), f"action_s <= {AS_OF_S}", "")
        yield Asked("escalation_response_time", hours, three, acted)
    for kpi, (value, where) in SHARES.items():
        share = f"100.0 * count(CASE WHEN {value} THEN 1 END) / count(*)"
        yield Asked(kpi, None, ("share",), by_month("f_resolutions", "resolved_s", share, where))
    handoffs = by_month("f_resolutions", "resolved_s", "avg(handoffs)")
    yield Asked("handoffs_per_ticket", None, ("ratio",), handoffs)
    yield Asked("tickets_created", None, ("count",), by_month("f_tickets", "created_s", "count(*)", valid=""))
    yield Asked("tickets_resolved", None, ("count",), by_month("f_resolutions", "resolved_s", "count(*)"))
    yield Asked("tickets_closed", None, ("count",), by_month("f_closures", "closed_s", "count(*)"))
    bounced = f"100.0 * count(CASE WHEN returned_s <= {AS_OF_S} THEN 1 END) / count(*)"
    yield Asked("escalation_bounce_rate", None, ("share",), by_month("f_escalations", "escalated_s", bounced, valid=""))
    for hours in ("business", "calendar"):
        silence = f"avg(silence_{hours}_s), quantile_cont(silence_{hours}_s, 0.9)"
        silences = by_month("f_resolutions", "resolved_s", silence, "NOT is_early")
        yield Asked("update_interval", hours, ("mean", "p90"), silences)
    for hours in HOURS:
        held = f"sum({hours}_s) / count(DISTINCT ticket_key)"
        yield Asked("time_in_hands", hours, ("mean",), by_month("f_hands", "resolved_s", held, "NOT is_early"))
    yield from promises()
    yield from balances()


def promises() -> Iterator[Asked]:
    """Service levels from the clocks: met of those that were met or broken, in the month in which that was decided."""
    broken = f"due_s < coalesce(stopped_s, cancelled_s, {AS_OF_S})"
    for kpi, clock, where in (
        ("sla_response_compliance", "respond", "type <> 'alert'"),
        ("sla_resolution_compliance", "resolve", "TRUE"),
    ):
        judged = (
            f"(SELECT *, {broken} AS is_broken, CASE WHEN {broken} THEN due_s ELSE stopped_s END AS judged_s FROM f_clocks "
            f"WHERE clock = '{clock}' AND due_reason IS NULL AND valid_from_s <= {AS_OF_S})"
        )
        share = "100.0 * count(CASE WHEN NOT coalesce(is_broken, FALSE) THEN 1 END) / count(*)"
        yield Asked(kpi, None, ("share",), by_month(judged, "judged_s", share, where))
    kept = "100.0 * count(CASE WHEN is_kept THEN 1 END) / count(*)"
    ended = f"NOT is_kept OR superseded_s IS NULL OR superseded_s > {AS_OF_S}"
    yield Asked("sla_compliance", None, ("share",), by_month("f_verdicts", "judged_s", kept, ended, ""))


def balances() -> Iterator[Asked]:
    """What came in against what went out, in each month."""
    came = by_month("f_tickets", "created_s", "count(*) AS came", valid="")
    for kpi, table, at, statistic, value in (
        ("net_ticket_change", "f_closures", "closed_s", "count", "coalesce(came, 0) - coalesce(gone, 0)"),
        ("new_to_closed_ratio", "f_closures", "closed_s", "ratio", "coalesce(came, 0) / nullif(gone, 0)"),
    ):
        gone = by_month(table, at, "count(*) AS gone")
        yield Asked(
            kpi,
            None,
            (statistic,),
            f"SELECT client_id, month, {value} FROM ({came}) FULL JOIN ({gone}) USING (client_id, month)",
        )


def bench_evaluator(ws: Workspace) -> None:
    """Each question to the evaluator and to SQL by hand, one after the other, then all to the evaluator at once."""
    with ws.reader() as con:
        asked = list(questions())
        evaluator = Evaluator(con, ws.settings)
        evaluator.ask([find("tickets_created")], query(None), operator_scope())  # both begin with warm files
        rows = [compared(con, evaluator, one) for one in asked]
        together = at_once(evaluator, asked)
    ours, theirs = sum(r["seconds"] for r in rows), sum(r["by hand, seconds"] for r in rows)
    total = {
        "kpi": f"{len(rows)} KPIs, one by one",
        "seconds": ours,
        "by hand, seconds": theirs,
        "times as long": ours / theirs,
    }
    whole = {"kpi": f"{len(rows)} KPIs, asked together", "seconds": together, "by hand, seconds": theirs,
             "times as long": together / theirs}  # fmt: skip
    show(
        "Evaluator",
        [*rows, total, whole],
        "By hand: one GROUP BY over the facts for each. Ours also counts n, exclusions and empty months, and gives intervals.",
    )


def query(hours: str | None) -> Query:
    return Query(
        first=FIRST, last=LAST, zone=ZoneInfo("UTC"), as_of_s=AS_OF_S, grain=Grain.MONTH, by=("client",), hours=hours
    )  # fmt: skip


def at_once(evaluator: Evaluator, asked: list[Asked]) -> float:
    begin = time.perf_counter()
    for hours in dict.fromkeys(a.hours for a in asked):
        evaluator.ask([find(a.kpi) for a in asked if a.hours == hours], query(hours), operator_scope())
    return time.perf_counter() - begin


def compared(con: duckdb.DuckDBPyConnection, evaluator: Evaluator, asked: Asked) -> dict[str, Any]:
    begin = time.perf_counter()
    by_hand = con.execute(asked.sql).fetchall()
    middle = time.perf_counter()
    answers = evaluator.ask([find(asked.kpi)], query(asked.hours), operator_scope())
    end = time.perf_counter()
    expected = {
        (
            client,
            int(month.timestamp() if month.tzinfo else month.replace(tzinfo=AS_OF.tzinfo).timestamp()),
            name,
        ): value
        for client, month, *values in by_hand
        for name, value in zip(asked.statistics, values, strict=True)
        if value is not None
    }
    found = {(a.dimensions["client"], a.from_s, a.statistic): a.value for a in answers if a.value is not None}
    different = sum(
        not math.isclose(found.get(key, math.nan), value, rel_tol=1e-9, abs_tol=1e-9) for key, value in expected.items()
    ) + sum(1 for key, value in found.items() if key not in expected and value != 0)
    return {
        "kpi": asked.kpi, "hours": asked.hours or "", "figures": len(expected), "different": different,
        "seconds": end - middle, "by hand, seconds": middle - begin, "times as long": (end - middle) / (middle - begin),
    }  # fmt: skip
