"""From parts to one query: the syntax tree that sums the parts of a fact by period and group.

Owns how a part, a question and a scope become SQL. Everything is built as a tree; values from outside become literals of that tree.
Must not know which KPIs exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue.facts import DIMENSIONS, TICKET_COLUMNS, TIME_DIMENSIONS, Fact
from pacesetter.catalogue.periods import Cells, Period
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Part
from pacesetter.engine import dialect
from pacesetter.engine.dialect import Type
from pacesetter.errors import BadRequest

PERIODS = "period_cells"
PERIOD_ENDS = "period_ends"
LOCAL_HOURS = "local_hours"


@dataclass(frozen=True)
class Measure:
    """A part made ready: what a row adds, when it counts, and whether alerts and bad times are out."""

    part: Part
    value: exp.Expression
    where: exp.Expression
    people: bool
    timed: bool
    spread: bool = False

    def condition(self) -> exp.Expression:
        """When a row of the population counts."""
        parts = [self.where.copy()]
        if self.people:
            parts.append(_not(_is_alert()))
        if self.timed:
            parts.append(_not(_flag("bad_time")))
        return exp.and_(*parts)


def measure(
    part: Part, fact: Fact, hours: str | None, *, people: bool, timed: bool, spread: bool, where: str
) -> Measure:
    """Check a part's expressions against the fact and put the asked kind of hours into them."""
    value = dialect.parse(part.value, fact.schema, Type.NUMBER, f"{where}: value")
    condition = dialect.parse(part.where, fact.schema, Type.TRUTH, f"{where}: where")
    return Measure(part, _in_hours(value, fact, hours), _in_hours(condition, fact, hours), people, timed, spread)


def is_timed(part: Part, fact: Fact) -> bool:
    """Whether the part's value is a duration of the fact."""
    tree = dialect.parse(part.value, fact.schema, Type.NUMBER, part.fact)
    return any(c.name in fact.hours for c in tree.find_all(exp.Column))


def _in_hours(tree: exp.Expression, fact: Fact, hours: str | None) -> exp.Expression:
    def swap(node: exp.Expression) -> exp.Expression:
        if isinstance(node, exp.Column) and node.name in fact.hours:
            return exp.column(fact.hours[node.name][hours or "calendar"])
        return node

    return tree.copy().transform(swap)


