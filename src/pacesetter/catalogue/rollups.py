"""Roll-ups: daily sums of additive parts by the usual dimensions, kept with the generation, so that screens need no pass over rows.

Owns their layout, when they may serve, and how sums are read from them. They serve only where they give exactly what the rows give: whole
numbers, at the generation's as-of instant, in the workspace's zone, in whole days, cut and filtered within the dimensions of one
table. Everything else is computed from rows. How they are made is in ``rollup_building``.

Each fact and anchor (``src``) has one table for each set of dimensions that is worth it: ``day_s`` (the local midnight), the dimensions,
why rows are out (``out_as``, ``alert``, ``bad``), and one column for each ingredient of its KPIs. A cell may stand in several rows,
which add up: an import adds what changed. A table ``rows`` holds the values of single rows by client, for quantiles.
"""

import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import duckdb
from sqlglot import exp

from pacesetter.catalogue import reduction
from pacesetter.catalogue.aggregate import FRACTIONS, Measure
from pacesetter.catalogue.facts import DIMENSIONS, FACTS
from pacesetter.catalogue.frame import Frame, Place, among, period_of
from pacesetter.catalogue.ingredients import Ingredients, ingredients
from pacesetter.catalogue.lookups import PERIODS
from pacesetter.catalogue.periods import Grain
from pacesetter.catalogue.reduction import Sums
from pacesetter.catalogue.total import Total
from pacesetter.engine.dialect import DIALECT
from pacesetter.warehouse.storage import read_meta

Dims = tuple[str, ...]
SETS: tuple[Dims, ...] = (
    ("client",), ("type",), ("priority",), ("channel",), ("tier",), ("team",), ("category",), ("technician",), ("client", "priority"),
)  # fmt: skip
"""The sets of dimensions of tables."""
ROWS: Dims = ("rows",)
"""Stands where dimensions do, for the table of single values."""
STATE = ("out_as", "alert", "bad")
Run = Callable[[exp.Query], list[tuple[Any, ...]]]


@dataclass(frozen=True)
class Source:
    """One fact and anchor: its number, the column of each ingredient, and by key that of each measure whose values are kept."""

    src: int
    columns: Mapping[str, str]
    values: Mapping[str, str]


@dataclass(frozen=True)
class Wanted:
    """A measure, what its totals are made of, and the dimensions of the table that serves it."""

    place: Place
    source: Source
    measure: Measure
    made_of: Ingredients
    dims: Dims


def table_name(src: int, dims: Dims) -> str:
    """The name of the table of these dimensions."""
    return "_".join(("r", str(src), *dims))


def view_mark(place: Place, params: Mapping[str, int | str]) -> str:
    """What the rows of a place depend on beside the records: the text of the fact and the workspace's rules."""
    fact = FACTS[place.fact]
    rules = {k: v for k, v in params.items() if k != "as_of"}
    return json.dumps([fact.source, fact.dated_source, fact.anchors[place.anchor], rules], sort_keys=True)


@dataclass(frozen=True)
class Rollups:
    """The roll-ups of a generation; ``tables`` are the rows of each, by source and dimensions. Empty where there are none."""

    as_of_s: int
    zone: str
    sources: Mapping[Place, Source]
    tables: Mapping[tuple[int, Dims], int]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection, params: Mapping[str, int | str]) -> "Rollups":
        """From the generation that ``con`` reads; what was made under other rules or for an earlier generation is left alone."""
        there = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = '_rollups'").fetchall()[0][0]
        made = (
            con.execute("SELECT generation, as_of_s, zone, sources, tables FROM _rollups").fetchall() if there else []
        )
        if not made or made[0][0] != read_meta(con, "generation"):
            return NONE
        _, as_of_s, zone, sources, tables = made[0]
        found = {}
        for fact, anchor, lacking, src, mark, columns, values in json.loads(sources):
            place = Place(fact, anchor, tuple(lacking))
            if fact in FACTS and mark == view_mark(place, params):
                found[place] = Source(src, columns, values)
        return cls(int(as_of_s), str(zone), found, {(src, tuple(dims)): n for src, dims, n in json.loads(tables)})

    def sums(
        self, wanted: Mapping[Place, Mapping[str, Measure]], frame: Frame, run: Run
    ) -> dict[tuple[Place, str], Sums]:
        """The sums of the measures that can be served exactly, by place and key; those of others are left out."""
        if not self.may_serve(frame):
            return {}
        chosen = (self._choose(place, m, frame) for place, measures in wanted.items() for m in measures.values())
        served = [one for one in chosen if one is not None]
        found: dict[tuple[Place, str], Sums] = {(one.place, one.measure.key): Sums() for one in served}
        if served:
            _read_sums(served, frame, run, found)
            _read_quantiles([one for one in served if one.measure.quantiles], frame, run, found)
        return found

    def may_serve(self, frame: Frame) -> bool:
        """Whether the question stands where the roll-ups stand."""
        query = frame.query
        same = query.as_of_s == self.as_of_s and query.zone.key == self.zone
        return same and query.grain is not Grain.HOUR and bool(self.sources)

    def _choose(self, place: Place, m: Measure, frame: Frame) -> Wanted | None:
        """The smallest table that gives exactly what the rows give, None where none does."""
        source, named, made_of = self.sources.get(place), _dimensions(frame), ingredients(FACTS[place.fact], m)
        if source is None or made_of is None or not all(t in source.columns for t in made_of.texts):
            return None
        if m.quantiles and not (m.key in source.values and named <= {"client"} and (source.src, ROWS) in self.tables):
            return None
        fitting = [(n, d) for (src, d), n in self.tables.items() if src == source.src and d != ROWS and named <= set(d)]
        if m.part.distinct:  # a key may stand in several teams, never at several clients
            fitting = [(n, dims) for n, dims in fitting if dims == ("client",)]
        return Wanted(place, source, m, made_of, min(fitting)[1]) if fitting else None


