"""SLA clocks: one row per ticket, clock, cycle and version, from which any instant's outcome can be read.

Owns the order in which the ``clock_*.sql`` files run and the places where calendar look-ups go into them. A version begins wherever
what is known of the due instant changes: the start, a pause, its end, a new target, a reopening. Must not know KPIs.
The meaning is written down in docs/explanation/how-clocks-run.md.
"""

from importlib.resources import files

import duckdb

from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime
from pacesetter.warehouse.facts.storing import store

CLOCKS = ("respond", "plan", "update", "resolve")
RUNS_ALWAYS, RUNS_IF_OURS = 0b111110, 0b000110
"""Sets of phases (bit n is phase n, 1 new … 5 scheduled) in which a clock runs: response never pauses."""

_POLICIES = f"""
    CREATE OR REPLACE TEMP TABLE clock_policies AS
    SELECT
        p.sla_policy_id, g.clock, coalesce(p.on_reopen, 'resume') AS on_reopen,
        coalesce(p.on_priority_change, 'retarget') AS on_priority_change,
        CASE WHEN g.clock = 'respond' THEN {RUNS_ALWAYS} ELSE {RUNS_IF_OURS} END AS runs_in
    FROM sla_policies AS p
    JOIN (SELECT DISTINCT sla_policy_id, clock FROM sla_targets) AS g ON g.sla_policy_id = p.sla_policy_id"""
_TARGETS = """
    CREATE OR REPLACE TEMP TABLE clock_targets AS
    SELECT sla_policy_id, clock, nullif(priority, '') AS priority, nullif(type, '') AS type, hours,
        CAST(round(target_minutes * 60) AS BIGINT) AS target_s
    FROM sla_targets"""

RESULTS = ("clocks", "verdicts", "breach_hands")
BATCH_TICKETS = 200_000
"""Tickets whose clocks are computed together; a ticket has ten steps or so, and each is a wide row."""

_VIEWS = {
    "clock_tickets": """SELECT ticket_key, client_id, type, channel, created_s, excluded_as, excluded_s, responded_s,
        sla_policy_id, calendar_id, calendar_key FROM chunk_tickets_out WHERE {span}""",
    "clock_intervals": "SELECT * FROM chunk_intervals WHERE {span}",
    "clock_resolutions": "SELECT ticket_key, resolved_s, superseded_s FROM chunk_resolutions WHERE {span}",
    "clock_replies": """SELECT DISTINCT ticket_key, at_s FROM ev
        WHERE kind = 'reply' AND is_public AND actor_kind = 'technician' AND {span}""",
}


def write_clock_rules(con: duckdb.DuckDBPyConnection) -> None:
    """Write ``clock_policies`` (a row per policy and clock that it has targets for) and ``clock_targets`` from the canonical tables."""
    con.execute(_POLICIES)
    con.execute(_TARGETS)


def derive_clocks(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """Add to ``f_clocks``, ``f_verdicts`` and ``f_breach_hands`` those of the tickets whose other facts stand in ``chunk_*``."""
    write_clock_rules(con)
    at_risk_s = con.execute("SELECT at_risk_s FROM rules").fetchall()[0][0]
    judged = "SELECT ticket_key FROM chunk_tickets_out WHERE sla_policy_id IN (SELECT p.sla_policy_id FROM clock_policies AS p)"
    for span in batches(con, judged):
        for name, query in _VIEWS.items():
            con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query.format(span=span)}")
        version_clocks(con, time, at_risk_s=at_risk_s)
        _open_breaks(con, time)
        _run(con, "clock_hands")
        _open_dues(con, time)
        _run(con, "clock_facts")
        _run(con, "clock_verdicts")
        for result in RESULTS:
            store(con, f"f_{result}", f"batch_{result}")
        _drop(con, "clock_breaks", "versioned_clocks", "verdict_breaks", "verdict_ends")


def batches(con: duckdb.DuckDBPyConnection, keys: str) -> list[str]:
    """Conditions on ``ticket_key`` that cut the keys of a query into batches, at least one."""
    edges = [
        row[0] for row in con.execute(
            f"""SELECT ticket_key FROM (SELECT ticket_key, row_number() OVER (ORDER BY ticket_key) AS n FROM ({keys}))
            WHERE n % {BATCH_TICKETS} = 1 ORDER BY ticket_key"""
        ).fetchall()
    ] or [0]  # fmt: skip
    bounds = [*(f" AND ticket_key < {edge}" for edge in edges[1:]), ""]
    return [f"ticket_key >= {low}{high}" for low, high in zip(edges, bounds, strict=True)]


