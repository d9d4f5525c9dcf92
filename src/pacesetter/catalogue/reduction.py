"""From sums to answers: the formula, its interval, and everything else that an answer names.

Owns the arithmetic of formulas. Must not know SQL.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

from pacesetter.catalogue import confidence, needs
from pacesetter.catalogue.aggregate import FRACTIONS, reason_of
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import Asked
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.methods.record import Outcome
from pacesetter.catalogue.periods import Period
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Formula, Unit
from pacesetter.catalogue.total import Total
from pacesetter.settings import Settings

Key = tuple[int, tuple[Any, ...]]
QUANTILES = {"median": 0.5, "p90": 0.9}
NOTHING = Total()
WITHOUT_CALENDAR = -1
"""The number, among the parts of a definition, of the rows to which no calendar applies."""
WITHOUT_RATE = -2
"""The number, among the parts of a definition, of the work for which no cost rate is known."""
EXPECTED = -3
"""The number, among the parts of a definition, of the rows that ought to be in its sum."""
NO_CALENDAR = "no calendar applies: these are calendar hours"
SOME_WITHOUT_CALENDAR = "where no calendar applies, open hours are calendar hours"
NO_RATE = "some hours have no cost rate: nothing is deducted for them"
NO_SPAN = "no data: there is no ticket with which the span could begin, and none was named"
SOME_NOT_PROVIDED = "tickets are left out whose source does not provide what this needs"


@dataclass
class Sums:
    """The results of one part by period and group; ``listed`` splits the KPI's listing by its column."""

    by_key: dict[Key, Total] = field(default_factory=dict)
    excluded: dict[Key, dict[str, int]] = field(default_factory=dict)
    listed: dict[Key, dict[str, float]] = field(default_factory=dict)


def has_spread(a: Asked) -> bool:
    """Whether the definition needs more of its numerator than sum and count: its squares and cubes."""
    return a.definition.formula is Formula.VARIATION or a.unit in (Unit.SECONDS, Unit.POINTS)


def has_quantiles(a: Asked) -> bool:
    """Whether the definition needs the quantile function of its numerator."""
    return bool(QUANTILES.keys() & set(a.statistics))


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
    lines = [
        _Line(
            a, query, [sums.get((a.where, i), Sums()) for i in range(len(a.parts))], outcomes.get(a.where, {}),
            provided, settings, _without_calendar(a, sums, provided),
            sums.get((a.where, WITHOUT_RATE), Sums()).by_key, sums.get((a.where, EXPECTED), Sums()).by_key,
        )
        for a in together
    ]  # fmt: skip
    keys = {group for line in lines for group in line.groups()}
    groups = sorted(keys, key=_order) or [()]
    if groups == [()] and query.by:
        return
    named = [(group, dict(zip(query.by, group, strict=False))) for group in groups]
    for index, period in enumerate(periods):
        for group, dimensions in named:
            for line in lines:
                yield from line.answers((index, group), period, dimensions)


def _without_calendar(
    a: Asked, sums: Mapping[tuple[str, int], Sums], provided: needs.Provided
) -> Callable[[Key, int], int]:
    """To how many of the ``n`` rows of an answer no calendar applies: all, those that were counted, or none."""
    if not provided.without_calendar or a.without_calendar is None:
        return lambda key, n: 0
    if not provided.with_calendar:
        return lambda key, n: n
    by_key = sums.get((a.where, WITHOUT_CALENDAR), Sums()).by_key
    return lambda key, n: min(n, by_key.get(key, NOTHING).n)


class _Result(NamedTuple):
    """What an outcome has that is computed by a formula."""

    statistic: str
    value: float | None
    n: int
    numerator: float | None
    denominator: float | None
    ci: tuple[float, float] | None
    reason: str | None
    unit: None = None
    extra: Mapping[str, Any] = {}


