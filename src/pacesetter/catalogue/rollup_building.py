"""The making of roll-ups: of all records, or, after an import, of what changed.

Owns the plan (which facts, which ingredients), the cells of a fact and the difference that an import makes: what the changed tickets gave
before is taken off, what they give now is added, exactly, because parts are whole numbers. Facts that an import derives anew as a whole are
rolled up anew as a whole. Must not know how a question is answered from roll-ups.
"""

import contextlib
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import duckdb
from sqlglot import exp

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.aggregate import Measure
from pacesetter.catalogue.asked import Asked, asked
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.frame import Place
from pacesetter.catalogue.ingredients import ingredients
from pacesetter.catalogue.needs import Provided
from pacesetter.catalogue.periods import Grain, local_day
from pacesetter.catalogue.query import HOURS, Query
from pacesetter.catalogue.record import Definition
from pacesetter.catalogue.reduction import WITHOUT_CALENDAR
from pacesetter.catalogue.rollup_writing import WORTH, Listed, Plan, Writing
from pacesetter.catalogue.rollups import view_mark
from pacesetter.engine.dialect import DIALECT
from pacesetter.settings import Settings
from pacesetter.warehouse import facts
from pacesetter.warehouse.finishing import Finished
from pacesetter.warehouse.storage import count, read_meta
from pacesetter.warehouse.workspace import Workspace

FOLLOWED = frozenset({
    "tickets", "responses", "resolutions", "closures", "escalations", "handled", "replies", "first_resolutions", "clocks",
    "breach_hands", "verdicts", "promises", "hands", "triages", "article_uses",
})  # fmt: skip
"""Facts whose rows depend on their own ticket alone, so that a change of some tickets is a difference of those rows."""
FEWEST = 20_000
"""Tickets below which nothing is rolled up: their rows are read as fast."""
MOST = 0.2
"""Beyond this share of changed tickets, everything is made anew."""
CHANGED = "rolled_tickets"
"""The temporary table of the tickets whose contributions may differ."""


FACT_TABLES = sorted(set(facts.FACTS) - {"_defects"})
PIECE = 2_500_000
"""Rows that are rolled up in one statement."""
GROWN = 1.5
"""Differences are added until the tables have grown by so much; then everything is made anew."""


def plans(provided: Provided) -> list[Plan]:
    """What is worth rolling up: the parts of all shipped KPIs that can be known from what is ``provided``, in all kinds of hours; of rival
    definitions what lies on the same facts."""
    texts: defaultdict[Place, dict[str, None]] = defaultdict(dict)
    values: defaultdict[Place, dict[str, Measure]] = defaultdict(dict)
    needed: defaultdict[Place, set[str]] = defaultdict(set)
    asked_for = [a for a in _definitions() if not a.unmet(provided)]
    usual = {a.place(p, provided) for a in asked_for if a.variant == a.kpi.default_variant for p in a.parts}
    mixed = bool(provided.with_calendar and provided.without_calendar)
    for a in asked_for:
        uncalendared = a.without_calendar if mixed else None
        for index, part in [*enumerate(a.parts), *([(WITHOUT_CALENDAR, uncalendared)] if uncalendared else [])]:
            fact, place = FACTS[part.fact], a.place(part, provided)
            m = Evaluator.measure(a, part, fact, index == 0)
            made_of = ingredients(fact, m)
            if made_of is None or place not in usual:
                continue
            texts[place] |= dict.fromkeys(made_of.texts)
            needed[place] |= m.columns
            if m.quantiles and {"client_id", "ticket_key"} <= set(fact.columns):
                values[place][m.key] = m
    return [
        Plan(
            src,
            place,
            _numbered(listed),
            {k: (f"v{i}", m) for i, (k, m) in enumerate(values[place].items())},
            frozenset(needed[place]),
        )
        for src, (place, listed) in enumerate(sorted(texts.items(), key=lambda item: repr(item[0])))
    ]


def _numbered(texts: Iterable[str]) -> dict[str, str]:
    """Text to column: ``h…`` for what needs 128 bits, ``c…`` for the rest."""
    wide = [t for t in texts if "INT128" in t]
    narrow = [t for t in texts if "INT128" not in t]
    return {t: f"h{i}" for i, t in enumerate(wide)} | {t: f"c{i}" for i, t in enumerate(narrow)}