@dataclass(frozen=True)
class Frame:
    """What every query over one fact and anchor shares: the question, whose data, and the look-up tables of its periods."""

    query: Query
    scope: Scope
    cells: Cells
    periods: list[Period]
    dated: bool
    attributes: frozenset[str]

    def rows(self, fact: Fact, anchor: str, needed: set[str]) -> exp.Select:
        """The rows of a fact within the span, each with its period ``p`` and its dimensions ``d0``, ``d1`` …"""
        if anchor not in fact.anchors:
            raise BadRequest(
                f"'{anchor}' is no anchor here", where="--anchor", do=f"choose of {', '.join(fact.anchors)}"
            )
        wanted = set(needed)
        select = exp.select("f.*").from_(fact.tree(self.query.as_of_s, dated=self.dated).subquery("f"))
        select = self._at_period_ends(select) if fact.instant else self._in_periods(select, f"f.{fact.anchors[anchor]}")
        at = exp.column("at_s", "e") if fact.instant else exp.column(fact.anchors[anchor], "f")
        names = list(dict.fromkeys([*self.query.by, *self.query.where]))
        columns = {name: self._dimension(name, fact, wanted) for name in names}
        if any(name in TIME_DIMENSIONS for name in names):
            condition = exp.EQ(this=exp.column("cell", "l"), expression=_int_div(at, 900))
            select = select.join(LOCAL_HOURS, on=condition, join_alias="l")
        if fact.bad_time:
            select = select.select(exp.alias_(exp.column(fact.bad_time, "f"), "bad_time"))
        select = self._with_ticket(select, fact, wanted)
        for index, name in enumerate(self.query.by):
            select = select.select(exp.alias_(columns[name], f"d{index}"))
        for name, values in self.query.where.items():
            select = select.where(_among(columns[name], values, name))
        if self.scope.clients is not None:
            select = select.where(_among(exp.column("client_id", "f"), tuple(sorted(self.scope.clients)), "client"))
        return select

    def _in_periods(self, select: exp.Select, anchor: str) -> exp.Select:
        at = exp.to_column(anchor)
        condition = exp.EQ(this=exp.column("cell", "c"), expression=_int_div(at, self.cells.width))
        select = select.join(PERIODS, on=condition, join_alias="c").select(exp.alias_(_period_of(at, "c"), "p"))
        return select.where(_at_least(at, self.periods[0].from_s)).where(_below(at, self.periods[-1].to_s))

    def _at_period_ends(self, select: exp.Select) -> exp.Select:
        """Each row once for every period at whose end it stands."""
        first, last = self.periods[0].from_s, self.periods[-1].to_s
        asked = sum(1 for p in self.periods if p.from_s <= self.query.as_of_s)
        start, end = exp.column("start_s", "f"), exp.column("end_s", "f")
        for at, alias in ((start, "c"), (end, "g")):
            condition = exp.EQ(this=exp.column("cell", alias), expression=_int_div(at, self.cells.width))
            select = select.join(PERIODS, on=condition, join_alias=alias, join_type="LEFT")
        low = exp.Case().when(_below(start, first), exp.Literal.number(0)).else_(_period_of(start, "c"))
        over = exp.or_(exp.Is(this=end.copy(), expression=exp.Null()), _at_least(end, last))
        high = exp.Case().when(over, exp.Literal.number(asked)).else_(_period_of(end, "g"))
        inner = (
            select.select(exp.alias_(low, "low"), exp.alias_(high, "high"))
            .where(_below(start, last))
            .where(exp.or_(exp.Is(this=end.copy(), expression=exp.Null()), _at_least(end, first)))
        )
        standing = exp.select("f.*").from_(inner.subquery("f"))
        standing = standing.where(exp.LT(this=exp.column("low", "f"), expression=exp.column("high", "f")))
        number = exp.column("p", "e")
        ends = exp.and_(
            exp.GTE(this=number, expression=exp.column("low", "f")),
            exp.LT(this=number.copy(), expression=exp.column("high", "f")),
        )
        age = exp.Sub(this=exp.column("at_s", "e"), expression=exp.column("created_s", "f"))
        return (
            exp.select("f.*", "e.p", "e.at_s", exp.alias_(age, "age_s"))
            .from_(standing.subquery("f"))
            .join(PERIOD_ENDS, on=ends, join_alias="e")
        )

    def _dimension(self, name: str, fact: Fact, wanted: set[str]) -> exp.Expression:
        if name in TIME_DIMENSIONS:
            return exp.column(name, "l")
        if name.startswith("x_"):
            if name not in self.attributes:
                raise BadRequest(
                    f"tickets have no attribute '{name}'",
                    do=f"there are {', '.join(sorted(self.attributes)) or 'none'}",
                )
            if "ticket_key" not in fact.columns:
                raise BadRequest(f"the rows of this KPI have no dimension '{name}'")
            wanted.add(name)
            return exp.column(name, "x")
        column = DIMENSIONS[name]
        if column in fact.columns:
            found: exp.Expression = exp.column(column, "f")
        elif column in TICKET_COLUMNS and "ticket_key" in fact.columns:
            wanted.add(column)
            found = exp.column(column, "f" if fact.name == "tickets" else "t")
        else:
            raise BadRequest(f"the rows of this KPI have no dimension '{name}'")
        return exp.cast(found, "BIGINT") if name == "tier" else found

    def _with_ticket(self, select: exp.Select, fact: Fact, wanted: set[str]) -> exp.Select:
        key = exp.column("ticket_key", "f")
        mine = set(fact.columns)
        if fact.name != "tickets":
            far = sorted(c for c in wanted if c in TICKET_COLUMNS and c not in mine)
            if far:
                condition = exp.EQ(this=exp.column("ticket_key", "t"), expression=key)
                select = select.join("f_tickets", on=condition, join_alias="t", join_type="LEFT")
                select = select.select(*(exp.column(c, "t") for c in far))
        if any(c.startswith("x_") for c in wanted):
            condition = exp.EQ(this=exp.column("ticket_key", "x"), expression=key.copy())
            select = select.join("tickets", on=condition, join_alias="x", join_type="LEFT")
        return select


def totals(rows: exp.Select, dimensions: int, measures: list[Measure]) -> exp.Select:
    """Sums, counts and spreads of the measures by period and group: p, d…, then per measure its columns (``columns_of``)."""
    groups = [exp.column("p"), *(exp.column(f"d{i}") for i in range(dimensions))]
    select = exp.select(*groups).from_(rows.subquery("r")).where(_in_population()).group_by(*groups)
    for index, m in enumerate(measures):
        select = select.select(*_totals_of(m, index))
    return select


def columns_of(m: Measure) -> int:
    """How many result columns ``totals`` gives a measure: sum and count, and for a spread also median, p90, standard deviation,
    skewness and sum of squares."""
    return 7 if m.spread else 2


