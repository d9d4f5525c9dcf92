"""The facts as KPIs see them: each a view as of an instant, with its columns, anchors and dimensions.

Owns the schema against which expressions are checked, and the source of each fact as a syntax tree. The view's own text is
parsed once; ``:as_of`` in it becomes a number. Must not know single KPIs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

import sqlglot
from sqlglot import exp

from pacesetter.engine.dialect import DIALECT, Type

N, X, B = Type.NUMBER, Type.TEXT, Type.TRUTH


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact. ``anchors`` maps the name of a moment to the column that holds its epoch second.

    ``hours`` maps a column name, as used in expressions, to the stored column per kind of hours. ``bad_time`` names the column
    that is true where a duration of the row cannot be trusted. ``dated_source`` serves when as-of lies before the latest change.
    """

    name: str
    doc: str
    source: str
    anchors: Mapping[str, str]
    columns: Mapping[str, Type]
    row_id: str = "ticket_key"
    hours: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    bad_time: str | None = None
    dated_source: str | None = None
    instant: bool = False

    @property
    def schema(self) -> dict[str, Type]:
        """Columns that an expression over this fact may name: its own and those of its ticket."""
        own = dict(self.columns) | {name: N for name in self.hours}
        return (TICKET_COLUMNS | own) if self.row_id == "ticket_key" or "ticket_key" in self.columns else own

    def tree(self, as_of_s: int, *, dated: bool) -> exp.Query:
        """The view as of an instant."""
        text = self.dated_source if dated and self.dated_source else self.source
        tree = sqlglot.parse_one(text, dialect=DIALECT)
        assert isinstance(tree, exp.Query)
        return tree.transform(lambda node: exp.Literal.number(as_of_s) if isinstance(node, exp.Placeholder) else node)


_STATE = {"team_id": X, "organisation": X, "tier": N, "technician_id": X, "priority": X, "category": X}
_COMMON = {"ticket_key": N, "client_id": X, "type": X, "channel": X, "created_s": N, "out_as": X, **_STATE}
TICKET_COLUMNS: dict[str, Type] = {
    "site_id": X, "contact_id": X, "department": X, "offering_id": X, "asset": X, "source": X, "opened_by": X,
    "subcategory": X, "impact": X, "urgency": X, "on_site": B, "worked_minutes": N, "root_cause": X, "fix": X,
    "resolution_code": X, "resolution_note": X, "due_s": N, "promised_s": N, "reported_response_met": B,
    "reported_resolution_met": B, "reported_first_contact": B,
}  # fmt: skip
"""Columns of the ticket that any fact about a ticket can reach."""

_OUT = "CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END AS out_as"


