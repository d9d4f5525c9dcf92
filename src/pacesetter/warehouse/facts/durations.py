"""Durations in business and SLA hours: C(t) at the starts of intervals and at the moments of a ticket.

Owns the two places where the calendar look-ups are put into the facts' SQL. Must not know how calendars are defined.
"""

import duckdb

from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime

_KEY = f"coalesce(r.calendar_key, {ALWAYS_OPEN_KEY})"


def open_intervals(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """Write ``opened_changes``: ``interval_changes`` with the ticket's calendar and ``open_at_s`` = C(at_s)."""
    at = time.opened("b", _KEY, "r.at_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE opened_changes AS
        SELECT r.*, {at.value} AS open_at_s
        FROM (SELECT c.*, j.calendar_key FROM interval_changes AS c JOIN judges AS j ON j.ticket_key = c.ticket_key) AS r
        {at.joins}"""
    )


def time_moments(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """Write ``timed_moments`` from ``moment_list`` (ticket_key, kind, seq, at_s): the state of the ticket when that second ended, and the
    seconds since its creation in calendar, business and SLA hours."""
    at = time.opened("b", _KEY, "r.at_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE timed_moments AS
        SELECT
            r.ticket_key, r.kind, r.seq, r.at_s, r.team_id, r.organisation, r.tier, r.technician_id, r.priority, r.category,
            r.calendar_key IS NOT NULL AS has_calendar,
            r.at_s - r.created_s AS calendar_s,
            r.opened_s + ({at.value} - r.open_at_s) AS business_s,
            r.active_s + CASE WHEN r.phase_code IN (3, 4, 5) THEN 0 ELSE {at.value} - r.open_at_s END AS sla_s
        FROM (
            SELECT m.kind, m.seq, m.at_s, s.created_s, i.*
            FROM moment_list AS m
            JOIN starts AS s ON s.ticket_key = m.ticket_key
            JOIN chunk_intervals AS i
                ON i.ticket_key = m.ticket_key AND i.start_s <= m.at_s AND (i.end_s IS NULL OR i.end_s > m.at_s)
        ) AS r
        {at.joins}"""
    )
