"""The one evaluator: KPI × question × scope → answers.

Owns the order of work: which parts are summed in which query, and how sums become answers with everything that rule 8 names.
Must not know HTTP or the command line.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice
from typing import TypeVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate, confidence, needs
from pacesetter.catalogue.aggregate import Frame, Measure
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.local_hours import local_hours
from pacesetter.catalogue.periods import Period, cells
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Definition, Formula, Kpi, Part, Unit
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadRequest

Key = tuple[int, tuple[object, ...]]
_Item = TypeVar("_Item")
BATCH = 12
"""Measures that are summed in one pass over a fact."""


@dataclass(frozen=True)
class Asked:
    """One KPI in one variant, with the anchor and hours that the answer will name."""

    kpi: Kpi
    variant: str | None
    definition: Definition
    hours: str | None
    people: bool
    parts: tuple[Part, ...]

    @property
    def where(self) -> str:
        """The place to name when the declaration is wrong."""
        return f"{self.kpi.id}{f' ({self.variant})' if self.variant else ''}"


@dataclass
class Sums:
    """The results of one part: by period and group the sum, the count and, for durations, the spread."""

    by_key: dict[Key, tuple[object, ...]] = field(default_factory=dict)
    excluded: dict[Key, dict[str, int]] = field(default_factory=dict)


class Evaluator:
    """Answers questions over one generation, which ``con`` reads."""

    def __init__(self, con: duckdb.DuckDBPyConnection) -> None:
        self.con = con

    @cached_property
    def provided(self) -> needs.Provided:
        """What the generation's sources provide."""
        return needs.read_provided(self.con)

    @cached_property
    def attributes(self) -> frozenset[str]:
        """The attributes ``x_…`` that tickets brought along."""
        rows = self.con.execute(
            "SELECT column_name FROM duckdb_columns() WHERE table_name = 'tickets' AND starts_with(column_name, 'x_')"
        )
        return frozenset(row[0] for row in rows.fetchall())

    def ask(self, kpis: Sequence[Kpi], query: Query, scope: Scope) -> list[Answer]:
        """The answers, in the order KPI × variant × period × group × statistic."""
        asked = [a for kpi in kpis for a in variants_asked(kpi, query)]
        open_ones = [a for a in asked if not needs.unmet(a.definition.needs, self.provided)]
        periods = query.periods()
        frame = self.frame(query, scope, periods)
        sums = self._all_sums(open_ones, frame)
        return [answer for a in asked for answer in self._answers(a, query, periods, sums)]

    def frame(self, query: Query, scope: Scope, periods: list[Period]) -> Frame:
        """Register the look-up tables of the question's periods and give what every query of it shares."""
        table = cells(periods)
        columns = list(zip(*table.rows, strict=True))
        self.con.register(
            aggregate.PERIODS,
            pa.table(
                {n: pa.array(c, pa.int64()) for n, c in zip(("cell", "idx", "edge_1", "edge_2"), columns, strict=True)}
            ),
        )
        ends = [min(p.to_s, query.as_of_s) for p in periods]
        numbers = pa.array(range(len(periods)), pa.int64())
        self.con.register(aggregate.PERIOD_ENDS, pa.table({"p": numbers, "at_s": pa.array(ends, pa.int64())}))
        if {"hour", "weekday"} & {*query.by, *query.where}:
            self.con.register(aggregate.LOCAL_HOURS, local_hours(periods[0].from_s, periods[-1].to_s, query.zone))
        last_change = self.provided.filled.get("span.last_change_s") or 0
        return Frame(query, scope, table, periods, query.as_of_s < last_change, self.attributes)

    def _all_sums(self, asked: list[Asked], frame: Frame) -> dict[tuple[str, int], Sums]:
        """Sum every part, as many as possible in one pass over their fact."""
        passes: dict[tuple[str, str], list[tuple[tuple[str, int], Measure]]] = defaultdict(list)
        found: dict[tuple[str, int], Sums] = {}
        for a in asked:
            for index, part in enumerate(a.parts):
                fact = FACTS[part.fact]
                ready = self.measure(a, part, fact, spread=index == 0 and a.kpi.unit in (Unit.SECONDS, Unit.POINTS))
                target = ((a.where, index), ready)
                if part.distinct:
                    found |= self._distinct(fact, target, frame)
                else:
                    passes[part.fact, part.anchor].append(target)
        for (fact_name, anchor), targets in passes.items():
            for batch in batched(targets, BATCH):
                found |= self._one_pass(FACTS[fact_name], anchor, batch, frame)
        return found

    def measure(self, a: Asked, part: Part, fact: Fact, *, spread: bool) -> Measure:
        """A part made ready for this question. Bad times are out of both parts of a duration."""
        timed = fact.bad_time is not None and any(aggregate.is_timed(p, FACTS[p.fact]) for p in a.parts)
        return aggregate.measure(part, fact, a.hours, people=a.people, timed=timed, spread=spread, where=a.where)

    def _one_pass(
        self, fact: Fact, anchor: str, targets: list[tuple[tuple[str, int], Measure]], frame: Frame
    ) -> dict[tuple[str, int], Sums]:
        measures = [m for _, m in targets]
        dims = len(frame.query.by)
        rows = frame.rows(fact, anchor, aggregate.needed_columns(measures))
        found = {key: Sums() for key, _ in targets}
        for record in self.run(aggregate.totals(rows, dims, measures)):
            group: Key = (record[0], tuple(record[1 : 1 + dims]))
            position = 1 + dims
            for key, m in targets:
                width = aggregate.columns_of(m)
                if record[position + 1]:
                    found[key].by_key[group] = tuple(record[position : position + width])
                position += width
        self._add_excluded(fact, rows, targets, dims, found)
        return found

    def _distinct(
        self, fact: Fact, target: tuple[tuple[str, int], Measure], frame: Frame
    ) -> dict[tuple[str, int], Sums]:
        key, m = target
        dims = len(frame.query.by)
        rows = frame.rows(fact, m.part.anchor, aggregate.needed_columns([m]))
        found = {key: Sums()}
        for record in self.run(aggregate.distinct_totals(rows, dims, m)):
            found[key].by_key[record[0], tuple(record[1 : 1 + dims])] = tuple(record[1 + dims :])
        self._add_excluded(fact, rows, [target], dims, found)
        return found

    def _add_excluded(
        self,
        fact: Fact,
        rows: exp.Select,
        targets: list[tuple[tuple[str, int], Measure]],
        dims: int,
        found: dict[tuple[str, int], Sums],
    ) -> None:
        measures = [m for _, m in targets]
        for record in self.run(aggregate.exclusions(rows, fact, dims, measures)):
            group: Key = (record[0], tuple(record[1 : 1 + dims]))
            out_as, alert, bad = record[1 + dims : 4 + dims]
            for (key, m), hits in zip(targets, record[4 + dims :], strict=True):
                reason = aggregate.reason_of(out_as, bool(alert), bool(bad), people=m.people, timed=m.timed)
                if reason and hits:
                    here = found[key].excluded.setdefault(group, {})
                    here[reason] = here.get(reason, 0) + int(hits)

    def run(self, tree: exp.Query) -> list[tuple[object, ...]]:
        """All rows of a query (a result left half read would block the connection)."""
        rows: list[tuple[object, ...]] = self.con.execute(tree.sql(dialect=DIALECT)).fetchall()
        return rows

    def _answers(
        self, a: Asked, query: Query, periods: list[Period], sums: dict[tuple[str, int], Sums]
    ) -> Iterator[Answer]:
        lacking = needs.unmet(a.definition.needs, self.provided)
        parts = [sums.get((a.where, i), Sums()) for i in range(len(a.parts))]
        groups = sorted({key[1] for s in parts for key in (*s.by_key, *s.excluded)}, key=_order) or [()]
        if groups == [()] and query.by:
            return
        for index, period in enumerate(periods):
            for group in groups:
                yield from _period_answers(a, query, period, index, group, parts, lacking)


