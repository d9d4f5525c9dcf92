"""From sums to answers: the formula, its interval, and everything else that an answer names.

Owns the arithmetic of formulas. Must not know SQL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any

from pacesetter.catalogue import confidence, needs
from pacesetter.catalogue.aggregate import FRACTIONS, Total
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import Asked
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.methods.record import Outcome
from pacesetter.catalogue.periods import Period
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Formula, Unit
from pacesetter.settings import Settings

Key = tuple[int, tuple[Any, ...]]
QUANTILES = {"median": 0.5, "p90": 0.9}
NOTHING = Total()


@dataclass
class Sums:
    """The results of one part by period and group; ``listed`` splits the KPI's listing by its column."""

    by_key: dict[Key, Total] = field(default_factory=dict)
    excluded: dict[Key, dict[str, int]] = field(default_factory=dict)
    listed: dict[Key, dict[str, float]] = field(default_factory=dict)


@dataclass(frozen=True)
class Cell:
    """One definition in one period and group: its totals and what they are called."""

    asked: Asked
    totals: tuple[Total, ...]
    excluded: Mapping[str, int]
    listed: Mapping[str, float]
    outcomes: list[Outcome]


def has_spread(a: Asked) -> bool:
    """Whether the definition needs more of its numerator than sum and count."""
    wanted = {"median", "p90"} & set(a.statistics) or a.definition.formula is Formula.VARIATION
    return bool(wanted) or a.unit in (Unit.SECONDS, Unit.POINTS)


def plain(value: Any) -> Any:
    """A sum as a plain number: exact decimals become the nearest float at the very end."""
    return float(value) if isinstance(value, Decimal) else value


def answers(
    together: list[Asked],
    query: Query,
    periods: list[Period],
    sums: Mapping[tuple[str, int], Sums],
    outcomes: Mapping[str, Mapping[Key, list[Outcome]]],
    provided: needs.Provided,
    settings: Settings,
) -> Iterator[Answer]:
    """The answers of one KPI in one variant (with its companions), by period, group and statistic."""
    parts = {a.where: [sums.get((a.where, i), Sums()) for i in range(len(a.parts))] for a in together}
    keys = {key for listed in parts.values() for s in listed for key in (*s.by_key, *s.excluded)}
    keys |= {key for a in together for key in outcomes.get(a.where, {})}
    groups = sorted({key[1] for key in keys}, key=_order) or [()]
    if groups == [()] and query.by:
        return
    lacking = {a.where: needs.unmet(a.definition.needs, provided) for a in together}
    for index, period in enumerate(periods):
        for group in groups:
            for a in together:
                cell = _cell(a, (index, group), parts[a.where], outcomes.get(a.where, {}))
                yield from _cell_answers(cell, query, period, group, lacking[a.where], settings)


def _cell(a: Asked, key: Key, parts: list[Sums], outcomes: Mapping[Key, list[Outcome]]) -> Cell:
    totals = tuple(s.by_key.get(key, NOTHING) for s in parts)
    return Cell(a, totals, _excluded(a, parts, key), parts[0].listed.get(key, {}), outcomes.get(key, []))


def _cell_answers(
    cell: Cell, query: Query, period: Period, group: tuple[Any, ...], lacking: str | None, settings: Settings
) -> Iterator[Answer]:
    a = cell.asked
    future = "the period begins after the as-of instant" if period.from_s > query.as_of_s else None
    reason = lacking or future
    if a.definition.method and not reason:
        found = cell.outcomes or [_no_rows(s) for s in a.statistics]
    elif reason:
        found = [Outcome(statistic=s, value=None, n=0, reason=reason) for s in a.statistics]
    else:
        found = [_outcome(cell, s, settings.currency) for s in a.statistics]
    for o in found:
        unit = o.unit or a.unit.value
        extra = {**o.extra, **({"currency": settings.currency} if unit == Unit.CURRENCY else {})}
        shared = [p.fact for p in a.parts if FACTS[p.fact].spread_source]
        if shared:
            extra["cost_key"] = "effort" if "support_costs" in shared else settings.rules.shared_cost_key
        if cell.listed and a.definition.listing:
            extra[a.definition.listing.name] = dict(cell.listed)
        yield Answer(
            kpi=a.kpi.id, statistic=o.statistic, value=o.value, unit=unit, numerator=o.numerator,
            denominator=o.denominator, n=o.n, excluded=cell.excluded, reason=o.reason, from_s=period.from_s,
            to_s=period.to_s, grain=query.grain.value, dimensions=dict(zip(query.by, group, strict=False)),
            anchor=a.parts[-1].anchor, hours=a.hours, variant=a.variant, as_of_s=query.as_of_s,
            partial=period.to_s > query.as_of_s, small_n=o.value is not None and o.n < a.kpi.floor, ci=o.ci, extra=extra,
        )  # fmt: skip


