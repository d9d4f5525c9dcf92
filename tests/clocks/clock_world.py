"""Generated tickets, policies and calendars, the same for the same seed, and the product's clocks for them."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
from clock_oracle import CLOCKS, WORKING, Event, Hours, Judgement, Policy, Replay, Target, Ticket

from pacesetter.catalogue.facts import FACTS
from pacesetter.settings import Settings
from pacesetter.warehouse.facts import build
from pacesetter.warehouse.storage import create_tables

FIRST_S = int(datetime(2026, 2, 1, tzinfo=UTC).timestamp())
LAST_S = int(datetime(2026, 7, 20, tzinfo=UTC).timestamp())
DAY_S = 86_400
PHASES = (*WORKING, "resolved", "closed", "cancelled")
PRIORITIES = ("P1", "P2", "P3", None)
TYPES = ("incident", "request", "alert")
WEEKDAYS = range(5)
Calendars = dict[str, tuple[str, str, dict[int, list[tuple[int, int]]], set[date]]]
CALENDARS: Calendars = {  # id: zone, hours as text, the same by hand in minutes, closed days
    "office": ("Europe/Berlin", "mon-fri 08:00-18:00", {d: [(480, 1080)] for d in WEEKDAYS},
               {date(2026, 4, 3), date(2026, 4, 6), date(2026, 5, 1)}),
    "lunch": ("America/New_York", "mon-fri 09:00-12:00, 13:00-17:00; sat 10:00-12:00",
              {d: [(540, 720), (780, 1020)] for d in WEEKDAYS} | {5: [(600, 720)]}, {date(2026, 3, 9)}),
    "night": ("Australia/Lord_Howe", "mon-sat 22:00-06:00", {d: [(1320, 1800)] for d in range(6)}, set()),
    "all_day": ("Asia/Kathmandu", "24x7", {d: [(0, 1440)] for d in range(7)}, set()),
}  # fmt: skip


@dataclass
class World:
    con: duckdb.DuckDBPyConnection
    hours: dict[str, Hours]
    policies: list[Policy]
    tickets: list[Ticket]
    borders: dict[str, list[int]]

    def policy_of(self, ticket: Ticket) -> Policy | None:
        """The policy of lowest rank that fits the client on the local day of creation."""
        fitting = [p for p in self.policies if p.client == ticket.client and self._is_valid(p, ticket.created_s)]
        return min(fitting, key=lambda p: (p.rank or 1e300, p.id), default=None)

    def _is_valid(self, policy: Policy, at_s: int) -> bool:
        zone = ZoneInfo(CALENDARS[policy.calendar][0]) if policy.calendar else UTC
        day = datetime.fromtimestamp(at_s, zone).date()
        return (policy.valid_from or date.min) <= day < (policy.valid_to or date.max)

    def expected(self, ticket: Ticket, as_of: int) -> dict[tuple[str, str, int], Judgement]:
        policy = self.policy_of(ticket)
        if policy is None or as_of < ticket.created_s:
            return {}
        hours = self.hours[policy.calendar] if policy.calendar else None
        found = {}
        for clock in CLOCKS:
            if any(t.clock == clock for t in policy.targets):
                for cycle, judgement in Replay(clock, ticket, policy, hours, as_of).judgements().items():
                    found[ticket.id, clock, cycle] = judgement
        return found

    def found(self, as_of: int) -> dict[tuple[str, str, int], tuple[object, ...]]:
        """By ticket, clock, cycle: outcome, due_s, judged_s, started_s, running_s."""
        tree = FACTS["clocks"].source.replace(":as_of", str(as_of))
        rows = self.con.execute(
            f"""SELECT t.ticket_id, c.clock, c.cycle, c.outcome, c.due_s, c.judged_s, c.started_s, c.running_s
            FROM ({tree}) AS c JOIN f_tickets AS t ON t.ticket_key = c.ticket_key WHERE c.outcome <> 'no_target'"""
        ).fetchall()
        keys = [row[:3] for row in rows]
        assert len(set(keys)) == len(keys), "two versions of one cycle are valid at once"
        return {row[:3]: row[3:] for row in rows}


def generated(seed: int, count: int) -> World:
    """A world of ``count`` tickets with its facts built."""
    draw = random.Random(seed)
    hours = {name: Hours(zone, week, closed, FIRST_S, LAST_S) for name, (zone, _, week, closed) in CALENDARS.items()}
    borders = {
        name: [FIRST_S + 60 * n for n in range(1, len(h.flags)) if h.flags[n] != h.flags[n - 1]] or [FIRST_S + DAY_S]
        for name, h in hours.items()
    }  # fmt: skip
    policies = [p for n in range(10) for p in _policies(draw, n)]
    tickets = [_ticket(draw, n, borders) for n in range(count)]
    con = duckdb.connect()
    load(con, policies, tickets)
    return World(con, hours, policies, tickets, borders)


def _policies(draw: random.Random, number: int) -> list[Policy]:
    """A client's policies: one for all time, or two that follow each other, or none at all."""
    if number == 9:
        return []
    edges = [None, None] if draw.random() < 0.5 else [None, date(2026, 3, draw.randint(5, 28)), None]
    found = []
    for n, (since, until) in enumerate(pairwise(edges)):
        calendar = draw.choice([*CALENDARS, *CALENDARS, None])
        found.append(
            Policy(
                id=f"p{number}-{n}", calendar=calendar, targets=list(_targets(draw)), client=f"c{number}", rank=draw.choice([1, 5, None]),
                on_reopen=draw.choice([None, "resume", "restart"]), valid_from=since, valid_to=until,
                on_priority_change=draw.choice([None, "retarget", "keep", "restart"]),
            )
        )  # fmt: skip
    return found


