"""The writing of roll-ups: rows become cells and single values, and these become tables.

Owns the statements that group rows by day and dimensions, and the choice of the tables that are worth keeping. Must not know which KPIs
exist or what an import is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import duckdb
from sqlglot import exp

from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.facts import DIMENSIONS, FACTS
from pacesetter.catalogue.frame import Place
from pacesetter.catalogue.ingredients import ONE_DAY
from pacesetter.catalogue.lookups import PERIOD_SPANS
from pacesetter.catalogue.rollups import ROWS, SETS, STATE, Dims, table_name
from pacesetter.engine.dialect import DIALECT

WORTH = 6.0
"""A table is kept where it has at most one cell for so many rows of its fact: else the rows are read as fast."""
CLIENT: Dims = ("client",)
"""These are always kept, because the page of a client asks everything at once."""
SAMPLE = 8
"""Cells and rows are counted on every eighth day."""
Listed = dict[tuple[int, Dims], int]
"""The rows of each table, by the number of its fact and anchor, and its dimensions."""


@dataclass(frozen=True)
class Plan:
    """What is rolled up of one fact and anchor: the text of each column, and the measures whose values are kept."""

    src: int
    place: Place
    sums: dict[str, str]
    values: dict[str, tuple[str, Measure]]
    needed: frozenset[str]

    @property
    def dims(self) -> tuple[str, ...]:
        """The usual dimensions that its rows have."""
        columns = FACTS[self.place.fact].columns
        return tuple(d for d in dict.fromkeys(d for dims in SETS for d in dims) if DIMENSIONS[d] in columns)


class Writing:
    """Roll-ups on their way into the generation that ``con`` writes. ``listed`` is what stands there; ``worth`` 0 keeps every table."""

    def __init__(self, con: duckdb.DuckDBPyConnection, listed: Listed | None = None, worth: float = WORTH) -> None:
        self.con, self.listed, self.worth = con, dict(listed or {}), worth
        self._chosen: dict[int, list[Dims]] = {}

    def create(self, plan: Plan, rows: exp.Select) -> None:
        """Make the tables of a fact from the first of its rows, and add to them from the others. ``drop`` it before."""
        if plan.src not in self._chosen:
            fits = [
                dims
                for dims in SETS
                if set(dims) <= set(plan.dims) and (dims == CLIENT or plan.place.fact not in ONE_DAY)
            ]
            self._chosen[plan.src] = self._worth_keeping(plan, rows, fits)
        for query, dims in self._cells(plan, self.con, rows, self._chosen[plan.src]):
            self._write(plan, dims, f"{query} ORDER BY {', '.join([*_quoted(dims), 'day_s'])}")
        if plan.values:
            self._write(plan, ROWS, f"{_values(plan, rows)} ORDER BY client, day_s, ticket_key")

    def _write(self, plan: Plan, dims: Dims, query: str) -> None:
        name = f"main.{table_name(plan.src, dims)}"
        there = (plan.src, dims) in self.listed
        self.con.execute(f"INSERT INTO {name} BY NAME {query}" if there else f"CREATE TABLE {name} AS {query}")
        self.listed[plan.src, dims] = int(self.con.execute(f"SELECT count(*) FROM {name}").fetchall()[0][0])

    def drop(self, plan: Plan) -> None:
        """Take the tables of a fact away."""
        for src, dims in [key for key in self.listed if key[0] == plan.src]:
            self.con.execute(f"DROP TABLE main.{table_name(src, dims)}")
            del self.listed[src, dims]
        self._chosen.pop(plan.src, None)

    def add(self, plan: Plan, source: duckdb.DuckDBPyConnection, rows: exp.Select, sign: int) -> None:
        """Add the cells of rows that ``source`` reads to the tables that there are; with ``sign`` -1, take them off."""
        sets = [dims for src, dims in self.listed if src == plan.src and dims != ROWS]
        for query, dims in self._cells(plan, source, rows, sets, sign):
            self._write(plan, dims, query)
        if sign > 0 and (plan.src, ROWS) in self.listed:
            self._write(plan, ROWS, _values(plan, rows))

    def forget_values(self, plan: Plan, changed: str) -> None:
        """Take the single values of the tickets in the table ``changed`` away."""
        if (plan.src, ROWS) in self.listed:
            name = f"main.{table_name(plan.src, ROWS)}"
            self.con.execute(f"DELETE FROM {name} WHERE ticket_key IN (SELECT ticket_key FROM {changed})")

    def _worth_keeping(self, plan: Plan, rows: exp.Select, sets: list[Dims]) -> list[Dims]:
        """The sets of dimensions with few cells for the rows that they stand for, by an estimate of both; and that by client."""
        if not sets or not self.worth:
            return sets
        select = exp.select(exp.Count(this=exp.Star())).from_(rows.subquery("r", copy=False), copy=False)
        for dims in sets:
            key = exp.Anonymous(this="hash", expressions=[exp.column("p"), exp.column("out_as"), *_places(plan, dims)])
            select = select.select(exp.Anonymous(this="approx_count_distinct", expressions=[key]), copy=False)
        some = exp.EQ(
            this=exp.Mod(this=exp.column("p"), expression=exp.Literal.number(SAMPLE)), expression=exp.Literal.number(0)
        )
        select = select.where(some, copy=False)
        many, *cells = self.con.execute(select.sql(dialect=DIALECT)).fetchall()[0]
        return [dims for dims, n in zip(sets, cells, strict=True) if dims == CLIENT or n * self.worth <= many]

    def _cells(
        self,
        plan: Plan,
        source: duckdb.DuckDBPyConnection,
        rows: exp.Select,
        sets: list[Dims],
        sign: int = 1,
    ) -> Iterator[tuple[str, Dims]]:
        """For each set of dimensions, the query of its cells: day_s, the dimensions, why rows are out, the sums."""
        if not sets:
            return
        own = source is self.con
        query = _grouped(plan, rows, sets, text=not own)
        if own:
            self.con.execute(f"CREATE OR REPLACE TEMP TABLE rolled_cells AS {query}")
        else:
            self.con.register("rolled_cells", source.sql(query).to_arrow_table())
        minus = "-" if sign < 0 else ""
        sums = [f"{minus}CAST({c} AS {'HUGEINT' if c[0] == 'h' else 'BIGINT'}) AS {c}" for c in plan.sums.values()]
        for number, dims in enumerate(sets):
            named = [f"d{plan.dims.index(d)} AS {q}" for d, q in zip(dims, _quoted(dims), strict=True)]
            picked = ", ".join(["day_s", *named, *STATE, *sums])
            yield f"SELECT {picked} FROM rolled_cells WHERE part = {number}", dims
        if own:
            self.con.execute("DROP TABLE temp.rolled_cells")
        else:
            self.con.unregister("rolled_cells")


def _quoted(dims: Iterable[str]) -> list[str]:
    return [f'"{d}"' for d in dims]


def _places(plan: Plan, dims: Iterable[str]) -> list[exp.Expr]:
    return [exp.column(f"d{plan.dims.index(d)}") for d in dims]


def _values(plan: Plan, rows: exp.Select) -> str:
    """day_s, client, ticket_key and the values of single rows that count, null where they do not."""
    client = f"r.d{plan.dims.index('client')}"
    select = exp.select("e.from_s AS day_s", f"{client} AS client", "r.ticket_key")
    for name, m in plan.values.values():
        inside = exp.and_(exp.Is(this=exp.column("out_as"), expression=exp.Null()), m.condition())
        select = select.select(exp.alias_(exp.Case().when(inside, m.value), name), copy=False)
    select = select.from_(rows.subquery("r", copy=False), copy=False).join(
        f"{PERIOD_SPANS} AS e", on="e.p = r.p", copy=False
    )
    known = ", ".join(name for name, _ in plan.values.values())
    return f"SELECT * FROM ({select.sql(dialect=DIALECT)}) AS v WHERE coalesce({known}) IS NOT NULL"


def _grouped(plan: Plan, rows: exp.Select, sets: list[Dims], *, text: bool) -> str:
    """part (which of ``sets``), day_s, d…, why rows are out, and the sums; with ``text``, 128-bit numbers as text."""
    used = [d for d in plan.dims if any(d in some for some in sets)]
    dims = _places(plan, used)
    alert = exp.func("coalesce", exp.EQ(this=exp.column("type"), expression=exp.Literal.string("alert")), exp.false())
    has_bad = FACTS[plan.place.fact].bad_time
    bad = exp.func("coalesce", exp.column("bad_time"), exp.false()) if has_bad else exp.false()
    kept = [exp.column(name, "r") for name in ("p", "out_as", *(d.name for d in dims), *sorted(plan.needed))]
    marked = exp.select(*kept, exp.alias_(alert, "alert"), exp.alias_(bad, "bad"))
    marked = marked.from_(rows.subquery("r", copy=False), copy=False)
    select = exp.select(
        "p", *dims, *STATE, exp.alias_(exp.Anonymous(this="grouping_id", expressions=[d.copy() for d in dims]), "gid")
    )
    for sql, name in plan.sums.items():
        told = f"CAST({sql} AS VARCHAR)" if text and name[0] == "h" else sql
        select = select.select(exp.alias_(exp.Var(this=told), name), copy=False)
    select = select.from_(marked.subquery("r", copy=False), copy=False)
    listed = [", ".join(["p", *STATE, *(c.sql() for c in _places(plan, some))]) for some in sets]
    absent = [sum(1 << (len(used) - 1 - i) for i, d in enumerate(used) if d not in some) for some in sets]
    parts = " ".join(f"WHEN {bits} THEN {number}" for number, bits in enumerate(absent))
    return (
        f"SELECT CASE t.gid {parts} END AS part, e.from_s AS day_s, t.* EXCLUDE (p, gid) FROM ({select.sql(dialect=DIALECT)} "
        f"GROUP BY GROUPING SETS (({'), ('.join(listed)}))) AS t JOIN {PERIOD_SPANS} AS e ON e.p = t.p"
    )
