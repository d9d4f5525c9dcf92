"""Makes a large canonical bundle of Parquet files: deterministic, all in SQL, about ten events a ticket.

    python bench/make_tickets.py DIRECTORY --tickets 1000000

The figures are invented and only their shape matters: bursts by day, an 8 % share of reopened tickets, pauses, two tiers. Beside the
tickets stand what their KPIs need: surveys, knowledge articles with their use, time entries, invoices, costs, outages.
"""

import argparse
import time
from pathlib import Path

import duckdb

CLIENTS, CONTACTS, TEAMS, TECHNICIANS, ARTICLES, MONTHS = 250, 25_000, 24, 480, 300, 36
PART = 1_000_000
START = "TIMESTAMPTZ '2023-01-01 00:00:00+00'"
SPAN_S = 3 * 365 * 86_400

ASKED = (
    "Password reset for", "Account locked at", "Printer is jammed at", "Cannot open mail at", "New laptop for",
    "Access to a share for", "Monitor stays dark at", "Slow network at", "Software to install for",
    "Telephone does not ring at", "Backup failed at", "Certificate runs out at", "Scanner sends nothing from",
    "Remote desktop ends at", "Licence is missing at", "Calendar is empty for", "Video call drops at", "Disk is full at",
    "Update hangs at", "Keyboard is broken at",
)  # fmt: skip
PLACES = (
    "the reception", "accounting", "the warehouse", "a new colleague", "the board room", "the branch", "sales",
    "production", "a guest", "the home office",
)  # fmt: skip
SYLLABLES = (
    "ba", "de", "fi", "go", "hu", "ka", "le", "mi", "no", "pu", "ra", "se", "ti", "vo", "wu", "za", "ber", "dan", "fel", "gor",
)  # fmt: skip


def chance(column: str, salt: int) -> str:
    """SQL of a number in [0, 1) that depends on ``column`` and ``salt`` only."""
    return f"((hash(hash({column}) + {salt}) >> 11) / 9007199254740992.0)"


def pick(column: str, salt: int, count: int) -> str:
    """SQL of a whole number in [0, count)."""
    return f"CAST(floor({chance(column, salt)} * {count}) AS BIGINT)"


def subject(column: str) -> str:
    """SQL of what a ticket is about: a request as many others, somewhere, with a number; a few have a word that hardly any other has."""
    asked, places, syllables = (str(list(words)) for words in (ASKED, PLACES, SYLLABLES))
    word = " || ".join(f"{syllables}[1 + {pick(column, salt, len(SYLLABLES))}]" for salt in (52, 53, 54, 55))
    return (
        f"{asked}[1 + {pick(column, 50, len(ASKED))}] || ' ' || {places}[1 + {pick(column, 51, len(PLACES))}] || ' ' || {column} "
        f"|| CASE WHEN {chance(column, 56)} < 0.08 THEN ' ' || {word} ELSE '' END"
    )


