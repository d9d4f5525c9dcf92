"""The record of a fact: a view as of an instant, with its columns, anchors and dimensions.

Owns the schema against which expressions are checked. The view's own text is parsed once; ``:as_of`` and the like become
literals. Must not know single facts or KPIs.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import sqlglot
from sqlglot import exp

from pacesetter.engine.dialect import DIALECT, Type

Params = Mapping[str, int | str]
N, X, B = Type.NUMBER, Type.TEXT, Type.TRUTH


@dataclass(frozen=True, kw_only=True)
class Fact:
    """One fact. ``anchors`` maps the name of a moment to the column that holds its epoch second.

    ``hours`` maps a column name, as used in expressions, to the stored column per kind of hours. ``bad_time`` names the column
    that is true where a duration of the row cannot be trusted. ``dated_source`` serves when as-of lies before the latest change,
    ``spread_source`` (with ``spread_columns``) when the question is cut by dimensions, filtered or scoped: shared costs are spread
    over rows then.

    An ``instant`` fact has rows from ``start_s`` to ``end_s`` and stands at the ends of periods; ``cohort`` names the fact that stands for
    it where tickets are taken by their creation. A ``periodic`` one joins ``period_spans`` itself and gives ``p``: rows that overlap a
    period, or stand at its start. The rows of a ``monthly`` one stand for whole months where they are spread. Of a ``daily`` one only the
    day is known: its anchors are midnights. ``lookups`` names what else its text joins: ``days``, ``money``, ``months``, ``working``.
    ``money`` are columns in the workspace's currency, null where ``lacking`` names a currency without a rate. ``reals`` are columns that
    are no whole numbers.
    ``shift_at`` is the column of the instant at which the row's technician is looked up in the shifts, None where rows have no such.
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
    spread_source: str | None = None
    spread_columns: Mapping[str, Type] = field(default_factory=dict)
    instant: bool = False
    periodic: bool = False
    monthly: bool = False
    daily: bool = False
    cohort: str | None = None
    lookups: frozenset[str] = frozenset()
    money: frozenset[str] = frozenset()
    reals: frozenset[str] = frozenset()
    shift_at: str | None = None

    @property
    def schema(self) -> dict[str, Type]:
        """Columns that an expression over this fact may name: its own and those of its ticket."""
        own = dict(self.columns) | {name: N for name in self.hours}
        return (TICKET_COLUMNS | own) if self.has_ticket else own

    @property
    def has_ticket(self) -> bool:
        """Whether each row is about a ticket."""
        return self.row_id == "ticket_key" or "ticket_key" in self.columns

    def why_no(self, dimension: str) -> str | None:
        """Why its rows have no such part of the local time, in words; None where they have it."""
        if self.instant:
            return "they stand at the end of a period"
        if self.periodic or self.monthly:
            return "they stand for a whole period"
        return "only their day is known" if self.daily and dimension == "hour" else None

    def on(self, anchor: str) -> "tuple[str, str] | None":
        """The fact and anchor by which its rows are taken where ``anchor`` is asked for; None where they have none such."""
        if anchor == CREATED and self.cohort:
            return (self.cohort, CREATED)
        return (self.name, anchor) if anchor in self.anchors else None

    def has_dimension(self, name: str) -> bool:
        """Whether rows can be cut by a dimension: one of their own columns, one of their ticket's, or one that is looked up for them."""
        if name in TIME_DIMENSIONS:
            return self.why_no(name) is None
        if name.startswith("x_"):
            return self.has_ticket
        column = DIMENSIONS.get(name)
        if column in self.columns or column in self.spread_columns:
            return True
        if column == "shift_id":
            return self.shift_at is not None
        if column == "age_band":
            return self.instant
        return self.has_ticket and (column == "agreement_id" or column in TICKET_COLUMNS)

    def spread(self) -> "Fact":
        """The fact with shared costs spread over rows; itself where nothing is shared."""
        if self.spread_source is None:
            return self
        return replace(
            self, source=self.spread_source, spread_source=None, columns={**self.columns, **self.spread_columns}
        )

    def tree(self, params: Params, *, dated: bool) -> exp.Query:
        """The view with ``params`` in it: ``as_of`` (epoch second), ``home`` (currency) and what the workspace's rules say."""
        text = self.dated_source if dated and self.dated_source else self.source

        def filled(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Placeholder):
                return node
            value = params[node.name] if node.name in params else DEFAULTS[node.name]
            return exp.Literal.string(value) if isinstance(value, str) else exp.Literal.number(value)

        tree = sqlglot.parse_one(text, dialect=DIALECT).transform(filled)
        assert isinstance(tree, exp.Query)
        return tree


