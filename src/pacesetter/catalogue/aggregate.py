"""From parts to one query: the syntax tree that sums the parts of a fact by period and group.

Owns how a part becomes an aggregate. Everything is built as a tree. Must not know which KPIs exist.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any, NamedTuple

from sqlglot import exp

from pacesetter.catalogue.facts import FACTS, Fact
from pacesetter.catalogue.facts.record import TICKET_REALS
from pacesetter.catalogue.record import Part
from pacesetter.engine import dialect
from pacesetter.engine.dialect import Type

FRACTIONS = (0.05, 0.25, 0.4, 0.5, 0.6, 0.75, 0.85, 0.9, 0.95, 0.98, 1.0)
"""Where the quantile function of a duration is read; median and p90 are exact, intervals are interpolated between the others."""


class Total(NamedTuple):
    """One part over one period and group. ``lacking`` names currencies without a rate; the rest only where a spread was asked."""

    sum: int | float | Decimal | None = 0
    n: int = 0
    quantiles: Sequence[float] | None = None
    deviation: float | None = None
    skewness: float | None = None
    squares: float | None = None
    lacking: str | None = None


@dataclass(frozen=True)
class Measure:
    """A part made ready: what a row adds, when it counts, and whether alerts and bad times are out."""

    part: Part
    value: exp.Expr
    where: exp.Expr
    people: bool
    timed: bool
    spread: bool = False
    money: bool = False
    real: bool = False

    def condition(self) -> exp.Expr:
        """When a row of the population counts."""
        parts = [self.where.copy()]
        if self.people:
            parts.append(_not(_is_alert()))
        if self.timed:
            parts.append(_not(_flag("bad_time")))
        return exp.and_(*parts)

    @property
    def width(self) -> int:
        """How many result columns ``totals`` gives it."""
        return 2 + (4 if self.spread else 0) + (1 if self.money else 0)

    def total(self, record: tuple[Any, ...]) -> Total:
        """Its result columns as a total."""
        spread = record[2:6] if self.spread else (None, None, None, None)
        lacking = record[-1] if self.money else None
        return Total(record[0], record[1], spread[0], spread[1], spread[2], spread[3], lacking)


def measure(
    part: Part, fact: Fact, hours: str | None, *, people: bool, timed: bool, spread: bool, where: str
) -> Measure:
    """Check a part's expressions against the fact and put the asked kind of hours into them."""
    value = _parsed(part.value, fact.name, Type.NUMBER, f"{where}: value")
    condition = _parsed(part.where, fact.name, Type.TRUTH, f"{where}: where")
    names = {c.name for c in value.find_all(exp.Column)}
    return Measure(
        part, in_hours(value, fact, hours), in_hours(condition, fact, hours), people, timed, spread,
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
    select = exp.select(*groups).from_(rows.subquery("r")).where(_in_population()).group_by(*groups)
    return select.select(*(column for i, m in enumerate(measures) for column in _totals_of(m, i)), copy=False)


def _totals_of(m: Measure, index: int) -> list[exp.Expr]:
    def when(value: exp.Expr) -> exp.Expr:
        return exp.Case().when(m.condition(), value.copy())

    if isinstance(m.value, exp.Literal) and m.value.name == "1":
        counted = exp.Count(this=when(m.value))
        return [exp.alias_(counted, f"s{index}"), exp.alias_(counted.copy(), f"n{index}")]
    total: exp.Expr = exp.Sum(this=when(m.value))
    if not m.money:
        total = exp.cast(total, "DOUBLE" if m.real else "BIGINT")
    counted = exp.Count(this=when(exp.Literal.number(1) if m.money else m.value))
    found: list[exp.Expr] = [exp.alias_(total, f"s{index}"), exp.alias_(counted, f"n{index}")]
    if m.spread:
        double = exp.cast(when(m.value), "DOUBLE")
        fractions = exp.Array(expressions=[exp.Literal.number(f) for f in FRACTIONS])
        for name, tree in (
            ("q", exp.Anonymous(this="quantile_cont", expressions=[double.copy(), fractions])),
            ("d", exp.Anonymous(this="stddev_samp", expressions=[double.copy()])),
            ("k", exp.Anonymous(this="skewness", expressions=[double.copy()])),
            ("x", exp.Sum(this=exp.Mul(this=double.copy(), expression=double.copy()))),
        ):
            found.append(exp.alias_(tree, f"{name}{index}"))
    if m.money:
        missing = exp.Case().when(exp.and_(m.condition(), _is_null(m.value)), exp.column("lacking"))
        found.append(exp.alias_(exp.Anonymous(this="max", expressions=[missing]), f"l{index}"))
    return found


def distinct_totals(rows: exp.Select, dimensions: int, m: Measure) -> exp.Select:
    """Sum and count of a measure in which each key counts once per period and group, by its largest value."""
    groups = _groups(dimensions)
    once = (
        exp.select(*groups, exp.alias_(exp.Max(this=m.value.copy()), "v"))
        .from_(rows.subquery("r"))
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


def row_lists(rows: exp.Select, dimensions: int, m: Measure, columns: Sequence[exp.Expr]) -> exp.Select:
    """The values of ``columns`` in the rows that count, as one list per column, by period and group; in a fixed order of rows."""
    groups = _groups(dimensions)
    inner = (
        exp.select(*(g.copy() for g in groups)).from_(rows.subquery("r")).where(_in_population()).where(m.condition())
    )
    names = [f"c{i}" for i in range(len(columns))]
    for name, column in zip(names, columns, strict=True):
        inner = inner.select(exp.alias_(column.copy(), name))
    select = exp.select(*groups).from_(inner.order_by(*names).subquery("o")).group_by(*(g.copy() for g in groups))
    for name in names:
        ordered = exp.Order(
            this=exp.column(name), expressions=[exp.Ordered(this=exp.column(n), nulls_first=True) for n in names]
        )
        select = select.select(exp.alias_(exp.Anonymous(this="list", expressions=[ordered]), name))
    return select


def exclusions(rows: exp.Select, fact: Fact, dimensions: int, measures: list[Measure]) -> exp.Select:
    """Rows that are out, by p, d…, reason, alert and bad time, and for each measure how many would have counted."""
    bad = exp.column("bad_time") if fact.bad_time else exp.false()
    groups = _groups(dimensions)
    keys: list[exp.Expr] = [*groups, exp.column("out_as")]
    select = exp.select(*keys).select(exp.alias_(_is_alert(), "alert"), exp.alias_(bad.copy(), "bad"))
    for index, m in enumerate(measures):
        hit: exp.Expr = exp.Case().when(m.where.copy(), exp.Literal.number(1))
        if m.part.distinct:
            hit = exp.Distinct(expressions=[exp.Case().when(m.where.copy(), exp.column(m.part.key))])
        select = select.select(exp.alias_(exp.Count(this=hit), f"w{index}"))
    outside = exp.or_(_not(_in_population()), _is_alert(), bad.copy())
    return (
        select.from_(rows.subquery("r"))
        .where(outside)
        .group_by(*(k.copy() for k in keys), _is_alert(), *([bad.copy()] if fact.bad_time else []))
    )


def reason_of(out_as: str | None, alert: bool, bad: bool, *, people: bool, timed: bool) -> str | None:
    """Why a row is out for a measure, None where it counts."""
    if out_as is not None:
        return out_as
    if people and alert:
        return "alert"
    return "bad_timestamp" if timed and bad else None


def needed_columns(measures: list[Measure]) -> set[str]:
    """The columns that the measures name."""
    named = {c.name for m in measures for tree in (m.value, m.where) for c in tree.find_all(exp.Column)}
    return named | {m.part.key for m in measures if m.part.distinct}


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