def variants_asked(kpi: Kpi, query: Query) -> list[Asked]:
    """The KPI in the variant that is asked for, or in all of them."""
    if query.variant == "all":
        names: list[str | None] = [kpi.default_variant, *kpi.variants]
    else:
        names = [query.variant]
    found = []
    for name in names:
        definition = kpi.definition_of(name)
        if definition is None:
            offered = ", ".join(n for n in (kpi.default_variant, *kpi.variants) if n) or "none"
            raise BadRequest(f"{kpi.id} has no variant '{name}'", where="--variant", do=f"choose of {offered}")
        found.append(_asked(kpi, name, definition, query))
    return found


def _asked(kpi: Kpi, variant: str | None, definition: Definition, query: Query) -> Asked:
    parts = [definition.numerator] + ([definition.denominator] if definition.denominator else [])
    if query.anchor:
        parts = [_reanchored(kpi, part, query.anchor) for part in parts]
    hours = (query.hours or kpi.hours) if kpi.hours else None
    people = kpi.people and "type" not in query.where
    return Asked(kpi, variant, definition, hours, people, tuple(parts))


def _reanchored(kpi: Kpi, part: Part, anchor: str) -> Part:
    offered = FACTS[part.fact].anchors
    if anchor not in offered:
        raise BadRequest(
            f"{kpi.id} cannot be anchored on '{anchor}'", where="--anchor", do=f"choose of {', '.join(offered)}"
        )
    return Part(fact=part.fact, anchor=anchor, value=part.value, where=part.where, distinct=part.distinct)


