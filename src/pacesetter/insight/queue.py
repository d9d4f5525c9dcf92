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
from pacesetter.insight.at_risk import FILTERS as CLOCK_FILTERS
from pacesetter.insight.at_risk import STANDS, conditions_of, level_of, used_percent
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, read_business_time


class Standing(StrEnum):
    """How a ticket stands towards its promises; ``risk``: one breaks within the hours asked, ``free``: nothing was promised."""

    BREACHED = "breached"
    RISK = "risk"
    RUNNING = "running"
    PAUSED = "paused"
    FREE = "free"


FILTERS: Mapping[str, str] = {n: c for n, c in CLOCK_FILTERS.items() if n != "clock"} | {"policy": "t.sla_policy_id"}
"""Dimensions by which the queue can be filtered; a ticket has one clock or several, so that they are none."""
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
    subject: str | None
    standing: Standing

    @property
    def used_percent(self) -> float | None:
        """How much of the target is used up, 0 to 100 and more; None where no clock runs."""
        if self.left_s is None or self.target_s is None:
            return None
        return used_percent(self.left_s, self.target_s)

    @property
    def level(self) -> int:
        """The highest level of escalation that is reached: 100, 75, 50 or 0."""
        used = self.used_percent
        return 0 if used is None else level_of(used)


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


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A page of the queue, and how many stand where in all of it."""

    counts: Counts
    rows: tuple[Open, ...]


def read_queue(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    query: QueueQuery,
    *,
    shown: str = "all",
    sort: str = "left",
    limit: int,
    offset: int = 0,
) -> Listing:
    """A page of the queue. Raises BadRequest for a part, order or dimension that it does not have."""
    if shown not in SHOWN:
        raise BadRequest(f"the queue has no part '{shown}'", where="show", do=f"choose of {', '.join(SHOWN)}")
    if sort not in SORTS:
        raise BadRequest(f"the queue has no order '{sort}'", where="sort", do=f"choose of {', '.join(SORTS)}")
    tickets, values = _tickets(con, scope, query)
    sums = ", ".join(f"count(CASE WHEN {_within(test, query)} THEN 1 END)" for test in SHOWN.values())
    found = con.execute(
        f"""{tickets},
        counts AS (SELECT {sums}, count(CASE WHEN broken + paused + running > 0 THEN 1 END), min(created_s), min_by(ticket_id, created_s)
            FROM tickets),
        page AS (SELECT {_columns(query, sort)} FROM tickets WHERE {_within(SHOWN[shown], query)}
            ORDER BY place LIMIT {int(limit)} OFFSET {int(offset)})
        SELECT counts.*, page.* FROM counts LEFT JOIN page ON TRUE ORDER BY page.place""",
        values,
    ).fetchall()
    width = len(SHOWN) + 3
    *parts, clocks, oldest_s, oldest = found[0][:width]
    counts = Counts(
        parts=dict(zip(SHOWN, parts, strict=True)), clocks=clocks, oldest=(oldest, oldest_s) if oldest else None
    )
    return Listing(counts=counts, rows=_with_subjects(con, [row[width:] for row in found if row[width] is not None]))


def _within(test: str, query: QueueQuery) -> str:
    return test.replace(":within", str(query.within_s))


def _columns(query: QueueQuery, sort: str) -> str:
    """The place in the order and what a row tells, in the order of ``_NAMES``, its standing last."""
    told = ", ".join(
        f"CASE WHEN next_due_s IS NOT NULL THEN next_{name} ELSE broken_{name} END AS {name}"
        for name in ("clock", "hours", "due_s", "left_s", "target_s")
    )
    return f"""row_number() OVER (ORDER BY {SORTS[sort]}, created_s, ticket_id) AS place, ticket_key, ticket_id, client_id, type, priority,
        phase, team_id, technician_id, holder, created_s, {told}, broken, paused, CASE WHEN broken > 0 THEN 'breached'
            WHEN next_left_s <= {query.within_s} THEN 'risk'
            WHEN next_due_s IS NOT NULL THEN 'running' WHEN paused > 0 THEN 'paused' ELSE 'free' END"""


_NAMES = (
    "ticket_id", "client", "type", "priority", "phase", "team", "technician", "holder", "created_s", "clock", "hours", "due_s", "left_s",
    "target_s", "broken", "paused",
)  # fmt: skip


def _with_subjects(con: duckdb.DuckDBPyConnection, rows: list[tuple[Any, ...]]) -> tuple[Open, ...]:
    """The rows of a page, (place, key, ...), with their subjects, which are read for no other ticket."""
    keys = ", ".join(str(int(row[1])) for row in rows)
    subjects = (
        dict(con.execute(f"SELECT ticket_key, subject FROM tickets WHERE ticket_key IN ({keys})").fetchall())
        if rows
        else {}
    )
    return tuple(
        Open(**dict(zip(_NAMES, row[2:-1], strict=True)), subject=subjects.get(row[1]), standing=Standing(row[-1]))
        for row in rows
    )


def _tickets(con: duckdb.DuckDBPyConnection, scope: Scope, query: QueueQuery) -> tuple[str, list[Any]]:
    """``tickets`` as a common table: one row per open ticket within reach, with its next promise and the one broken last."""
    as_of = str(query.as_of_s)
    conditions, values = conditions_of(scope, query.where, FILTERS)
    key = f"CASE WHEN f.hours = 'calendar' THEN {ALWAYS_OPEN_KEY} ELSE f.calendar_key END"
    left = read_business_time(con).between("b", key, as_of, "f.due_s")
    live, over = f"is_running AND due_s >= {as_of}", f"due_s < {as_of}"
    picked = ", ".join(
        f"arg_min(CASE WHEN {test} THEN {column} END, CASE WHEN {test} THEN {order} END) AS {name}_{column}"
        for name, test, order in (("next", live, "due_s"), ("broken", over, "-due_s"))
        for column in ("clock", "hours", "left_s", "target_s", "due_s")
    )
    return (
        f"""WITH standing AS MATERIALIZED (
            SELECT t.ticket_key, t.ticket_id, t.client_id, t.type, t.created_s, i.priority, i.phase, i.team_id, i.technician_id, i.holder
            FROM (SELECT * FROM f_intervals WHERE phase_code <= 5 AND start_s <= {as_of} AND (end_s IS NULL OR end_s > {as_of})) AS i
            JOIN f_tickets AS t ON t.ticket_key = i.ticket_key
            WHERE (t.excluded_s IS NULL OR t.excluded_s > {as_of}) AND {conditions}),
        clocks AS MATERIALIZED (
            SELECT f.ticket_key, f.clock, f.hours, f.due_s, f.target_s, f.is_running, f.due_reason, {left.value} AS left_s
            FROM (SELECT * FROM f_clocks WHERE {STANDS.replace(":as_of", as_of)}
                AND ticket_key IN (SELECT ticket_key FROM standing)) AS f {left.joins}),
        promises AS (
            SELECT ticket_key, {picked}, count(CASE WHEN {over} THEN 1 END) AS broken,
                count(CASE WHEN NOT is_running AND due_reason IS NULL AND (due_s IS NULL OR due_s >= {as_of}) THEN 1 END) AS paused,
                count(CASE WHEN {live} THEN 1 END) AS running
            FROM clocks GROUP BY ticket_key),
        tickets AS MATERIALIZED (
            SELECT s.*, p.* EXCLUDE (ticket_key, broken, paused, running), coalesce(p.broken, 0) AS broken,
                coalesce(p.paused, 0) AS paused, coalesce(p.running, 0) AS running
            FROM standing AS s LEFT JOIN promises AS p ON p.ticket_key = s.ticket_key)""",
        values,
    )


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
