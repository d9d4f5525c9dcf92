"""The rows of one fact within a question: each with its period, its dimensions and nothing outside the scope.

Owns how a fact, a question and a scope become a query. Everything is built as a tree; values from outside become literals of that tree.
Must not know KPIs.
"""

from dataclasses import dataclass
from typing import NamedTuple

from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue.attribution import AGREEMENT_SPANS, NAMED_AGREEMENTS, shift_pieces
from pacesetter.catalogue.facts import CREATED, DIMENSIONS, FACTS, TICKET_COLUMNS, TIME_DIMENSIONS, Fact
from pacesetter.catalogue.facts.record import Params, age_band
from pacesetter.catalogue.lookups import LOCAL_HOURS, OPEN_AT_ENDS, PERIOD_SPANS, PERIODS
from pacesetter.catalogue.needs import NOT_PROVIDED, Provided, Sources
from pacesetter.catalogue.periods import Cells, Period
from pacesetter.catalogue.query import Query
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadRequest


class Place(NamedTuple):
    """Rows of one kind: a fact, one of its anchors, and the sources whose tickets are left out as not provided."""

    fact: str
    anchor: str
    lacking: Sources = ()


@dataclass(frozen=True)
class Frame:
    """What every query over one fact and anchor shares: the question, whose data, the look-up tables of its periods, and what is
    ``provided`` as of the instant asked."""

    query: Query
    scope: Scope
    cells: Cells
    periods: list[Period]
    dated: bool
    attributes: frozenset[str]
    params: Params
    provided: Provided

    @property
    def cut(self) -> bool:
        """Whether the question takes rows apart, so that shared costs have to be spread over them."""
        return bool(self.query.by or self.query.where or self.scope.clients is not None)

    @property
    def seen(self) -> Provided:
        """What is provided by the sources of the tickets that the question is about."""
        named = (self.query.where.get("client"), self.scope.clients)
        clients = [frozenset(c) for c in named if c is not None]
        return self.provided.seen(frozenset.intersection(*clients) if clients else None, self.query.where.get("source"))

    def rows(self, place: Place, needed: set[str]) -> exp.Select:
        """The rows of a fact within the span, each with its period ``p`` and its dimensions ``d0``, ``d1`` …"""
        fact, anchor = FACTS[place.fact], place.anchor
        if anchor not in fact.anchors:
            raise BadRequest(
                f"'{anchor}' is no anchor here", where="--anchor", do=f"choose of {', '.join(fact.anchors)}"
            )
        wanted = {*needed, "source"} if place.lacking else set(needed)
        fact = fact.spread() if self.cut else fact
        at = exp.column(fact.anchors[anchor], "f")
        select = exp.select("f.*").from_(self._view(fact), copy=False)
        if fact.instant:
            select = self._at_period_ends(select, fact)
        elif not fact.periodic:
            select = self._in_periods(select, f"f.{fact.anchors[anchor]}")
            if anchor == CREATED:
                select = select.where(_below(at, self.query.as_of_s + 1), copy=False)
        names = list(dict.fromkeys([*self.query.by, *self.query.where]))
        columns = {name: self._dimension(name, fact, wanted) for name in names}
        if any(name in TIME_DIMENSIONS for name in names):
            condition = exp.EQ(this=exp.column("cell", "l"), expression=_int_div(at, 900))
            select = select.join(LOCAL_HOURS, on=condition, join_alias="l", copy=False)
        if fact.bad_time:
            select = select.select(exp.alias_(exp.column(fact.bad_time, "f"), "bad_time"), copy=False)
        select = self._with_ticket(select, fact, wanted)
        if "agreement" in names and "agreement_id" not in fact.columns:
            select = self._with_agreement(select, fact)
        if "shift" in names and "shift_id" not in fact.columns:
            select = self._with_shift(select, fact, anchor)
        for name in ("type", "out_as"):
            if name not in fact.columns:
                select = select.select(exp.alias_(exp.cast(exp.Null(), "VARCHAR"), name), copy=False)
        for index, name in enumerate(self.query.by):
            select = select.select(exp.alias_(columns[name].copy(), f"d{index}"), copy=False)
        for name, values in self.query.where.items():
            select = select.where(among(columns[name], values, name), copy=False)
        if self.scope.clients is not None:
            select = select.where(self._within_scope(fact), copy=False)
        return _without(select, place.lacking) if place.lacking else select

    def _view(self, fact: Fact) -> exp.Subquery:
        """The fact's view as of the instant asked, as a source of rows ``f``."""
        text = fact.dated_source if self.dated and fact.dated_source else fact.source
        return aliased(_rendered_view(fact, text, tuple(self.params.items()), self.dated), "f")

    def _within_scope(self, fact: Fact) -> exp.Expr:
        """Rows that belong to no client are outside of every client's scope."""
        if "client_id" not in fact.columns:
            return exp.false()
        return among(exp.column("client_id", "f"), tuple(sorted(self.scope.clients or ())), "client")

    def _in_periods(self, select: exp.Select, anchor: str) -> exp.Select:
        at = exp.to_column(anchor)
        condition = exp.EQ(this=exp.column("cell", "c"), expression=_int_div(at, self.cells.width))
        select = select.join(PERIODS, on=condition, join_alias="c", copy=False)
        select = select.select(exp.alias_(period_of(at, "c"), "p"), copy=False)
        select = select.where(_at_least(at, self.periods[0].from_s), copy=False)
        return select.where(_below(at, self.periods[-1].to_s), copy=False)

    def _at_period_ends(self, select: exp.Select, fact: Fact) -> exp.Select:
        """Each row once for every period at whose end it stands."""
        first, last = self.periods[0].from_s, self.periods[-1].to_s
        asked = sum(1 for p in self.periods if p.from_s <= self.query.as_of_s)
        start, end = exp.column("start_s", "f"), exp.column("end_s", "f")
        for at, alias in ((start, "c"), (end, "g")):
            condition = exp.EQ(this=exp.column("cell", alias), expression=_int_div(at, self.cells.width))
            select = select.join(PERIODS, on=condition, join_alias=alias, join_type="LEFT", copy=False)
        low = exp.Case().when(_below(start, first), exp.Literal.number(0)).else_(period_of(start, "c"))
        over = exp.or_(exp.Is(this=end.copy(), expression=exp.Null()), _at_least(end, last))
        high = exp.Case().when(over, exp.Literal.number(asked)).else_(period_of(end, "g"))
        inner = (
            select.select(exp.alias_(low, "low"), exp.alias_(high, "high"), copy=False)
            .where(_below(start, last), copy=False)
            .where(exp.or_(exp.Is(this=end.copy(), expression=exp.Null()), _at_least(end, first)), copy=False)
        )
        standing = exp.select("f.*").from_(inner.subquery("f", copy=False), copy=False)
        begun = exp.LT(this=exp.column("low", "f"), expression=exp.column("high", "f"))
        standing = standing.where(begun, copy=False)
        number = exp.column("p", "e")
        ends = exp.and_(
            exp.GTE(this=number, expression=exp.column("low", "f")),
            exp.LT(this=number.copy(), expression=exp.column("high", "f")),
        )
        age = exp.Sub(this=exp.column("at_s", "e"), expression=exp.column("created_s", "f"))
        ended = (
            exp.select("f.*", "e.p", "e.at_s", exp.alias_(age, "age_s"), exp.alias_(_age_band(age), "age_band"))
            .from_(standing.subquery("f", copy=False), copy=False)
            .join(PERIOD_SPANS, on=ends, join_alias="e", copy=False)
        )
        return _with_open_ages(ended) if OPEN_AT_ENDS in fact.lookups else ended

    def _dimension(self, name: str, fact: Fact, wanted: set[str]) -> exp.Expr:
        if name.startswith("x_") and name not in self.attributes:
            raise BadRequest(
                f"tickets have no attribute '{name}'",
                do=f"there are {', '.join(sorted(self.attributes)) or 'none'}",
            )
        if not fact.has_dimension(name):
            why = fact.why_no(name) if name in TIME_DIMENSIONS else None
            raise BadRequest(f"the rows of this KPI have no dimension '{name}'{f': {why}' if why else ''}")
        if name in TIME_DIMENSIONS:
            return exp.column(name, "l")
        if name.startswith("x_"):
            wanted.add(name)
            return exp.column(name, "x")
        column = DIMENSIONS[name]
        if column == "age_band" and fact.instant:
            age = exp.Sub(this=exp.column("at_s", "e"), expression=exp.column("created_s", "f"))
            return _age_band(age)
        if column in fact.columns:
            found: exp.Expr = exp.column(column, "f")
        elif column == "agreement_id":
            wanted.add("offering_id")
            found = exp.func("coalesce", exp.column(column, "n"), exp.column(column, "a"))
        elif column == "shift_id":
            found = exp.column(column, "s")
        else:
            wanted.add(column)
            found = exp.column(column, self._ticket_alias(fact))
        return exp.cast(found, "BIGINT") if name == "tier" else found

    @staticmethod
    def _ticket_alias(fact: Fact) -> str:
        """Where the columns of the ticket that are not the fact's own stand."""
        return "f" if fact.name == "tickets" else "t"

    def _with_agreement(self, select: exp.Select, fact: Fact) -> exp.Select:
        """The agreement that the source names (``n``) and the one that alone fits (``a``)."""
        offering = exp.column("offering_id", "f" if "offering_id" in fact.columns else self._ticket_alias(fact))
        at = exp.column("created_s", "f")
        fitting = exp.and_(
            exp.EQ(this=exp.column("client_id", "a"), expression=exp.column("client_id", "f")),
            exp.NullSafeEQ(this=exp.column("offering_id", "a"), expression=offering),
            exp.GTE(this=at, expression=exp.column("from_s", "a")),
            exp.LT(this=at.copy(), expression=exp.column("to_s", "a")),
        )
        same = exp.EQ(this=exp.column("ticket_key", "n"), expression=exp.column("ticket_key", "f"))
        select = select.join(AGREEMENT_SPANS, on=fitting, join_alias="a", join_type="LEFT", copy=False)
        return select.join(aliased(NAMED_AGREEMENTS, "n"), on=same, join_type="LEFT", copy=False)

    def _with_shift(self, select: exp.Select, fact: Fact, anchor: str) -> exp.Select:
        """The shift ``s`` of the row's technician in which the instant of the row lies."""
        assert fact.shift_at is not None
        at = exp.column(fact.shift_at, "f")
        last = self.periods[-1].to_s if fact.anchors[anchor] == fact.shift_at else self.query.as_of_s + 1
        within = exp.and_(
            exp.EQ(this=exp.column("technician_id", "s"), expression=exp.column("technician_id", "f")),
            exp.EQ(this=exp.column("cell", "s"), expression=_int_div(at, 86_400)),
            exp.GTE(this=at, expression=exp.column("from_s", "s")),
            exp.LT(this=at.copy(), expression=exp.column("to_s", "s")),
        )
        pieces = aliased(shift_pieces(self.periods[0].from_s, last), "s")
        return select.join(pieces, on=within, join_type="LEFT", copy=False)

    def _with_ticket(self, select: exp.Select, fact: Fact, wanted: set[str]) -> exp.Select:
        key = exp.column("ticket_key", "f")
        mine = set(fact.columns)
        if fact.name != "tickets":
            far = sorted(c for c in wanted if c in TICKET_COLUMNS and c not in mine)
            if far:
                condition = exp.EQ(this=exp.column("ticket_key", "t"), expression=key)
                select = select.join("f_tickets", on=condition, join_alias="t", join_type="LEFT", copy=False)
                select = select.select(*(exp.column(c, "t") for c in far), copy=False)
        if any(c.startswith("x_") for c in wanted):
            condition = exp.EQ(this=exp.column("ticket_key", "x"), expression=key.copy())
            select = select.join("tickets", on=condition, join_alias="x", join_type="LEFT", copy=False)
        return select