def _no_rows(statistic: str) -> Outcome:
    return Outcome(statistic=statistic, value=None, n=0, reason="no rows in this period")


def _outcome(cell: Cell, statistic: str, home: str) -> Outcome:
    a, first = cell.asked, cell.totals[0]
    second = cell.totals[1] if len(cell.totals) > 1 else None
    lacking = sorted({t.lacking for t in cell.totals if t.lacking})
    numerator, denominator, n = _parts(a, first, second)
    if lacking:
        why = f"amounts in {' and '.join(lacking)} have no exchange rate to {home} on their day"
        return Outcome(statistic=statistic, value=None, n=n, reason=why)
    value, reason = _value(a, statistic, first, numerator, denominator)
    if value is not None and not isfinite(value):
        value, reason = None, "the value is beyond all bounds"
    shown = statistic not in QUANTILES
    return Outcome(
        statistic=statistic,
        value=plain(value),
        n=n,
        numerator=plain(numerator) if shown else None,
        denominator=plain(denominator) if shown else None,
        ci=_interval(a, statistic, first, n) if value is not None else None,
        reason=reason,
    )


def _parts(a: Asked, first: Total, second: Total | None) -> tuple[Any, Any, int]:
    numerator: Any = first.sum or 0
    if isinstance(numerator, int) and a.unit is Unit.SECONDS:
        numerator = float(numerator)
    denominator: Any = None if second is None else second.sum or 0
    n = (second or first).n if a.definition.formula is not Formula.DIFFERENCE else first.n + (second or NOTHING).n
    return numerator, denominator, int(n)


def _value(a: Asked, statistic: str, first: Total, numerator: Any, denominator: Any) -> tuple[Any, str | None]:
    formula, scale = a.definition.formula, a.definition.scale
    if formula is Formula.SUM:
        return (numerator if scale == 1 else numerator * scale), None
    if formula is Formula.DIFFERENCE:
        return numerator - (denominator or 0), None
    if formula is Formula.VARIATION:
        if first.deviation is None or not first.sum:
            return None, "a spread needs at least two values"
        return first.deviation / (float(first.sum) / first.n), None
    if not denominator:
        return None, "no denominator: nothing to count in this period"
    if statistic in QUANTILES and first.quantiles is not None:
        return float(first.quantiles[FRACTIONS.index(QUANTILES[statistic])]), None
    if isinstance(numerator, Decimal) or isinstance(denominator, Decimal):
        return scale * float(numerator) / float(denominator), None
    return scale * numerator / denominator, None


def _interval(a: Asked, statistic: str, first: Total, n: int) -> tuple[float, float] | None:
    if a.kpi.instant or n <= 0:
        return None
    if statistic == "share":
        return confidence.wilson(float(first.sum or 0), n, a.definition.scale)
    if statistic in QUANTILES and first.quantiles is not None:
        return confidence.quantile(QUANTILES[statistic], FRACTIONS, first.quantiles, n)
    if statistic == "mean" and a.unit is Unit.SECONDS and first.deviation is not None and first.n == n:
        return confidence.skewed_mean(float(first.sum or 0) / n, first.deviation, first.skewness, n)
    if a.unit is Unit.POINTS and statistic == "score" and first.squares is not None:
        return confidence.net_promoter(float(first.sum or 0), float(first.squares), n)
    return None


def _excluded(a: Asked, parts: list[Sums], key: Key) -> dict[str, int]:
    """Rows out, by reason: of the denominator; of both parts where they are of different rows."""
    kinds = {(p.fact, p.anchor) for p in a.parts}
    counted = parts if len(kinds) > 1 else parts[-1:]
    total: dict[str, int] = {}
    for sums in counted:
        for reason, hits in sums.excluded.get(key, {}).items():
            total[reason] = total.get(reason, 0) + hits
    return dict(sorted(total.items()))


def _order(group: tuple[Any, ...]) -> tuple[tuple[bool, str, str], ...]:
    return tuple((v is None, f"{v:020d}" if isinstance(v, int) else "", str(v)) for v in group)