def _durations(end: str) -> dict[str, dict[str, str]]:
    return {f"{end}_after_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}}


FACTS: dict[str, Fact] = {
    f.name: f
    for f in (
        Fact(
            name="tickets",
            doc="every ticket, in the state that it is in as of the instant asked",
            source=f"SELECT f.*, {_OUT} FROM f_tickets AS f WHERE f.created_s <= :as_of",
            dated_source=f"""
                SELECT f.* EXCLUDE (phase, team_id, organisation, tier, technician_id, priority, category),
                    i.phase, i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category, {_OUT}
                FROM f_tickets AS f JOIN f_intervals AS i ON i.ticket_key = f.ticket_key
                WHERE i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)""",
            anchors={"created": "created_s"},
            columns={**_COMMON, "phase": X},
        ),
        Fact(
            name="responses",
            doc="the first response of each ticket that has one",
            source=f"SELECT f.*, {_OUT} FROM f_responses AS f WHERE f.responded_s <= :as_of",
            anchors={"first_response": "responded_s", "created": "created_s"},
            columns={**_COMMON, "responded_s": N},
            hours=_durations("responded"),
            bad_time="is_early",
        ),
        Fact(
            name="resolutions",
            doc="the final resolution of each resolved ticket",
            source=f"""
                SELECT f.*, {_OUT}, coalesce(f.article_s <= :as_of, FALSE) AS used_article FROM f_resolutions AS f
                WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
            anchors={"resolved": "resolved_s", "created": "created_s"},
            columns={
                **_COMMON, "resolved_s": N, "had_second_contact": B, "was_escalated": B, "handoffs": N, "returns": N,
                "was_reopened": B, "was_reopened_in_window": B, "used_article": B,
            },
            hours=_durations("resolved"),
            bad_time="is_early",
        ),
        Fact(
            name="closures",
            doc="the final closure of each closed ticket",
            source=f"""
                SELECT f.*, {_OUT} FROM f_closures AS f
                WHERE f.closed_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
            anchors={"closed": "closed_s", "created": "created_s"},
            columns={**_COMMON, "closed_s": N},
            hours=_durations("closed"),
            bad_time="is_early",
        ),
        Fact(
            name="escalations",
            doc="every escalation",
            source=f"""
                SELECT f.*, {_OUT}, f.nth = 1 AS is_first, coalesce(f.returned_s <= :as_of, FALSE) AS came_back,
                    coalesce(f.action_s <= :as_of, FALSE) AS was_acted_on
                FROM f_escalations AS f WHERE f.escalated_s <= :as_of""",
            anchors={"escalated": "escalated_s", "created": "created_s"},
            columns={**_COMMON, "escalated_s": N, "is_first": B, "came_back": B, "was_acted_on": B, "from_tier": N},
            hours={
                **_durations("escalated"),
                "acted_after_s": {h: f"action_{h}_s" for h in ("calendar", "business", "sla")},
            },
            bad_time="is_early",
        ),
        Fact(
            name="handled",
            doc="every final resolution and every escalation, for tickets handled",
            source="""
                SELECT e.ticket_key, e.client_id, e.type, e.channel, e.created_s, e.team_id, e.organisation, e.tier, e.technician_id,
                    e.priority, e.category, e.escalated_s AS handled_s, TRUE AS is_escalation, FALSE AS is_early,
                    CASE WHEN e.excluded_s <= :as_of THEN e.excluded_as END AS out_as
                FROM f_escalations AS e WHERE e.escalated_s <= :as_of
                UNION ALL
                SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.team_id, f.organisation, f.tier, f.technician_id,
                    f.priority, f.category, f.resolved_s, FALSE, FALSE,
                    CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END
                FROM f_resolutions AS f
                WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
            anchors={"handled": "handled_s", "created": "created_s"},
            columns={**_COMMON, "handled_s": N, "is_escalation": B},
        ),
        Fact(
            name="backlog",
            doc="tickets open at the end of a period, as they were then",
            source=f"""
                SELECT i.ticket_key, f.client_id, f.type, f.channel, f.created_s, i.start_s, i.phase, i.team_id, i.organisation,
                    i.tier, i.technician_id, i.priority, i.category, {_OUT},
                    CASE WHEN i.end_s <= :as_of THEN i.end_s END AS end_s
                FROM f_intervals AS i JOIN f_tickets AS f ON f.ticket_key = i.ticket_key
                WHERE i.start_s <= :as_of AND i.phase_code <= 5""",
            anchors={"instant": "start_s"},
            columns={**_COMMON, "phase": X, "at_s": N},
            hours={"age_s": {h: "age_s" for h in ("calendar", "business", "sla")}},
            instant=True,
        ),
        Fact(
            name="surveys",
            doc="every survey that was sent",
            source=f"""
                SELECT f.* EXCLUDE (answered_s), CASE WHEN f.answered_s <= :as_of THEN f.answered_s END AS answered_s, {_OUT}
                FROM f_surveys AS f WHERE f.sent_s <= :as_of""",
            anchors={"answered": "answered_s", "sent": "sent_s"},
            columns={**_COMMON, "kind": X, "score": N, "scale_max": N, "answered_s": N, "sent_s": N},
            row_id="survey_id",
        ),
    )
}  # fmt: skip

DIMENSIONS: dict[str, str] = {
    "client": "client_id", "site": "site_id", "team": "team_id", "organisation": "organisation", "tier": "tier",
    "technician": "technician_id", "priority": "priority", "type": "type", "category": "category",
    "subcategory": "subcategory", "channel": "channel", "offering": "offering_id", "department": "department",
    "contact": "contact_id", "asset": "asset", "source": "source", "opened_by": "opened_by", "impact": "impact",
    "urgency": "urgency", "phase": "phase", "resolution_code": "resolution_code",
}  # fmt: skip
"""Dimension name, as in commands and JSON, to the column that holds it."""

TIME_DIMENSIONS = ("hour", "weekday")
"""Dimensions read off the anchor's local time: hour of day (0–23) and day of week (mon … sun)."""
