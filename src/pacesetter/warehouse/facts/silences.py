"""Silences towards the requester: C(t) at every public reply of a technician and at every resolution.

Owns the place where calendar look-ups go into ``silences.sql``. Must not know KPIs.
"""

from importlib.resources import files

import duckdb

from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime


def measure_silences(con: duckdb.DuckDBPyConnection, time: BusinessTime) -> None:
    """Write ``chunk_silences`` from ``ev``, ``moments``, ``judges`` and ``chunk_intervals``."""
    at = time.opened("b", f"coalesce(r.calendar_key, {ALWAYS_OPEN_KEY})", "r.at_s")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE opened_marks AS
        WITH ends AS (SELECT ticket_key, seq, at_s FROM moments WHERE is_resolution),
        marks AS (
            SELECT ticket_key, seq, at_s FROM ends
            UNION ALL
            SELECT DISTINCT ticket_key, CAST(NULL AS INTEGER), at_s FROM ev
            WHERE kind = 'reply' AND is_public AND actor_kind = 'technician' AND ticket_key IN (SELECT e.ticket_key FROM ends AS e)
        )
        SELECT r.ticket_key, r.seq, r.at_s, {at.value} AS open_s
        FROM (SELECT m.*, j.calendar_key FROM marks AS m JOIN judges AS j ON j.ticket_key = m.ticket_key) AS r
        {at.joins}"""
    )
    con.execute(files(__package__).joinpath("silences.sql").read_text("utf-8"))