def _definitions() -> Iterator[Asked]:
    zone = ZoneInfo("UTC")
    day = local_day(0, zone)
    for kpi in registry.catalogue().values():
        definitions: dict[str | None, Definition] = {kpi.default_variant: kpi.definition}
        definitions.update(kpi.variants)
        for hours in HOURS if kpi.hours else (None,):
            query = Query(first=day, last=day + timedelta(days=1), zone=zone, as_of_s=0, hours=hours)
            for variant, definition in definitions.items():
                a = asked(kpi, variant, definition, query, kpi.unit)
                yield from (x for x in (a, *a.companions(query)) if not x.definition.method)


def keep_up(done: Finished) -> None:
    """The step of an import: bring the roll-ups of the generation that is being built up to date, where it is large enough for them."""
    if count(done.generation.con, "main.tickets") >= FEWEST:
        Building(done.generation.con, done.ws.settings).keep_up(done)


def refresh(ws: Workspace, worth: float = WORTH) -> int:
    """Make the roll-ups of the current generation anew, into a new one; returns the number of their rows. ``worth`` 0 keeps every table."""
    with ws.next_generation() as generation:
        return Building(generation.con, ws.settings).anew(worth)


class Building:
    """Roll-ups under construction in the generation that ``con`` writes (``scratch`` is attached)."""

    def __init__(self, con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
        self.con, self.settings = con, settings
        self.evaluator = Evaluator(con, settings)
        self.as_of_s = as_of_of(con)
        self.plans = plans(self.evaluator.provided.at(self.as_of_s))
        params = self.evaluator.params(self.as_of_s)
        self.sources = json.dumps(
            [
                [*p.place, p.src, view_mark(p.place, params), p.sums, {k: v for k, (v, _) in p.values.items()}]
                for p in self.plans
            ]
        )

    def anew(self, worth: float = WORTH) -> int:
        """Make everything from all rows; returns the number of rows written."""
        tables = self.con.execute(
            "SELECT table_name FROM duckdb_tables() WHERE table_name SIMILAR TO 'r_[0-9]+_.*'"
        ).fetchall()
        for (old,) in tables:
            self.con.execute(f"DROP TABLE main.{old}")
        writing = Writing(self.con, worth=worth)
        for plan in self.plans:
            self._create(writing, plan)
        rows = sum(writing.listed.values())
        self._remember(writing.listed, rows)
        return rows

    def _create(self, writing: Writing, plan: Plan) -> None:
        writing.drop(plan)
        for rows in rows_of(self.evaluator, plan, self.as_of_s):
            writing.create(plan, rows)

    def keep_up(self, done: Finished) -> None:
        """Add the difference that the changed tickets make, where that is possible; else make everything anew."""
        done.progress("rolling up", None)
        made = self._made() if done.changed else None
        if made is None or not self._mark_changed(done, made[0]):
            self.anew()
            return
        writing = Writing(self.con, made[1])
        followed = [p for p in self.plans if p.place.fact in FOLLOWED]
        for plan in self.plans:
            if plan not in followed:
                self._create(writing, plan)
        with done.ws.reader() as old:
            old.register(CHANGED, self.con.sql(f"SELECT ticket_key FROM {CHANGED}").to_arrow_table())
            self._difference(writing, followed, Evaluator(old, self.settings), made[0], sign=-1)
        self._difference(writing, followed, self.evaluator, self.as_of_s, sign=1)
        self._remember(writing.listed, made[2])

    def _difference(
        self, writing: Writing, followed: list[Plan], evaluator: Evaluator, as_of_s: int, *, sign: int
    ) -> None:
        """Add (or take off) what the changed tickets give, by way of small copies of the facts that hold them alone."""
        with only_changed(evaluator.con):
            for plan in followed:
                if sign > 0:
                    writing.forget_values(plan, CHANGED)
                for rows in rows_of(evaluator, plan, as_of_s):
                    writing.add(plan, evaluator.con, rows, sign)

    def _made(self) -> tuple[int, Listed, int] | None:
        """As-of instant, tables and first number of rows of what was made before, None where it does not fit or has grown too much."""
        there = self.con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = '_rollups'").fetchall()[0][0]
        if not there:
            return None
        before = str(int(read_meta(self.con, "generation") or "1") - 1)
        found = self.con.execute(
            "SELECT as_of_s, tables, full_rows FROM _rollups WHERE generation = ? AND zone = ? AND sources = ?",
            [before, self.settings.time_zone, self.sources],
        ).fetchall()
        if not found:
            return None
        as_of_s, tables, full_rows = found[0]
        listed = {(src, tuple(dims)): n for src, dims, n in json.loads(tables)}
        return (int(as_of_s), listed, int(full_rows)) if sum(listed.values()) <= GROWN * full_rows else None

    def _mark_changed(self, done: Finished, before_s: int) -> bool:
        """List the tickets that changed, or that the way from one as-of instant to the next changes. False where they are many."""
        low, high = sorted((before_s, self.as_of_s))
        selects = [f"SELECT ticket_key FROM {done.changed}"]
        for table, column in self.con.execute(
            "SELECT table_name, column_name FROM duckdb_columns() WHERE list_contains(?, table_name) "
            "AND ends_with(column_name, '_s') AND data_type = 'BIGINT' AND schema_name = 'main' AND NOT internal",
            [sorted(FACT_TABLES)],
        ).fetchall():
            selects.append(f"SELECT ticket_key FROM main.{table} WHERE {column} >= {low} AND {column} <= {high}")
        self.con.execute(
            f"CREATE OR REPLACE TEMP TABLE {CHANGED} AS SELECT DISTINCT ticket_key FROM ({' UNION ALL '.join(selects)})"
        )
        many, all_of = self.con.execute(
            f"SELECT (SELECT count(*) FROM {CHANGED}), (SELECT count(*) FROM main.f_tickets)"
        ).fetchall()[0]
        return bool(many <= MOST * all_of)

    def _remember(self, listed: Listed, full_rows: int) -> None:
        self.con.execute(
            "CREATE OR REPLACE TABLE _rollups (generation VARCHAR, as_of_s BIGINT, zone VARCHAR, sources VARCHAR, tables VARCHAR,"
            " full_rows BIGINT)"
        )
        tables = json.dumps([[src, dims, n] for (src, dims), n in listed.items()])
        row = [
            read_meta(self.con, "generation"),
            self.as_of_s,
            self.settings.time_zone,
            self.sources,
            tables,
            full_rows,
        ]
        self.con.execute("INSERT INTO _rollups VALUES (?, ?, ?, ?, ?, ?)", row)


def as_of_of(con: duckdb.DuckDBPyConnection) -> int:
    """The as-of instant of a generation, epoch seconds."""
    stored = read_meta(con, "as_of")
    return int(datetime.fromisoformat(stored).timestamp()) if stored else 0


@contextlib.contextmanager
def only_changed(con: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """For a while, the facts of ``con`` hold the changed tickets alone: temporary tables stand before those of the generation."""
    for table in FACT_TABLES:
        con.execute(
            f"CREATE OR REPLACE TEMP TABLE {table} AS SELECT * FROM main.{table} "
            f"WHERE ticket_key IN (SELECT ticket_key FROM {CHANGED})"
        )
    try:
        yield
    finally:
        for table in FACT_TABLES:
            con.execute(f"DROP TABLE temp.{table}")


def rows_of(evaluator: Evaluator, plan: Plan, as_of_s: int) -> Iterator[exp.Select]:
    """The rows of a plan with their day ``p`` and dimensions, in pieces of days so that memory is bounded; each is to be read before the
    next is asked for. A fact in which tickets depend on each other comes in one piece."""
    fact, zone = FACTS[plan.place.fact], ZoneInfo(evaluator.settings.time_zone)
    column = fact.anchors[plan.place.anchor]
    view = fact.tree(evaluator.params(as_of_s), dated=False).subquery("f", copy=False)
    tree = exp.select(f"min({column})", f"max({column})", "count(*)").from_(view, copy=False)
    low, high, many = evaluator.con.execute(tree.sql(dialect=DIALECT)).fetchall()[0]
    if low is None:
        return
    first, last = local_day(int(low), zone), local_day(int(high), zone) + timedelta(days=1)
    pieces = 1 + many // PIECE if fact.name in FOLLOWED else 1
    step = timedelta(days=-(-(last - first).days // pieces))
    while first < last:
        query = Query(
            first=first, last=min(first + step, last), zone=zone, as_of_s=as_of_s, grain=Grain.DAY, by=plan.dims
        )
        frame = evaluator.frame(query, operator_scope(), query.periods(), [fact.name])
        yield frame.rows(plan.place, set(plan.needed))
        first += step
