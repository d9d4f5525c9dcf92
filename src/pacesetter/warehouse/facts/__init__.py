"""Facts: what happened to each ticket, derived from the canonical tables and from nothing else.

Owns the order in which the SQL files beside it run, in chunks of tickets so that no step needs them all in memory, and
the replacement of the facts of changed tickets. Must not know KPIs or HTTP.
"""

import hashlib
from collections.abc import Callable
from functools import cache
from importlib.resources import files
from itertools import pairwise

import duckdb

from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import BusinessTime, build_calendar_tables, read_business_time
from pacesetter.warehouse.facts.clocks import derive_clocks
from pacesetter.warehouse.facts.durations import open_intervals, time_moments
from pacesetter.warehouse.facts.judging import write_words
from pacesetter.warehouse.facts.merges import write_merge_circles
from pacesetter.warehouse.facts.outages import write_outages
from pacesetter.warehouse.facts.raci import write_raci
from pacesetter.warehouse.facts.silences import measure_silences
from pacesetter.warehouse.facts.spells import write_rule_words, write_spells
from pacesetter.warehouse.facts.staleness import remember, restamp, stale_tickets
from pacesetter.warehouse.facts.storing import store

CHUNK_TICKETS = 200_000
"""Tickets whose facts are computed together; bounds memory."""

# chunk result -> fact table
OUTPUTS = {
    "chunk_tickets_out": "f_tickets",
    "chunk_responses": "f_responses",
    "chunk_replies": "f_replies",
    "chunk_intervals": "f_intervals",
    "chunk_resolved": "f_resolutions",
    "chunk_article_uses": "f_article_uses",
    "chunk_closures": "f_closures",
    "chunk_escalations": "f_escalations",
    "chunk_hands": "f_hands",
    "chunk_words": "f_words",
    "chunk_defects": "_defects",
}
CLOCKED = ("f_clocks", "f_verdicts", "f_breach_hands")
"""Fact tables that the clocks write themselves, batch by batch."""
FACTS = (*OUTPUTS.values(), *CLOCKED)
CHUNK_STEPS: tuple[str | Callable[[duckdb.DuckDBPyConnection, BusinessTime], None], ...] = (
    "chunk", "phases", "teams", "judges", "intervals", open_intervals, "durations", "responses", "moments", time_moments,
    "tickets", measure_silences, "resolutions", "touches", "hands", "escalations", derive_clocks, "likeness", "defects",
)  # fmt: skip

Progress = Callable[[str, float | None], None]


def build(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    changed: str | None = None,
    progress: Progress = lambda text, share: None,
) -> str | None:
    """Build the facts in the generation that ``con`` writes; returns the table of the tickets recomputed, None where all were.

    ``changed`` names a table with one column ``ticket_key`` (the tickets to recompute); None recomputes all. The facts are
    also recomputed as a whole when they do not exist yet, when the rules of the workspace differ, when another version of the program
    derived them, or when most of them have to be; and those of a ticket when a team, status, technician, contact, policy or calendar
    differs that it knows (``staleness``).
    """
    _rules(con, settings)
    write_spells(con, settings)
    _run(con, "words")
    first_s, last_s = _span(con)
    build_calendar_tables(con, settings, first_s, last_s)
    write_words(con, settings)
    write_rule_words(con, settings)
    time = read_business_time(con)
    con.execute("CREATE OR REPLACE TEMP TABLE stale (ticket_key BIGINT)")
    whole = changed is None or not _facts_fit(con, settings) or stale_tickets(con, "stale")
    if not whole:
        con.execute(f"INSERT INTO stale SELECT ticket_key FROM {changed}")
        whole = _most_are_stale(con)
    if whole:
        _build_whole(con, time, progress)
    else:
        _build_changed(con, time, progress)
        restamp(con)
    write_outages(con, settings)
    write_merge_circles(con)
    for step in ("surveys", "work", "categories", "shifts", "provides", "provides_business"):
        _run(con, step)
    if _sources(con) > 1:
        _run(con, "provides_by_source")
    write_raci(con, settings, None if whole else "stale")
    remember(con)
    con.execute("CREATE OR REPLACE TABLE _fact_rules AS SELECT ? AS rules", [_fingerprint(settings)])
    return None if whole else "stale"


def _build_whole(con: duckdb.DuckDBPyConnection, time: BusinessTime, progress: Progress) -> None:
    for fact in FACTS:
        con.execute(f"DROP TABLE IF EXISTS {fact}")
    low, high = con.execute(
        "SELECT coalesce(min(ticket_key), 0), coalesce(max(ticket_key), 0) FROM tickets"
    ).fetchall()[0]
    starts = list(range(low, high + 1, CHUNK_TICKETS))
    for done, start in enumerate(starts):
        progress("deriving facts", done / len(starts))
        span = f"ticket_key >= {start} AND ticket_key < {start + CHUNK_TICKETS}"
        _one_chunk(con, time, span)
    progress("deriving facts", 1.0)