def _targets(draw: random.Random) -> list[Target]:
    found = {}
    for clock in CLOCKS:
        if draw.random() < 0.1:
            continue
        for _ in range(draw.randint(1, 5)):
            priority = draw.choice([None, "P1", "P2", "P3"])
            kind = draw.choice([None, None, *TYPES])
            minutes = draw.choice([0, 1, 15, 60, 120, 240, 480, 600, 1200, draw.randint(1, 2400), 61.5])
            hours = draw.choice(["business", "business", "calendar"])
            found[clock, priority, kind] = Target(clock, minutes, hours, priority, kind)
    return list(found.values())


def _ticket(draw: random.Random, number: int, borders: dict[str, list[int]]) -> Ticket:
    """A life of up to fourteen events, crowded into seconds, around borders of opening hours, or spread over weeks."""
    edges = borders[draw.choice(list(borders))]
    created = draw.choice([e for e in edges if e < FIRST_S + 80 * DAY_S]) + draw.choice(
        [-1, 0, 1, draw.randint(-9_000, 9_000)]
    )
    ticket = Ticket(
        id=f"t{number}", client=f"c{draw.randrange(10)}", type=draw.choice(TYPES), created_s=max(created, FIRST_S + DAY_S),
        priority=draw.choice(PRIORITIES), live=draw.random() < 0.1,
    )  # fmt: skip
    at_s = ticket.created_s
    for n in range(draw.randint(0, 14)):
        at_s = _later(draw, at_s, edges)
        kind = draw.choices(
            ["status", "reply", "priority", "resolved", "reopened", "closed", "note"], [40, 25, 12, 10, 8, 3, 2]
        )[0]
        event = Event(at_s, f"t{number}-{n:03d}", kind)
        if kind == "status":
            event.to = draw.choices(PHASES, [4, 25, 20, 8, 8, 22, 5, 4])[0]
        elif kind == "priority":
            event.to = draw.choice(PRIORITIES)
        elif kind == "reply":
            event.actor = draw.choices(["technician", "requester", "automation"], [6, 2, 1])[0]
            event.public = draw.random() < 0.85
        ticket.events.append(event)
    return ticket


def _later(draw: random.Random, at_s: int, edges: list[int]) -> int:
    kind = draw.random()
    if kind < 0.15:
        return at_s
    if kind < 0.4:
        following = [e for e in edges if at_s <= e + 1 <= at_s + 12 * DAY_S]
        return max(at_s, draw.choice(following) + draw.choice([-1, 0, 0, 1])) if following else at_s
    return at_s + int(10 ** draw.uniform(0, 5.6))


def load(
    con: duckdb.DuckDBPyConnection, policies: list[Policy], tickets: list[Ticket], calendars: Calendars | None = None
) -> None:
    """Write the canonical tables and build the facts."""
    create_tables(con)
    known = calendars or CALENDARS
    rows: dict[str, list[dict[str, object]]] = {
        "clients": [{"client_id": c, "name": c} for c in sorted({t.client for t in tickets})],
        "calendars": [
            {"calendar_id": c, "name": c, "time_zone": zone, "hours": text} for c, (zone, text, _, _) in known.items()
        ],
        "calendar_exceptions": [
            {"calendar_id": c, "day": day, "hours": None} for c, (*_, closed) in known.items() for day in sorted(closed)
        ],
        "sla_policies": [
            {"sla_policy_id": p.id, "name": p.id, "calendar_id": p.calendar, "client_id": p.client, "rank": p.rank,
             "valid_from": p.valid_from, "valid_to": p.valid_to, "on_reopen": p.on_reopen, "on_priority_change": p.on_priority_change}
            for p in policies
        ],
        "sla_targets": [
            {"sla_policy_id": p.id, "clock": t.clock, "target_minutes": t.minutes, "hours": t.hours, "priority": t.priority,
             "type": t.type}
            for p in policies for t in p.targets
        ],
        "tickets": [], "ticket_events": [],
    }  # fmt: skip
    for key, ticket in enumerate(sorted(tickets, key=lambda t: (t.created_s, t.id)), 1):
        _rows_of(key, ticket, rows)
    for table, listed in rows.items():
        for columns in {tuple(r) for r in listed}:
            places = ", ".join("?" for _ in columns)
            values = [list(r.values()) for r in listed if tuple(r) == columns]
            if values:
                con.executemany(f"INSERT INTO {table} ({', '.join(columns)}) VALUES ({places})", values)
    build(con, Settings())


def _rows_of(key: int, ticket: Ticket, rows: dict[str, list[dict[str, object]]]) -> None:
    rows["tickets"].append({
        "ticket_key": key, "ticket_id": ticket.id, "client_id": ticket.client, "type": ticket.type,
        "created_at": _stamp(ticket.created_s), "priority": ticket.priority,
        "opened_by": "technician" if ticket.live else "requester", "channel": "phone" if ticket.live else "email",
    })  # fmt: skip
    priority = ticket.priority
    made = Event(ticket.created_s, f"{ticket.id}-", "created", to="new")
    for event in [made, *ticket.events]:
        before = None
        if event.kind == "priority":
            before, priority = priority, event.to
        rows["ticket_events"].append({
            "event_id": event.id, "ticket_key": key, "occurred_at": _stamp(event.at_s), "kind": event.kind,
            "actor_kind": event.actor, "from_value": before, "to_value": event.to, "is_public": event.public,
        })  # fmt: skip


def _stamp(at_s: int) -> datetime:
    return datetime.fromtimestamp(at_s, UTC).replace(tzinfo=None)