class _Line:
    """One definition with its sums, and what is the same in all of its answers."""

    def __init__(
        self, a: Asked, query: Query, parts: list[Sums], outcomes: Mapping[Key, list[Outcome]], provided: needs.Provided,
        settings: Settings, without_calendar: Callable[[Key, int], int], unrated: Mapping[Key, Total],
        expected: Mapping[Key, Total],
    ) -> None:  # fmt: skip
        self.asked, self.query, self.parts, self.by_method = a, query, parts, outcomes
        self.provided, self._why = provided, dict[int, str | None]()
        self.has_lacking = bool(needs.lacking(a.definition.needs, provided))
        self.currency = settings.currency
        self.without_calendar, self.unrated, self.expected = without_calendar, unrated, expected
        self.totals = [p.by_key for p in parts]
        kinds = {(p.fact, p.anchor) for p in a.parts}
        self.counted = [p.excluded for p in (parts if len(kinds) > 1 else parts[-1:])]
        self.listed = parts[0].listed if a.definition.listing else {}
        shared = [p.fact for p in a.parts if FACTS[p.fact].spread_source]
        self.extra: dict[str, Any] = {}
        if shared:
            self.extra["cost_key"] = "effort" if "support_costs" in shared else settings.rules.shared_cost_key
        if a.anchors:
            self.extra["anchors"] = a.anchors
        self.population = "people" if a.people else "all"
        self.anchor, self.unit, self.grain = a.parts[-1].anchor, a.unit.value, query.grain.value

    def groups(self) -> Iterator[tuple[Any, ...]]:
        """The groups that have a row somewhere."""
        for part in self.parts:
            yield from {key[1] for key in part.by_key}
            yield from {key[1] for key in part.excluded}
        yield from {key[1] for key in (*self.by_method, *self.unrated)}

    def answers(self, key: Key, period: Period, dimensions: Mapping[str, Any]) -> Iterator[Answer]:
        """The answers of one period and group, one per statistic."""
        a, as_of_s = self.asked, self.query.as_of_s
        excluded = _excluded(self.counted, key)
        without_source = self.has_lacking and needs.NOT_PROVIDED in excluded
        for o in self._outcomes(key, period):
            if without_source and not o.n and not o.numerator:
                o = Outcome(statistic=o.statistic, value=None, n=0, reason=self._not_provided(dimensions))
            unit = o.unit or self.unit
            extra = self.extra
            if o.extra or unit == Unit.CURRENCY or self.listed:
                extra = {**o.extra, **({"currency": self.currency} if unit == Unit.CURRENCY else {}), **extra}
                if a.definition.listing and key in self.listed:
                    extra[a.definition.listing.name] = dict(self.listed[key])
            notes: tuple[str, ...] = ()
            if without := self.without_calendar(key, o.n):
                notes = (NO_CALENDAR,) if without == o.n else (SOME_WITHOUT_CALENDAR,)
                extra = {**extra, "without_calendar": without}
            if without_source and o.n:
                notes = (*notes, SOME_NOT_PROVIDED)
            if seconds := self.unrated.get(key, NOTHING).sum:
                notes = (*notes, NO_RATE)
                extra = {**extra, "hours_without_rate": float(seconds) / 3600}
            yield Answer(
                kpi=a.kpi.id, statistic=o.statistic, value=o.value, unit=unit, numerator=o.numerator,
                denominator=o.denominator, n=o.n, excluded=excluded, reason=o.reason, from_s=period.from_s,
                to_s=period.to_s, grain=self.grain, dimensions=dimensions, anchor=self.anchor, hours=a.hours,
                variant=a.variant, as_of_s=as_of_s, partial=period.to_s > as_of_s,
                small_n=o.value is not None and o.n < a.kpi.floor, ci=o.ci, notes=notes,
                population=self.population, extra=extra,
            )  # fmt: skip

    def _not_provided(self, dimensions: Mapping[str, Any]) -> str:
        """Why nothing is known of a group whose tickets are all left out."""
        client, source = ([dimensions[name]] if name in dimensions else None for name in ("client", "source"))
        return needs.not_provided(self.asked.definition.needs, self.provided.seen(client, source))

    def _unmet(self, until_s: int) -> str | None:
        """Why the definition is not available up to an instant."""
        if until_s not in self._why:
            self._why[until_s] = self.asked.unmet(self.provided, until_s)
        return self._why[until_s]

    def _outcomes(self, key: Key, period: Period) -> Iterable[_Result | Outcome]:
        reason = self._unmet(min(period.to_s, self.query.as_of_s + 1))
        if reason is None and not self.query.has_span:
            reason = NO_SPAN
        if reason is None and period.from_s > self.query.as_of_s:
            reason = "the period begins after the as-of instant"
        if reason:
            return [Outcome(statistic=s, value=None, n=0, reason=reason) for s in self.asked.statistics]
        if self.asked.definition.method:
            return self.by_method.get(key) or [_no_rows(s) for s in self.asked.statistics]
        totals = [by_key.get(key, NOTHING) for by_key in self.totals]
        return _results(self.asked, totals, self.currency, self.expected.get(key, NOTHING).n)