def _most_are_stale(con: duckdb.DuckDBPyConnection) -> bool:
    """Make ``stale`` distinct; whether building all anew costs less than replacing those (half of all, and more than a chunk)."""
    con.execute("CREATE OR REPLACE TEMP TABLE stale AS SELECT DISTINCT ticket_key FROM stale ORDER BY ticket_key")
    touched, all_of_them = con.execute(
        "SELECT (SELECT count(*) FROM stale), (SELECT count(*) FROM tickets)"
    ).fetchall()[0]
    return bool(touched > CHUNK_TICKETS and 2 * touched > all_of_them)


def _build_changed(con: duckdb.DuckDBPyConnection, time: BusinessTime, progress: Progress) -> None:
    for fact in FACTS:
        con.execute(f"DELETE FROM {fact} WHERE ticket_key IN (SELECT ticket_key FROM stale)")
    starts = [
        row[0]
        for row in con.execute(
            f"SELECT ticket_key FROM stale QUALIFY (row_number() OVER (ORDER BY ticket_key) - 1) % {CHUNK_TICKETS} = 0 ORDER BY 1"
        ).fetchall()
    ]
    for done, (start, after) in enumerate(pairwise([*starts, 1 << 62])):
        progress("deriving facts of the changed tickets", done / len(starts))
        span = f"ticket_key >= {start} AND ticket_key < {after}"
        _one_chunk(con, time, f"ticket_key IN (SELECT ticket_key FROM stale WHERE {span})")
    progress("deriving facts of the changed tickets", 1.0)


def _one_chunk(con: duckdb.DuckDBPyConnection, time: BusinessTime, condition: str) -> None:
    con.execute(f"CREATE OR REPLACE TEMP VIEW chunk_tickets AS SELECT * FROM tickets WHERE {condition}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW chunk_events AS SELECT * FROM ticket_events WHERE {condition}")
    for step in CHUNK_STEPS:
        if isinstance(step, str):
            _run(con, step)
        else:
            step(con, time)
    for chunk, fact in OUTPUTS.items():
        store(con, fact, chunk)


def _run(con: duckdb.DuckDBPyConnection, step: str) -> None:
    for statement in duckdb.extract_statements(files(__package__).joinpath(f"{step}.sql").read_text("utf-8")):
        con.execute(statement)


def _sources(con: duckdb.DuckDBPyConnection) -> int:
    """From how many sources tickets come; those that name none are one."""
    row = con.execute(
        "SELECT count(DISTINCT source) + CAST(bool_or(source IS NULL) AS INTEGER) FROM f_tickets"
    ).fetchall()[0]
    return int(row[0] or 0)


def _span(con: duckdb.DuckDBPyConnection) -> tuple[int, int]:
    """The first and the last second of tickets and events; the epoch twice where there are none."""
    row = con.execute(
        """SELECT coalesce(min(a), 0), coalesce(max(b), 0) FROM (
            SELECT epoch_us(min(created_at)) // 1000000 AS a,
                epoch_us(greatest(max(created_at), max(resolved_at), max(closed_at), max(first_response_at))) // 1000000 AS b
            FROM tickets
            UNION ALL
            SELECT epoch_us(min(occurred_at)) // 1000000, epoch_us(max(occurred_at)) // 1000000 FROM ticket_events)"""
    ).fetchall()[0]
    return int(row[0]), int(row[1])


def _rules(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    rules = settings.rules
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rules AS SELECT CAST(? AS BIGINT) AS contact_gap_s,"
        " CAST(? AS BIGINT) AS first_contact_window_s, CAST(? AS BIGINT) AS at_risk_s",
        [
            round(rules.contact_gap_minutes * 60),
            round(rules.first_contact_window_days * 86400),
            round(rules.at_risk_hours * 3600),
        ],
    )


def _fingerprint(settings: Settings) -> str:
    """What facts depend on beside the records: the rules of the workspace, and how this version derives."""
    return f"{settings.rules.model_dump_json()} {_derivation()}"


def of_this_version(con: duckdb.DuckDBPyConnection) -> bool:
    """Whether the facts of the generation that ``con`` reads were derived as this version of the program derives them."""
    known = con.execute("SELECT count(*) FROM duckdb_tables() WHERE table_name = '_fact_rules'").fetchall()
    if not known[0][0]:
        return False
    return any(
        str(rules).endswith(_derivation()) for (rules,) in con.execute("SELECT rules FROM _fact_rules").fetchall()
    )


@cache
def _derivation() -> str:
    digest = hashlib.sha256()
    for file in sorted(files(__package__).iterdir(), key=lambda f: f.name):
        if file.name.endswith((".sql", ".py")):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()


def _facts_fit(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    tables = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    if not {"_fact_rules", *FACTS} <= tables:
        return False
    return con.execute("SELECT rules FROM _fact_rules").fetchall() == [(_fingerprint(settings),)]
