"""Facts: what happened to each ticket, derived from the canonical tables and from nothing else.

Owns the order in which the SQL files beside it run, in chunks of tickets so that no step needs them all in memory, and
the replacement of the facts of changed tickets. Must not know KPIs or HTTP.
"""

from collections.abc import Callable
from importlib.resources import files

import duckdb

from pacesetter.settings import Settings

CHUNK_TICKETS = 400_000
"""Tickets whose facts are computed together; bounds memory."""

SMALL_TABLES = frozenset({"teams", "technicians", "ticket_statuses"})
"""Tables that every ticket's facts depend on: a change in one of them rebuilds all."""

# chunk result -> fact table
OUTPUTS = {
    "chunk_tickets_out": "f_tickets",
    "chunk_responses": "f_responses",
    "chunk_intervals": "f_intervals",
    "chunk_resolutions": "f_resolutions",
    "chunk_closures": "f_closures",
    "chunk_escalations": "f_escalations",
    "chunk_defects": "_defects",
}
CHUNK_STEPS = ("chunk", "phases", "teams", "intervals", "tickets", "resolutions", "escalations", "defects")

Progress = Callable[[str, float | None], None]


def build(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    changed: str | None = None,
    changed_tables: frozenset[str] | set[str] = frozenset(),
    progress: Progress = lambda text, share: None,
) -> None:
    """Build the facts in the generation that ``con`` writes.

    ``changed`` names a table with one column ``ticket_key`` (the tickets to recompute); None recomputes all. The facts are
    also recomputed as a whole when they do not exist yet, when the rules of the workspace differ, or when one of
    ``SMALL_TABLES`` is among ``changed_tables``.
    """
    _rules(con, settings)
    whole = changed is None or not _facts_fit(con, settings) or bool(SMALL_TABLES & set(changed_tables))
    _run(con, "words")
    if whole:
        _build_whole(con, progress)
    else:
        _build_changed(con, str(changed), progress)
    _run(con, "surveys")
    _run(con, "provides")
    con.execute("CREATE OR REPLACE TABLE _fact_rules AS SELECT ? AS rules", [_fingerprint(settings)])


def _build_whole(con: duckdb.DuckDBPyConnection, progress: Progress) -> None:
    for fact in OUTPUTS.values():
        con.execute(f"DROP TABLE IF EXISTS {fact}")
    low, high = con.execute("SELECT coalesce(min(ticket_key), 0), coalesce(max(ticket_key), 0) FROM tickets").fetchall()[0]
    starts = list(range(low, high + 1, CHUNK_TICKETS))
    for done, start in enumerate(starts):
        progress("deriving facts", done / len(starts))
        span = f"ticket_key >= {start} AND ticket_key < {start + CHUNK_TICKETS}"
        _one_chunk(con, span, create=start == low)
    progress("deriving facts", 1.0)


def _build_changed(con: duckdb.DuckDBPyConnection, changed: str, progress: Progress) -> None:
    keys = f"ticket_key IN (SELECT ticket_key FROM {changed})"
    progress("deriving facts of the changed tickets", None)
    for fact in OUTPUTS.values():
        con.execute(f"DELETE FROM {fact} WHERE {keys}")
    _one_chunk(con, keys, create=False)


def _one_chunk(con: duckdb.DuckDBPyConnection, condition: str, *, create: bool) -> None:
    con.execute(f"CREATE OR REPLACE TEMP VIEW chunk_tickets AS SELECT * FROM tickets WHERE {condition}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW chunk_events AS SELECT * FROM ticket_events WHERE {condition}")
    for step in CHUNK_STEPS:
        _run(con, step)
    for chunk, fact in OUTPUTS.items():
        verb = f"CREATE TABLE {fact} AS" if create else f"INSERT INTO {fact} BY NAME"
        con.execute(f"{verb} SELECT * FROM {chunk}")


def _run(con: duckdb.DuckDBPyConnection, step: str) -> None:
    for statement in duckdb.extract_statements(files(__package__).joinpath(f"{step}.sql").read_text("utf-8")):
        con.execute(statement)


def _rules(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    rules = settings.rules
    con.execute(
        "CREATE OR REPLACE TEMP TABLE rules AS SELECT CAST(? AS BIGINT) AS contact_gap_s,"
        " CAST(? AS BIGINT) AS first_contact_window_s",
        [round(rules.contact_gap_minutes * 60), round(rules.first_contact_window_days * 86400)],
    )


def _fingerprint(settings: Settings) -> str:
    return settings.rules.model_dump_json()


def _facts_fit(con: duckdb.DuckDBPyConnection, settings: Settings) -> bool:
    tables = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    if not {"_fact_rules", *OUTPUTS.values()} <= tables:
        return False
    return con.execute("SELECT rules FROM _fact_rules").fetchall() == [(_fingerprint(settings),)]