NONE = Rollups(0, "", {}, {})
"""Where there are none."""


def _dimensions(frame: Frame) -> set[str]:
    """The dimensions that a question names, the scope's among them."""
    return {*frame.query.by, *frame.query.where, *(("client",) if frame.scope.clients is not None else ())}


class _Columns(dict[str, int]):
    """Result columns by their text, each with its place."""

    def place(self, text: str) -> int:
        return self.setdefault(text, len(self))


_Record = tuple[tuple[int, tuple[Any, ...]], tuple[Any, ...], Sequence[Any]]
"""A group (period and dimensions), why its rows are out, and the values of the columns."""
_COUNT = "r.out_as IS NULL"
_OUTSIDE = "(r.out_as IS NOT NULL OR r.alert OR r.bad)"


def _read_sums(wanted: list[Wanted], frame: Frame, run: Run, found: dict[tuple[Place, str], Sums]) -> None:
    """Sums of the rows that count, and how many are out by reason: one statement over all tables where there is one group a period, two
    where groups are many, so that what counts comes ready summed."""
    inside = defaultdict[tuple[int, Dims], _Columns](_Columns)
    outside = defaultdict[tuple[int, Dims], _Columns](_Columns) if frame.query.by else inside
    plans = []
    for one in wanted:
        table, column, m, made_of = (one.source.src, one.dims), one.source.columns, one.measure, one.made_of
        texts = [made_of.total, made_of.n, *(t for t in (made_of.squares, made_of.cubes) if t)]
        places = [inside[table].place(_counted(column[t], m.people, m.timed)) for t in texts]
        plans.append((one, table, places, outside[table].place(_counted(column[made_of.hits], False, False))))
    if frame.query.by:
        counts, outs = _run_union(inside, frame, run, _COUNT), _run_union(outside, frame, run, _OUTSIDE, by_state=True)
    else:
        outs = _run_union(inside, frame, run, None, by_state=True)
        counts = {table: _merged(records) for table, records in outs.items()}
    known: dict[tuple[Any, ...], dict[Any, dict[str, int]]] = {}
    for one, table, (total, n, *spread), hits in plans:
        m, sums = one.measure, found[one.place, one.measure.key]
        for group, _, values in counts.get(table, ()):
            if values[n]:
                powers = [values[place] for place in spread] or [None, None]
                sums.by_key[group] = Total(values[total], values[n], None, *powers)
        alike = (table, hits, m.people, m.timed)
        if alike not in known:
            rows = ((group, state, values[hits]) for group, state, values in outs.get(table, ()))
            known[alike] = reduction.reasons(rows, m.people, m.timed)
        sums.excluded = known[alike]


def _merged(records: list[_Record]) -> list[_Record]:
    """The records of the population, those of one group added up."""
    found: dict[Any, Sequence[Any]] = {}
    for group, state, values in records:
        if state[0] is None:
            before = found.get(group)
            found[group] = values if before is None else [_added(a, b) for a, b in zip(before, values, strict=True)]
    return [(group, (), values) for group, values in found.items()]


def _added(a: int | None, b: int | None) -> int | None:
    return b if a is None else a if b is None else a + b


