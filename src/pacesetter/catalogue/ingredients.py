"""Ingredients: the sums and counts over rows of which a measure's totals are made, in a form that adds up from day to day.

Owns which measures can be rolled up, and the text of each ingredient, by which a stored column is found again. Rows are kept apart by
why they are out (reason, alert, bad time), so that one ingredient serves KPIs with and without alerts. Must not know tables.
"""

from dataclasses import dataclass

from sqlglot import exp

from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.facts import Fact
from pacesetter.engine.dialect import DIALECT

ONE_DAY = frozenset({"hands", "breach_hands"})
"""Facts whose rows of one key (a ticket, a clock's cycle) share their anchor, so that keys may be counted day by day."""


@dataclass(frozen=True)
class Ingredients:
    """SQL texts over the rows of a fact, without regard to why a row is out. ``hits`` counts rows that meet the condition."""

    total: str
    n: str
    hits: str
    squares: str | None = None
    cubes: str | None = None

    @property
    def texts(self) -> tuple[str, ...]:
        """All of them, each once."""
        found = (self.hits, self.n, self.total, self.squares, self.cubes)
        return tuple(dict.fromkeys(t for t in found if t is not None))


def can_roll(fact: Fact) -> bool:
    """Whether the rows of a fact stand at one instant each and carry nothing that depends on the question."""
    return not (fact.instant or fact.periodic or fact.lookups or fact.money or fact.spread_source)


def ingredients(fact: Fact, m: Measure) -> Ingredients | None:
    """What a measure's sum, n and exclusions are made of; None where they cannot be added exactly."""
    if not can_roll(fact) or m.real or m.money:
        return None
    if m.part.distinct and (fact.name not in ONE_DAY or m.part.value != "1"):
        return None
    key = (m.value_text, m.where_text, m.part.key if m.part.distinct else None, m.spread)
    if key not in _KNOWN:
        _KNOWN[key] = _ingredients(m)
    return _KNOWN[key]


_KNOWN: dict[tuple[str, str, str | None, bool], Ingredients] = {}
"""Those that were made before, by all that they depend on."""


def _ingredients(m: Measure) -> Ingredients:
    if m.part.distinct:
        counted = _text(exp.Count(this=exp.Distinct(expressions=[_when(m, exp.column(m.part.key))])))
        return Ingredients(counted, counted, counted)
    hits = _text(exp.Count(this=_when(m, exp.Literal.number(1))))
    present = _text(exp.Not(this=exp.Is(this=m.value.copy(), expression=exp.Null())))
    n = hits if _never_null(m.value) or m.where_text == present else _text(exp.Count(this=_when(m, m.value)))
    total = n if m.value_text == "1" else _text(exp.cast(exp.Sum(this=_when(m, m.value)), "BIGINT"))
    if not m.spread:
        return Ingredients(total, n, hits)
    wide = exp.cast(_when(m, m.value), "INT128")
    square = exp.Mul(this=wide, expression=wide.copy())
    cube = exp.Mul(this=square.copy(), expression=wide.copy())
    return Ingredients(total, n, hits, _text(exp.Sum(this=square)), _text(exp.Sum(this=cube)))


def _when(m: Measure, value: exp.Expr) -> exp.Case:
    return exp.Case().when(m.where, value)


def _never_null(value: exp.Expr) -> bool:
    if isinstance(value, exp.Case):
        results = [*(branch.args["true"] for branch in value.args["ifs"]), value.args.get("default")]
        return all(isinstance(r, exp.Literal) for r in results)
    return isinstance(value, exp.Literal)


def _text(tree: exp.Expr) -> str:
    return tree.sql(dialect=DIALECT)
