"""The business KPIs against plain Python, month by month, on the simulated MSP made awkward."""

from datetime import date
from math import isclose
from pathlib import Path

import pytest

from catalogue import independent_methods, plain_python, plain_readers
from catalogue.plain_python import Books, Month, midnight
from oracle.oracle import ALL_KPIS
from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import Desk

MONTHS = [Month(date(2026, n, 1), date(2026, n + 1, 1)) for n in range(5, 11)]
CASES = [
    pytest.param(f, by, id=f.__name__)
    for m in (plain_python, plain_readers)
    for by, functions in m.BY.items()
    for f in functions
]
SQL_ONLY = (
    "alert_triage_time",
    "automation_rate",
    "backlog_days",
    "client_contribution",
    "comanaged_share",
    "cost_per_ticket",
    "customer_efficiency",
    "customer_lifetime_value",
    "kb_article_effectiveness",
    "lost_business_hours",
    "patch_on_time_rate",
    "promise_kept_rate",
    "raci_accountable_scorecard",
    "raci_consulted_rate",
    "raci_coverage",
    "raci_informed_rate",
    "raci_responsible_conformance",
    "rate_per_offering",
    "record_completeness",
    "resolution_accuracy",
    "sla_at_risk",
    "sla_breach_hands",
    "sla_breaches",
    "speed_quality",
    "technician_efficiency",
    "technician_utilization",
    "tickets_per_shift",
    "time_to_resolution_median_km",
    "training_gap",
    "update_timeliness",
)
"""Two ways without plain Python: the SQL beside this and the worked example. What they rest on is replayed in plain Python elsewhere:
clocks (``tests/clocks``), the matrix (``tests/responsibility``), business time (``tests/time``), Kaplan–Meier (``test_survival``)."""


@pytest.mark.parametrize(("reckon", "by"), CASES)
def test_product_and_plain_python_agree(reckon, by: str, awkward: Path, asked: Desk) -> None:  # type: ignore[no-untyped-def]
    books = Books(awkward)
    query = asked.query(first="2026-05-01", last="2026-11-01", grain="month", by=[by] if by else [])
    answers = asked.ask([reckon.__name__], query)
    first = answers[0].statistic
    found = {(a.from_s, a.dimensions[by] if by else None): a for a in answers if a.statistic == first}
    problems, compared = [], 0
    for month in MONTHS:
        told = reckon(books, month)
        here = {group: a for (from_s, group), a in found.items() if from_s == midnight(month.first)}
        for group in {*told, *here}:
            value, mine = told.get(group), here[group].value if group in here else None
            compared += value is not None
            same = (
                (not mine) if value is None else mine is not None and isclose(value, mine, rel_tol=1e-9, abs_tol=1e-6)
            )
            if not same:
                problems.append(f"{month.first} {group}: plain {value and float(value)}, product {mine}")
    assert not problems, "\n".join(problems[:20])
    assert compared > 5


def test_every_kpi_has_its_second_way_named() -> None:
    plain = {*ALL_KPIS, *independent_methods.METHODS, *(str(case.id) for case in CASES)}
    assert plain.isdisjoint(SQL_ONLY)
    assert plain | set(SQL_ONLY) == registry.catalogue().keys(), "say how a new KPI is proven"
