"""The closed lists of words that columns of the canonical tables take, one name each.

What a source calls these things is the business of mappings and connectors.
"""

PHASES = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled", "resolved", "closed", "cancelled")
WORKING_PHASES = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled")
PAUSE_PHASES = ("waiting_requester", "waiting_vendor", "scheduled")
ORGANISATIONS = ("msp", "client", "vendor")
TICKET_TYPES = ("incident", "request", "problem", "change", "task", "alert")
CHANNELS = ("email", "phone", "portal", "chat", "walk_in", "monitoring")
LIVE_CHANNELS = ("phone", "chat", "walk_in")
OPENED_BY = ("requester", "technician", "automation")
ACTOR_KINDS = ("technician", "requester", "automation", "vendor")
EXCLUSIONS = ("spam", "merged", "deleted", "test")
EVENT_KINDS = (
    "created", "reply", "note", "status", "assignment", "team", "priority", "category", "escalation", "article",
    "approval", "notification", "consultation", "merge", "resolved", "reopened", "closed",
)  # fmt: skip
