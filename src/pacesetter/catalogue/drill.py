"""Drill: the rows behind a number, which recompute to it.

Owns how a part of a KPI becomes a list of rows. Must not know faces.
"""

from dataclasses import replace
from enum import StrEnum

from sqlglot import exp

from pacesetter.access.scope import Scope
from pacesetter.catalogue import aggregate
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.asked import Asked, variants_asked
from pacesetter.catalogue.computing import TOLD_ROWS, Computing
from pacesetter.catalogue.drill_rows import Column, Drill
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.facts import DIMENSIONS, FACTS, TICKET_COLUMNS, Fact
from pacesetter.catalogue.frame import Frame, Place
from pacesetter.catalogue.methods import told
from pacesetter.catalogue.periods import Grain
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part
from pacesetter.engine import dialect
from pacesetter.errors import BadRequest

_OWN = ("client", "type", "priority", "category", "team", "technician", "offering", "service", "project", "article")
_MORE = ("subject", "channel", "subcategory", "site", "offering", "department", "contact", "asset", "source", "opened_by", "impact",
         "urgency", "resolution_code", "total_s")  # fmt: skip


class Side(StrEnum):
    """Which rows are asked for: those that add to a part; all that the numerator looks at, with what each adds; those left out."""

    NUMERATOR = "numerator"
    DENOMINATOR = "denominator"
    EXCLUDED = "excluded"
    LOOKED_AT = "looked_at"


def drill(
    evaluator: Evaluator,
    kpi: Kpi,
    query: Query,
    scope: Scope,
    side: Side,
    limit: int | None = None,
    statistic: str | None = None,
) -> Drill:
    """The rows behind one side of a KPI, or of one of its further statistics, over the whole span of the question.

    Columns: the row's own id, ticket_id, client, type, priority, category, team, technician as far as the rows have them, created_at
    (UTC), the anchor's instant, what a computation from rows reads besides and what it says of the row (``Definition.recompute`` tells
    how they give the number), ``value`` (what the row adds), and ``reason`` for excluded rows. Ordered by the anchor's instant and id.
    """
    asked = variants_asked(kpi, query)
    if len(asked) != 1:
        raise BadRequest("rows are shown for one variant at a time", where="--variant")
    a = _of_statistic(asked[0], query, statistic)
    part = _part_of(a, side)
    fact = FACTS[part.fact]
    ready = evaluator.measure(a, part, fact)
    if a.definition.method:
        query = replace(query, grain=Grain.ALL)
    said = _said(evaluator, a, query, scope) if a.definition.method and side is not Side.EXCLUDED else None
    frame = evaluator.frame(query, scope, query.periods(), [part.fact])
    return _rows(frame, a.place(part, frame.provided), part, ready, side, limit, _read_by_method(a, fact), said)


def _said(evaluator: Evaluator, a: Asked, query: Query, scope: Scope) -> Computing | None:
    """Register what a computation says of each row, where it says anything, so that the rows can show it.

    The rows of one technician or team are held against those of all, as in the question that is cut by them, within a scope that reaches
    all of them.
    """
    said = told().get(a.definition.method or "")
    if said is None:
        return None
    mine = next((name for name in said.among if name in query.where), None)
    if mine and not query.by and scope.teams is None and scope.technicians is None:
        others = {name: values for name, values in query.where.items() if name != mine}
        query = replace(query, by=(mine,), where=others)
    frame = evaluator.frame(query, scope, query.periods(), [a.parts[0].fact])
    found = evaluator.computing(a, frame)
    evaluator.con.register(TOLD_ROWS, found.said())
    return found


def _of_statistic(a: Asked, query: Query, statistic: str | None) -> Asked:
    """The definition that gives a statistic; the main one where none is named."""
    said = told().get(a.definition.method or "")
    own = (*a.statistics, *(said.statistics if said else ()))
    if statistic is None or statistic in own:
        return a
    further = {c.companion: c for c in a.companions(query)}
    if statistic not in further:
        offered = ", ".join([*own, *(str(name) for name in further)])
        raise BadRequest(f"{a.kpi.id} has no statistic '{statistic}'", where="--statistic", do=f"choose of {offered}")
    found = further[statistic]
    if found.refused:
        raise BadRequest(f"{found.where} {found.refused}", where="--anchor")
    return found


def _read_by_method(a: Asked, fact: Fact) -> dict[str, exp.Expr]:
    """What a computation reads of each row, by the name of the column that it is made of."""
    found: dict[str, exp.Expr] = {}
    for text, kind in a.definition.columns if a.definition.method else ():
        tree = dialect.parse(text, fact.schema, kind, a.where)
        name = next((c.name for c in tree.find_all(exp.Column)), "")
        found[name] = aggregate.in_hours(tree, fact, a.hours)
    return found


def _part_of(a: Asked, side: Side) -> Part:
    """The part whose rows are asked for; what is computed from rows has the same ones behind both sides."""
    parts, kpi = a.parts, a.kpi
    if side in (Side.NUMERATOR, Side.LOOKED_AT) or a.definition.method:
        return parts[0]
    if side is Side.DENOMINATOR and len(parts) < 2:
        raise BadRequest(f"{kpi.id} is a count and has no denominator", where="--part", do="ask for numerator")
    return parts[-1]


