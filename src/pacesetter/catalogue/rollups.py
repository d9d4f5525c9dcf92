"""Roll-ups: daily sums of additive parts by the usual dimensions, kept with the generation, so that screens need no pass over rows.

Owns which parts are rolled up, their tables (``r_…``, listed in ``_rollups``) and when they may serve: only where they
give exactly what the rows give. They hold whole numbers only; a question is served when it stands at the generation's
as-of instant, in the workspace's zone, in whole days, and cuts, filters and scope lie within the dimensions of one
table. Everything else is computed from rows.
"""

import hashlib
import json
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
from sqlglot import exp

from pacesetter.access.scope import Scope, operator_scope
from pacesetter.catalogue import aggregate, registry
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.asked import Asked, asked
from pacesetter.catalogue.facts import DIMENSIONS, FACTS, TICKET_COLUMNS, Fact
from pacesetter.catalogue.frame import Frame, among, period_of
from pacesetter.catalogue.lookups import PERIOD_SPANS, PERIODS
from pacesetter.catalogue.periods import Grain, local_day
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Definition
from pacesetter.catalogue.reduction import has_spread
from pacesetter.engine.dialect import DIALECT
from pacesetter.settings import Settings
from pacesetter.warehouse.storage import read_meta
from pacesetter.warehouse.workspace import Workspace

SETS: tuple[tuple[str, ...], ...] = (
    (), ("client",), ("team",), ("technician",), ("priority",), ("category",), ("type",), ("channel",), ("tier",),
    ("client", "team"), ("client", "priority"),
)  # fmt: skip
"""The dimensions of each table; the first that holds what a question names serves it."""


@dataclass(frozen=True)
class Table:
    """One roll-up: its name, dimensions, and the column number of each part."""

    name: str
    dims: tuple[str, ...]
    columns: Mapping[str, int]


@dataclass(frozen=True)
class Rollups:
    """The roll-ups of a generation. ``tables`` by fact and anchor; empty where there are none."""

    as_of_s: int
    zone: str
    tables: Mapping[tuple[str, str], tuple[Table, ...]]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection) -> "Rollups":
        """From the generation that ``con`` reads."""
        there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = '_rollups'").fetchall()[0][0]
        if not there:
            return cls(0, "", {})
        records = con.execute(
            "SELECT name, fact, anchor, dims, columns, as_of_s, zone FROM _rollups WHERE generation = ? ORDER BY position",
            [read_meta(con, "generation")],
        ).fetchall()
        found: dict[tuple[str, str], list[Table]] = defaultdict(list)
        for name, fact, anchor, dims, columns, _, _ in records:
            found[fact, anchor].append(Table(name, tuple(json.loads(dims)), json.loads(columns)))
        as_of_s, zone = records[0][5:] if records else (0, "")
        return cls(int(as_of_s), str(zone), {k: tuple(v) for k, v in found.items()})

    def table_for(self, fact: Fact, m: Measure, frame: Frame) -> Table | None:
        """The table that gives exactly what the rows give, None where none does."""
        query = frame.query
        if query.as_of_s != self.as_of_s or query.zone.key != self.zone or query.grain is Grain.HOUR or m.spread:
            return None
        named = {*query.by, *query.where, *(("client",) if frame.scope.clients is not None else ())}
        key = measure_key(fact, m)
        offered = self.tables.get((fact.name, m.part.anchor), ())
        return next((t for t in offered if named <= set(t.dims) and key in t.columns), None)


def measure_key(fact: Fact, m: Measure) -> str:
    """What makes two parts the same: the fact's text, the expressions and who is out."""
    told = (
        fact.source,
        fact.dated_source,
        m.value.sql(dialect=DIALECT),
        m.where.sql(dialect=DIALECT),
        m.people,
        m.timed,
    )
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]


