"""What a source must provide before a KPI can be known (rule 11).

Owns the needs, their words, and the test whether the loaded tables meet one, and the tickets of which source do. Must not know single
KPIs.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace

import duckdb

Sources = tuple[str | None, ...]
"""Sources of tickets (``tickets.source``), in order; None for tickets that name none."""
NOT_PROVIDED = "not_provided"
"""Why the rows of tickets are out whose source does not provide what a KPI needs."""


@dataclass(frozen=True)
class Provided:
    """What the loaded tables hold: events by kind (the epoch second of the first), and filled values by ``table.column``.

    ``by_source`` says it of the tickets of each source, where they come from several; ``sources_of`` names the sources of each
    client's tickets, with the epoch second at which the first of them was created.
    """

    events: Mapping[str, int]
    filled: Mapping[str, int]
    by_source: Mapping[str | None, "Provided"] = field(default_factory=dict)
    sources_of: Mapping[str, Mapping[str | None, int]] = field(default_factory=dict)

    def at(self, as_of_s: int) -> "Provided":
        """The same as of an instant: kinds of events that were first seen later are not there."""
        events = {kind: first_s for kind, first_s in self.events.items() if first_s <= as_of_s}
        return replace(self, events=events, by_source={source: of.at(as_of_s) for source, of in self.by_source.items()})

    def seen(
        self,
        clients: Collection[str | None] | None = None,
        sources: Collection[str | None] | None = None,
        until_s: int | None = None,
    ) -> "Provided":
        """The same for those who look at some of the tickets: of these clients and sources (None: of all), created before an instant."""
        of = {client: s for client, s in self.sources_of.items() if clients is None or client in clients}
        begun = {s for own in of.values() for s, first_s in own.items() if until_s is None or first_s < until_s}
        seen = begun if self.sources_of else set(self.by_source)
        if sources is not None:
            seen &= set(sources)
        return replace(self, by_source={s: p for s, p in self.by_source.items() if s in seen}, sources_of=of)

    @property
    def without_calendar(self) -> int:
        """Tickets to which no calendar applies."""
        return self.filled.get("calendars.not_known", 0)

    @property
    def with_calendar(self) -> int:
        """Tickets to which a calendar applies."""
        return self.filled.get("calendars.known", 0)

    def event(self, *kinds: str) -> bool:
        """Whether there is an event of one of these kinds."""
        return any(kind in self.events for kind in kinds)

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
    "sla_targets": Need(
        text="sla_policies with sla_targets",
        met=lambda p: p.column(*(f"sla_targets.{clock}" for clock in ("respond", "plan", "update", "resolve"))),
    ),
    "respond_targets": Need(text="sla_targets of clock respond", met=lambda p: p.column("sla_targets.respond")),
    "update_targets": Need(text="sla_targets of clock update", met=lambda p: p.column("sla_targets.update")),
    "resolve_targets": Need(text="sla_targets of clock resolve", met=lambda p: p.column("sla_targets.resolve")),
    "promised_times": Need(text="tickets.promised_at", met=lambda p: p.column("tickets.promised_at")),
    "phase_history": Need(text="status events in ticket_events", met=lambda p: p.event("status")),
    "reported_sla": Need(
        text="tickets.reported_response_met or reported_resolution_met",
        met=lambda p: p.column("tickets.reported_response_met", "tickets.reported_resolution_met"),
    ),
    "reported_first_contact": Need(
        text="tickets.reported_first_contact", met=lambda p: p.column("tickets.reported_first_contact")
    ),
}

_ROWS = {
    "agreements": ("agreements", "agreements"),
    "invoices": ("invoice_lines", "invoice_lines"),
    "costs": ("costs", "costs"),
    "support_costs": ("costs with is_support", "support_costs"),
    "technicians": ("technicians", "technicians"),
    "cost_rates": ("technicians.cost_rate", "cost_rates"),
    "time_entries": ("time_entries", "time_entries"),
    "work": ("time_entries or tickets.worked_minutes", "work"),
    "client_work": ("time_entries on tickets, projects or clients", "client_work"),
    "shifts": ("shifts", "shifts"),
    "trainings": ("trainings", "trainings"),
    "improvements": ("improvements", "improvements"),
    "decisions": ("improvements.decision", "decisions"),
    "tool_uses": ("tool_uses", "tool_uses"),
    "opportunities": ("opportunities", "opportunities"),
    "services": ("services", "services"),
    "outages": ("outages", "outages"),
    "promised_projects": ("projects.promised_on", "promised_projects"),
    "budgeted_projects": ("projects.budget and actual_cost", "budgeted_projects"),
    "article_views": ("article_events", "article_views"),
    "sessions": ("article_events of kind view with a session", "sessions"),
    "votes": ("article_events of kind helpful or not_helpful", "votes"),
    "started_clients": ("clients.started_on", "started_clients"),
    "actors": ("ticket_events with actor_kind, or with an actor_id of technicians", "actors"),
    "organisations": ("teams with their organisation", "organisations"),
    "raci": ("raci_tasks with roles and assignments", "raci_tasks"),
    "raci_consulted": ("raci_assignments of letter C", "raci_consulted"),
    "raci_informed": ("raci_assignments of letter I", "raci_informed"),
}
"""Need, its words, and the count of rows (``_provides``) that meets it."""


def _row_need(text: str, name: str) -> Need:
    return Need(text=text, met=lambda p: p.column(f"rows.{name}"))


NEEDS |= {need: _row_need(text, name) for need, (text, name) in _ROWS.items()}
NEEDS |= {
    "root_causes": Need(text="tickets.root_cause", met=lambda p: p.column("tickets.root_cause")),
    "fixes": Need(text="tickets.fix", met=lambda p: p.column("tickets.fix")),
    "notes": Need(text="tickets.resolution_note", met=lambda p: p.column("tickets.resolution_note")),
    "categories": Need(
        text="tickets.category or category events", met=lambda p: p.column("tickets.category") or p.event("category")
    ),
    "requesters": Need(
        text="tickets.contact_id or asset", met=lambda p: p.column("tickets.contact_id", "tickets.asset")
    ),
    "visits": Need(
        text="tickets.on_site or time_entries.on_site", met=lambda p: p.column("tickets.on_site", "rows.visits")
    ),
    "origins": Need(
        text="tickets.opened_by, channel or type",
        met=lambda p: p.column("tickets.opened_by", "tickets.channel", "tickets.type"),
    ),
    "subjects": Need(text="tickets.subject", met=lambda p: p.column("tickets.subject")),
}


_OF_TICKETS = frozenset({"rows.work", "rows.actors", "rows.visits"})
"""Counts that the tickets of each source have of their own, as they have their columns and events."""


def read_provided(con: duckdb.DuckDBPyConnection) -> Provided:
    """What the generation that ``con`` reads provides, from the counts that were taken when its facts were built."""
    told = con.execute("SELECT source, name, filled FROM _provides").fetchall()
    provided = _counted(told)
    by_source: dict[str | None, list[tuple[str, str, int]]] = defaultdict(list)
    for name_of, *row in con.execute("SELECT of_source, source, name, filled FROM _provides_by_source").fetchall():
        by_source[name_of].append((row[0], row[1], row[2]))
    clients: dict[str, dict[str | None, int]] = defaultdict(dict)
    for client, source, first_s in con.execute(
        "SELECT client_id, of_source, first_created_s FROM _sources_of"
    ).fetchall():
        clients[client][source] = first_s
    return replace(
        provided,
        by_source={source: of_source(_counted(rows), provided) for source, rows in by_source.items()},
        sources_of=clients,
    )


def of_source(own: Provided, all_of_it: Provided) -> Provided:
    """What the tickets of one source provide: events and columns of their own, and whatever no ticket has."""
    shared = {n: c for n, c in all_of_it.filled.items() if not n.startswith("tickets.") and n not in _OF_TICKETS}
    return Provided(own.events, {**shared, **own.filled})


def _counted(rows: list[tuple[str, str, int]]) -> Provided:
    events, filled = {}, {}
    for table, name, count in rows:
        if table == "event":
            events[name] = count
        else:
            filled[f"{table}.{name}"] = count
    return Provided(events, filled)


def lacking(needs: tuple[str, ...], provided: Provided) -> Sources:
    """The sources whose tickets do not provide all of these needs, where tickets come from several."""
    found = (s for s, of in provided.by_source.items() if not all(NEEDS[n].met(of) for n in needs))
    return tuple(sorted(found, key=lambda s: (s is not None, s or "")))


def unmet(needs: tuple[str, ...], provided: Provided) -> str | None:
    """Why a KPI with these needs is not available, None where every need is met (by one source of tickets at least)."""
    missing = [n for n in needs if not NEEDS[n].met(provided)]
    if not missing and provided.by_source and len(lacking(needs, provided)) == len(provided.by_source):
        missing = _missing(needs, provided, provided.by_source)
    return _in_words(missing) if missing else None


def not_provided(needs: tuple[str, ...], provided: Provided) -> str:
    """Why the number of tickets of lacking sources is not known."""
    return _in_words(_missing(needs, provided, lacking(needs, provided)))


def _missing(needs: tuple[str, ...], provided: Provided, sources: Collection[str | None]) -> list[str]:
    return [n for n in needs if any(not NEEDS[n].met(provided.by_source[s]) for s in sources)]


def _in_words(missing: list[str]) -> str:
    return f"not available: needs {' and '.join(NEEDS[n].text for n in missing)}"
