"""The business KPIs against plain Python, month by month, on the simulated MSP made awkward."""

from datetime import date
from math import isclose
from pathlib import Path
from typing import Any

import pytest

from catalogue import (
    independent_methods,
    plain_breaches,
    plain_clocks,
    plain_cohorts,
    plain_money,
    plain_python,
    plain_quality,
    plain_raci,
    plain_readers,
    plain_statistics,
    plain_work,
)
from catalogue.plain_python import Books, Month, midnight
from oracle.oracle import ALL_KPIS
from pacesetter.catalogue import registry
from pacesetter.catalogue.desk import Desk

MONTHS = [Month(date(2026, n, 1), date(2026, n + 1, 1)) for n in range(5, 11)]
CASES = [
    pytest.param(f, by, None, id=f.__name__)
    for m in (
        plain_python,
        plain_readers,
        plain_breaches,
        plain_quality,
        plain_raci,
        plain_statistics,
        plain_clocks,
        plain_money,
        plain_work,
    )
    for by, functions in m.BY.items()
    for f in functions
]
COHORTS = [
    pytest.param(f, by, plain_cohorts.ANCHOR, id=f"{f.__name__}@{plain_cohorts.ANCHOR}")
    for by, functions in plain_cohorts.BY.items()
    for f in functions
]


@pytest.mark.parametrize(("reckon", "by", "anchor"), [*CASES, *COHORTS])
def test_product_and_plain_python_agree(reckon: Any, by: str, anchor: str | None, awkward: Path, asked: Desk) -> None:
    books = Books(awkward)
    words: dict[str, Any] = {"by": [by] if by else [], "anchor": anchor}
    query = asked.query(first="2026-05-01", last="2026-11-01", grain="month", **words)
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
    assert plain == registry.catalogue().keys(), "write the second way of a new KPI"
