"""From parts to one query: the syntax tree that sums the parts of a fact by period and group.

Owns how a part becomes an aggregate. Everything is built as a tree. Must not know which KPIs exist.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

from sqlglot import exp

from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.facts.record import TICKET_REALS
from pacesetter.catalogue.record import Fold, Part
from pacesetter.catalogue.total import Total
from pacesetter.engine import dialect
from pacesetter.engine.dialect import DIALECT, Type

FRACTIONS = (0.05, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85, 0.9, 0.95, 0.98, 1.0)
"""Where the quantile function of a duration is read; median and p90 are exact, intervals are interpolated between the others."""


@dataclass(frozen=True)
class Measure:
    """A part made ready: what a row adds, when it counts, and whether alerts and bad times are out.

    ``spread`` asks for squares and cubes beside the sum, ``quantiles`` for the quantile function. Its trees are shared by every statement
    that it stands in: nobody changes them.
    """

    part: Part
    value: exp.Expr
    where: exp.Expr
    people: bool
    timed: bool
    spread: bool = False
    quantiles: bool = False
    money: bool = False
    real: bool = False

    def condition(self) -> exp.Expr:
        """When a row of the population counts."""
        return self._condition

    @cached_property
    def _condition(self) -> exp.Expr:
        parts = [self.where]
        if self.people:
            parts.append(_not(_is_alert()))
        if self.timed:
            parts.append(_not(_flag("bad_time")))
        return exp.and_(*parts)

    @property
    def width(self) -> int:
        """How many result columns ``totals`` gives it."""
        return 2 + self.quantiles + 2 * self.spread + self.money

    def total(self, record: Sequence[Any]) -> Total:
        """Its result columns as a total."""
        if not (self.spread or self.quantiles or self.money):
            return Total(record[0], record[1])
        rest = list(record[2:])
        quantiles = rest.pop(0) if self.quantiles else None
        squares, cubes = (rest.pop(0), rest.pop(0)) if self.spread else (None, None)
        return Total(record[0], record[1], quantiles, squares, cubes, rest[0] if self.money else None)

    @cached_property
    def key(self) -> str:
        """What makes two measures over one fact and anchor the same."""
        told = (self.value_text, self.where_text, self.people, self.timed, self.spread, self.quantiles)
        return repr((*told, self.part.key if self.part.distinct else None))

    @cached_property
    def value_text(self) -> str:
        """What a row adds, as text."""
        return self.value.sql(dialect=DIALECT)

    @cached_property
    def where_text(self) -> str:
        """The condition of its part as text."""
        return self.where.sql(dialect=DIALECT)

    @cached_property
    def columns(self) -> frozenset[str]:
        """The columns that it names."""
        named = {c.name for tree in (self.value, self.where) for c in tree.find_all(exp.Column)}
        return frozenset(named | ({self.part.key} if self.part.distinct else set()))

    @cached_property
    def aggregates(self) -> tuple[str, ...]:
        """Its result columns, rendered once: they stand in many questions."""
        return tuple(tree.sql(dialect=DIALECT) for tree in self._aggregates())

    def _aggregates(self) -> tuple[exp.Expr, ...]:
        counts_rows = isinstance(self.value, exp.Literal) and self.value.name == "1"
        if counts_rows and not self.spread:
            counted = exp.Count(this=self._when(self.value))
            return (counted, counted.copy())
        total: exp.Expr = exp.Sum(this=self._when(self.value))
        if not self.money:
            total = exp.cast(total, "DOUBLE" if self.real else "BIGINT", copy=False)
        found = [total, exp.Count(this=self._when(exp.Literal.number(1) if self.money else self.value))]
        if self.quantiles:
            fractions = exp.Array(expressions=[exp.Literal.number(f) for f in FRACTIONS])
            value = exp.cast(self._when(self.value), "DOUBLE")
            found.append(exp.Anonymous(this="quantile_cont", expressions=[value, fractions]))
        if self.spread:
            found += [exp.Sum(this=self._power(2)), exp.Sum(this=self._power(3))]
        if self.money:
            missing = exp.Case().when(exp.and_(self._condition, _is_null(self.value)), exp.column("lacking"))
            found.append(exp.Anonymous(this="max", expressions=[missing]))
        return tuple(found)

    def _when(self, value: exp.Expr) -> exp.Expr:
        return exp.Case().when(self._condition, value)

    def _power(self, exponent: int) -> exp.Expr:
        """The value to that power: exact in 128 bits for whole numbers."""
        factor = exp.cast(self._when(self.value), "DOUBLE" if self.real else "INT128")
        tree: exp.Expr = factor
        for _ in range(exponent - 1):
            tree = exp.Mul(this=tree, expression=factor.copy())
        return tree


def measure(
    part: Part,
    fact: Fact,
    hours: str | None,
    *,
    people: bool,
    timed: bool,
    spread: bool,
    where: str,
    quantiles: bool = False,
) -> Measure:
    """Check a part's expressions against the fact and put the asked kind of hours into them."""
    return _measure(part, fact.name, hours, people, timed, spread, quantiles, where)


