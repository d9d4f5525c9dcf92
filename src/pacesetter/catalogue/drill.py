"""Drill: the rows behind a number, which recompute to it.

Owns how a part of a KPI becomes a list of rows. Must not know faces.
"""

from dataclasses import dataclass
from enum import StrEnum

from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate
from pacesetter.catalogue.aggregate import Frame, Measure
from pacesetter.catalogue.evaluator import Evaluator, variants_asked
from pacesetter.catalogue.facts import FACTS, Fact
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

    Columns: ticket_id, client, type, priority, category, team, technician, created_at (UTC), the anchor's instant, ``value`` (what the row
    adds), and ``reason`` for excluded rows; surveys begin with survey_id. Ordered by the anchor's instant and id.
    """
    asked = variants_asked(kpi, query)
    if len(asked) != 1:
        raise BadRequest("rows are shown for one variant at a time", where="--variant")
    a = asked[0]
    part = _part_of(a.parts, side, kpi)
    fact = FACTS[part.fact]
    ready = evaluator.measure(a, part, fact, spread=False)
    frame = evaluator.frame(query, scope, query.periods())
    return _rows(frame, fact, part, ready, side, limit)


def _part_of(parts: tuple[Part, ...], side: Side, kpi: Kpi) -> Part:
    if side is Side.NUMERATOR:
        return parts[0]
    if side is Side.DENOMINATOR and len(parts) < 2:
        raise BadRequest(f"{kpi.id} is a count and has no denominator", where="--part", do="ask for numerator")
    return parts[-1]


def _rows(frame: Frame, fact: Fact, part: Part, ready: Measure, side: Side, limit: int | None) -> Drill:
    anchor = fact.anchors[part.anchor]
    rows = frame.rows(fact, part.anchor, aggregate.needed_columns([ready]))
    at_name = "at" if fact.instant else f"{part.anchor}_at"
    columns = {
        "ticket_id": exp.column("ticket_id", "k"),
        "client": exp.column("client_id", "r"),
        "type": exp.column("type", "r"),
        "priority": exp.column("priority", "r"),
        "category": exp.column("category", "r"),
        "team": exp.column("team_id", "r"),
        "technician": exp.column("technician_id", "r"),
        "created_at": _instant(exp.column("created_s", "r")),
        at_name: _instant(exp.column("at_s" if fact.instant else anchor, "r")),
    }
    if fact.row_id != "ticket_key":
        columns = {fact.row_id: exp.column(fact.row_id, "r"), **columns}
    if part.distinct:
        columns.pop(at_name)
    source = exp.select("r.*", exp.alias_(ready.value.copy(), "value"), exp.alias_(_reason_of(ready), "reason")).from_(
        rows.subquery("r")
    )
    source = source.where(_condition(ready, side))
    select = exp.select(*(exp.alias_(tree, name) for name, tree in columns.items()))
    value: exp.Expression = exp.column("value", "r")
    if part.distinct:
        value = exp.Max(this=value)
    if side is Side.EXCLUDED:
        select = select.select(exp.alias_(exp.column("reason", "r"), "reason"))
    else:
        select = select.select(exp.alias_(value, "value"))
    select = select.from_(source.subquery("r")).join(
        "f_tickets",
        on=exp.EQ(this=exp.column("ticket_key", "k"), expression=exp.column("ticket_key", "r")),
        join_alias="k",
        join_type="LEFT",
    )
    if part.distinct and side is not Side.EXCLUDED:
        select = select.group_by(*(exp.Literal.number(i + 1) for i in range(len(columns))))
    if not part.distinct:
        select = select.order_by(exp.column(at_name))
    select = select.order_by(exp.column(next(iter(columns))))
    if limit is not None:
        select = select.limit(limit)
    names = (*columns, "reason" if side is Side.EXCLUDED else "value")
    return Drill(select, names)


def _condition(ready: Measure, side: Side) -> exp.Expression:
    if side is Side.EXCLUDED:
        reason = exp.Not(this=exp.Is(this=exp.paren(_reason_of(ready)), expression=exp.Null()))
        return exp.and_(ready.where.copy(), reason)
    counted = exp.and_(exp.Is(this=exp.column("out_as"), expression=exp.Null()), ready.condition())
    if side is Side.NUMERATOR and not ready.timed:
        counted = exp.and_(counted, exp.NEQ(this=exp.paren(ready.value.copy()), expression=exp.Literal.number(0)))
    return counted


def _reason_of(ready: Measure) -> exp.Expression:
    case = exp.Case().when(exp.Not(this=exp.Is(this=exp.column("out_as"), expression=exp.Null())), exp.column("out_as"))
    if ready.people:
        case = case.when(
            exp.EQ(this=exp.column("type"), expression=exp.Literal.string("alert")), exp.Literal.string("alert")
        )
    if ready.timed:
        case = case.when(exp.column("bad_time"), exp.Literal.string("bad_timestamp"))
    return case


def _instant(seconds: exp.Expression) -> exp.Expression:
    micros = exp.Mul(this=exp.cast(seconds, "BIGINT"), expression=exp.Literal.number(1_000_000))
    pattern = exp.Literal.string("%Y-%m-%dT%H:%M:%SZ")
    return exp.Anonymous(
        this="strftime", expressions=[exp.Anonymous(this="make_timestamp", expressions=[micros]), pattern]
    )
