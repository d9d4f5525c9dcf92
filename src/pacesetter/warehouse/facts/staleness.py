"""Which tickets' facts are out of date although the tickets themselves did not change.

Owns the snapshots (``_seen_…``) of the small tables that facts were derived with, and the tickets that a difference touches: for policies
those that they judge or may judge now, for calendars those that are judged by one and have anything at or after the instant from which it
is open otherwise. Must not know how facts are derived.
"""

from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Source:
    """A small table that facts depend on: its rows (``id`` and contents), which tickets a changed id touches, which ids touch all."""

    name: str
    rows: str
    touched: str
    all_where: str = "FALSE"


_HELD_BY = """SELECT ticket_key FROM ticket_events WHERE kind IN ('team', 'escalation') AND (to_value IN ({ids}) OR from_value IN ({ids}))
        UNION SELECT ticket_key FROM tickets WHERE team_id IN ({ids})"""
_JUDGED = "SELECT ticket_key FROM f_tickets WHERE sla_policy_id IN (SELECT id FROM {changed})"
_MAY_BE_JUDGED = """SELECT t.ticket_key FROM f_tickets AS t
        JOIN policy_words AS p ON p.sla_policy_id IN (SELECT id FROM {changed}) AND (p.client_id IS NULL OR p.client_id = t.client_id)
            AND t.created_s >= p.valid_from_s AND t.created_s < p.valid_to_s
            AND t.created_s >= p.agreement_from_s AND t.created_s < p.agreement_to_s"""
_WITH_CALENDAR = """
    WITH moved AS (
        SELECT t.ticket_key, t.phase, t.created_s, t.state_since_s, coalesce(d.from_s, -4611686018427387904) AS from_s
        FROM f_tickets AS t JOIN {changed} AS c ON c.id = t.calendar_id
        LEFT JOIN calendar_changes AS d ON d.calendar_id = t.calendar_id)
    SELECT ticket_key FROM moved
    WHERE (phase NOT IN ('resolved', 'closed', 'cancelled') OR created_s >= from_s OR state_since_s >= from_s)
        AND from_s < 4611686018427387904
    UNION SELECT m.ticket_key FROM moved AS m JOIN f_clocks AS k ON k.ticket_key = m.ticket_key
    WHERE k.due_s >= m.from_s OR (k.due_s IS NULL AND k.is_running AND m.from_s < 4611686018427387904)
    UNION SELECT m.ticket_key FROM moved AS m JOIN ticket_events AS e ON e.ticket_key = m.ticket_key
    WHERE epoch_us(e.occurred_at) // 1000000 >= m.from_s
    UNION SELECT m.ticket_key FROM moved AS m JOIN tickets AS t ON t.ticket_key = m.ticket_key
    WHERE epoch_us(greatest(t.first_response_at, t.resolved_at, t.closed_at)) // 1000000 >= m.from_s"""

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
        _HELD_BY.replace("{ids}", "SELECT id FROM {changed}"),
    ),
    Source(
        "actors",
        """SELECT t.technician_id AS id,
            string_agg(concat_ws(' ', s.from_s, s.to_s, w.organisation, w.tier, w.team_id), ', ' ORDER BY s.from_s) AS a, NULL AS b
        FROM technicians AS t LEFT JOIN f_spells AS s ON s.technician_id = t.technician_id LEFT JOIN teams AS w ON w.team_id = s.team_id
        GROUP BY t.technician_id""",
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
        f"{_JUDGED} UNION {_MAY_BE_JUDGED}",
    ),
    Source(
        "policy_rules",
        "SELECT sla_policy_id AS id, on_reopen AS a, on_priority_change AS b FROM sla_policies",
        _JUDGED,
    ),
    Source(
        "targets",
        "SELECT sla_policy_id AS id, CAST(t AS VARCHAR) AS a, NULL AS b FROM sla_targets AS t",
        _JUDGED,
    ),
    Source(
        "calendars",
        "SELECT coalesce(calendar_id, '') AS id, version AS a, CAST(calendar_key AS VARCHAR) || ' ' || first_s || ' ' || last_s AS b "
        "FROM calendar_versions",
        _WITH_CALENDAR,
        all_where="id = ''",  # round the clock: another horizon
    ),
    Source(
        "calendar_uses",
        "SELECT kind || ' ' || coalesce(id, '') AS id, calendar_id AS a, NULL AS b FROM calendar_words",
        "SELECT ticket_key FROM f_tickets WHERE 'client ' || client_id IN (SELECT id FROM {changed}) "
        "OR 'policy ' || sla_policy_id IN (SELECT id FROM {changed}) UNION "
        + _HELD_BY.replace("{ids}", "SELECT substr(id, 6) FROM {changed} WHERE starts_with(id, 'team ')"),
        all_where="starts_with(id, 'workspace ')",
    ),
)


def stale_tickets(con: duckdb.DuckDBPyConnection, target: str) -> bool:
    """Add the ``ticket_key`` of every touched ticket to the table ``target``. True where all facts are out of date.

    Reads the facts as they stand, ``f_spells`` as it is now, ``policy_words``, ``calendar_words`` and ``calendar_changes``.
    """
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
        if con.execute(f"SELECT count(*) FROM {changed} WHERE {source.all_where}").fetchall()[0][0]:
            return True
        con.execute(f"INSERT INTO {target} {source.touched.format(changed=changed)}")
    return False


def restamp(con: duckdb.DuckDBPyConnection) -> None:
    """Give clocks that a change of their calendar did not touch the version that it has now."""
    con.execute(
        """UPDATE f_clocks SET calendar_version = v.version FROM calendar_versions AS v
        WHERE v.calendar_id = f_clocks.calendar_id AND v.version <> f_clocks.calendar_version"""
    ).fetchall()


def remember(con: duckdb.DuckDBPyConnection) -> None:
    """Keep what the facts were derived with."""
    for source in SOURCES:
        con.execute(f"CREATE OR REPLACE TABLE _seen_{source.name} AS {source.rows}")