def small_tables(con: duckdb.DuckDBPyConnection, out: Path) -> None:
    queries = {
        "calendars": "SELECT * FROM (VALUES ('office', 'Office hours', 'Europe/Berlin', 'mon-fri 08:00-18:00', 'DE'), "
        "('always', 'Around the clock', 'UTC', '24x7', NULL)) AS t(calendar_id, name, time_zone, hours, holidays)",
        "clients": f"SELECT 'C' || i AS client_id, 'Client ' || i AS name, 'Europe/Berlin' AS time_zone, "
        f"CASE WHEN i % 10 = 0 THEN 'always' ELSE 'office' END AS calendar_id, CAST(10 + {pick('i', 1, 400)} AS DOUBLE) AS seats, "
        f"DATE '2020-01-01' AS started_on FROM range({CLIENTS}) AS r(i)",
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
    for name, query in (queries | business_tables()).items():
        con.execute(f"COPY ({query}) TO '{out / name}.parquet' (FORMAT parquet)")


def business_tables() -> dict[str, str]:
    """Articles, offerings, and by month what is charged, what it costs, and what was down."""
    months = f"(SELECT i, m, i * {MONTHS} + m AS n FROM range({CLIENTS}) AS r(i) CROSS JOIN range({MONTHS}) AS s(m))"
    first = "CAST(DATE '2023-01-01' + to_months(CAST(m AS INTEGER)) AS DATE)"
    begin = f"{START} + to_days(CAST(m * 30 + {pick('n', 42, 28)} AS INTEGER))"
    return {
        "articles": f"SELECT 'KB' || i AS article_id, 'Article ' || i AS title FROM range({ARTICLES}) AS r(i)",
        "offerings": "SELECT * FROM (VALUES ('care', 'Workplace care', 'seat'), ('project', 'Project work', 'hour')) "
        "AS t(offering_id, name, unit)",
        "agreements": f"SELECT 'G' || i AS agreement_id, 'C' || i AS client_id, 'care' AS offering_id, DATE '2020-01-01' AS starts_on, "
        f"CAST(500 + 40 * {pick('i', 1, 400)} AS DECIMAL(18, 4)) AS monthly_amount FROM range({CLIENTS}) AS r(i)",
        "invoice_lines": f"SELECT 'L' || n || k AS line_id, 'C' || i AS client_id, {first} AS invoiced_on, k = 'a' AS is_recurring, "
        f"CAST(CASE k WHEN 'a' THEN 500 + 40 * {pick('i', 1, 400)} ELSE {pick('n', 40, 4000)} END AS DECIMAL(18, 4)) AS amount, "
        f"CASE k WHEN 'a' THEN 'care' ELSE 'project' END AS offering_id FROM {months} CROSS JOIN (VALUES ('a'), ('b')) AS w(k)",
        "costs": f"SELECT 'K' || m || kind AS cost_id, {first} AS incurred_on, kind, CAST(20000 + {pick('m', 41, 9000)} AS DECIMAL(18, 4)) "
        f"AS amount, kind = 'labor' AS is_support FROM range({MONTHS}) AS s(m) "
        "CROSS JOIN (VALUES ('labor'), ('software'), ('infrastructure'), ('overhead')) AS w(kind)",
        "services": f"SELECT 'S' || i AS service_id, 'C' || i AS client_id, 'Service ' || i AS name, DATE '2020-01-01' AS since_on "
        f"FROM range({CLIENTS}) AS r(i)",
        "outages": f"SELECT 'O' || n AS outage_id, 'S' || i AS service_id, {begin} AS starts_at, "
        f"{begin} + to_seconds(600 + {pick('n', 43, 20000)}) AS ends_at, FALSE AS is_planned FROM {months} WHERE {chance('n', 44)} < 0.3",
    }  # fmt: skip


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
            {chance("i", 13)} < 0.12 AS escalated, {chance("i", 18)} < 0.15 AS with_article, {pick("i", 19, ARTICLES)} AS article
        FROM range({low}, {high}) AS r(i)"""


def tickets_query(rows: str) -> str:
    words = "['incident', 'request', 'request', 'task', 'change', 'problem', 'alert', 'incident']"
    return f"""
        SELECT ticket_id, 'C' || client AS client_id, created_at, {words}[1 + {pick("i", 14, 8)}] AS type,
            {subject("i")} AS subject, ['email', 'phone', 'portal', 'chat'][1 + {pick("i", 15, 4)}] AS channel,
            'requester' AS opened_by, ['high', 'normal', 'normal', 'low'][1 + {pick("i", 16, 4)}] AS priority,
            'category ' || {pick("i", 17, 40)} AS category, 'P' || (contact * {CLIENTS} + client) AS contact_id,
            'TEAM' || team AS team_id, 'A' || technician AS technician_id,
            CASE WHEN done THEN 'Closed' ELSE 'In progress' END AS status, 'standard' AS sla_policy_id, 'bench' AS source,
            CASE WHEN {chance("i", 20)} < 0.1 THEN created_at + to_seconds(172800) END AS promised_at,
            CASE WHEN done AND {chance("i", 21)} < 0.6 THEN 'cause ' || {pick("i", 22, 12)} END AS root_cause,
            CASE WHEN done THEN ['permanent', 'permanent', 'workaround', NULL][1 + {pick("i", 23, 4)}] END AS fix,
            CASE WHEN done AND {chance("i", 24)} < 0.8 THEN 'Replaced part ' || {pick("i", 25, 50)} || ' and tested it with the user' END
                AS resolution_note, {chance("i", 26)} < 0.05 AS on_site,
            CASE WHEN {chance("i", 27)} < 0.01 THEN 'spam' END AS excluded_as
        FROM ({rows})"""


def surveys_query(rows: str) -> str:
    """A survey to a tenth of those who were helped, a fifth of them NPS; two in five answer."""
    sent = "created_at + to_seconds(to_reply + to_wait + waiting + to_resolve + 3600)"
    return f"""
        SELECT 'V' || i AS survey_id, kind, {sent} AS sent_at, CASE WHEN answered THEN {sent} + to_seconds(7200) END AS answered_at,
            CASE WHEN answered THEN CAST(CASE kind WHEN 'nps' THEN {pick("i", 31, 11)} ELSE 1 + {pick("i", 32, 5)} END AS DOUBLE) END
                AS score,
            ticket_id, 'P' || (contact * {CLIENTS} + client) AS contact_id
        FROM (SELECT *, CASE WHEN {chance("i", 33)} < 0.2 THEN 'nps' ELSE 'csat' END AS kind, {chance("i", 34)} < 0.4 AS answered
              FROM ({rows})) WHERE done AND {chance("i", 35)} < 0.1"""


def visits_query(rows: str) -> str:
    """Visits to the help centre around a tenth of the tickets, some of them ending with a vote."""
    return f"""
        SELECT 'W' || i || kind AS event_id, created_at - to_seconds({pick("i", 36, 200000)}) + to_seconds(later) AS occurred_at, kind,
            'KB' || article AS article_id, 'P' || (contact * {CLIENTS} + client) AS contact_id, 'Z' || i AS session
        FROM ({rows}) CROSS JOIN (VALUES ('view', 0), ('helpful', 60), ('not_helpful', 90)) AS w(kind, later)
        WHERE {chance("i", 37)} < 0.1 AND (kind = 'view' OR kind = CASE WHEN {chance("i", 38)} < 0.3 THEN 'helpful'
            WHEN {chance("i", 38)} < 0.4 THEN 'not_helpful' END)"""


def entries_query(rows: str) -> str:
    """One time entry for every other ticket."""
    return f"""
        SELECT 'H' || i AS entry_id, 'A' || technician AS technician_id, created_at + to_seconds(to_reply) AS started_at,
            CAST(5 + {pick("i", 39, 90)} AS DOUBLE) AS duration_minutes, ticket_id, {chance("i", 45)} < 0.7 AS is_billable
        FROM ({rows}) WHERE i % 2 = 0"""


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
        ("with_article", "to_reply + to_wait // 3", "article", "'technician'", "NULL", "'KB' || article"),
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
    parts = {"tickets": tickets_query, "ticket_events": events_query, "surveys": surveys_query, "article_events": visits_query,
             "time_entries": entries_query}  # fmt: skip
    for name in parts:
        (out / name).mkdir(exist_ok=True)
    for number, low in enumerate(range(0, tickets, PART)):
        rows = ticket_rows(low, min(low + PART, tickets), tickets)
        for name, query in parts.items():
            con.execute(
                f"COPY ({query(rows)}) TO '{out / name}/part-{number:03d}.parquet' (FORMAT parquet, COMPRESSION zstd)"
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("directory", type=Path)
    parser.add_argument("--tickets", type=int, default=1_000_000)
    arguments = parser.parse_args()
    begin = time.perf_counter()
    make(arguments.directory, arguments.tickets)
    print(f"{arguments.tickets:,} tickets in {time.perf_counter() - begin:.1f} s")