def _period_answers(
    a: Asked,
    query: Query,
    period: Period,
    index: int,
    group: tuple[object, ...],
    parts: list[Sums],
    lacking: str | None,
) -> Iterator[Answer]:
    key = (index, group)
    future = period.from_s > query.as_of_s
    first = parts[0].by_key.get(key, (0, 0))
    second = parts[1].by_key.get(key, (0, 0)) if len(parts) > 1 else None
    numerator, denominator, n = _parts(a, first, second)
    reason = lacking or ("the period begins after the as-of instant" if future else None)
    anchor = a.parts[-1].anchor
    for statistic in a.definition.statistics:
        value, why = (None, reason) if reason else _value(a, statistic, first, numerator, denominator)
        mean = statistic not in ("median", "p90")
        yield Answer(
            kpi=a.kpi.id,
            statistic=statistic,
            value=value,
            unit=a.kpi.unit.value,
            numerator=None if reason or not mean else numerator,
            denominator=None if reason or not mean else denominator,
            n=0 if reason else n,
            excluded=_excluded(a, parts, key),
            reason=why,
            from_s=period.from_s,
            to_s=period.to_s,
            grain=query.grain.value,
            dimensions=dict(zip(query.by, group, strict=False)),
            anchor=anchor,
            hours=a.hours,
            variant=a.variant,
            as_of_s=query.as_of_s,
            partial=period.to_s > query.as_of_s,
            small_n=value is not None and n < a.kpi.floor,
            ci=_interval(a, statistic, first, n) if value is not None else None,
        )


def _parts(a: Asked, first: tuple[object, ...], second: tuple[object, ...] | None) -> tuple[float, float | None, int]:
    numerator = first[0] or 0
    if isinstance(numerator, int) and a.kpi.unit is Unit.SECONDS:
        numerator = float(numerator)
    denominator = None if second is None else second[0] or 0
    n = (second or first)[1] if a.definition.formula is not Formula.DIFFERENCE else first[1] + (second or (0, 0))[1]
    return numerator, denominator, int(n)


def _value(
    a: Asked, statistic: str, first: tuple[object, ...], numerator: float, denominator: float | None
) -> tuple[float | None, str | None]:
    if a.definition.formula is Formula.SUM:
        return numerator, None
    if a.definition.formula is Formula.DIFFERENCE:
        return numerator - (denominator or 0), None
    if not denominator:
        return None, "no denominator: nothing to count in this period"
    if statistic == "median":
        return float(first[2]), None
    if statistic == "p90":
        return float(first[3]), None
    return a.definition.scale * numerator / denominator, None


def _interval(a: Asked, statistic: str, first: tuple[object, ...], n: int) -> tuple[float, float] | None:
    if statistic == "share" and not a.kpi.instant:
        return confidence.wilson(float(first[0] or 0), n, a.definition.scale)
    if a.kpi.instant:
        return None
    if statistic == "mean" and a.kpi.unit is Unit.SECONDS and len(first) > 4:
        return confidence.skewed_mean(float(first[0]) / n, first[4], first[5], n)
    if a.kpi.unit is Unit.POINTS and statistic == "score" and len(first) > 6:
        return confidence.net_promoter(float(first[0] or 0), float(first[6] or 0), n)
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


def _order(group: tuple[object, ...]) -> tuple[tuple[bool, str, str], ...]:
    return tuple((v is None, f"{v:020d}" if isinstance(v, int) else "", str(v)) for v in group)


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
