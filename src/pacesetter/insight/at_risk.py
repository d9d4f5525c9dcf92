"""What breaks next: running clocks as of an instant, by how much is left of them.

Owns the reading of the queue's clocks. Levels of escalation (50, 75, 100 %) are read off the clock and stored nowhere. Must not know faces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.errors import BadRequest
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, read_business_time

LEVELS = (100, 75, 50)
FILTERS: Mapping[str, str] = {
    "client": "t.client_id", "type": "t.type", "channel": "t.channel", "team": "i.team_id", "organisation": "i.organisation",
    "tier": "CAST(CAST(i.tier AS INTEGER) AS VARCHAR)", "technician": "i.technician_id", "priority": "i.priority",
    "category": "i.category", "clock": "f.clock", "policy": "f.sla_policy_id",
}  # fmt: skip
"""Dimensions by which the queue can be filtered; all as they were at the instant asked."""

STANDS = """valid_from_s <= :as_of AND (superseded_s IS NULL OR superseded_s > :as_of)
            AND (stopped_s IS NULL OR stopped_s > :as_of) AND (cancelled_s IS NULL OR cancelled_s > :as_of)
            AND (excluded_s IS NULL OR excluded_s > :as_of)"""
"""That a clock has not ended, as of the instant."""
STANDING = f"""(
        SELECT * FROM f_clocks
        WHERE {STANDS}
    ) AS f
    JOIN f_tickets AS t ON t.ticket_key = f.ticket_key
    JOIN f_intervals AS i ON i.ticket_key = f.ticket_key AND i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)"""
"""Clocks that have not ended, with their ticket and its state, all as of the instant."""


def used_percent(left_s: int, target_s: int) -> float:
    """How much of a target is used up, in percent; more than 100 where it is over. A target of no time at all is used up."""
    return 100.0 * (target_s - left_s) / target_s if target_s else 100.0


def level_of(used: float) -> int:
    """The highest level of escalation that so many percent reach: 100, 75, 50 or 0."""
    return next((level for level in LEVELS if used >= level), 0)


@dataclass(frozen=True, kw_only=True)
class Risk:
    """One running clock. ``remaining_s`` and ``target_s`` are in the clock's own ``hours``, ``due_s`` is an epoch second."""

    ticket_id: str
    subject: str | None
    client: str
    priority: str | None
    clock: str
    cycle: int
    hours: str
    due_s: int
    remaining_s: int
    target_s: int
    team: str | None
    technician: str | None
    holder: str
    policy: str
    calendar: str | None

    @property
    def used_percent(self) -> float:
        """How much of the target is used up, 0 to 100."""
        return used_percent(self.remaining_s, self.target_s)

    @property
    def level(self) -> int:
        """The highest level of escalation that is reached: 100, 75, 50 or 0."""
        return level_of(self.used_percent)


@dataclass(frozen=True, kw_only=True)
class Queue:
    """What is at risk, soonest first, and how many clocks of open tickets are past their due instant already or paused."""

    risks: tuple[Risk, ...]
    broken: int
    paused: int


def at_risk(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    *,
    as_of_s: int,
    within_s: int,
    where: Mapping[str, Sequence[str | None]] | None = None,
) -> Queue:
    """Clocks that run as of ``as_of_s`` and have at most ``within_s`` seconds left, in the clock's own hours.

    Raises BadRequest for a dimension by which the queue cannot be filtered.
    """
    conditions, values = conditions_of(scope, where or {})
    standing = STANDING.replace(":as_of", str(as_of_s))
    key = f"CASE WHEN f.hours = 'calendar' THEN {ALWAYS_OPEN_KEY} ELSE f.calendar_key END"
    left = read_business_time(con).between("b", key, f"{as_of_s}", "f.due_s")
    rows = con.execute(
        f"""SELECT t.ticket_id, k.subject, t.client_id, i.priority, f.clock, f.cycle, f.hours, f.due_s, {left.value} AS left_s,
            f.target_s, i.team_id, i.technician_id, i.holder, f.sla_policy_id, f.calendar_id
        FROM {standing} JOIN tickets AS k ON k.ticket_key = f.ticket_key {left.joins}
        WHERE f.is_running AND f.due_s >= {as_of_s} AND {left.value} <= {within_s} AND {conditions}
        ORDER BY f.due_s, left_s, t.ticket_id, f.clock""",
        values,
    ).fetchall()
    counts = con.execute(
        f"""SELECT count(CASE WHEN f.due_s < {as_of_s} THEN 1 END),
            count(CASE WHEN NOT f.is_running AND (f.due_s IS NULL OR f.due_s >= {as_of_s}) AND f.due_reason IS NULL THEN 1 END)
        FROM {standing} WHERE {conditions}""",
        values,
    ).fetchall()[0]
    return Queue(risks=tuple(_risk(row) for row in rows), broken=counts[0], paused=counts[1])


def _risk(row: tuple[Any, ...]) -> Risk:
    names = (
        "ticket_id", "subject", "client", "priority", "clock", "cycle", "hours", "due_s", "remaining_s", "target_s", "team",
        "technician", "holder", "policy", "calendar",
    )  # fmt: skip
    return Risk(**dict(zip(names, row, strict=True)))


def conditions_of(
    scope: Scope, where: Mapping[str, Sequence[str | None]], filters: Mapping[str, str] = FILTERS
) -> tuple[str, list[Any]]:
    """The filters as SQL with places for their values; the scope is always one of them. Teams and technicians as at the instant.

    Raises BadRequest for a dimension by which the queue cannot be filtered.
    """
    texts, values = ["TRUE"], []
    own = (("t.client_id", scope.clients), ("i.team_id", scope.teams), ("i.technician_id", scope.technicians))
    for column, ids in own:
        if ids is not None:
            texts.append(f"list_contains(?, {column})")
            values.append(sorted(ids))
    for name, wanted in where.items():
        if name not in filters:
            raise BadRequest(
                f"the queue has no dimension '{name}'", where="--where", do=f"choose of {', '.join(filters)}"
            )
        known = [value for value in wanted if value is not None]
        absent = f" OR {filters[name]} IS NULL" if None in wanted else ""
        texts.append(f"(list_contains(?, {filters[name]}){absent})")
        values.append(known)
    return " AND ".join(texts), values
