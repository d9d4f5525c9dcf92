"""The record of a fact: a view as of an instant, with its columns, anchors and dimensions.

Owns the schema against which expressions are checked. The view's own text is parsed once; ``:as_of`` in it becomes a number. Must not
know single facts or KPIs.
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


STATE = {"team_id": X, "organisation": X, "tier": N, "technician_id": X, "priority": X, "category": X}
COMMON = {"ticket_key": N, "client_id": X, "type": X, "channel": X, "created_s": N, "out_as": X, **STATE}
TICKET_COLUMNS: dict[str, Type] = {
    "site_id": X, "contact_id": X, "department": X, "offering_id": X, "asset": X, "source": X, "opened_by": X,
    "subcategory": X, "impact": X, "urgency": X, "on_site": B, "worked_minutes": N, "root_cause": X, "fix": X,
    "resolution_code": X, "resolution_note": X, "due_s": N, "promised_s": N, "reported_response_met": B,
    "reported_resolution_met": B, "reported_first_contact": B,
}  # fmt: skip
"""Columns of the ticket that any fact about a ticket can reach."""

OUT = "CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END AS out_as"


def durations(end: str) -> dict[str, dict[str, str]]:
    return {f"{end}_after_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}}


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