def totals(table: Table, frame: Frame, columns: Iterable[int]) -> exp.Select:
    """p, d…, then sum and count of each column, as ``aggregate.totals`` gives them."""
    select, groups = _periods(table.name, table, frame)
    return select.select(*_sums(f"{kind}{c}" for c in columns for kind in "sn"), copy=False).group_by(
        *groups, copy=False
    )


def exclusions(table: Table, frame: Frame, columns: Iterable[int]) -> exp.Select:
    """p, d…, reason, alert, bad, then how many would have counted, as ``aggregate.exclusions`` gives them."""
    select, groups = _periods(f"{table.name}_out", table, frame)
    why = [exp.column(name, "r") for name in ("out_as", "alert", "bad")]
    select = select.select(*why, *_sums(f"w{column}" for column in columns), copy=False)
    return select.group_by(*groups, *(w.copy() for w in why), copy=False)


def _sums(names: Iterable[str]) -> list[exp.Expr]:
    return [exp.alias_(exp.cast(exp.Sum(this=exp.column(name, "r")), "BIGINT"), name) for name in names]


def _periods(name: str, table: Table, frame: Frame) -> tuple[exp.Select, list[exp.Expr]]:
    day = exp.column("day_s", "r")
    cell = exp.EQ(
        this=exp.column("cell", "c"), expression=exp.IntDiv(this=day, expression=exp.Literal.number(frame.cells.width))
    )
    groups: list[exp.Expr] = [period_of(day, "c"), *(exp.column(dim, "r") for dim in frame.query.by)]
    select = exp.select(*(exp.alias_(g.copy(), f"g{i}") for i, g in enumerate(groups))).from_(f"{name} AS r")
    select = select.join(PERIODS, on=cell, join_alias="c")
    select = select.where(exp.GTE(this=day.copy(), expression=exp.Literal.number(frame.periods[0].from_s)))
    select = select.where(exp.LT(this=day.copy(), expression=exp.Literal.number(frame.periods[-1].to_s)))
    for dim, values in frame.query.where.items():
        select = select.where(among(exp.column(dim, "r"), values, dim))
    if frame.scope.clients is not None:
        select = select.where(among(exp.column("client", "r"), tuple(sorted(frame.scope.clients)), "client"))
    return select, groups


def build(con: duckdb.DuckDBPyConnection, settings: Settings, as_of_s: int) -> int:
    """Write the roll-ups of every shipped KPI into the generation that ``con`` writes; returns the number of their rows."""
    from pacesetter.catalogue.evaluator import Evaluator

    evaluator = Evaluator(con, settings)
    for (old,) in con.execute("SELECT table_name FROM duckdb_tables() WHERE starts_with(table_name, 'r_')").fetchall():
        con.execute(f"DROP TABLE {old}")
    con.execute(
        "CREATE OR REPLACE TABLE _rollups (position INTEGER, name VARCHAR, fact VARCHAR, anchor VARCHAR, dims VARCHAR,"
        " columns VARCHAR, as_of_s BIGINT, zone VARCHAR, generation VARCHAR)"
    )
    rows, position, generation = 0, 0, read_meta(con, "generation")
    for (fact_name, anchor), measures in _parts(evaluator, as_of_s, settings).items():
        span = _span(con, FACTS[fact_name], anchor, as_of_s)
        for dims in SETS if span else ():
            if not _has_dims(FACTS[fact_name], dims):
                continue
            assert span is not None
            query = _daily(span, dims, as_of_s, settings)
            name = "_".join(("r", fact_name, anchor, *dims))
            rows += _store(con, evaluator, FACTS[fact_name], anchor, measures, query, name)
            columns = json.dumps({measure_key(FACTS[fact_name], m): i for i, m in enumerate(measures)})
            con.execute(
                "INSERT INTO _rollups VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [position, name, fact_name, anchor, json.dumps(dims), columns, as_of_s, settings.time_zone, generation],
            )
            position += 1
    return rows