CREATED = "created"
"""The anchor of a cohort: the creation of the ticket that a row is about. Rows without a ticket have none."""
AGE_BANDS = ((1, "under 1 day"), (3, "1 to 3 days"), (7, "3 to 7 days"), (30, "7 to 30 days"), (90, "30 to 90 days"))
OLDEST_BAND = "90 days and over"

DEFAULTS: Params = {"required": ",category,priority,team,technician,contact,time,"}
"""What stands for a rule that the caller does not give."""

STATE = {"team_id": X, "organisation": X, "tier": N, "technician_id": X, "priority": X, "category": X}
COMMON = {"ticket_key": N, "client_id": X, "type": X, "channel": X, "created_s": N, "out_as": X, **STATE}
TICKET_COLUMNS: dict[str, Type] = {
    "site_id": X, "contact_id": X, "department": X, "offering_id": X, "asset": X, "source": X, "opened_by": X,
    "subcategory": X, "impact": X, "urgency": X, "on_site": B, "worked_minutes": N, "root_cause": X, "fix": X,
    "resolution_code": X, "resolution_note": X, "due_s": N, "promised_s": N, "reported_response_met": B,
    "reported_resolution_met": B, "reported_first_contact": B, "calendar_id": X,
}  # fmt: skip
"""Columns of the ticket that any fact about a ticket can reach."""
TICKET_REALS = frozenset({"worked_minutes"})

OUT = "CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END AS out_as"
TICKET = "t.type, t.channel, t.created_s, t.priority, t.category"


def durations(end: str) -> dict[str, dict[str, str]]:
    """The ``hours`` of a fact whose stored columns are calendar_s, business_s and sla_s."""
    return {f"{end}_after_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}}


def age_band(age: str) -> str:
    """The name of the band of an age in seconds, as SQL."""
    bands = " ".join(f"WHEN {age} < {days * 86_400} THEN '{name}'" for days, name in AGE_BANDS)
    return f"CASE {bands} ELSE '{OLDEST_BAND}' END"


DIMENSIONS: dict[str, str] = {
    "client": "client_id", "site": "site_id", "team": "team_id", "organisation": "organisation", "tier": "tier",
    "technician": "technician_id", "priority": "priority", "type": "type", "category": "category",
    "subcategory": "subcategory", "channel": "channel", "offering": "offering_id", "department": "department",
    "contact": "contact_id", "asset": "asset", "source": "source", "opened_by": "opened_by", "impact": "impact",
    "urgency": "urgency", "phase": "phase", "resolution_code": "resolution_code", "age_band": "age_band",
    "handled_by": "handled_by", "agreement": "agreement_id", "article": "article_id", "tool": "tool", "topic": "topic",
    "reason": "reason", "cause": "cause", "cost_kind": "cost_kind", "service": "service_id", "project": "project_id",
    "owner": "owner", "work_type": "work_type", "industry": "industry", "holder": "holder", "clock": "clock",
    "policy": "sla_policy_id", "task": "task_id", "accountable": "accountable", "done_by": "done_by", "deviation": "deviation",
    "role": "role_id", "shift": "shift_id",
}  # fmt: skip
"""Dimension name, as in commands and JSON, to the column that holds it."""

TIME_DIMENSIONS = ("hour", "weekday")
"""Dimensions read off the anchor's local time, where a row has one: hour of day (0–23) and day of week (mon … sun)."""