@lru_cache(maxsize=4_000)
def _measure(
    part: Part, fact_name: str, hours: str | None, people: bool, timed: bool, spread: bool, quantiles: bool, where: str
) -> Measure:
    fact = FACTS[fact_name]
    value = _parsed(part.value, fact_name, Type.NUMBER, f"{where}: value")
    condition = _parsed(part.where, fact_name, Type.TRUTH, f"{where}: where")
    names = {c.name for c in value.find_all(exp.Column)}
    return Measure(
        part, in_hours(value, fact, hours), in_hours(condition, fact, hours), people, timed, spread, quantiles,
        bool(names & fact.money), _is_real(value, fact.reals | TICKET_REALS),
    )  # fmt: skip


def _is_real(value: exp.Expr, reals: frozenset[str]) -> bool:
    """Whether the value may be no whole number."""
    if isinstance(value, exp.Case):
        results = [branch.args["true"] for branch in value.args["ifs"]]
        return any(_is_real(r, reals) for r in (*results, value.args.get("default")) if r is not None)
    literals = (n for n in value.find_all(exp.Literal) if not n.is_string)
    named = any(c.name in reals for c in value.find_all(exp.Column))
    return named or value.find(exp.Div) is not None or any("." in n.name for n in literals)


def is_timed(part: Part, fact: Fact) -> bool:
    """Whether the part's value is a duration of the fact."""
    tree = _parsed(part.value, fact.name, Type.NUMBER, part.fact)
    return any(c.name in fact.hours for c in tree.find_all(exp.Column))


@lru_cache(maxsize=4_000)
def _parsed(text: str, fact: str, wanted: Type, where: str) -> exp.Expression:
    """A checked expression over a fact; nobody changes it."""
    return dialect.parse(text, FACTS[fact].schema, wanted, where)


def in_hours(tree: exp.Expr, fact: Fact, hours: str | None) -> exp.Expr:
    """The tree with the stored columns of the asked kind of hours."""

    def swap(node: exp.Expr) -> exp.Expr:
        if isinstance(node, exp.Column) and node.name in fact.hours:
            return exp.column(fact.hours[node.name][hours or "calendar"])
        return node

    return tree.copy().transform(swap)


def _groups(dimensions: int) -> list[exp.Expr]:
    return [exp.column("p"), *(exp.column(f"d{i}") for i in range(dimensions))]


def totals(rows: exp.Select, dimensions: int, measures: list[Measure], also: str | None = None) -> exp.Select:
    """Sums, counts and spreads of the measures by period and group: p, d…, then per measure its columns (``Measure.width``).

    ``also`` is a further column to group by, after the dimensions.
    """
    groups = _groups(dimensions) + ([exp.column(also)] if also else [])
    select = exp.select(*groups).from_(rows.subquery("r", copy=False), copy=False)
    select = select.where(_in_population(), copy=False).group_by(*(g.copy() for g in groups), copy=False)
    columns = (text for m in measures for text in m.aggregates)
    return select.select(*(exp.alias_(exp.Var(this=text), f"c{i}") for i, text in enumerate(columns)), copy=False)


