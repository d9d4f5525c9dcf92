"""What each source of tickets tells, and for which KPIs that is enough (rule 11), in plain Python from the documents.

A ticket whose source does not tell what a KPI needs is out of it; where no source in view does, nothing is known at all.
"""

from collections.abc import Iterable
from dataclasses import replace

from oracle.reading import Bundle, seconds
from oracle.world import Question, Row

RESOLVED = ("status", "resolved", "closed", "tickets.resolved_at", "tickets.closed_at")
CLOSED = ("status", "closed", "tickets.closed_at")
ESCALATED = ("escalation", "team")
REPLIED = ("reply",)

# KPI, or KPI and variant -> for each need, what meets it: kinds of events, or columns
NEEDS: dict[str | tuple[str, str], tuple[tuple[str, ...], ...]] = {
    "first_response_time": (("reply", "tickets.first_response_at", "tickets.opened_by"),),
    "resolution_time": (RESOLVED,), "time_in_hands": (RESOLVED,), "tickets_resolved": (RESOLVED,), "resolution_rate": (RESOLVED,),
    "first_level_resolution": (RESOLVED,),
    "mttr": (CLOSED,), "tickets_closed": (CLOSED,), "new_to_closed_ratio": (CLOSED,), "net_ticket_change": (CLOSED,),
    "time_to_escalate": (ESCALATED,), "escalation_response_time": (ESCALATED,), "escalation_rate": (ESCALATED,),
    "escalation_bounce_rate": (ESCALATED, ESCALATED),
    "update_interval": (RESOLVED, REPLIED),
    "reopen_rate": (RESOLVED, ("status", "reopened", "tickets.reopen_count")),
    "first_contact_resolution": (RESOLVED, REPLIED),
    ("first_contact_resolution", "reported"): (RESOLVED, ("tickets.reported_first_contact",)),
    "repeat_incident_rate": (RESOLVED, ("tickets.contact_id", "tickets.asset"), ("tickets.category", "category")),
    "root_cause_rate": (RESOLVED, ("tickets.root_cause",)),
    "permanent_fix_rate": (RESOLVED, ("tickets.fix",)),
    "documentation_rate": (RESOLVED, ("tickets.resolution_note",)),
    "remote_resolution_rate": (RESOLVED, ("tickets.on_site", "visits")),
    "ping_pong_rate": (RESOLVED, ESCALATED),
    "handoffs_per_ticket": (RESOLVED, (*ESCALATED, "tickets.reassignment_count")),
    "kb_usage_rate": (RESOLVED, ("article",)),
    "proactive_rate": (("tickets.opened_by", "tickets.channel", "tickets.type"),),
    ("sla_response_compliance", "reported"): (("tickets.reported_response_met",),),
    ("sla_resolution_compliance", "reported"): (("tickets.reported_resolution_met",),),
    ("sla_compliance", "reported"): (("tickets.reported_response_met", "tickets.reported_resolution_met"),),
}  # fmt: skip


class Telling:
    """What the sources of one bundle tell."""

    def __init__(self, bundle: Bundle) -> None:
        self.source_of = {str(t["ticket_id"]): t.get("source") for t in bundle.rows("tickets")}
        self.client_of = {str(t["ticket_id"]): t["client_id"] for t in bundle.rows("tickets")}
        self.said: dict[object, set[str]] = {source: set() for source in self.source_of.values()}
        self.first: dict[tuple[object, str], int] = {}
        for ticket in bundle.rows("tickets"):
            self.said[ticket.get("source")] |= {f"tickets.{c}" for c, v in ticket.items() if v is not None}
        for ticket_id, events in bundle.events_of.items():
            for event in events:
                key, at = (self.source_of[ticket_id], str(event["kind"])), seconds(str(event["occurred_at"]))
                self.first[key] = min(self.first.get(key, at), at)
        for entry in bundle.rows("time_entries"):
            if entry.get("on_site") is not None and entry.get("ticket_id"):
                self.said[self.source_of[str(entry["ticket_id"])]].add("visits")

    def told(self, as_of: int) -> dict[object, set[str]]:
        """What each source has told by an instant: columns, and kinds of events that were seen by then."""
        kinds = {s: {kind for (of, kind), at in self.first.items() if of == s and at <= as_of} for s in self.said}
        return {source: said | kinds[source] for source, said in self.said.items()}

    def lacking(self, kpi: str, question: Question) -> set[object]:
        """The sources that do not tell enough for a KPI, where there are several."""
        if len(self.said) < 2:
            return set()
        needs = NEEDS.get((kpi, question.variant or ""), NEEDS.get(kpi, ()))
        return {
            source for source, told in self.told(question.as_of).items() if not all(told & set(need) for need in needs)
        }

    def nobody_tells(self, kpi: str, question: Question) -> bool:
        """Whether all the sources of the tickets in view lack something."""
        client, source = question.where.get("client"), question.where.get("source")
        here = {self.source_of[t] for t, c in self.client_of.items() if client in (None, c)}
        here &= {source} if source else here
        return bool(here) and here <= self.lacking(kpi, question)

    def marked(self, kpi: str, question: Question, rows: Iterable[Row]) -> list[Row]:
        """The rows, those of lacking sources out; none where nobody tells anything."""
        lacking = self.lacking(kpi, question)
        if not lacking:
            return list(rows)
        if self.nobody_tells(kpi, question):
            return []
        late = (None, "alert", "bad_timestamp")
        return [replace(r, reason="not_provided") if r.reason in late and self._of(r) in lacking else r for r in rows]

    def _of(self, row: Row) -> object:
        return self.source_of[row.id.split("#")[0]]