def _rows(
    frame: Frame, place: Place, part: Part, ready: Measure, side: Side, limit: int | None, read: dict[str, exp.Expr],
    said: Computing | None,
) -> Drill:  # fmt: skip
    fact = FACTS[place.fact]
    at = "at_s" if fact.instant or fact.periodic else fact.anchors[part.anchor]
    shown, more = _shown(fact, part, at), _more(fact, part)
    taken = {c.source for c in shown}
    computed = {f"read_{n}": (name, tree) for n, (name, tree) in enumerate(read.items()) if name not in taken}
    shown += tuple(Column(name, source) for source, (name, _) in computed.items())
    shown += tuple(Column(name, name) for name in _says(said))
    last = Column("reason", "reason") if side is Side.EXCLUDED else Column("value", "value")
    own = {c.source for c in (*shown, *more) if c.table == "r"}
    own |= {"ticket_key"} if any(c.table != "r" for c in (*shown, *more)) else set()
    wanted = aggregate.needed_columns([ready]) | own & set(fact.schema)
    wanted |= {c.name for _, tree in computed.values() for c in tree.find_all(exp.Column)}
    source = exp.select(
        "r.*",
        exp.alias_(ready.value.copy(), "value"),
        exp.alias_(_reason_of(ready), "left_out_as"),
        *(exp.alias_(tree.copy(), name) for name, (_, tree) in computed.items()),
        *(exp.column(name, "e") for name in _says(said)),
    ).from_(frame.rows(place, wanted).subquery("r"))
    if said:
        source = source.join(TOLD_ROWS, on=said.matches("e", "r"), join_alias="e", join_type="LEFT")
    source = source.where(_condition(ready, side, said, by_method=bool(read)))
    if part.distinct:
        source = source.where(exp.Not(this=exp.Is(this=exp.column(part.key), expression=exp.Null())))
    once = part.distinct and side is not Side.EXCLUDED
    keys = [exp.column(name, "r") for name in sorted(own)]
    value: exp.Expr = exp.column("value", "r")
    raw = exp.select(*keys, exp.alias_(exp.Max(this=value) if once else value, "value")).from_(source.subquery("r"))
    out = exp.alias_(exp.column("left_out_as", "r"), "left_out_as")
    raw = raw.group_by(*(k.copy() for k in keys)) if once else raw.select(out)
    if side is Side.EXCLUDED:
        last = Column("reason", "left_out_as")
    return Drill(raw, (*shown, last), more, _order(shown, at, fact), limit)


def _order(shown: tuple[Column, ...], at: str, fact: Fact) -> tuple[Column, ...]:
    """The anchor's instant first, then the row's own id, then whatever else tells rows apart."""
    near = [Column(c.source, c.source) for c in shown if c.table == "r"]
    if fact.has_ticket and any(c.table != "r" for c in shown):
        near.insert(0, Column("ticket_key", "ticket_key"))
    first = [c for c in near if c.source == at]
    return tuple(dict.fromkeys([*first, *near, Column("value", "value")]))


def _shown(fact: Fact, part: Part, at: str) -> tuple[Column, ...]:
    """The columns of a row."""
    ticket = Column("ticket_id", "ticket_id", "k")
    if part.distinct and part.key != "ticket_key":
        return (Column(part.key, part.key),)
    if part.distinct:
        return (ticket, Column("client", "client_id"), Column("created_at", "created_s", is_instant=True))
    own = [Column(fact.row_id, fact.row_id)] if fact.row_id != "ticket_key" else []
    own += [ticket] if fact.has_ticket else []
    own += [
        Column(name, DIMENSIONS[name])
        for name in _OWN
        if DIMENSIONS[name] in fact.columns and DIMENSIONS[name] != fact.row_id
    ]
    if "created_s" in fact.columns:
        own.append(Column("created_at", "created_s", is_instant=True))
    own.append(Column("at" if at == "at_s" else f"{at.removesuffix('_s')}_at", at, is_instant=True))
    return tuple({c.name: c for c in own}.values())


def _more(fact: Fact, part: Part) -> tuple[Column, ...]:
    """Columns that can be chosen besides: the ticket's subject and what else is known of it."""
    if not fact.has_ticket or (part.distinct and part.key != "ticket_key"):
        return ()
    found = []
    for name in _MORE:
        column = DIMENSIONS.get(name, name)
        if name == "subject":
            found.append(Column("subject", "subject", "t"))
        elif column in fact.columns and not part.distinct:
            found += [] if name in _OWN else [Column(name, column)]
        elif column in TICKET_COLUMNS or name == "channel":
            found.append(Column(name, column, "k"))
    return tuple(found)


def _says(said: Computing | None) -> tuple[str, ...]:
    """The columns that a computation adds to the rows."""
    return said.says.columns if said and said.says else ()


def _condition(ready: Measure, side: Side, said: Computing | None, *, by_method: bool) -> exp.Expr:
    """Which rows a side has; a computation from rows reads all of them, and may say which of them its numerator counts."""
    if side is Side.EXCLUDED:
        reason = exp.Not(this=exp.Is(this=exp.paren(_reason_of(ready)), expression=exp.Null()))
        return exp.and_(ready.where.copy(), reason)
    counted = exp.and_(exp.Is(this=exp.column("out_as"), expression=exp.Null()), ready.condition())
    if by_method:
        counts = said.says.counted if said and said.says else None
        if side is Side.NUMERATOR and counts:
            counted = exp.and_(counted, exp.EQ(this=exp.column(counts, "e"), expression=exp.Literal.number(1)))
    elif side is Side.NUMERATOR and not ready.timed:
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