def version_clocks(con: duckdb.DuckDBPyConnection, time: BusinessTime, *, at_risk_s: int | None) -> None:
    """Write ``versioned_clocks`` from any relations named ``clock_tickets``, ``clock_intervals``, ``clock_resolutions``,
    ``clock_replies``, ``clock_policies`` and ``clock_targets``; the calendar tables are those of ``time``. ``at_risk_s`` None leaves
    ``risk_from_s`` null."""
    _run(con, "clock_runs")
    _drop(con, "clock_offs", "clock_bouts", "update_runs", "clocked")
    _run(con, "clock_steps")
    _open_steps(con, time)
    _drop(con, "clock_runs", "clock_spans", "cycled_steps", "chosen_targets")
    _run(con, "clock_dues")
    _due_steps(con, time, at_risk_s)
    _drop(con, "opened_steps")
    _run(con, "clock_rows")
    _drop(con, "due_steps")


def _open_steps(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """``opened_steps``: C(t) at both ends of each step; null where no calendar applies."""
    start = time.opened("a", "s.calendar_key", "s.start_s")
    end = time.opened("b", "s.calendar_key", "s.end_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE opened_steps AS
        SELECT s.*, {start.value} AS start_open_s, {end.value} AS end_open_s
        FROM clock_steps AS s {start.joins} {end.joins}"""
    )


def _due_steps(con: duckdb.DuckDBPyConnection, time: BusinessTime, at_risk_s: int | None) -> None:
    """``due_steps``: when each running step would use up its target, and from when on that is near. What is used up already is
    due when the step begins, whether it runs or pauses."""
    key = f"CASE WHEN s.hours = 'calendar' THEN {ALWAYS_OPEN_KEY} WHEN s.is_running THEN s.calendar_key END"
    due = time.due("d", key, "s.start_s", "CASE WHEN s.left_s > 0 THEN s.left_s END")
    risk, joins = "CAST(NULL AS BIGINT)", due.joins
    if at_risk_s is not None:
        near = time.due("n", key, "s.start_s", f"CASE WHEN s.left_s > {at_risk_s} THEN s.left_s - {at_risk_s} END")
        joins = f"{joins} {near.joins}"
        risk = f"CASE WHEN NOT s.is_running OR s.left_s <= 0 THEN NULL WHEN s.left_s <= {at_risk_s} THEN s.start_s ELSE {near.value} END"
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE due_steps AS
        SELECT s.*,
            CASE WHEN s.left_s <= 0 THEN s.start_s WHEN s.is_running THEN {due.value} END AS own_due_s,
            {due.reason} AS own_reason,
            {risk} AS own_risk_s
        FROM left_steps AS s {joins}"""
    )


def _open_dues(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """``judged_clocks``: ``versioned_clocks`` with C(due_s) of those that ended after they were due."""
    at = time.opened("u", "CASE WHEN c.ended_open_s IS NOT NULL THEN c.calendar_key END", "c.due_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW judged_clocks AS
        SELECT c.*, {at.value} AS due_open_s FROM versioned_clocks AS c {at.joins}"""
    )


def _open_breaks(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """``clock_breaks``: cycles with the version in which their target is used up, and C(t) at the start of the cycle and when it is due."""
    key = f"coalesce(c.calendar_key, {ALWAYS_OPEN_KEY})"
    start, due = time.opened("s", key, "c.started_s"), time.opened("u", key, "c.due_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE clock_breaks AS
        SELECT c.*, c.clock_key * 100000 + c.cycle AS break_key, {start.value} AS started_open_s, {due.value} AS due_open_s
        FROM (
            SELECT clock_key, ticket_key, clock, cycle, calendar_key, started_s, due_s FROM versioned_clocks
            WHERE due_s > started_s AND due_s >= valid_from_s AND due_s < coalesce(stopped_s, cancelled_s, superseded_s, {1 << 60})
        ) AS c {start.joins} {due.joins}"""
    )


def _drop(con: duckdb.DuckDBPyConnection, *tables: str) -> None:
    """Drop what only led to the next table, so that memory stays small."""
    for table in tables:
        con.execute(f"DROP TABLE {table}")


def _run(con: duckdb.DuckDBPyConnection, step: str) -> None:
    for statement in duckdb.extract_statements(files(__package__).joinpath(f"{step}.sql").read_text("utf-8")):
        con.execute(statement)
