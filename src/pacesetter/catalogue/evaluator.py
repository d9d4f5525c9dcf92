"""The one evaluator: KPI × question × scope → answers.

Owns the order of work: which parts are summed in which query. How sums become answers is in ``reduction``. Must not know HTTP or the
command line.
"""

import contextlib
import gc
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cached_property
from itertools import islice
from typing import Any, TypeVar

import duckdb
import pyarrow as pa
from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate, needs, ranking, reduction
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import Asked, variants_asked
from pacesetter.catalogue.computing import Computing
from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.facts.record import Params
from pacesetter.catalogue.frame import Frame, Place
from pacesetter.catalogue.lookups import Lookups
from pacesetter.catalogue.periods import Period
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part
from pacesetter.catalogue.reduction import Key, Sums
from pacesetter.catalogue.rollups import Rollups
from pacesetter.catalogue.total import Total
from pacesetter.catalogue.yardsticks import Yardsticks
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadDefinition
from pacesetter.settings import Settings

_Item = TypeVar("_Item")
BATCH = 32
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
        return Rollups.read(self.con, self.params(0))

    def ask(self, kpis: Sequence[Kpi], query: Query, scope: Scope) -> list[Answer]:
        """The answers, in the order KPI × variant × period × group × statistic."""
        with _no_collecting() if query.by else contextlib.nullcontext():
            return self._ask(kpis, query, scope)

    def _ask(self, kpis: Sequence[Kpi], query: Query, scope: Scope) -> list[Answer]:
        asked = [[a, *a.companions(query)] for kpi in kpis for a in variants_asked(kpi, query)]
        flat = [a for together in asked for a in together]
        periods = query.periods()
        frame = self.frame(query, scope, periods, {p.fact for a in flat for p in parts_read(a)})
        seen = frame.seen
        told_apart = periods if seen.by_source else periods[:1]
        open_ones = [a for a in flat if not all(a.unmet(seen, p.to_s) for p in told_apart)]
        sums = self._all_sums(open_ones, frame)
        outcomes = {a.where: self.computing(a, frame).outcomes() for a in open_ones if a.definition.method}
        found = [
            answer
            for together in asked
            for answer in reduction.answers(together, query, periods, sums, outcomes, seen, self.settings)
        ]
        known = {k.id: k for k in kpis}
        return ranking.ranked(self.yardsticks.measured(found, known, query), known, query)

    def frame(self, query: Query, scope: Scope, periods: list[Period], facts: Iterable[str]) -> Frame:
        """Register the look-up tables of the question and give what every query of it shares."""
        wanted = {name for fact in facts for name in FACTS[fact].lookups}
        table = self.lookups.periods(periods, query.as_of_s, query.zone, working="working" in wanted)
        named = {*query.by, *query.where}
        if {"hour", "weekday"} & named:
            self.lookups.hours(periods[0].from_s, periods[-1].to_s, query.zone)
        if "agreement" in named:
            self.lookups.agreements()
        if "days" in wanted:
            self.lookups.days(query.zone)
        if "money" in wanted:
            self.lookups.money(periods, query.as_of_s, query.zone)
        if "months" in wanted:
            self.lookups.months(periods, query.zone)
        if "open_now" in wanted:
            self.lookups.open_now(query.as_of_s)
        if "open_dues" in wanted:
            self.lookups.open_dues(query.as_of_s)
        if "open_at_ends" in wanted:
            self.lookups.open_at_ends()
        last_change = self.provided.filled.get("span.last_change_s") or 0
        dated = query.as_of_s < last_change
        provided = self.provided.at(query.as_of_s)
        return Frame(query, scope, table, periods, dated, self.attributes, self.params(query.as_of_s), provided)

    def params(self, as_of_s: int) -> Params:
        """What the views of facts are filled with."""
        rules = self.settings.rules
        return {
            "as_of": as_of_s, "home": self.settings.currency, "cost_key": rules.shared_cost_key,
            "repeat_s": round(rules.repeat_window_days * 86_400), "required": f",{','.join(rules.required_fields)},",
            "small_s": int(rules.small_effort_minutes * 60),
        }  # fmt: skip

    def _all_sums(self, asked: list[Asked], frame: Frame) -> dict[tuple[str, int], Sums]:
        """Sum every part, as many as possible in one pass over their fact. Parts that are the same are summed once."""
        passes: dict[Place, dict[str, Measure]] = defaultdict(dict)
        places: dict[tuple[str, int], tuple[Place, str]] = {}
        for a in asked:
            for index, part in self._summed(a):
                ready = self.measure(a, part, FACTS[part.fact], index == 0)
                at = a.place(part, frame.provided)
                passes[at][ready.key] = ready
                places[a.where, index] = (at, ready.key)
        sums = self.rollups.sums(passes, frame, self.run)
        for at, measures in passes.items():
            rest = [m for key, m in measures.items() if (at, key) not in sums]
            by_key = self._of_fact(at, rest, frame) if rest else {}
            sums |= {(at, key): found for key, found in by_key.items()}
        found = {place: sums[named] for place, named in places.items()}
        for a in asked:
            if a.definition.listing and not a.definition.method:
                found[a.where, 0] = replace(found[a.where, 0], listed=self._listing(a, frame))
        return found

    def _summed(self, a: Asked) -> Iterator[tuple[int, Part]]:
        """The parts to sum, numbered; under WITHOUT_CALENDAR the rows that no calendar applies to, where those are neither all nor none;
        under WITHOUT_RATE the work that has no cost rate, under EXPECTED the rows that ought to be in a sum."""
        if not a.definition.method:
            yield from enumerate(a.parts)
        if self.provided.without_calendar and self.provided.with_calendar and (part := a.without_calendar):
            yield reduction.WITHOUT_CALENDAR, part
        if a.definition.unrated:
            yield reduction.WITHOUT_RATE, a.definition.unrated
        if a.definition.expected:
            yield reduction.EXPECTED, replace(a.definition.expected, anchor=a.parts[0].anchor)

    def _of_fact(self, at: Place, measures: list[Measure], frame: Frame) -> dict[str, Sums]:
        """The sums of measures over one kind of rows, by their keys."""
        found: dict[str, Sums] = {}
        for m in measures:
            if m.part.distinct:
                found |= self._distinct(at, m, frame)
        rest = [m for m in measures if not m.part.distinct]
        for batch in batched(rest, BATCH):
            found |= self._one_pass(at, batch, frame)
        return found

    @staticmethod
    def measure(a: Asked, part: Part, fact: Fact, main: bool = False) -> Measure:
        """A part made ready for this question. Bad times are out of both parts of a duration; ``main`` is a numerator."""
        timed = fact.bad_time is not None and any(aggregate.is_timed(p, FACTS[p.fact]) for p in a.parts)
        return aggregate.measure(
            part, fact, a.hours, people=a.people, timed=timed, spread=main and reduction.has_spread(a),
            quantiles=main and reduction.has_quantiles(a), where=a.where,
        )  # fmt: skip

    def _one_pass(self, at: Place, measures: list[Measure], frame: Frame) -> dict[str, Sums]:
        dims = len(frame.query.by)
        rows = frame.rows(at, aggregate.needed_columns(measures))
        records = self.run(aggregate.totals(rows, dims, measures))
        found = {m.key: Sums() for m in measures}
        groups = [(record[0], tuple(record[1 : 1 + dims])) for record in records]
        position = 1 + dims
        for m in measures:
            by_key, end, total = found[m.key].by_key, position + m.width, m.total
            for group, record in zip(groups, records, strict=True):
                if record[position + 1]:
                    by_key[group] = total(record[position:end])
            position = end
        self._add_excluded(at, rows, measures, dims, found)
        return found

    def _distinct(self, at: Place, m: Measure, frame: Frame) -> dict[str, Sums]:
        dims = len(frame.query.by)
        rows = frame.rows(at, aggregate.needed_columns([m]))
        found = {m.key: Sums()}
        for record in self.run(aggregate.distinct_totals(rows, dims, m)):
            found[m.key].by_key[record[0], tuple(record[1 : 1 + dims])] = Total(*record[1 + dims :])
        self._add_excluded(at, rows, [m], dims, found)
        return found

    def _listing(self, a: Asked, frame: Frame) -> dict[Key, dict[str, float]]:
        listing = a.definition.listing
        assert listing is not None
        fact, dims = FACTS[listing.part.fact], len(frame.query.by)
        m = self.measure(a, listing.part, fact)
        rows = frame.rows(a.place(listing.part, frame.provided), aggregate.needed_columns([m]) | {listing.column})
        found: dict[Key, dict[str, float]] = defaultdict(dict)
        for record in self.run(aggregate.totals(rows, dims, [m], also=listing.column)):
            name, total, n = record[1 + dims], record[2 + dims], record[3 + dims]
            if n and total:
                found[record[0], tuple(record[1 : 1 + dims])][name or "not said"] = reduction.plain(total)
        return {key: dict(sorted(named.items(), key=lambda i: (-i[1], i[0]))) for key, named in found.items()}

    def computing(self, a: Asked, frame: Frame) -> Computing:
        """The computation from rows of a definition that has a method."""
        part = a.parts[0]
        m = self.measure(a, part, FACTS[part.fact])
        return Computing(a, a.place(part, frame.provided), m, frame, self.settings, self.table)

    def _add_excluded(
        self, at: Place, rows: exp.Select, measures: list[Measure], dims: int, found: dict[str, Sums]
    ) -> None:
        """Count the rows that are out; measures with the same condition share what is counted."""
        fact = FACTS[at.fact]
        if "out_as" not in fact.columns and not at.lacking:
            return
        alike: dict[tuple[Any, ...], list[Measure]] = defaultdict(list)
        for m in measures:
            alike[m.where_text, m.part.key if m.part.distinct else None].append(m)
        listed = [same[0] for same in alike.values()]
        records = self.run(aggregate.exclusions(rows, fact, dims, listed))
        keys = [(record[0], tuple(record[1 : 1 + dims])) for record in records]
        for index, same in enumerate(alike.values()):
            counted: dict[tuple[bool, bool], dict[Key, dict[str, int]]] = {}
            for m in same:
                kind = (m.people, m.timed)
                if kind not in counted:
                    places = zip(keys, records, strict=True)
                    told = ((key, r[1 + dims : 4 + dims], r[4 + dims + index]) for key, r in places)
                    counted[kind] = reduction.reasons(told, *kind)
                found[m.key].excluded = counted[kind]

    def run(self, tree: exp.Query) -> list[tuple[Any, ...]]:
        """All rows of a query (a result left half read would block the connection)."""
        with _told_of_definitions():
            rows: list[tuple[Any, ...]] = self.con.execute(tree.sql(dialect=DIALECT, copy=False)).fetchall()
        return rows

    def table(self, tree: exp.Query) -> pa.Table:
        """All rows of a query as a table."""
        with _told_of_definitions():
            return self.con.sql(tree.sql(dialect=DIALECT, copy=False)).to_arrow_table()


@contextlib.contextmanager
def _told_of_definitions() -> Iterator[None]:
    """What a definition cannot compute is its fault. Raises BadDefinition."""
    try:
        yield
    except (duckdb.OutOfRangeException, duckdb.ConversionException) as error:
        what = str(error).splitlines()[0]
        raise BadDefinition(
            f"a definition cannot be computed over these rows ({what})", do="see its expressions"
        ) from None


@contextlib.contextmanager
def _no_collecting() -> Iterator[None]:
    """For a while, no garbage collector: among many groups it would look at every answer again and again, and finds nothing."""
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()


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