def refresh(ws: Workspace) -> int:
    """Build the roll-ups of the current generation into a new one; returns the number of their rows."""
    with ws.next_generation() as generation:
        stored = read_meta(generation.con, "as_of")
        return build(generation.con, ws.settings, int(datetime.fromisoformat(stored).timestamp()) if stored else 0)


def _parts(evaluator: Any, as_of_s: int, settings: Settings) -> dict[tuple[str, str], list[Measure]]:
    """Every part that may be rolled up, each once, by fact and anchor."""
    query = _daily((0, 86_400), (), as_of_s, settings)
    found: defaultdict[tuple[str, str], dict[str, Measure]] = defaultdict(dict)
    for a in _definitions(query):
        for index, part in enumerate(a.parts):
            fact = FACTS[part.fact]
            m = evaluator.measure(a, part, fact, spread=index == 0 and has_spread(a))
            whole = not (
                fact.instant or fact.periodic or fact.lookups or fact.money or part.distinct or m.real or m.spread
            )
            if whole and fact.has_ticket and "client_id" in fact.columns:
                found[part.fact, part.anchor][measure_key(fact, m)] = m
    return {key: list(measures.values()) for key, measures in found.items()}


def _definitions(query: Query) -> Iterable[Asked]:
    for kpi in registry.catalogue().values():
        definitions: dict[str | None, Definition] = {kpi.default_variant: kpi.definition}
        definitions.update(kpi.variants)
        for variant, definition in definitions.items():
            a = asked(kpi, variant, definition, query, kpi.unit)
            yield from (x for x in (a, *a.companions(query)) if not x.definition.method)


def _span(con: duckdb.DuckDBPyConnection, fact: Fact, anchor: str, as_of_s: int) -> tuple[int, int] | None:
    column = fact.anchors[anchor]
    tree = exp.select(f"min({column})", f"max({column})").from_(
        fact.tree({"as_of": as_of_s, "home": "", "cost_key": "hours", "repeat_s": 0}, dated=False).subquery("f")
    )
    low, high = con.execute(tree.sql(dialect=DIALECT)).fetchall()[0]
    return None if low is None else (int(low), min(int(high), as_of_s))


def _has_dims(fact: Fact, dims: tuple[str, ...]) -> bool:
    return all(DIMENSIONS[d] in fact.columns or DIMENSIONS[d] in TICKET_COLUMNS for d in dims)


def _daily(span: tuple[int, int], dims: tuple[str, ...], as_of_s: int, settings: Settings) -> Query:
    zone = ZoneInfo(settings.time_zone)
    first, last = local_day(span[0], zone), local_day(span[1], zone) + timedelta(days=1)
    return Query(first=first, last=last, zone=zone, as_of_s=as_of_s, grain=Grain.DAY, by=dims)


def _store(
    con: duckdb.DuckDBPyConnection,
    evaluator: Any,
    fact: Fact,
    anchor: str,
    measures: list[Measure],
    query: Query,
    name: str,
) -> int:
    scope: Scope = operator_scope()
    frame: Frame = evaluator.frame(query, scope, query.periods(), [fact.name])
    rows = frame.rows(fact, anchor, aggregate.needed_columns(measures))
    dims = len(query.by)
    trees = {name: aggregate.totals(rows, dims, measures)}
    trees[f"{name}_out"] = aggregate.exclusions(rows, fact, dims, measures)
    named = ", ".join(f't.d{i} AS "{dim}"' for i, dim in enumerate(query.by))
    left_out = ", ".join(["p", *(f"d{i}" for i in range(dims))])
    written = 0
    for table, tree in trees.items():
        con.execute(
            f"CREATE TABLE {table} AS SELECT e.from_s AS day_s{', ' + named if named else ''}, t.* EXCLUDE ({left_out}) "
            f"FROM ({tree.sql(dialect=DIALECT)}) AS t JOIN {PERIOD_SPANS} AS e ON e.p = t.p"
        )
        written += con.execute(f"SELECT count(*) FROM {table}").fetchall()[0][0]
    return int(written)