def _without(rows: exp.Select, lacking: Sources) -> exp.Select:
    """The rows, those about tickets of the lacking sources marked as out."""
    about = exp.Not(this=exp.Is(this=exp.column("ticket_key"), expression=exp.Null()))
    of_them = exp.and_(about, among(exp.column("source"), lacking, "source"))
    out = exp.Case().when(of_them, exp.Literal.string(NOT_PROVIDED))
    marked = exp.alias_(exp.func("coalesce", exp.column("out_as"), out), "out_as")
    return exp.Select(expressions=[exp.Star(replace=[marked])]).from_(rows.subquery("f", copy=False), copy=False)


def aliased(text: str, alias: str) -> exp.Subquery:
    """A query that was rendered before, as a source of rows."""
    return exp.Subquery(this=exp.Var(this=text), alias=exp.TableAlias(this=exp.to_identifier(alias)))


_VIEWS: dict[tuple[str, tuple[tuple[str, int | str], ...]], str] = {}


def _rendered_view(fact: Fact, text: str, params: tuple[tuple[str, int | str], ...], dated: bool) -> str:
    """The text of a fact's view with its parameters in it, made once: the same view stands in many questions."""
    found = _VIEWS.get((text, params))
    if found is None:
        if len(_VIEWS) > 2_000:
            _VIEWS.clear()
        found = _VIEWS[text, params] = fact.tree(dict(params), dated=dated).sql(dialect=DIALECT)
    return found


