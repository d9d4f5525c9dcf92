"""The queue: open tickets as of an instant, each with its most urgent promise, by the time left.

Owns the reading of it: one row per ticket, where ``at_risk`` gives one per clock. Must not know faces.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.errors import BadRequest
from pacesetter.insight.at_risk import HOLDER, LEVELS, STANDING, conditions_of
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, read_business_time


class Standing(StrEnum):
    """How a ticket stands towards its promises; ``risk``: one breaks within the hours asked, ``free``: nothing was promised."""

    BREACHED = "breached"
    RISK = "risk"
    RUNNING = "running"
    PAUSED = "paused"
    FREE = "free"


SORTS: Mapping[str, str] = {
    "left": "next_due_s IS NULL, next_due_s, broken_due_s IS NULL, broken_due_s DESC",
    "over": "broken_due_s IS NULL, broken_due_s",
    "age": "created_s",
    "priority": "priority IS NULL, priority, next_due_s IS NULL, next_due_s",
    "client": "client_id, next_due_s IS NULL, next_due_s",
}
"""Orders of the queue: time to the next promise that can still be kept (then what is broken, the latest first), longest broken, oldest,
priority, client."""

SHOWN: Mapping[str, str] = {
    "all": "TRUE",
    "risk": "next_left_s <= :within",
    "breached": "broken > 0",
    "unassigned": "technician_id IS NULL",
    "paused": "broken = 0 AND next_due_s IS NULL AND paused > 0",
    "free": "broken = 0 AND next_due_s IS NULL AND paused = 0",
}
"""Parts of the queue that can be looked at. A ticket with one promise broken and another at risk is in both."""


@dataclass(frozen=True, kw_only=True)
class Open:
    """An open ticket. ``clock`` is the promise that breaks next, else the one broken last; ``left_s`` is what is left of its
    ``target_s`` in its own ``hours``, negative where it is over; all None where nothing runs. ``broken`` clocks are over already."""

    ticket_id: str
    subject: str | None
    client: str
    type: str | None
    priority: str | None
    phase: str
    team: str | None
    technician: str | None
    holder: str
    created_s: int
    clock: str | None
    hours: str | None
    due_s: int | None
    left_s: int | None
    target_s: int | None
    broken: int
    paused: int
    standing: Standing

    @property
    def used_percent(self) -> float | None:
        """How much of the target is used up, 0 to 100 and more; None where no clock runs."""
        if self.left_s is None or self.target_s is None:
            return None
        return 100.0 * (self.target_s - self.left_s) / self.target_s if self.target_s else 100.0

    @property
    def level(self) -> int:
        """The highest level of escalation that is reached: 100, 75, 50 or 0."""
        used = self.used_percent
        return 0 if used is None else next((level for level in LEVELS if used >= level), 0)


@dataclass(frozen=True, kw_only=True)
class Counts:
    """How many open tickets there are in each part of the queue, and the oldest (id and epoch second), None where none is open."""

    parts: Mapping[str, int]
    clocks: int
    oldest: tuple[str, int] | None

    @property
    def total(self) -> int:
        """Every open ticket: the KPI ``backlog`` at the same instant."""
        return self.parts["all"]

    @property
    def has_promises(self) -> bool:
        """Whether any open ticket has a clock of an SLA policy."""
        return self.clocks > 0


@dataclass(frozen=True, kw_only=True)
class QueueQuery:
    """What is asked. ``within_s`` seconds ahead, in a clock's own hours, are at risk; ``where`` filters as ``at_risk`` does."""

    as_of_s: int
    within_s: int
    where: Mapping[str, Sequence[str | None]]


def count_queue(con: duckdb.DuckDBPyConnection, scope: Scope, query: QueueQuery) -> Counts:
    """The parts of the queue, counted. Raises BadRequest for a dimension by which it cannot be filtered."""
    rows, values = _rows(con, scope, query)
    sums = ", ".join(f"count(CASE WHEN {_within(test, query)} THEN 1 END)" for test in SHOWN.values())
    found = con.execute(
        f"""SELECT {sums}, count(CASE WHEN broken + paused + running > 0 THEN 1 END),
            min(created_s), min_by(ticket_id, created_s) FROM ({rows})""",
        values,
    ).fetchall()[0]
    *parts, clocks, oldest_s, oldest = found
    return Counts(
        parts=dict(zip(SHOWN, parts, strict=True)), clocks=clocks, oldest=(oldest, oldest_s) if oldest else None
    )


