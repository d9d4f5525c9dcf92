"""Rows of what stands still: clients, sites, teams, technicians, memberships, services, calendars, articles.

Owns the translation of the world's records into canonical rows.
"""

from datetime import UTC, date, datetime

from pacesetter.demo.books import ended_on, money
from pacesetter.demo.hours import WorkingCalendar
from pacesetter.demo.kinds import KINDS, STATUS_PHASES
from pacesetter.demo.names import MSP_DOMAIN, mail_of
from pacesetter.demo.outages import SERVICES, service_id
from pacesetter.demo.world import Article, World

ROW = dict[str, object]


def standing_rows(world: World, gone: dict[int, int]) -> dict[str, list[ROW]]:
    """The small tables of a shard's people and places."""
    return {
        "clients": _clients(world, gone),
        "sites": [
            {"site_id": f"{c.client_id}-s{i + 1}", "client_id": c.client_id, "time_zone": c.zone,
             "name": ("Main office", "Warehouse", "Branch")[i]}
            for c in world.clients for i in range(c.sites)
        ],
        "teams": [
            {"team_id": t.team_id, "name": t.name, "organisation": t.organisation, "tier": t.tier,
             "client_id": t.client.client_id if t.client else None, "calendar_id": t.calendar_id}
            for t in world.teams
        ],
        "technicians": _technicians(world),
        "team_memberships": _memberships(world),
        "services": [
            {"service_id": service_id(c, s), "client_id": c.client_id, "name": name, "weight": weight,
             "since_on": c.started_on or world.first_day, "until_on": ended_on(world, c, gone)}
            for c in world.clients for s, (name, weight) in enumerate(SERVICES)
        ],
    }  # fmt: skip


def _clients(world: World, gone: dict[int, int]) -> list[ROW]:
    reasons = ("service quality", "service quality", "price", "merged into another company")
    rows: list[ROW] = []
    for c in world.clients:
        left = ended_on(world, c, gone)
        reason = None if left is None else "service quality" if c.part == "lost" else reasons[c.number % 4]
        rows.append(
            {"client_id": c.client_id, "name": c.name, "time_zone": c.zone, "industry": c.industry, "seats": c.seats,
             "calendar_id": c.calendar_id, "started_on": c.started_on, "ended_on": left, "end_reason": reason}
        )  # fmt: skip
    return rows


def _technicians(world: World) -> list[ROW]:
    rows: list[ROW] = []
    for t in world.technicians:
        team = world.teams[t.team_on(world.last_day)]
        domain = MSP_DOMAIN if team.organisation == "msp" else f"{team.team_id}.example"
        rows.append(
            {"technician_id": t.technician_id, "name": t.name, "team_id": team.team_id, "role": t.role,
             "email": mail_of(t.name, domain, t.number), "cost_rate": money(t.cost_rate), "started_on": t.started_on,
             "ended_on": t.ended_on if t.ended_on and t.ended_on <= world.last_day else None}
        )  # fmt: skip
    return rows


def _memberships(world: World) -> list[ROW]:
    rows: list[ROW] = []
    for t in world.technicians:
        first: ROW = {"technician_id": t.technician_id, "team_id": world.teams[t.team].team_id, "valid_from": t.started_on,
                      "valid_to": t.moves[0] if t.moves else t.ended_on}  # fmt: skip
        rows.append(first)
        if t.moves:
            rows.append({"technician_id": t.technician_id, "team_id": world.teams[t.moves[1]].team_id,
                         "valid_from": t.moves[0], "valid_to": t.ended_on})  # fmt: skip
    return rows


def calendar_rows(calendars: dict[str, WorkingCalendar]) -> tuple[list[ROW], list[ROW]]:
    """Rows of ``calendars`` and ``calendar_exceptions``."""
    days: list[ROW] = [
        {"calendar_id": c.calendar_id, "day": day, "hours": hours or None, "name": name}
        for c in calendars.values() for day, hours, name in c.exceptions
    ]  # fmt: skip
    return [
        {
            "calendar_id": c.calendar_id,
            "name": c.name,
            "time_zone": c.time_zone,
            "hours": c.hours,
            "holidays": c.holidays,
        }
        for c in calendars.values()
    ], days


def status_rows() -> list[ROW]:
    """Rows of ``ticket_statuses``."""
    return [{"status": status, "phase": phase} for status, phase in STATUS_PHASES.items()]


def article_rows(articles: list[Article], as_of: int) -> list[ROW]:
    """Rows of ``articles`` that are published by then."""
    return [
        {"article_id": a.article_id, "title": a.title, "category": KINDS[a.kind].category, "author": "Greta Quill",
         "published_at": datetime.fromtimestamp(a.published_at, UTC)}
        for a in articles if a.published_at < as_of
    ]  # fmt: skip


def first_of_july(first: date, last: date) -> date:
    """The last first of July before ``last``."""
    july = date(last.year, 7, 1)
    return july if july <= last else date(last.year - 1, 7, 1)