def _totals_of(m: Measure, index: int) -> list[exp.Expression]:
    def when(value: exp.Expression) -> exp.Expression:
        return exp.Case().when(m.condition(), value.copy())

    if isinstance(m.value, exp.Literal) and m.value.name == "1":
        counted = exp.Count(this=when(m.value))
        return [exp.alias_(counted, f"s{index}"), exp.alias_(counted.copy(), f"n{index}")]
    total = exp.cast(exp.Sum(this=when(m.value)), "DOUBLE" if m.part.value.find(".") >= 0 else "BIGINT")
    found: list[exp.Expression] = [
        exp.alias_(total, f"s{index}"),
        exp.alias_(exp.Count(this=when(m.value)), f"n{index}"),
    ]
    if m.spread:
        double = exp.cast(when(m.value), "DOUBLE")
        for name, tree in (
            ("m", exp.func("quantile_cont", double.copy(), exp.Literal.number("0.5"))),
            ("q", exp.func("quantile_cont", double.copy(), exp.Literal.number("0.9"))),
            ("d", exp.Anonymous(this="stddev_samp", expressions=[double.copy()])),
            ("k", exp.Anonymous(this="skewness", expressions=[double.copy()])),
            ("x", exp.Sum(this=exp.Mul(this=double.copy(), expression=double.copy()))),
        ):
            found.append(exp.alias_(tree, f"{name}{index}"))
    return found


def distinct_totals(rows: exp.Select, dimensions: int, m: Measure) -> exp.Select:
    """Sum and count of a measure in which each ticket counts once per period and group, by its largest value."""
    groups = [exp.column("p"), *(exp.column(f"d{i}") for i in range(dimensions))]
    once = (
        exp.select(*groups, exp.alias_(exp.Max(this=m.value.copy()), "v"))
        .from_(rows.subquery("r"))
        .where(_in_population())
        .where(m.condition())
        .group_by(*(g.copy() for g in groups), exp.column("ticket_key"))
    )
    return (
        exp.select(*(g.copy() for g in groups))
        .select(exp.alias_(exp.cast(exp.Sum(this=exp.column("v")), "BIGINT"), "s0"))
        .select(exp.alias_(exp.Count(this=exp.column("v")), "n0"))
        .from_(once.subquery("o"))
        .group_by(*(g.copy() for g in groups))
    )


def exclusions(rows: exp.Select, fact: Fact, dimensions: int, measures: list[Measure]) -> exp.Select:
    """Rows that are out, by p, d…, reason, alert and bad time, and for each measure how many would have counted."""
    bad = exp.column("bad_time") if fact.bad_time else exp.false()
    groups = [exp.column("p"), *(exp.column(f"d{i}") for i in range(dimensions))]
    keys: list[exp.Expression] = [*groups, exp.column("out_as")]
    select = exp.select(*keys).select(exp.alias_(_is_alert(), "alert"), exp.alias_(bad.copy(), "bad"))
    for index, m in enumerate(measures):
        hit: exp.Expression = exp.Case().when(m.where.copy(), exp.Literal.number(1))
        if m.part.distinct:
            hit = exp.Distinct(expressions=[exp.Case().when(m.where.copy(), exp.column("ticket_key"))])
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
    return {c.name for m in measures for tree in (m.value, m.where) for c in tree.find_all(exp.Column)}


def _in_population() -> exp.Expression:
    return exp.Is(this=exp.column("out_as"), expression=exp.Null())


def _is_alert() -> exp.Expression:
    return exp.func("coalesce", exp.EQ(this=exp.column("type"), expression=exp.Literal.string("alert")), exp.false())


def _flag(name: str) -> exp.Expression:
    return exp.func("coalesce", exp.column(name), exp.false())


def _not(tree: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.paren(tree))


def _int_div(at: exp.Expression, width: int) -> exp.Expression:
    return exp.IntDiv(this=at.copy(), expression=exp.Literal.number(width))


def _at_least(at: exp.Expression, bound: int) -> exp.Expression:
    return exp.GTE(this=at.copy(), expression=exp.Literal.number(bound))


def _below(at: exp.Expression, bound: int) -> exp.Expression:
    return exp.LT(this=at.copy(), expression=exp.Literal.number(bound))


def _period_of(at: exp.Expression, alias: str) -> exp.Expression:
    index = exp.column("idx", alias)

    def plus(n: int) -> exp.Expression:
        return exp.Add(this=index.copy(), expression=exp.Literal.number(n))

    return (
        exp.Case()
        .when(exp.GTE(this=at.copy(), expression=exp.column("edge_2", alias)), plus(2))
        .when(exp.GTE(this=at.copy(), expression=exp.column("edge_1", alias)), plus(1))
        .else_(index.copy())
    )


def _among(column: exp.Expression, values: tuple[str | None, ...], name: str) -> exp.Expression:
    literals = [_literal(v, name) for v in values if v is not None]
    tests: list[exp.Expression] = [exp.In(this=column.copy(), expressions=literals)] if literals else []
    if None in values:
        tests.append(exp.Is(this=column.copy(), expression=exp.Null()))
    return exp.or_(*tests) if tests else exp.false()


def _literal(value: str, name: str) -> exp.Expression:
    if name not in ("tier", "hour"):
        return exp.Literal.string(value)
    if not value.lstrip("-").isdigit():
        raise BadRequest(f"'{value}' is not a number", where=f"--where {name}")
    return exp.Literal.number(int(value))


Groups = Mapping[tuple[int, tuple[object, ...]], tuple[object, ...]]
