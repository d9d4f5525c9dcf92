"""The one evaluator: KPI × question × scope → answers.

Owns the order of work: which parts are summed in which query. How sums become answers is in ``reduction``. Must not know HTTP or the
command line.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import duckdb
from sqlglot import exp

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate, needs, ranking, reduction, rollups
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import Asked, variants_asked
from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.facts.record import Params
from pacesetter.catalogue.frame import Frame
from pacesetter.catalogue.lookups import Lookups
from pacesetter.catalogue.methods import methods
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question, column_array
from pacesetter.catalogue.periods import Period, months_in
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part
from pacesetter.catalogue.reduction import Key, Sums
from pacesetter.catalogue.rollups import Rollups, Table
from pacesetter.catalogue.yardsticks import Yardsticks
from pacesetter.engine import dialect
from pacesetter.engine.dialect import DIALECT, Type
from pacesetter.errors import BadDefinition
from pacesetter.settings import Settings

_Item = TypeVar("_Item")
_Target = tuple[tuple[str, int], Measure]
BATCH = 12
"""Measures that are summed in one pass over a fact."""


class Evaluator:
    """Answers questions over one generation, which ``con`` reads."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings | None = None) -> None:
        self.con = con
        self.settings = settings or Settings()
        self.lookups = Lookups(con, self.settings)

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

    @cached_property
    def yardsticks(self) -> Yardsticks:
        """Targets and benchmarks."""
        return Yardsticks.read(self.con)

    @cached_property
    def rollups(self) -> Rollups:
        """The generation's roll-ups."""
        return Rollups.read(self.con)

    def ask(self, kpis: Sequence[Kpi], query: Query, scope: Scope) -> list[Answer]:
        """The answers, in the order KPI × variant × period × group × statistic."""
        asked = [[a, *a.companions(query)] for kpi in kpis for a in variants_asked(kpi, query)]
        flat = [a for together in asked for a in together]
        open_ones = [a for a in flat if not needs.unmet(a.definition.needs, self.provided)]
        periods = query.periods()
        frame = self.frame(query, scope, periods, {p.fact for a in flat for p in parts_read(a)})
        sums = self._all_sums([a for a in open_ones if not a.definition.method], frame)
        outcomes = {a.where: self._by_method(a, frame) for a in open_ones if a.definition.method}
        found = [
            answer
            for together in asked
            for answer in reduction.answers(together, query, periods, sums, outcomes, self.provided, self.settings)
        ]
        known = {k.id: k for k in kpis}
        return ranking.ranked(self.yardsticks.measured(found, known, query), known, query)

    def frame(self, query: Query, scope: Scope, periods: list[Period], facts: Iterable[str]) -> Frame:
        """Register the look-up tables of the question and give what every query of it shares."""
        wanted = {name for fact in facts for name in FACTS[fact].lookups}
        table = self.lookups.periods(periods, query.as_of_s, query.zone, working="working" in wanted)
        if {"hour", "weekday"} & {*query.by, *query.where}:
            self.lookups.hours(periods[0].from_s, periods[-1].to_s, query.zone)
        if "days" in wanted:
            self.lookups.days(query.zone)
        if "money" in wanted:
            self.lookups.money(periods, query.as_of_s, query.zone)
        if "months" in wanted:
            self.lookups.months(periods, query.zone)
        if "open_now" in wanted:
            self.lookups.open_now(query.as_of_s)
        if "open_at_ends" in wanted:
            self.lookups.open_at_ends()
        last_change = self.provided.filled.get("span.last_change_s") or 0
        dated = query.as_of_s < last_change
        return Frame(query, scope, table, periods, dated, self.attributes, self._params(query))

    def _params(self, query: Query) -> Params:
        rules = self.settings.rules
        return {
            "as_of": query.as_of_s, "home": self.settings.currency, "cost_key": rules.shared_cost_key,
            "repeat_s": round(rules.repeat_window_days * 86_400),
        }  # fmt: skip

    def _all_sums(self, asked: list[Asked], frame: Frame) -> dict[tuple[str, int], Sums]:
        """Sum every part, as many as possible in one pass over their fact."""
        passes: dict[tuple[str, str], list[_Target]] = defaultdict(list)
        found: dict[tuple[str, int], Sums] = {}
        for a in asked:
            for index, part in enumerate(a.parts):
                fact = FACTS[part.fact]
                ready = self.measure(a, part, fact, spread=index == 0 and reduction.has_spread(a))
                target = ((a.where, index), ready)
                if part.distinct:
                    found |= self._distinct(fact, target, frame)
                else:
                    passes[part.fact, part.anchor].append(target)
        for (fact_name, anchor), targets in passes.items():
            rest = self._rolled_up(FACTS[fact_name], targets, frame, found)
            for batch in batched(rest, BATCH):
                found |= self._one_pass(FACTS[fact_name], anchor, batch, frame)
        for a in asked:
            if a.definition.listing:
                found[a.where, 0].listed = self._listing(a, frame)
        return found

    def measure(self, a: Asked, part: Part, fact: Fact, *, spread: bool) -> Measure:
        """A part made ready for this question. Bad times are out of both parts of a duration."""
        timed = fact.bad_time is not None and any(aggregate.is_timed(p, FACTS[p.fact]) for p in a.parts)
        return aggregate.measure(part, fact, a.hours, people=a.people, timed=timed, spread=spread, where=a.where)

    def _one_pass(self, fact: Fact, anchor: str, targets: list[_Target], frame: Frame) -> dict[tuple[str, int], Sums]:
        measures = [m for _, m in targets]
        dims = len(frame.query.by)
        rows = frame.rows(fact, anchor, aggregate.needed_columns(measures))
        found = {key: Sums() for key, _ in targets}
        for record in self.run(aggregate.totals(rows, dims, measures)):
            group: Key = (record[0], tuple(record[1 : 1 + dims]))
            position = 1 + dims
            for key, m in targets:
                if record[position + 1]:
                    found[key].by_key[group] = m.total(record[position : position + m.width])
                position += m.width
        self._add_excluded(fact, rows, targets, dims, found)
        return found

    def _rolled_up(
        self, fact: Fact, targets: list[_Target], frame: Frame, found: dict[tuple[str, int], Sums]
    ) -> list[_Target]:
        """Serve what a roll-up gives exactly; the others are left to a pass over the rows."""
        by_table: dict[str, list[tuple[_Target, Table]]] = defaultdict(list)
        rest = []
        for target in targets:
            table = self.rollups.table_for(fact, target[1], frame)
            if table is None:
                rest.append(target)
            else:
                by_table[table.name].append((target, table))
        dims = len(frame.query.by)
        for together in by_table.values():
            table, served = together[0][1], [target for target, _ in together]
            columns = [table.columns[rollups.measure_key(fact, m)] for _, m in served]
            found |= {key: Sums() for key, _ in served}
            for record in self.run(rollups.totals(table, frame, columns)):
                group: Key = (record[0], tuple(record[1 : 1 + dims]))
                for at, (key, _) in enumerate(served):
                    total, n = record[1 + dims + 2 * at : 3 + dims + 2 * at]
                    if n:
                        found[key].by_key[group] = aggregate.Total(total, n)
            self._count_out(self.run(rollups.exclusions(table, frame, columns)), served, dims, found)
        return rest

    def _distinct(self, fact: Fact, target: _Target, frame: Frame) -> dict[tuple[str, int], Sums]:
        key, m = target
        dims = len(frame.query.by)
        rows = frame.rows(fact, m.part.anchor, aggregate.needed_columns([m]))
        found = {key: Sums()}
        for record in self.run(aggregate.distinct_totals(rows, dims, m)):
            found[key].by_key[record[0], tuple(record[1 : 1 + dims])] = aggregate.Total(*record[1 + dims :])
        self._add_excluded(fact, rows, [target], dims, found)
        return found

    def _listing(self, a: Asked, frame: Frame) -> dict[Key, dict[str, float]]:
        listing = a.definition.listing
        assert listing is not None
        fact, dims = FACTS[listing.part.fact], len(frame.query.by)
        m = self.measure(a, listing.part, fact, spread=False)
        rows = frame.rows(fact, listing.part.anchor, aggregate.needed_columns([m]) | {listing.column})
        found: dict[Key, dict[str, float]] = defaultdict(dict)
        for record in self.run(aggregate.totals(rows, dims, [m], also=listing.column)):
            name, total, n = record[1 + dims], record[2 + dims], record[3 + dims]
            if n and total:
                found[record[0], tuple(record[1 : 1 + dims])][name or "not said"] = reduction.plain(total)
        return {key: dict(sorted(named.items(), key=lambda i: (-i[1], i[0]))) for key, named in found.items()}

    def _by_method(self, a: Asked, frame: Frame) -> dict[Key, list[Outcome]]:
        """The outcomes of a computation from rows."""
        part, query = a.parts[0], frame.query
        fact, dims = FACTS[part.fact], len(query.by)
        m = self.measure(a, part, fact, spread=False)
        columns = [
            (aggregate.in_hours(dialect.parse(text, fact.schema, kind, a.where), fact, a.hours), kind)
            for text, kind in a.definition.columns
        ]
        needed = {c.name for tree, _ in columns for c in tree.find_all(exp.Column)} | aggregate.needed_columns([m])
        rows = frame.rows(fact, part.anchor, needed)
        by_period: dict[int, dict[Group, Columns]] = defaultdict(dict)
        for record in self.run(aggregate.row_lists(rows, dims, m, [tree for tree, _ in columns])):
            arrays = tuple(
                column_array(values, number=kind is Type.NUMBER)
                for values, (_, kind) in zip(record[1 + dims :], columns, strict=True)
            )
            by_period[record[0]][tuple(record[1 : 1 + dims])] = arrays
        compute = methods()[a.definition.method or ""]
        found: dict[Key, list[Outcome]] = {}
        for index, period in enumerate(frame.periods):
            question = Question(
                from_s=period.from_s, to_s=period.to_s, as_of_s=query.as_of_s, by=query.by, hours=a.hours,
                months=months_in(period.from_s, min(period.to_s, query.as_of_s), query.zone),
                rules=self.settings.rules, may_name=frame.scope.may(Permission.NAMES),
            )  # fmt: skip
            groups = by_period.get(index, {})
            if not groups and not query.by:
                groups = {(): tuple(column_array([], number=kind is Type.NUMBER) for _, kind in columns)}
            found |= {(index, group): outcomes for group, outcomes in compute(groups, question).items()}
        return found

    def _add_excluded(
        self, fact: Fact, rows: exp.Select, targets: list[_Target], dims: int, found: dict[tuple[str, int], Sums]
    ) -> None:
        if "out_as" not in fact.columns:
            return
        measures = [m for _, m in targets]
        self._count_out(self.run(aggregate.exclusions(rows, fact, dims, measures)), targets, dims, found)

    @staticmethod
    def _count_out(
        records: list[tuple[Any, ...]], targets: list[_Target], dims: int, found: dict[tuple[str, int], Sums]
    ) -> None:
        for record in records:
            group: Key = (record[0], tuple(record[1 : 1 + dims]))
            out_as, alert, bad = record[1 + dims : 4 + dims]
            for (key, m), hits in zip(targets, record[4 + dims :], strict=True):
                reason = aggregate.reason_of(out_as, bool(alert), bool(bad), people=m.people, timed=m.timed)
                if reason and hits:
                    here = found[key].excluded.setdefault(group, {})
                    here[reason] = here.get(reason, 0) + int(hits)

    def run(self, tree: exp.Query) -> list[tuple[Any, ...]]:
        """All rows of a query (a result left half read would block the connection)."""
        try:
            rows: list[tuple[Any, ...]] = self.con.execute(tree.sql(dialect=DIALECT)).fetchall()
        except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
            what = str(error).splitlines()[0]
            raise BadDefinition(
                f"a definition cannot be computed over these rows ({what})", do="see its expressions"
            ) from None
        return rows


def parts_read(a: Asked) -> Iterator[Part]:
    """The parts whose rows a definition reads."""
    yield from a.parts
    if a.definition.listing:
        yield a.definition.listing.part


def batched(items: Iterable[_Item], size: int) -> Iterator[list[_Item]]:
    """The items in lists of at most ``size``."""
    iterator = iter(items)
    while batch := list(islice(iterator, size)):
        yield batch
