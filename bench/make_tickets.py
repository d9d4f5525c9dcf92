"""Makes a large canonical bundle of Parquet files: deterministic, all in SQL, about nine events a ticket.

    python bench/make_tickets.py DIRECTORY --tickets 1000000

The figures are invented and only their shape matters: bursts by day, an 8 % share of reopened tickets, pauses, two tiers.
"""

import argparse
import time
from pathlib import Path

import duckdb

CLIENTS, CONTACTS, TEAMS, TECHNICIANS = 250, 25_000, 24, 480
PART = 1_000_000
START = "TIMESTAMPTZ '2023-01-01 00:00:00+00'"
SPAN_S = 3 * 365 * 86_400


def chance(column: str, salt: int) -> str:
    """SQL of a number in [0, 1) that depends on ``column`` and ``salt`` only."""
    return f"((hash(hash({column}) + {salt}) >> 11) / 9007199254740992.0)"


def pick(column: str, salt: int, count: int) -> str:
    """SQL of a whole number in [0, count)."""
    return f"CAST(floor({chance(column, salt)} * {count}) AS BIGINT)"


def small_tables(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    queries = {
        "calendars": "SELECT * FROM (VALUES ('office', 'Office hours', 'Europe/Berlin', 'mon-fri 08:00-18:00', 'DE'), "
        "('always', 'Around the clock', 'UTC', '24x7', NULL)) AS t(calendar_id, name, time_zone, hours, holidays)",
        "clients": f"SELECT 'C' || i AS client_id, 'Client ' || i AS name, 'Europe/Berlin' AS time_zone, "
        f"CASE WHEN i % 10 = 0 THEN 'always' ELSE 'office' END AS calendar_id, CAST(10 + {pick('i', 1, 400)} AS DOUBLE) AS seats "
        f"FROM range({CLIENTS}) AS r(i)",
        "contacts": f"SELECT 'P' || i AS contact_id, 'C' || (i % {CLIENTS}) AS client_id, 'Person ' || i AS name "
        f"FROM range({CONTACTS}) AS r(i)",
        "teams": f"SELECT 'TEAM' || i AS team_id, 'Team ' || i AS name, 'msp' AS organisation, CAST(1 + i % 3 AS DOUBLE) AS tier "
        f"FROM range({TEAMS}) AS r(i)",
        "technicians": f"SELECT 'A' || i AS technician_id, 'Technician ' || i AS name, 'TEAM' || (i % {TEAMS}) AS team_id "
        f"FROM range({TECHNICIANS}) AS r(i)",
        "ticket_statuses": "SELECT * FROM (VALUES ('New', 'new'), ('In progress', 'active'), ('Waiting', 'waiting_requester'), "
        "('Resolved', 'resolved'), ('Closed', 'closed')) AS t(status, phase)",
        "sla_policies": "SELECT 'standard' AS sla_policy_id, 'Standard' AS name, 'office' AS calendar_id",
        "sla_targets": "SELECT 'standard' AS sla_policy_id, clock, priority, CAST(minutes AS DOUBLE) AS target_minutes, "
        "'business' AS hours FROM (VALUES ('respond', 'high', 60), ('respond', 'normal', 240), ('respond', 'low', 480), "
        "('resolve', 'high', 480), ('resolve', 'normal', 1440), ('resolve', 'low', 2880)) AS t(clock, priority, minutes)",
    }
    for name, query in queries.items():
        con.execute(f"COPY ({query}) TO '{out / name}.parquet' (FORMAT parquet)")


def ticket_rows(low: int, high: int, total: int) -> str:
    """The moments and holders of tickets, from which both tables are written."""
    return f"""
        SELECT i, 'T' || lpad(CAST(i AS VARCHAR), 9, '0') AS ticket_id,
            {START} + to_seconds(CAST(i * {SPAN_S / total} AS BIGINT)) AS created_at,
            {pick("i", 2, CLIENTS)} AS client,
            {pick("i", 3, CONTACTS // CLIENTS)} AS contact,
            {pick("i", 4, TEAMS)} AS team, {pick("i", 5, TECHNICIANS)} AS technician,
            CAST(60 + -ln(1 - {chance("i", 6)}) * 3600 AS BIGINT) AS to_reply,
            CAST(600 + -ln(1 - {chance("i", 7)}) * 40000 AS BIGINT) AS to_wait,
            CAST(600 + -ln(1 - {chance("i", 8)}) * 60000 AS BIGINT) AS waiting,
            CAST(600 + -ln(1 - {chance("i", 9)}) * 90000 AS BIGINT) AS to_resolve,
            {chance("i", 10)} < 0.08 AS reopened, {chance("i", 11)} < 0.97 AS done, {chance("i", 12)} < 0.6 AS paused,
            {chance("i", 13)} < 0.12 AS escalated
        FROM range({low}, {high}) AS r(i)"""


def tickets_query(rows: str) -> str:
    words = "['incident', 'request', 'request', 'task', 'change', 'problem', 'alert', 'incident']"
    return f"""
        SELECT ticket_id, 'C' || client AS client_id, created_at, {words}[1 + {pick("i", 14, 8)}] AS type,
            'Subject of ' || i AS subject, ['email', 'phone', 'portal', 'chat'][1 + {pick("i", 15, 4)}] AS channel,
            'requester' AS opened_by, ['high', 'normal', 'normal', 'low'][1 + {pick("i", 16, 4)}] AS priority,
            'category ' || {pick("i", 17, 40)} AS category, 'P' || (contact * {CLIENTS} + client) AS contact_id,
            'TEAM' || team AS team_id, 'A' || technician AS technician_id,
            CASE WHEN done THEN 'Closed' ELSE 'In progress' END AS status, 'standard' AS sla_policy_id, 'bench' AS source
        FROM ({rows})"""


def events_query(rows: str) -> str:
    at = "created_at + to_seconds({})"
    waits = "to_reply + to_wait"
    resolved = f"{waits} + waiting + to_resolve"
    event = "{{'n': {n}, 'keep': {keep}, 'at': {at}, 'kind': '{kind}', 'actor': {actor}, 'old': {old}, 'new': {new}}}"
    listed = [
        ("TRUE", "0", "created", "'requester'", "NULL", "'New'"),
        ("TRUE", "20", "team", "'automation'", "NULL", "'TEAM' || team"),
        ("TRUE", "to_reply // 2", "assignment", "'automation'", "NULL", "'A' || technician"),
        ("TRUE", "to_reply", "reply", "'technician'", "NULL", "NULL"),
        ("TRUE", "to_reply", "status", "'technician'", "'New'", "'In progress'"),
        (
            "escalated",
            "to_reply + to_wait // 2",
            "team",
            "'technician'",
            "'TEAM' || team",
            f"'TEAM' || ((team + 1) % {TEAMS})",
        ),
        ("paused", waits, "status", "'technician'", "'In progress'", "'Waiting'"),
        ("paused", f"{waits} + waiting", "reply", "'requester'", "NULL", "NULL"),
        ("paused", f"{waits} + waiting", "status", "'automation'", "'Waiting'", "'In progress'"),
        ("done", resolved, "status", "'technician'", "'In progress'", "'Resolved'"),
        ("done", resolved, "reply", "'technician'", "NULL", "NULL"),
        ("done AND reopened", f"{resolved} + 90000", "status", "'requester'", "'Resolved'", "'In progress'"),
        ("done AND reopened", f"{resolved} + 150000", "status", "'technician'", "'In progress'", "'Resolved'"),
        ("done", f"{resolved} + 259200", "status", "'automation'", "'Resolved'", "'Closed'"),
    ]
    structs = ", ".join(
        event.format(n=n, keep=keep, at=at.format(moment), kind=kind, actor=actor, old=f"CAST({old} AS VARCHAR)",
                     new=f"CAST({new} AS VARCHAR)")
        for n, (keep, moment, kind, actor, old, new) in enumerate(listed)
    )  # fmt: skip
    return f"""
        SELECT 'E' || lpad(CAST(i * 16 + e.n AS VARCHAR), 11, '0') AS event_id, ticket_id, e.at AS occurred_at, e.kind AS kind,
            e.actor AS actor_kind, CASE e.actor WHEN 'technician' THEN 'A' || technician END AS actor_id,
            e.old AS from_value, e.new AS to_value, CASE WHEN e.kind = 'reply' THEN TRUE END AS is_public
        FROM (SELECT i, ticket_id, technician, unnest([{structs}]) AS e FROM ({rows})) WHERE e.keep"""


def make(out: Path, tickets: int) -> None:
    """Write the bundle of ``tickets`` tickets to ``out``, in parts of a million tickets."""
    out.mkdir(parents=True, exist_ok=True)
    con = duckdb.connect()
    con.execute("SET preserve_insertion_order = false")
    con.execute("SET TimeZone = 'UTC'")
    small_tables(con, out)
    for name in ("tickets", "ticket_events"):
        (out / name).mkdir(exist_ok=True)
    for number, low in enumerate(range(0, tickets, PART)):
        rows = ticket_rows(low, min(low + PART, tickets), tickets)
        for name, query in (("tickets", tickets_query(rows)), ("ticket_events", events_query(rows))):
            con.execute(
                f"COPY ({query}) TO '{out / name}/part-{number:03d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    arguments = parser.parse_args()
    begin = time.perf_counter()
    make(arguments.directory, arguments.tickets)
    print(f"{arguments.tickets:,} tickets in {time.perf_counter() - begin:.1f} s")
