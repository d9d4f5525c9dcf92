"""Drill: the rows behind a number, which recompute to it.

Owns how a part of a KPI becomes a list of rows. Must not know faces.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.asked import variants_asked
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.facts import DIMENSIONS, FACTS, Fact
from pacesetter.catalogue.frame import Frame
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part
from pacesetter.errors import BadRequest


class Side(StrEnum):
    """Which rows are asked for."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"


@dataclass(frozen=True)
class Drill:
    """The query whose rows stand behind a number, and how it is to be read."""

    tree: exp.Query
    columns: tuple[str, ...]


def drill(evaluator: Evaluator, kpi: Kpi, query: Query, scope: Scope, side: Side, limit: int | None = None) -> Drill:
    """The rows behind one side of a KPI over the whole span of the question.

    Columns: the row's own id, ticket_id, client, type, priority, category, team, technician as far as the rows have them, created_at
    (UTC), the anchor's instant, ``value`` (what the row adds), and ``reason`` for excluded rows. Ordered by the anchor's instant and id.
    """
    asked = variants_asked(kpi, query)
    if len(asked) != 1:
        raise BadRequest("rows are shown for one variant at a time", where="--variant")
    a = asked[0]
    part = _part_of(a.parts, side, kpi)
    fact = FACTS[part.fact]
    ready = evaluator.measure(a, part, fact, spread=False)
    frame = evaluator.frame(query, scope, query.periods(), [part.fact])
    return _rows(frame, fact, part, ready, side, limit)


def _part_of(parts: tuple[Part, ...], side: Side, kpi: Kpi) -> Part:
    if side is Side.NUMERATOR:
        return parts[0]
    if side is Side.DENOMINATOR and len(parts) < 2:
        raise BadRequest(f"{kpi.id} is a count and has no denominator", where="--part", do="ask for numerator")
    return parts[-1]


def _rows(frame: Frame, fact: Fact, part: Part, ready: Measure, side: Side, limit: int | None) -> Drill:
    anchor = fact.anchors[part.anchor]
    at = "at_s" if fact.instant or fact.periodic else anchor
    columns = _shown(fact, part, at)
    wanted = aggregate.needed_columns([ready]) | {c for c, _ in columns.values()} & set(fact.schema)
    rows = frame.rows(fact, part.anchor, wanted)
    source = exp.select("r.*", exp.alias_(ready.value.copy(), "value"), exp.alias_(_reason_of(ready), "reason")).from_(
        rows.subquery("r")
    )
    source = source.where(_condition(ready, side))
    if part.distinct:
        source = source.where(exp.Not(this=exp.Is(this=exp.column(part.key), expression=exp.Null())))
    value: exp.Expr = exp.column("reason" if side is Side.EXCLUDED else "value", "r")
    last = "reason" if side is Side.EXCLUDED else "value"
    if part.distinct and last == "value":
        value = exp.Max(this=value)
    shown = [exp.alias_(_column(name, column, instant=instant), name) for name, (column, instant) in columns.items()]
    select = exp.select(*shown, exp.alias_(value, last)).from_(source.subquery("r"))
    if fact.has_ticket:
        key = exp.EQ(this=exp.column("ticket_key", "k"), expression=exp.column("ticket_key", "r"))
        select = select.join("f_tickets", on=key, join_alias="k", join_type="LEFT")
    if part.distinct and side is not Side.EXCLUDED:
        select = select.group_by(*(exp.Literal.number(i + 1) for i in range(len(columns))))
    order = [name for name in ("period", f"{at.removesuffix('_s')}_at", "at") if name in columns]
    select = select.order_by(*(exp.column(name) for name in (*order, *(n for n in columns if n not in order))))
    if limit is not None:
        select = select.limit(limit)
    return Drill(select, (*columns, last))


def _shown(fact: Fact, part: Part, at: str) -> dict[str, tuple[str, bool]]:
    """The columns of a row by name: the stored column, and whether it is an instant."""
    if part.distinct and part.key != "ticket_key":
        return {part.key: (part.key, False)}
    if part.distinct:
        return {"ticket_id": ("ticket_id", False), "client": ("client_id", False), "created_at": ("created_s", True)}
    own: dict[str, tuple[str, bool]] = {}
    if fact.row_id != "ticket_key":
        own[fact.row_id] = (fact.row_id, False)
    if fact.has_ticket:
        own["ticket_id"] = ("ticket_id", False)
    for name in (
        "client",
        "type",
        "priority",
        "category",
        "team",
        "technician",
        "offering",
        "service",
        "project",
        "article",
    ):
        column = DIMENSIONS[name]
        if column in fact.columns and column != fact.row_id:
            own[name] = (column, False)
    if "created_s" in fact.columns:
        own["created_at"] = ("created_s", True)
    own["at" if at == "at_s" else f"{at.removesuffix('_s')}_at"] = (at, True)
    return own


def _column(name: str, column: str, *, instant: bool) -> exp.Expr:
    found: exp.Expr = exp.column(column, "k" if name == "ticket_id" else "r")
    return _instant(found) if instant else found


def _condition(ready: Measure, side: Side) -> exp.Expr:
    if side is Side.EXCLUDED:
        reason = exp.Not(this=exp.Is(this=exp.paren(_reason_of(ready)), expression=exp.Null()))
        return exp.and_(ready.where.copy(), reason)
    counted = exp.and_(exp.Is(this=exp.column("out_as"), expression=exp.Null()), ready.condition())
    if side is Side.NUMERATOR and not ready.timed:
        counted = exp.and_(counted, exp.NEQ(this=exp.paren(ready.value.copy()), expression=exp.Literal.number(0)))
    return counted


def _reason_of(ready: Measure) -> exp.Expr:
    case = exp.Case().when(exp.Not(this=exp.Is(this=exp.column("out_as"), expression=exp.Null())), exp.column("out_as"))
    if ready.people:
        case = case.when(
            exp.EQ(this=exp.column("type"), expression=exp.Literal.string("alert")), exp.Literal.string("alert")
        )
    if ready.timed:
        case = case.when(exp.column("bad_time"), exp.Literal.string("bad_timestamp"))
    return case


def _instant(seconds: exp.Expr) -> exp.Expr:
    micros = exp.Mul(this=exp.cast(seconds, "BIGINT"), expression=exp.Literal.number(1_000_000))
    pattern = exp.Literal.string("%Y-%m-%dT%H:%M:%SZ")
    return exp.Anonymous(
        this="strftime", expressions=[exp.Anonymous(this="make_timestamp", expressions=[micros]), pattern]
    )
