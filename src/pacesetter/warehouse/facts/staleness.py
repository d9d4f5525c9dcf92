"""Which tickets' facts are out of date although the tickets themselves did not change.

Owns the snapshots (``_seen_…``) of the small tables that facts were derived with, and the tickets that a difference touches. A change in
policies or calendars touches all. Must not know how facts are derived.
"""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Source:
    """A small table that facts depend on: its rows (``id`` and contents) and which tickets an id touches, None for all."""

    name: str
    rows: str
    touched: str | None


SOURCES = (
    Source(
        "statuses",
        "SELECT status AS id, phase AS a, NULL AS b FROM ticket_statuses",
        """SELECT ticket_key FROM ticket_events WHERE kind IN ('status', 'created')
            AND (to_value IN (SELECT id FROM {changed}) OR from_value IN (SELECT id FROM {changed}))
        UNION SELECT ticket_key FROM tickets WHERE status IN (SELECT id FROM {changed})""",
    ),
    Source(
        "teams",
        "SELECT team_id AS id, organisation AS a, CAST(tier AS VARCHAR) AS b FROM teams",
        """SELECT ticket_key FROM ticket_events WHERE kind IN ('team', 'escalation')
            AND (to_value IN (SELECT id FROM {changed}) OR from_value IN (SELECT id FROM {changed}))
        UNION SELECT ticket_key FROM tickets WHERE team_id IN (SELECT id FROM {changed})""",
    ),
    Source(
        "actors",
        "SELECT t.technician_id AS id, t.team_id AS a, CAST(w.tier AS VARCHAR) AS b "
        "FROM technicians AS t LEFT JOIN teams AS w ON w.team_id = t.team_id",
        "SELECT ticket_key FROM ticket_events WHERE actor_id IN (SELECT id FROM {changed})",
    ),
    Source(
        "departments",
        "SELECT contact_id AS id, department AS a, NULL AS b FROM contacts",
        "SELECT ticket_key FROM tickets WHERE contact_id IN (SELECT id FROM {changed})",
    ),
    Source(
        "policies",
        "SELECT sla_policy_id AS id, CAST(p AS VARCHAR) AS a, NULL AS b FROM policy_words AS p",
        None,
    ),
    Source(
        "policy_rules",
        "SELECT sla_policy_id AS id, on_reopen AS a, on_priority_change AS b FROM sla_policies",
        None,
    ),
    Source(
        "targets",
        "SELECT sla_policy_id AS id, CAST(t AS VARCHAR) AS a, NULL AS b FROM sla_targets AS t",
        None,
    ),
    Source(
        "calendars",
        "SELECT coalesce(calendar_id, '') AS id, version AS a, CAST(calendar_key AS VARCHAR) || ' ' || first_s || ' ' || last_s AS b "
        "FROM calendar_versions",
        None,
    ),
    Source(
        "calendar_uses",
        "SELECT kind || ' ' || coalesce(id, '') AS id, calendar_id AS a, NULL AS b FROM calendar_words",
        None,
    ),
)


def stale_tickets(con: duckdb.DuckDBPyConnection, target: str) -> bool:
    """Add the ``ticket_key`` of every touched ticket to the table ``target``. True where all facts are out of date."""
    existing = {row[0] for row in con.execute("SELECT table_name FROM duckdb_tables() WHERE NOT internal").fetchall()}
    for source in SOURCES:
        if f"_seen_{source.name}" not in existing:
            return True
        changed = f"changed_{source.name}"
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE {changed} AS
            SELECT DISTINCT id FROM (
                (SELECT * FROM ({source.rows}) EXCEPT SELECT * FROM _seen_{source.name})
                UNION ALL (SELECT * FROM _seen_{source.name} EXCEPT SELECT * FROM ({source.rows})))"""
        )
        if not con.execute(f"SELECT count(*) FROM {changed}").fetchall()[0][0]:
            continue
        if source.touched is None:
            return True
        con.execute(f"INSERT INTO {target} {source.touched.format(changed=changed)}")
    return False


def remember(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the facts were derived with."""
    for source in SOURCES:
        con.execute(f"CREATE OR REPLACE TABLE _seen_{source.name} AS {source.rows}")