def _int_div(at: exp.Expr, width: int) -> exp.Expr:
    return exp.IntDiv(this=at.copy(), expression=exp.Literal.number(width))


def _at_least(at: exp.Expr, bound: int) -> exp.Expr:
    return exp.GTE(this=at.copy(), expression=exp.Literal.number(bound))


def _below(at: exp.Expr, bound: int) -> exp.Expr:
    return exp.LT(this=at.copy(), expression=exp.Literal.number(bound))


def period_of(at: exp.Expr, alias: str) -> exp.Expr:
    """The number of the period of an instant, from its row ``alias`` of the cell table."""
    index = exp.column("idx", alias)

    def plus(n: int) -> exp.Expr:
        return exp.Add(this=index.copy(), expression=exp.Literal.number(n))

    return (
        exp.Case()
        .when(exp.GTE(this=at.copy(), expression=exp.column("edge_2", alias)), plus(2))
        .when(exp.GTE(this=at.copy(), expression=exp.column("edge_1", alias)), plus(1))
        .else_(index.copy())
    )


def among(column: exp.Expr, values: tuple[str | None, ...], name: str) -> exp.Expr:
    """Whether the column of dimension ``name`` has one of the values; None stands for no value."""
    literals = [_literal(v, name) for v in values if v is not None]
    tests: list[exp.Expr] = [exp.In(this=column.copy(), expressions=literals)] if literals else []
    if None in values:
        tests.append(exp.Is(this=column.copy(), expression=exp.Null()))
    return exp.or_(*tests) if tests else exp.false()


