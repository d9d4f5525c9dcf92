"""Completeness: for every KPI, whether what it needs is there, and on what share of its rows.

Owns that table. Must not know faces.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pacesetter.catalogue.needs import NEEDS, Provided, Sources, lacking, unmet
from pacesetter.catalogue.record import Kpi

# need -> the share of tickets (or surveys) that carry the field, as SQL over one row per ticket
_SHARES = {
    "first_responses": "avg(CASE WHEN t.responded_s IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "reported_response": "avg(CASE WHEN t.reported_response_met IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "reported_resolution": "avg(CASE WHEN t.reported_resolution_met IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "reported_sla": "avg(CASE WHEN t.reported_response_met IS NOT NULL OR t.reported_resolution_met IS NOT NULL "
    "THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "reported_first_contact": "avg(CASE WHEN t.reported_first_contact IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "tiers": "avg(CASE WHEN t.tier IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_tickets AS t",
    "resolutions": "(SELECT count(DISTINCT ticket_key) FROM f_resolutions) / nullif(count(*), 0) FROM f_tickets",
    "closures": "(SELECT count(DISTINCT ticket_key) FROM f_closures) / nullif(count(*), 0) FROM f_tickets",
    "csat": "avg(CASE WHEN answered_s IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_surveys WHERE kind = 'csat'",
    "nps": "avg(CASE WHEN answered_s IS NOT NULL THEN 1.0 ELSE 0.0 END) FROM f_surveys WHERE kind = 'nps'",
}
_BY_EVENT = {
    "replies": "kind = 'reply'",
    "team_history": "kind IN ('team', 'escalation')",
    "team_events": "kind IN ('team', 'escalation')",
    "escalations": "kind IN ('team', 'escalation')",
    "articles": "kind = 'article'",
    "reopenings": "kind IN ('status', 'reopened')",
}


@dataclass(frozen=True, kw_only=True)
class Completeness:
    """One KPI: why it is not available (None where it is), the sources of tickets that do not provide what it needs, and by need the
    share 0–1 of rows that carry it (None unknown)."""

    kpi: str
    lacking: str | None
    without: Sources
    shares: Mapping[str, float | None]


def completeness(con: duckdb.DuckDBPyConnection, provided: Provided, kpis: Mapping[str, Kpi]) -> list[Completeness]:
    """The completeness of every KPI, in the order of ``kpis``."""
    wanted = {need for kpi in kpis.values() for need in kpi.definition.needs}
    shares = {need: _share(con, need) for need in sorted(wanted)}
    return [
        Completeness(
            kpi=kpi.id,
            lacking=unmet(kpi.definition.needs, provided),
            without=lacking(kpi.definition.needs, provided),
            shares={need: shares[need] for need in kpi.definition.needs},
        )
        for kpi in kpis.values()
    ]


def _share(con: duckdb.DuckDBPyConnection, need: str) -> float | None:
    assert need in NEEDS
    if need in _SHARES:
        query = f"SELECT {_SHARES[need]}"
    elif need in _BY_EVENT:
        query = (
            f"SELECT (SELECT count(DISTINCT ticket_key) FROM ticket_events WHERE {_BY_EVENT[need]})"
            " / nullif(count(*), 0) FROM f_tickets"
        )
    else:
        return None
    row = con.execute(query).fetchall()
    return None if not row or row[0][0] is None else float(row[0][0])
