"""Teams and technicians: tiers, zones, shifts, absences, skills, cost rates, joiners, leavers and those who move up.

Owns the people who work. Must not know tickets.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np

from pacesetter.demo.arrays import generator
from pacesetter.demo.clients import PODS, ZONES, Client
from pacesetter.demo.hours import holiday_dates, local_epoch
from pacesetter.demo.kinds import CATEGORIES
from pacesetter.demo.names import person_name
from pacesetter.demo.stories.cast import MIX_POD

SYSTEMS, ENGINEERING, WATCH, VENDOR, FIRST_INTERNAL = 3, 4, 5, 6, 7
"""Team numbers within a shard; 0 to 2 are the service desks of the pods, from 7 on come the clients' own teams."""


@dataclass(frozen=True, kw_only=True)
class Team:
    """One team; ``number`` counts within its shard."""

    number: int
    team_id: str
    name: str
    organisation: str
    tier: int
    client: Client | None = None
    calendar_id: str | None = None


@dataclass(kw_only=True)
class Technician:
    """One technician; ``number`` counts within the shard. ``moves`` is a day and the team from that day on.

    ``speed`` multiplies the hands-on time (below 1 is faster). ``work`` and ``absent`` are spans in epoch seconds.
    """

    number: int
    technician_id: str
    name: str
    team: int
    zone: str
    holidays: str
    pattern: str
    role: str
    speed: float
    cost_rate: float
    started_on: date
    ended_on: date | None = None
    moves: tuple[date, int] | None = None
    trained: dict[int, tuple[date, float]] = field(default_factory=dict)
    work: list[tuple[int, int]] = field(default_factory=list)
    absent: list[tuple[int, int]] = field(default_factory=list)

    def team_on(self, day: date) -> int:
        """The team of that day."""
        return self.moves[1] if self.moves and day >= self.moves[0] else self.team


def build_teams(clients: list[Client], shard: int, shards: int) -> list[Team]:
    """The teams of a shard, the internal IT of its co-managed clients among them."""
    tail, words = (f"-{shard + 1}", f" {shard + 1}") if shards > 1 else ("", "")
    teams = [
        Team(number=i, team_id=f"desk-{pod}{tail}", name=f"Service Desk {pod.title()}{words}", organisation="msp", tier=1,
             calendar_id=f"cal-{ZONES[i][0][2]}")
        for i, pod in enumerate(PODS)
    ]  # fmt: skip
    for number, word, name, tier, calendar in (
        (SYSTEMS, "systems", "Systems", 2, "cal-headquarters"),
        (ENGINEERING, "engineering", "Engineering", 3, "cal-headquarters"),
        (WATCH, "watch", "Watch (NOC and SOC)", 1, "cal-around-the-clock"),
    ):
        teams.append(Team(number=number, team_id=f"{word}{tail}", name=f"{name}{words}", organisation="msp", tier=tier,
                          calendar_id=calendar))  # fmt: skip
    teams.append(Team(number=VENDOR, team_id=f"erp-vendor{tail}", name=f"Oldstone ERP support (vendor){words}",
                      organisation="vendor", tier=3))  # fmt: skip
    for client in (c for c in clients if c.co_managed):
        teams.append(
            Team(number=len(teams), team_id=f"{client.client_id}-it", name=f"{client.name} internal IT",
                 organisation="client", tier=1, client=client, calendar_id=client.calendar_id)
        )  # fmt: skip
    return teams


def build_technicians(
    teams: list[Team], heads: list[int], seed: int, shard: int, first: date, last: date
) -> list[Technician]:
    """``heads[team]`` technicians per team with their whole working life between two days (the last one excluded)."""
    rng = generator(seed, 3, shard)
    staff: list[Technician] = []
    for team, count in zip(teams, heads, strict=True):
        for seat in range(count):
            _hire(staff, team, seat, shard, rng, first)
    _turnover(staff, teams, shard, rng, first, last)
    for technician in staff:
        _working_life(technician, rng, first, last)
        _learn(technician, rng, first, last)
    return staff


_RATES = {1: 31.0, 2: 44.0, 3: 61.0}
_TITLES = {1: "Service desk technician", 2: "Systems technician", 3: "Engineer"}


