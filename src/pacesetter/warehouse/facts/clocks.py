"""SLA clocks: one row per ticket, clock, cycle and version, from which any instant's outcome can be read.

Owns the order in which the ``clock_*.sql`` files run and the places where calendar look-ups go into them. A version begins wherever
what is known of the due instant changes: the start, a pause, its end, a new target, a reopening. Must not know KPIs.
The meaning is written down in docs/explanation/how-clocks-run.md.
"""

from importlib.resources import files

import duckdb

from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime

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

_VIEWS = {
    "clock_tickets": """SELECT ticket_key, client_id, type, channel, created_s, excluded_as, excluded_s, responded_s,
        sla_policy_id, calendar_id, calendar_key FROM chunk_tickets_out""",
    "clock_intervals": "SELECT * FROM chunk_intervals",
    "clock_resolutions": "SELECT ticket_key, resolved_s, superseded_s FROM chunk_resolutions",
    "clock_replies": """SELECT DISTINCT ticket_key, at_s FROM ev
        WHERE kind = 'reply' AND is_public AND actor_kind = 'technician'""",
}


def write_clock_rules(con: duckdb.DuckDBPyConnection) -> None:
    """Write ``clock_policies`` (a row per policy and clock that it has targets for) and ``clock_targets`` from the canonical tables."""
    con.execute(_POLICIES)
    con.execute(_TARGETS)


def derive_clocks(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """Write ``chunk_clocks`` and ``chunk_verdicts`` for the chunk whose other facts stand in the ``chunk_*`` tables."""
    write_clock_rules(con)
    for name, query in _VIEWS.items():
        con.execute(f"CREATE OR REPLACE TEMP VIEW {name} AS {query}")
    at_risk = con.execute("SELECT at_risk_s FROM rules").fetchall()[0][0]
    run_clocks(con, time, at_risk_s=at_risk)


def run_clocks(con: duckdb.DuckDBPyConnection, time: BusinessTime, *, at_risk_s: int) -> None:
    """The same over any relations named ``clock_tickets``, ``clock_intervals``, ``clock_resolutions``, ``clock_replies``,
    ``clock_policies`` and ``clock_targets``; the calendar tables are those of ``time``."""
    _run(con, "clock_runs")
    _run(con, "clock_steps")
    _open_steps(con, time)
    _run(con, "clock_dues")
    _due_steps(con, time, at_risk_s)
    _run(con, "clock_rows")
    _open_dues(con, time)
    _run(con, "clock_facts")
    _run(con, "clock_verdicts")


def _open_steps(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """``opened_steps``: C(t) at both ends of each step; null where no calendar applies."""
    start = time.opened("a", "s.calendar_key", "s.start_s")
    end = time.opened("b", "s.calendar_key", "s.end_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE opened_steps AS
        SELECT s.*, {start.value} AS start_open_s, {end.value} AS end_open_s
        FROM clock_steps AS s {start.joins} {end.joins}"""
    )


def _due_steps(con: duckdb.DuckDBPyConnection, time: BusinessTime, at_risk_s: int) -> None:
    """``due_steps``: when each running step would use up its target, and from when on that is near. What is used up already is
    due when the step begins, whether it runs or pauses."""
    key = f"CASE WHEN s.hours = 'calendar' THEN {ALWAYS_OPEN_KEY} WHEN s.is_running THEN s.calendar_key END"
    due = time.due("d", key, "s.start_s", "CASE WHEN s.left_s > 0 THEN s.left_s END")
    near = time.due("n", key, "s.start_s", f"CASE WHEN s.left_s > {at_risk_s} THEN s.left_s - {at_risk_s} END")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE due_steps AS
        SELECT s.*,
            CASE WHEN s.left_s <= 0 THEN s.start_s WHEN s.is_running THEN {due.value} END AS own_due_s,
            {due.reason} AS own_reason,
            CASE WHEN NOT s.is_running OR s.left_s <= 0 THEN NULL
                 WHEN s.left_s <= {at_risk_s} THEN s.start_s ELSE {near.value} END AS own_risk_s
        FROM left_steps AS s {due.joins} {near.joins}"""
    )


def _open_dues(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """``judged_clocks``: ``versioned_clocks`` with C(due_s) of those that ended after they were due."""
    at = time.opened("u", "CASE WHEN c.ended_open_s IS NOT NULL THEN c.calendar_key END", "c.due_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE judged_clocks AS
        SELECT c.*, {at.value} AS due_open_s FROM versioned_clocks AS c {at.joins}"""
    )


def _run(con: duckdb.DuckDBPyConnection, step: str) -> None:
    for statement in duckdb.extract_statements(files(__package__).joinpath(f"{step}.sql").read_text("utf-8")):
        con.execute(statement)
