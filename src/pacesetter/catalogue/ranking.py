"""Rankings of technicians, teams, clients and the like, shrunk for small numbers.

Owns the shrinkage: each value is drawn towards that of all groups by as much of the spread between groups as chance
explains (random effects by R. DerSimonian and N. Laird, Control. Clin. Trials 7, 1986; empirical Bayes means). Shares
have their binomial error about the pooled share, means the error behind their interval; other ratios are weighed by n
against the KPI's floor. Must not know SQL.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import sqrt

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Better, Kpi

RANKED = frozenset({"technician", "team", "client", "site", "organisation", "article", "offering", "service", "owner"})
"""Dimensions whose groups are ranked when a question is cut by one of them."""


@dataclass(frozen=True)
class Ranked:
    """One group: its place (1 is best), of how many, and the shrunk value by which it was placed."""

    place: int
    of: int
    shrunk: float


def ranked(answers: Iterable[Answer], kpis: Mapping[str, Kpi], query: Query) -> list[Answer]:
    """The answers, freshly made, with ``extra["ranking"]`` where the question is cut by one dimension whose groups are compared."""
    listed = list(answers)
    if len(query.by) != 1 or query.by[0] not in RANKED:
        return listed
    fields: dict[tuple[object, ...], list[int]] = defaultdict(list)
    for index, a in enumerate(listed):
        kpi = kpis[a.kpi]
        main = a.statistic == kpi.definition.statistics[0] and a.unit == kpi.unit.value
        if (
            main
            and a.value is not None
            and a.n > 0
            and a.dimensions[query.by[0]] is not None
            and kpi.better is not Better.NEITHER
        ):
            fields[a.kpi, a.variant, a.from_s].append(index)
    for indexes in fields.values():
        kpi = kpis[listed[indexes[0]].kpi]
        for index, place in zip(indexes, places([listed[i] for i in indexes], kpi), strict=True):
            told = {"place": place.place, "of": place.of, "shrunk": place.shrunk}
            listed[index].extra = {**listed[index].extra, "ranking": told}
    return listed


def places(answers: Sequence[Answer], kpi: Kpi) -> list[Ranked]:
    """The place of each answer among them, by shrunk value; ties share a place."""
    values = shrunk(answers, kpi.floor)
    sign = -1 if kpi.better is Better.HIGHER else 1
    first: dict[float, int] = {}
    for place, value in enumerate(sorted(sign * v for v in values), 1):
        first.setdefault(value, place)
    return [Ranked(first[sign * v], len(values), v) for v in values]


def shrunk(answers: Sequence[Answer], floor: int) -> list[float]:
    """The value of each answer drawn towards that of all."""
    values = [float(a.value or 0) for a in answers]
    pooled = _pooled(answers, values)
    if answers[0].unit == "count":
        return values
    if answers[0].statistic == "share":
        share = min(max(pooled / 100, 1e-6), 1 - 1e-6)
        errors = [100 * sqrt(share * (1 - share) / a.n) for a in answers]
    elif all(a.ci for a in answers):
        errors = [max((a.ci[1] - a.ci[0]) / (2 * Z), 1e-12) if a.ci else 1.0 for a in answers]
    else:
        return [pooled + (v - pooled) * a.n / (a.n + max(floor, 1)) for v, a in zip(values, answers, strict=True)]
    between = _between(values, errors)
    return [
        pooled + (v - pooled) * between / (between + e * e) if between else pooled
        for v, e in zip(values, errors, strict=True)
    ]


def _pooled(answers: Sequence[Answer], values: Sequence[float]) -> float:
    """The value over all groups together: the ratio of sums where there is a denominator."""
    below = sum(a.denominator or 0 for a in answers)
    if below and all(a.numerator is not None and a.denominator is not None for a in answers):
        above = sum(a.numerator or 0 for a in answers)
        first = next((a for a in answers if a.numerator and a.denominator and a.value), None)
        scale = 1.0 if first is None else float(first.value or 0) * (first.denominator or 1) / (first.numerator or 1)
        return scale * above / below
    total = sum(a.n for a in answers)
    return sum(v * a.n for v, a in zip(values, answers, strict=True)) / total


def _between(values: Sequence[float], errors: Sequence[float]) -> float:
    """The variance between groups that chance does not explain (DerSimonian–Laird), 0 where it explains all."""
    weights = [1 / (e * e) for e in errors]
    total = sum(weights)
    mean = sum(w * v for w, v in zip(weights, values, strict=True)) / total
    spread = sum(w * (v - mean) ** 2 for w, v in zip(weights, values, strict=True))
    freedom = total - sum(w * w for w in weights) / total
    return max(0.0, (spread - (len(values) - 1)) / freedom) if freedom > 0 else 0.0