def _hire(
    staff: list[Technician], team: Team, seat: int, shard: int, rng: np.random.Generator, day: date
) -> Technician:
    if team.number < 3:
        zone, holidays, _ = ZONES[team.number][0]
    elif team.client:
        zone, holidays = team.client.zone, team.client.calendar.holidays or ""
    elif team.number == WATCH:
        zone, holidays = "Europe/London", ""
    else:
        zone, holidays, _ = ZONES[(0, 1, 0, 2)[seat % 4]][0]
    number = len(staff)
    watch = team.number == WATCH
    speed = float(np.exp(0.16 * rng.standard_normal()))
    rate = _RATES[team.tier] * (0.9 + 0.25 * float(rng.random()))
    staff.append(
        Technician(
            number=number, technician_id=f"tech-{shard * 1000 + number + 1:05d}",
            name=person_name(shard * 331 + number), team=team.number, zone=zone, holidays=holidays,
            pattern=f"watch{seat % 5}" if watch else ("early", "late")[seat % 2],
            role="Watch officer" if watch else "Internal IT" if team.client else _TITLES[team.tier],
            speed=0.85 if team.number == SYSTEMS and seat == 0 else speed, cost_rate=round(rate * 4) / 4,
            started_on=day - timedelta(days=int(rng.integers(60, 3000))),
        )
    )  # fmt: skip
    return staff[-1]


def _turnover(
    staff: list[Technician], teams: list[Team], shard: int, rng: np.random.Generator, first: date, last: date
) -> None:
    """Some leave and are replaced three weeks later; some tier 1 technicians move up to tier 2."""
    days = (last - first).days
    movers = 0
    for technician in list(staff):
        team = teams[technician.team]
        pinned = team.organisation != "msp" or technician.number == first_of(staff, SYSTEMS)
        pinned |= shard == 0 and technician.team == MIX_POD  # the story of the mix is about nothing else
        u, v, w = (float(x) for x in rng.random(3))
        if pinned or team.number == WATCH:
            continue
        if u < 0.13 * days / 365:
            technician.ended_on = first + timedelta(days=int((0.15 + 0.7 * v) * days))
            successor = _hire(staff, team, int(w * 4), shard, rng, technician.ended_on)
            successor.started_on = technician.ended_on + timedelta(days=21)
        elif team.tier == 1 and v < 0.08 and movers < 3:
            movers += 1
            technician.moves = (first + timedelta(days=int((0.2 + 0.6 * w) * days)), SYSTEMS)


def first_of(staff: list[Technician], team: int) -> int:
    """The number of the first technician of a team."""
    return next(t.number for t in staff if t.team == team)


def _working_life(technician: Technician, rng: np.random.Generator, first: date, last: date) -> None:
    """Fill the spans at work and the absences: public holidays, two or three holidays a year, illness."""
    zone = ZoneInfo(technician.zone)
    closed = holiday_dates(technician.holidays or None, first.year, last.year)
    away = _absences(rng, first, last)
    night = technician.pattern.startswith("watch")
    start, end = max(first, technician.started_on), min(last, technician.ended_on or last)
    day = start
    while day < end:
        span = _watch_span(technician, day) if night else _day_span(technician, day, closed)
        if span:
            at_work = (local_epoch(zone, day, span[0]), local_epoch(zone, day, span[1]))
            (technician.absent if day in away else technician.work).append(at_work)
        day += timedelta(days=1)


def _learn(technician: Technician, rng: np.random.Generator, first: date, last: date) -> None:
    """About two trainings a year, each on a category that was not trained before."""
    start, end = max(first, technician.started_on), min(last, technician.ended_on or last)
    days = (end - start).days
    for _ in range(int(rng.poisson(max(0, days) / 365 * 2.2))):
        day = start + timedelta(days=int(rng.integers(0, max(1, days))))
        technician.trained.setdefault(int(rng.integers(len(CATEGORIES))), (day, float(rng.choice([4, 8, 16, 24]))))


def _day_span(technician: Technician, day: date, closed: Mapping[date, str]) -> tuple[int, int] | None:
    if day.weekday() > 4 or day in closed:
        return None
    return (450, 960) if technician.pattern == "early" else (570, 1080)


def _watch_span(technician: Technician, day: date) -> tuple[int, int] | None:
    """Two early, two late, two night shifts, four days off; five crews cover every hour."""
    place = (day.toordinal() + 2 * int(technician.pattern[-1])) % 10 // 2
    return ((360, 840), (840, 1320), (1320, 1800), None, None)[place]


def _absences(rng: np.random.Generator, first: date, last: date) -> set[date]:
    away: set[date] = set()
    for year in range(first.year, last.year + 1):
        for _ in range(3):
            start = date(year, 1, 1) + timedelta(days=int(rng.integers(0, 350)))
            away |= {start + timedelta(days=d) for d in range(int(rng.integers(4, 13)))}
        for _ in range(int(rng.poisson(3))):
            start = date(year, 1, 1) + timedelta(days=int(rng.integers(0, 360)))
            away |= {start + timedelta(days=d) for d in range(int(rng.integers(1, 4)))}
    return away
