"""One ticket's whole story: events, who held it, when each clock ran, paused and broke, which hours were shut.

Owns the reading of it from one generation. Must not know faces: times are epoch seconds, words are the source's own.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.catalogue.facts.clocks import OUTCOME
from pacesetter.errors import BadRequest
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time_tables import read_calendars

Span = tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class TicketEvent:
    """Something that the source says has happened; ``is_column`` where a column of the ticket stands in for an event.

    ``actor_kind`` is as facts have it: a technician who was in a vendor's team then is that vendor.
    """

    at_s: int
    kind: str
    actor_kind: str | None
    actor: str | None
    before: str | None
    after: str | None
    is_public: bool
    is_column: bool = False


@dataclass(frozen=True, kw_only=True)
class Holding:
    """A half-open stretch in which nothing about the ticket's state changed; ``end_s`` is None while it lasts."""

    start_s: int
    end_s: int | None
    phase: str
    holder: str
    team: str | None
    technician: str | None
    priority: str | None
    calendar_s: int
    business_s: int


@dataclass(frozen=True, kw_only=True)
class ClockStretch:
    """A version of a clock's cycle: what was known of it from ``valid_from_s`` until ``superseded_s``. Seconds are in ``hours``."""

    clock: str
    cycle: int
    version: int
    hours: str | None
    target_s: int | None
    started_s: int
    valid_from_s: int
    superseded_s: int | None
    is_running: bool
    consumed_s: int | None
    running_s: int | None
    paused_s: int | None
    due_s: int | None
    due_reason: str | None
    stopped_s: int | None
    cancelled_s: int | None
    holder: str
    outcome: str | None


@dataclass(frozen=True, kw_only=True)
class Story:
    """The story as of an instant. ``shut`` are the stretches in which the ticket's calendar was closed; ``until_s`` ends the story."""

    ticket_id: str
    facts: dict[str, Any]
    as_of_s: int
    until_s: int
    events: tuple[TicketEvent, ...]
    holdings: tuple[Holding, ...]
    clocks: tuple[ClockStretch, ...]
    calendar: dict[str, str] | None
    shut: tuple[Span, ...]


def ticket_story(
    con: duckdb.DuckDBPyConnection, scope: Scope, settings: Settings, ticket_id: str, as_of_s: int
) -> Story:
    """The story of a ticket. Raises BadRequest with near matches where there is none within the scope, or not yet at that instant."""
    key, facts = _ticket(con, scope, ticket_id)
    if facts["created_s"] > as_of_s:
        raise BadRequest(f"ticket '{ticket_id}' did not exist yet", where="--as-of", do="name a later instant")
    events = tuple(e for e in _events(con, key) if e.at_s <= as_of_s)
    holdings = tuple(_holdings(con, key, as_of_s))
    clocks = tuple(_clocks(con, key, as_of_s))
    until_s = _until(events, holdings, clocks, as_of_s)
    calendar, shut = _shut(con, settings, facts["calendar_id"], facts["created_s"], until_s)
    return Story(
        ticket_id=facts["ticket_id"], facts=facts, as_of_s=as_of_s, until_s=until_s, events=events, holdings=holdings,
        clocks=clocks, calendar=calendar, shut=shut,
    )  # fmt: skip


_FACTS = """
    SELECT f.ticket_key, f.ticket_id, k.subject, f.client_id AS client, c.name AS client_name, f.type, f.channel, f.opened_by, f.source,
        f.created_s, f.priority, f.category, f.subcategory, f.phase, k.status, f.team_id AS team, f.technician_id AS technician,
        f.sla_policy_id, p.name AS policy_name, f.calendar_id, f.responded_s, f.promised_s, f.excluded_as
    FROM f_tickets AS f
    JOIN tickets AS k ON k.ticket_key = f.ticket_key
    LEFT JOIN clients AS c ON c.client_id = f.client_id
    LEFT JOIN sla_policies AS p ON p.sla_policy_id = f.sla_policy_id
    WHERE f.ticket_id = ? AND ({reach})"""


def _ticket(con: duckdb.DuckDBPyConnection, scope: Scope, ticket_id: str) -> tuple[int, dict[str, Any]]:
    reach, clients = (
        ("TRUE", []) if scope.clients is None else ("list_contains(?, f.client_id)", [sorted(scope.clients)])
    )
    found = _records(con, _FACTS.format(reach=reach), [ticket_id, *clients])
    if not found:
        near = con.execute(
            f"""SELECT f.ticket_id FROM f_tickets AS f
            WHERE abs(length(f.ticket_id) - length($1)) <= 2 AND ({reach.replace("?", "$2")})
                AND levenshtein(lower(f.ticket_id), lower($1)) <= 2
            ORDER BY levenshtein(lower(f.ticket_id), lower($1)), f.ticket_id LIMIT 3""",
            [ticket_id, *clients],
        ).fetchall()
        do = (
            f"did you mean {' or '.join(row[0] for row in near)}?"
            if near
            else "see 'pacesetter kpi rows tickets_created'"
        )
        raise BadRequest(f"there is no ticket '{ticket_id}'", do=do)
    facts = found[0]
    return int(facts.pop("ticket_key")), facts