def _literal(value: str, name: str) -> exp.Expr:
    if name not in ("tier", "hour"):
        return exp.Literal.string(value)
    if not value.lstrip("-").isdigit():
        raise BadRequest(f"'{value}' is not a number", where=f"--where {name}")
    return exp.Literal.number(int(value))


def _with_open_ages(ended: exp.Select) -> exp.Select:
    """The age in business and in SLA hours beside it: what ran before the interval, and within it up to the period's end."""
    here = exp.Sub(this=exp.column("open_s", "o"), expression=exp.column("open_at_s", "f"))
    business = exp.Add(this=exp.column("opened_s", "f"), expression=exp.paren(here))
    paused = exp.In(this=exp.column("phase_code", "f"), expressions=[exp.Literal.number(n) for n in (3, 4, 5)])
    within = exp.Case().when(paused, exp.Literal.number(0)).else_(here.copy())
    active = exp.Add(this=exp.column("active_s", "f"), expression=within)
    same = exp.and_(
        exp.EQ(this=exp.column("p", "o"), expression=exp.column("p", "e")),
        exp.EQ(
            this=exp.column("calendar_key", "o"),
            expression=exp.func("coalesce", exp.column("calendar_key", "f"), exp.Literal.number(0)),
        ),
    )
    ages = (exp.alias_(business, "age_business_s"), exp.alias_(active, "age_sla_s"))
    ended = ended.select(*ages, copy=False)
    return ended.join(OPEN_AT_ENDS, on=same, join_alias="o", join_type="LEFT", copy=False)


def _age_band(age: exp.Expr) -> exp.Expr:
    return exp.Var(this=age_band(exp.paren(age).sql(dialect=DIALECT)))