def read_queue(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    query: QueueQuery,
    *,
    shown: str = "all",
    sort: str = "left",
    limit: int,
    offset: int = 0,
) -> list[Open]:
    """A page of the queue. Raises BadRequest for a part, order or dimension that it does not have."""
    if shown not in SHOWN:
        raise BadRequest(f"the queue has no part '{shown}'", where="show", do=f"choose of {', '.join(SHOWN)}")
    if sort not in SORTS:
        raise BadRequest(f"the queue has no order '{sort}'", where="sort", do=f"choose of {', '.join(SORTS)}")
    rows, values = _rows(con, scope, query)
    found = con.execute(
        f"""SELECT ticket_id, subject, client_id, type, priority, phase, team_id, technician_id, holder, created_s,
            CASE WHEN next_due_s IS NOT NULL THEN next_clock ELSE broken_clock END,
            CASE WHEN next_due_s IS NOT NULL THEN next_hours ELSE broken_hours END,
            coalesce(next_due_s, broken_due_s),
            CASE WHEN next_due_s IS NOT NULL THEN next_left_s ELSE broken_left_s END,
            CASE WHEN next_due_s IS NOT NULL THEN next_target_s ELSE broken_target_s END,
            broken, paused,
            CASE WHEN broken > 0 THEN 'breached' WHEN next_left_s <= {query.within_s} THEN 'risk' WHEN next_due_s IS NOT NULL THEN 'running'
                WHEN paused > 0 THEN 'paused' ELSE 'free' END
        FROM ({rows}) WHERE {_within(SHOWN[shown], query)}
        ORDER BY {SORTS[sort]}, created_s, ticket_id LIMIT {int(limit)} OFFSET {int(offset)}""",
        values,
    ).fetchall()
    return [_open(row) for row in found]


def _within(test: str, query: QueueQuery) -> str:
    return test.replace(":within", str(query.within_s))


def _open(row: tuple[Any, ...]) -> Open:
    names = (
        "ticket_id", "subject", "client", "type", "priority", "phase", "team", "technician", "holder", "created_s", "clock", "hours",
        "due_s", "left_s", "target_s", "broken", "paused",
    )  # fmt: skip
    return Open(**dict(zip(names, row[:-1], strict=True)), standing=Standing(row[-1]))


def _rows(con: duckdb.DuckDBPyConnection, scope: Scope, query: QueueQuery) -> tuple[str, list[Any]]:
    """One row per open ticket within reach, with its next promise and the one broken last; and the values of its places."""
    as_of, texts = str(query.as_of_s), {name: v for name, v in query.where.items()}
    conditions, values = conditions_of(scope, texts)
    clocks = _clocks(con, as_of)
    return (
        f"""SELECT t.ticket_id, k.subject, t.client_id, t.type, t.created_s, i.priority, i.phase, i.team_id, i.technician_id,
            {HOLDER} AS holder,
            c.* EXCLUDE (ticket_key, broken, paused, running), coalesce(c.broken, 0) AS broken, coalesce(c.paused, 0) AS paused,
            coalesce(c.running, 0) AS running
        FROM f_tickets AS t
        JOIN f_intervals AS i ON i.ticket_key = t.ticket_key AND i.start_s <= {as_of} AND (i.end_s IS NULL OR i.end_s > {as_of})
        JOIN tickets AS k ON k.ticket_key = t.ticket_key
        LEFT JOIN ({clocks}) AS c ON c.ticket_key = t.ticket_key
        WHERE i.phase_code <= 5 AND (t.excluded_s IS NULL OR t.excluded_s > {as_of}) AND {conditions}""",
        values,
    )


def _clocks(con: duckdb.DuckDBPyConnection, as_of: str) -> str:
    """Per ticket: its running clock that is due first, its broken clock that was due last, and how many stand how."""
    standing = STANDING.replace(":as_of", as_of)
    key = f"CASE WHEN f.hours = 'calendar' THEN {ALWAYS_OPEN_KEY} ELSE f.calendar_key END"
    left = read_business_time(con).between("b", key, as_of, "f.due_s")
    live, over = f"is_running AND due_s >= {as_of}", f"due_s < {as_of}"

    def first(column: str, test: str, order: str) -> str:
        return f"arg_min(CASE WHEN {test} THEN {column} END, CASE WHEN {test} THEN {order} END)"

    picked = ", ".join(
        f"{first(column, test, order)} AS {name}_{column}"
        for name, test, order in (("next", live, "due_s"), ("broken", over, "-due_s"))
        for column in ("clock", "hours", "left_s", "target_s", "due_s")
    )
    return f"""SELECT ticket_key, {picked}, count(CASE WHEN {over} THEN 1 END) AS broken,
            count(CASE WHEN NOT is_running AND due_reason IS NULL AND (due_s IS NULL OR due_s >= {as_of}) THEN 1 END) AS paused,
            count(CASE WHEN {live} THEN 1 END) AS running
        FROM (SELECT f.ticket_key, f.clock, f.hours, f.due_s, f.target_s, f.is_running, f.due_reason, {left.value} AS left_s
            FROM {standing} {left.joins})
        GROUP BY ticket_key"""


def read_choices(con: duckdb.DuckDBPyConnection, scope: Scope, as_of_s: int) -> dict[str, list[str]]:
    """The teams, technicians and priorities that hold open tickets within reach: what the queue can be filtered by."""
    conditions, values = conditions_of(scope, {})
    columns = {"team": "i.team_id", "technician": "i.technician_id", "priority": "i.priority"}
    listed = ", ".join(f"list_sort(list_distinct(list({column})))" for column in columns.values())
    found = con.execute(
        f"""SELECT {listed} FROM f_tickets AS t JOIN f_intervals AS i ON i.ticket_key = t.ticket_key
            AND i.start_s <= {as_of_s} AND (i.end_s IS NULL OR i.end_s > {as_of_s})
        WHERE i.phase_code <= 5 AND (t.excluded_s IS NULL OR t.excluded_s > {as_of_s}) AND {conditions}""",
        values,
    ).fetchall()[0]
    return {name: [str(v) for v in ids or [] if v is not None] for name, ids in zip(columns, found, strict=True)}