def _no_rows(statistic: str) -> Outcome:
    return Outcome(statistic=statistic, value=None, n=0, reason="no rows in this period")


def _results(a: Asked, totals: list[Total], home: str, expected: int) -> Iterator[_Result]:
    first, second = totals[0], totals[1] if len(totals) > 1 else None
    numerator, denominator, n = _parts(a, first, second)
    why = None
    if first.lacking or (second and second.lacking):
        named = sorted({t.lacking for t in totals if t.lacking})
        why = f"amounts in {' and '.join(named)} have no exchange rate to {home} on their day"
    elif expected and not first.n:
        why = "no value is known of any of these rows"
    for statistic in a.statistics:
        if why:
            yield _Result(statistic, None, n, None, None, None, why)
            continue
        value, reason = _value(a, statistic, first, numerator, denominator)
        if value is not None and not isfinite(value):
            value, reason = None, "the value is beyond all bounds"
        ci = _interval(a, statistic, first, n) if value is not None and n > 0 else None
        above, below = (None, None) if statistic in QUANTILES else (plain(numerator), plain(denominator))
        yield _Result(statistic, plain(value), n, above, below, ci, reason)


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
    if a.kpi.instant:
        return None
    if a.is_proportion:
        return confidence.wilson(float(first.sum or 0), n, a.definition.scale)
    if statistic in QUANTILES and first.quantiles is not None:
        return confidence.quantile(QUANTILES[statistic], FRACTIONS, first.quantiles, n)
    if statistic == "mean" and a.unit is Unit.SECONDS and first.squares is not None and first.n == n:
        return confidence.skewed_mean(float(first.sum or 0) / n, first.deviation, first.skewness, n)
    if a.unit is Unit.POINTS and statistic == "score" and first.squares is not None:
        return confidence.net_promoter(float(first.sum or 0), float(first.squares), n)
    return None


def reasons(
    rows: Iterable[tuple[Key, tuple[Any, ...], int | None]], people: bool, timed: bool
) -> dict[Key, dict[str, int]]:
    """From rows that are out (period and group; reason, alert, bad time; how many): how many are out, by reason."""
    found: dict[Key, dict[str, int]] = {}
    for key, (out_as, alert, bad), hits in rows:
        reason = reason_of(out_as, bool(alert), bool(bad), people=people, timed=timed) if hits else None
        if reason and hits:
            here = found.setdefault(key, {})
            here[reason] = here.get(reason, 0) + int(hits)
    return {key: dict(sorted(here.items())) if len(here) > 1 else here for key, here in found.items()}


def _excluded(counted: list[dict[Key, dict[str, int]]], key: Key) -> dict[str, int]:
    """Rows out, by reason: of the denominator; of both parts where they are of different rows."""
    found = [part[key] for part in counted if key in part]
    if len(found) == 1:
        return found[0]
    total: dict[str, int] = {}
    for reasons in found:
        for reason, hits in reasons.items():
            total[reason] = total.get(reason, 0) + hits
    return dict(sorted(total.items()))


def _order(group: tuple[Any, ...]) -> tuple[tuple[bool, str, str], ...]:
    return tuple((v is None, f"{v:020d}" if isinstance(v, int) else "", str(v)) for v in group)