def _events(con: duckdb.DuckDBPyConnection, key: int) -> Iterable[TicketEvent]:
    rows = con.execute(
        """SELECT e.own_s, e.kind,
            CASE WHEN e.actor_kind <> 'technician' THEN e.actor_kind
                 WHEN w.organisation = 'vendor' THEN 'vendor'
                 WHEN e.actor_kind IS NOT NULL OR p.technician_id IS NOT NULL THEN 'technician' END,
            coalesce(p.name, e.actor_id), e.from_value, e.to_value, coalesce(e.is_public, e.kind = 'reply')
        FROM (
            SELECT v.*, CAST(epoch_us(v.occurred_at) // 1000000 AS BIGINT) AS own_s, t.created_s
            FROM ticket_events AS v JOIN f_tickets AS t ON t.ticket_key = v.ticket_key WHERE v.ticket_key = ?
        ) AS e
        LEFT JOIN technicians AS p ON p.technician_id = e.actor_id
        LEFT JOIN f_spells AS s ON s.technician_id = e.actor_id
            AND s.from_s <= greatest(e.own_s, e.created_s) AND greatest(e.own_s, e.created_s) < s.to_s
        LEFT JOIN teams AS w ON w.team_id = s.team_id
        ORDER BY e.occurred_at, e.event_id""",
        [key],
    ).fetchall()
    found = [
        TicketEvent(at_s=r[0], kind=r[1], actor_kind=r[2], actor=r[3], before=r[4], after=r[5], is_public=r[6])
        for r in rows
    ]
    kinds = {e.kind for e in found}
    columns = con.execute(
        """SELECT epoch_us(first_response_at) // 1000000, epoch_us(resolved_at) // 1000000, epoch_us(closed_at) // 1000000
        FROM tickets WHERE ticket_key = ?""",
        [key],
    ).fetchall()[0]
    for kind, at_s, events in zip(
        ("first response", "resolved", "closed"),
        columns,
        ({"reply"}, {"status", "resolved"}, {"status", "closed"}),
        strict=True,
    ):
        if at_s is not None and not events & kinds:
            found.append(
                TicketEvent(
                    at_s=int(at_s),
                    kind=kind,
                    actor_kind=None,
                    actor=None,
                    before=None,
                    after=None,
                    is_public=True,
                    is_column=True,
                )
            )
    return sorted(found, key=lambda e: e.at_s)


def _holdings(con: duckdb.DuckDBPyConnection, key: int, as_of_s: int) -> Iterable[Holding]:
    query = f"""
        SELECT i.start_s, CASE WHEN i.end_s <= {as_of_s} THEN i.end_s END AS end_s, i.phase,
            i.holder,
            coalesce(t.name, i.team_id) AS team, coalesce(p.name, i.technician_id) AS technician, i.priority,
            CASE WHEN i.end_s <= {as_of_s} THEN i.calendar_s ELSE {as_of_s} - i.start_s END AS calendar_s,
            coalesce(i.business_s, 0) AS business_s
        FROM f_intervals AS i
        LEFT JOIN teams AS t ON t.team_id = i.team_id
        LEFT JOIN technicians AS p ON p.technician_id = i.technician_id
        WHERE i.ticket_key = ? AND i.start_s <= {as_of_s} ORDER BY i.start_s"""
    return (Holding(**row) for row in _records(con, query, [key]))


def _clocks(con: duckdb.DuckDBPyConnection, key: int, as_of_s: int) -> Iterable[ClockStretch]:
    """All versions that had begun; those that were superseded by then have no outcome."""
    outcome = OUTCOME.replace(":as_of", str(as_of_s))
    query = f"""
        SELECT f.clock, f.cycle, f.version, f.hours, f.target_s, f.started_s, f.valid_from_s,
            CASE WHEN f.superseded_s <= {as_of_s} THEN f.superseded_s END AS superseded_s, f.is_running, f.consumed_s, f.running_s,
            f.paused_s, f.due_s, f.due_reason, CASE WHEN f.stopped_s <= {as_of_s} THEN f.stopped_s END AS stopped_s,
            CASE WHEN f.cancelled_s <= {as_of_s} THEN f.cancelled_s END AS cancelled_s, f.holder,
            CASE WHEN f.superseded_s IS NULL OR f.superseded_s > {as_of_s} THEN {outcome} END AS outcome
        FROM f_clocks AS f WHERE f.ticket_key = ? AND f.valid_from_s <= {as_of_s}
        ORDER BY f.clock, f.cycle, f.version"""
    return (ClockStretch(**row) for row in _records(con, query, [key]))


def _until(
    events: tuple[TicketEvent, ...], holdings: tuple[Holding, ...], clocks: tuple[ClockStretch, ...], as_of_s: int
) -> int:
    """The end of the story: its last moment where the ticket is done, else the instant asked."""
    if holdings[-1].phase not in ("resolved", "closed", "cancelled"):
        return as_of_s
    moments = [e.at_s for e in events] + [h.start_s for h in holdings]
    moments += [c.due_s for c in clocks if c.outcome == "breached" and c.due_s is not None]
    return min(max(moments), as_of_s)


def _shut(
    con: duckdb.DuckDBPyConnection, settings: Settings, calendar_id: str | None, from_s: int, to_s: int
) -> tuple[dict[str, str] | None, tuple[Span, ...]]:
    found = read_calendars(con, settings.locale, calendar_id) if calendar_id else []
    if not found:
        return None, ()
    calendar = found[0]
    named = {
        "id": calendar.calendar_id,
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "hours": calendar.hours,
    }
    shut, at_s = [], from_s
    for start_s, end_s in calendar.open_pieces(from_s, max(to_s, from_s + 1)):
        if start_s > at_s:
            shut.append((at_s, start_s))
        at_s = end_s
    if at_s < to_s:
        shut.append((at_s, to_s))
    return named, tuple(shut)


def _records(con: duckdb.DuckDBPyConnection, query: str, values: list[Any]) -> list[dict[str, Any]]:
    cursor = con.execute(query, values)
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
