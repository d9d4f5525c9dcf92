"""Moments from sums, and questions for the first statistic alone."""

import statistics
from dataclasses import replace

import pytest

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.total import Total


def total(values: list[int]) -> Total:
    return Total(sum(values), len(values), None, sum(v**2 for v in values), sum(v**3 for v in values))


@pytest.mark.parametrize("values", [[1, 2, 6], [3600, 7200, 86_400, 10], [10**9, 10**9 + 1, 10**9 + 5]], ids=str)
def test_the_deviation_is_exact(values: list[int]) -> None:
    """Also where all values are far from 0 and close to each other, where sums of floats would lose it."""
    assert total(values).deviation == pytest.approx(statistics.stdev(values), rel=1e-12)


def test_skewness() -> None:
    values = [1, 2, 6, 20, 21]
    n, mean, deviation = len(values), statistics.mean(values), statistics.stdev(values)
    by_definition = n / ((n - 1) * (n - 2)) * sum(((v - mean) / deviation) ** 3 for v in values)
    assert total(values).skewness == pytest.approx(by_definition, rel=1e-12)
    assert total([5, 5, 5]).skewness is None and total([1, 2]).skewness is None and total([1]).deviation is None


def test_parts_of_a_spread_add_up() -> None:
    one, other = total([1, 2, 3]), total([10, 20])
    sums = [a + b for a, b in zip(one[:2] + one[3:5], other[:2] + other[3:5], strict=True)]
    assert Total(sums[0], sums[1], None, *sums[2:]) == total([1, 2, 3, 10, 20])


def test_the_first_statistic_alone(desk: Desk) -> None:
    ids = ["first_response_time", "csat", "sla_breaches", "reopen_rate", "update_interval", "comanaged_share"]
    query = desk.query(first="2026-08-01", last="2026-11-01", grain="month")
    alone = desk.ask(ids, replace(query, main_only=True))
    assert len(alone) == 3 * len(ids)
    whole = [
        a
        for a in desk.ask(ids, query)
        if a.statistic == desk.find(a.kpi).definition.statistics[0] and a.unit == desk.find(a.kpi).unit
    ]
    listings = {listing.name for listing in (desk.find(i).definition.listing for i in ids) if listing}
    assert alone == [replace(a, extra={k: v for k, v in a.extra.items() if k not in listings}) for a in whole]