def distinct_totals(rows: exp.Select, dimensions: int, m: Measure) -> exp.Select:
    """Sum and count of a measure in which each key counts once per period and group, by its largest value."""
    groups = _groups(dimensions)
    once = (
        exp.select(*groups, exp.alias_(exp.Max(this=m.value.copy()), "v"))
        .from_(rows.subquery("r", copy=False))
        .where(_in_population())
        .where(m.condition())
        .where(_not(_is_null(exp.column(m.part.key))))
        .group_by(*(g.copy() for g in groups), exp.column(m.part.key))
    )
    return (
        exp.select(*(g.copy() for g in groups))
        .select(exp.alias_(exp.cast(exp.Sum(this=exp.column("v")), "DOUBLE" if m.real else "BIGINT"), "s0"))
        .select(exp.alias_(exp.Count(this=exp.column("v")), "n0"))
        .from_(once.subquery("o"))
        .group_by(*(g.copy() for g in groups))
    )


def method_rows(
    rows: exp.Select, dimensions: int, m: Measure, columns: Sequence[exp.Expr], folded: Sequence[tuple[exp.Expr, Fold]]
) -> exp.Select:
    """The values of ``columns`` (c0, c1 …) in the rows that count, with p and d…; ordered by all of them.

    With ``folded``, rows that are alike in all of them are one, with these folds as the next columns.
    """
    keys = [*_groups(dimensions), *(exp.alias_(column.copy(), f"c{i}") for i, column in enumerate(columns))]
    select = exp.select(*keys).from_(rows.subquery("r", copy=False), copy=False)
    select = select.where(_in_population(), copy=False).where(m.condition(), copy=False)
    for index, (column, fold) in enumerate(folded, start=len(columns)):
        select = select.select(exp.alias_(_folded(column.copy(), fold), f"c{index}"), copy=False)
    if folded:
        select = select.group_by(*_groups(dimensions), *(column.copy() for column in columns), copy=False)
    names = [*_groups(dimensions), *(exp.column(f"c{i}") for i in range(len(columns)))]
    return exp.select("*").from_(select.subquery("o", copy=False), copy=False).order_by(*names, copy=False)


def _folded(column: exp.Expr, fold: Fold) -> exp.Expr:
    if fold is Fold.LEAST:
        return exp.Min(this=column)
    if fold is Fold.DIFFERENT:
        return exp.Count(this=exp.Distinct(expressions=[column]))
    return exp.Sum(this=column)


def exclusions(rows: exp.Select, fact: Fact, dimensions: int, measures: list[Measure]) -> exp.Select:
    """Rows that are out, by p, d…, reason, alert and bad time, and for each measure how many would have counted."""
    bad = exp.column("bad_time") if fact.bad_time else exp.false()
    groups = _groups(dimensions)
    keys: list[exp.Expr] = [*groups, exp.column("out_as")]
    select = exp.select(*keys, exp.alias_(_is_alert(), "alert"), exp.alias_(bad.copy(), "bad"))
    for index, m in enumerate(measures):
        told = exp.Var(this=m.where_text)
        hit: exp.Expr = exp.Case().when(told, exp.Literal.number(1), copy=False)
        if m.part.distinct:
            hit = exp.Distinct(expressions=[exp.Case().when(told, exp.column(m.part.key), copy=False)])
        select = select.select(exp.alias_(exp.Count(this=hit), f"w{index}", copy=False), copy=False)
    outside = exp.or_(_not(_in_population()), _is_alert(), bad.copy())
    select = select.from_(rows.subquery("r", copy=False), copy=False).where(outside, copy=False)
    by = (*(k.copy() for k in keys), _is_alert(), *([bad.copy()] if fact.bad_time else []))
    return select.group_by(*by, copy=False)


def reason_of(out_as: str | None, alert: bool, bad: bool, *, people: bool, timed: bool) -> str | None:
    """Why a row is out for a measure, None where it counts."""
    if out_as is not None:
        return out_as
    if people and alert:
        return "alert"
    return "bad_timestamp" if timed and bad else None


def needed_columns(measures: Iterable[Measure]) -> set[str]:
    """The columns that the measures name."""
    return {name for m in measures for name in m.columns}


def _is_null(tree: exp.Expr) -> exp.Expr:
    return exp.Is(this=tree.copy(), expression=exp.Null())


def _in_population() -> exp.Expr:
    return _is_null(exp.column("out_as"))


def _is_alert() -> exp.Expr:
    return exp.func("coalesce", exp.EQ(this=exp.column("type"), expression=exp.Literal.string("alert")), exp.false())


def _flag(name: str) -> exp.Expr:
    return exp.func("coalesce", exp.column(name), exp.false())


def _not(tree: exp.Expr) -> exp.Expr:
    return exp.Not(this=exp.paren(tree))