def _read_quantiles(wanted: list[Wanted], frame: Frame, run: Run, found: dict[tuple[Place, str], Sums]) -> None:
    """Quantiles, from the values of single rows."""
    tables, plans = defaultdict[tuple[int, Dims], _Columns](_Columns), []
    for one in wanted:
        plans.append((one, tables[one.source.src, ROWS].place(_quantiles(one.source.values[one.measure.key]))))
    records = _run_union(tables, frame, run, None) if tables else {}
    for one, place in plans:
        by_key = found[one.place, one.measure.key].by_key
        for group, _, values in records.get((one.source.src, ROWS), ()):
            if values[place] is not None:
                by_key[group] = by_key[group]._replace(quantiles=values[place])


@lru_cache(maxsize=4_000)
def _counted(column: str, people: bool, timed: bool) -> str:
    """The sum of a column over the rows that count for a measure (the statement has those of the population)."""
    out = [f for f, is_out in (("alert", people), ("bad", timed)) if is_out]
    value: exp.Expr = exp.column(column, "r")
    if out:
        value = exp.Case().when(exp.and_(*(exp.Not(this=exp.column(f, "r")) for f in out)), value)
    return exp.Sum(this=value).sql(dialect=DIALECT)


@lru_cache(maxsize=4_000)
def _quantiles(column: str) -> str:
    """The quantile function of a column."""
    fractions = exp.Array(expressions=[exp.Literal.number(f) for f in FRACTIONS])
    value = exp.cast(exp.column(column, "r"), "DOUBLE")
    return exp.Anonymous(this="quantile_cont", expressions=[value, fractions]).sql(dialect=DIALECT)


def _run_union(
    tables: Mapping[tuple[int, Dims], _Columns],
    frame: Frame,
    run: Run,
    condition: str | None,
    *,
    by_state: bool = False,
) -> dict[tuple[int, Dims], list[_Record]]:
    """The columns of every table by period and dimensions, and by why rows are out, of the rows under the condition."""
    keys, dims = list(tables), len(frame.query.by)
    period = exp.Var(this=period_of(exp.column("day_s", "r"), "c").sql(dialect=DIALECT))
    conditions, cells = _conditions(frame), _cell(frame)
    found: exp.Query | None = None
    for number, ((src, of), columns) in enumerate(tables.items()):
        groups = [period.copy(), *(exp.column(d, "r", quoted=True) for d in frame.query.by)]
        where = list(conditions)
        where += [exp.Var(this=condition)] if condition else []
        groups += [exp.column(name, "r") for name in STATE] if by_state else []
        values = exp.Var(this=f"[{', '.join(columns)}]")
        select = exp.Select(expressions=[exp.Literal.number(number), *groups, values])
        table = exp.Table(
            this=exp.to_identifier(table_name(src, of)), alias=exp.TableAlias(this=exp.to_identifier("r"))
        )
        select = select.from_(table, copy=False)
        select = select.join(PERIODS, on=exp.Var(this=cells), join_alias="c", copy=False)
        select = select.where(*where, copy=False)
        select = select.group_by(*(exp.Literal.number(n + 2) for n in range(len(groups))), copy=False)
        found = select if found is None else exp.Union(this=found, expression=select, distinct=False)
    by_table: dict[tuple[int, Dims], list[_Record]] = defaultdict(list)
    for record in run(found) if found is not None else ():
        by_table[keys[record[0]]].append(((record[1], record[2 : 2 + dims]), record[2 + dims : -1], record[-1]))
    return by_table


def _cell(frame: Frame) -> str:
    at = exp.IntDiv(this=exp.column("day_s", "r"), expression=exp.Literal.number(frame.cells.width))
    return exp.EQ(this=exp.column("cell", "c"), expression=at).sql(dialect=DIALECT)


def _conditions(frame: Frame) -> list[exp.Expr]:
    """What limits the rows of every table to the question and the scope, rendered."""
    day = exp.column("day_s", "r")
    found: list[exp.Expr] = [
        exp.GTE(this=day, expression=exp.Literal.number(frame.periods[0].from_s)),
        exp.LT(this=day.copy(), expression=exp.Literal.number(frame.periods[-1].to_s)),
    ]
    found += [among(exp.column(dim, "r", quoted=True), values, dim) for dim, values in frame.query.where.items()]
    if frame.scope.clients is not None:
        found.append(among(exp.column("client", "r"), tuple(sorted(frame.scope.clients)), "client"))
    return [exp.Var(this=exp.paren(tree, copy=False).sql(dialect=DIALECT)) for tree in found]


assert {d for dims in SETS for d in dims} <= set(DIMENSIONS)
