"""What a source must provide before a KPI can be known (rule 11).

Owns the needs, their words, and the test whether the loaded tables meet one. Must not know single KPIs.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import duckdb


@dataclass(frozen=True)
class Provided:
    """What the loaded tables hold: events by kind, and filled values by ``table.column``."""

    events: Mapping[str, int]
    filled: Mapping[str, int]

    def event(self, *kinds: str) -> bool:
        """Whether there is an event of one of these kinds."""
        return any(self.events.get(kind, 0) for kind in kinds)

    def column(self, *names: str) -> bool:
        """Whether one of these ``table.column`` is filled anywhere."""
        return any(self.filled.get(name, 0) for name in names)


@dataclass(frozen=True, kw_only=True)
class Need:
    """A need: the words that follow "needs", the test, and the ticket columns or tables in which it would be seen."""

    text: str
    met: Callable[[Provided], bool]


NEEDS: dict[str, Need] = {
    "first_responses": Need(
        text="public replies in ticket_events, or tickets.first_response_at, or opened_by and channel of live contacts",
        met=lambda p: p.event("reply") or p.column("tickets.first_response_at") or p.column("tickets.opened_by"),
    ),
    "replies": Need(text="replies in ticket_events", met=lambda p: p.event("reply")),
    "resolutions": Need(
        text="status, resolved or closed events, or tickets.resolved_at or closed_at",
        met=lambda p: p.event("status", "resolved", "closed") or p.column("tickets.resolved_at", "tickets.closed_at"),
    ),
    "closures": Need(
        text="status or closed events, or tickets.closed_at",
        met=lambda p: p.event("status", "closed") or p.column("tickets.closed_at"),
    ),
    "reopenings": Need(
        text="status or reopened events, or tickets.reopen_count",
        met=lambda p: p.event("status", "reopened") or p.column("tickets.reopen_count"),
    ),
    "team_history": Need(
        text="team events, or tickets.reassignment_count",
        met=lambda p: p.event("team", "escalation") or p.column("tickets.reassignment_count"),
    ),
    "team_events": Need(text="team events in ticket_events", met=lambda p: p.event("team", "escalation")),
    "escalations": Need(
        text="escalation events, or team events and teams.tier",
        met=lambda p: p.event("escalation") or (p.event("team") and p.column("teams.tier")),
    ),
    "tiers": Need(text="teams.tier", met=lambda p: p.column("teams.tier")),
    "articles": Need(text="article events in ticket_events", met=lambda p: p.event("article")),
    "csat": Need(text="surveys of kind csat", met=lambda p: p.column("surveys.csat")),
    "nps": Need(text="surveys of kind nps", met=lambda p: p.column("surveys.nps")),
    "reported_response": Need(
        text="tickets.reported_response_met", met=lambda p: p.column("tickets.reported_response_met")
    ),
    "reported_resolution": Need(
        text="tickets.reported_resolution_met", met=lambda p: p.column("tickets.reported_resolution_met")
    ),
    "reported_sla": Need(
        text="tickets.reported_response_met or reported_resolution_met",
        met=lambda p: p.column("tickets.reported_response_met", "tickets.reported_resolution_met"),
    ),
    "reported_first_contact": Need(
        text="tickets.reported_first_contact", met=lambda p: p.column("tickets.reported_first_contact")
    ),
}


def read_provided(con: duckdb.DuckDBPyConnection) -> Provided:
    """What the generation that ``con`` reads provides, from the counts that were taken when its facts were built."""
    events, filled = {}, {}
    for source, name, count in con.execute("SELECT source, name, filled FROM _provides").fetchall():
        if source == "event":
            events[name] = count
        else:
            filled[f"{source}.{name}"] = count
    return Provided(events, filled)


def unmet(needs: tuple[str, ...], provided: Provided) -> str | None:
    """Why a KPI with these needs is not available, None where every need is met."""
    missing = [NEEDS[n].text for n in needs if not NEEDS[n].met(provided)]
    return f"not available: needs {' and '.join(missing)}" if missing else None
