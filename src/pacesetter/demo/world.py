"""Everything of a shard that stands before the first ticket comes in: people, places, calendars, articles.

Owns the assembly. Must not know tickets.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np

from pacesetter.demo.arrays import NEVER, Flags, Ints, generator
from pacesetter.demo.arrivals import Slice
from pacesetter.demo.clients import ZONES, Client, build_clients, working_calendars
from pacesetter.demo.hours import OpenHours, open_hours
from pacesetter.demo.kinds import KINDS
from pacesetter.demo.names import DEPARTMENTS, person_name
from pacesetter.demo.sizes import Size, epochs, month_starts
from pacesetter.demo.staff import SYSTEMS, Team, Technician, build_teams, build_technicians, first_of
from pacesetter.demo.stories.cast import PAUSE_POD, Cast


@dataclass(frozen=True)
class Article:
    """An article of the knowledge base on one kind of work."""

    number: int
    article_id: str
    kind: int
    title: str
    published_at: int


@dataclass(kw_only=True)
class World:
    """One shard. Teams, technicians, clients and contacts are numbered from 0 within it."""

    size: Size
    seed: int
    shard: int
    as_of: int
    slices: list[Slice]
    clients: list[Client]
    teams: list[Team]
    cast: Cast
    articles: list[Article]
    technicians: list[Technician]
    contact_names: list[str]
    is_vip: Flags
    department: Ints
    hours: list[OpenHours]
    desk_hours: list[OpenHours]
    internal_team: Ints
    article_of_kind: Ints
    article_published: Ints
    specialist: int = -1
    hard_share: float = 0.0

    @property
    def served_at_night(self) -> list[int]:
        """Clients whose agreement covers the night."""
        return [c.number for c in self.clients if c.part in ("around_the_clock", "overnight")]

    @property
    def first_day(self) -> date:
        """The UTC day on which the simulation starts."""
        return self.slices[0].first_day

    @property
    def last_day(self) -> date:
        """The UTC day of the as-of instant, the first one that is not simulated."""
        return datetime.fromtimestamp(self.as_of, UTC).date()

    def desk_open(self, pod: Ints, at: Ints) -> Flags:
        """Whether the service desk of each pod is open at each instant."""
        found = np.zeros(len(at), bool)
        for number, hours in enumerate(self.desk_hours):
            found |= (pod == number) & (hours.elapsed(at + 1) > hours.elapsed(at))
        return found

    def open_between(self, client: Ints, start: Ints, end: Ints) -> Ints:
        """Open seconds of each client's calendar between two instants; 0 where the second is not after the first."""
        found = np.zeros(len(client), np.int64)
        for hours, members in self._by_hours():
            rows = np.isin(client, members)
            found[rows] = hours.elapsed(end[rows]) - hours.elapsed(start[rows])
        return np.maximum(found, 0)

    def due(self, client: Ints, start: Ints, seconds: Ints) -> Ints:
        """When that many open seconds of each client's calendar have passed."""
        found = np.zeros(len(client), np.int64)
        for hours, members in self._by_hours():
            rows = np.isin(client, members)
            found[rows] = hours.due(start[rows], seconds[rows])
        return found

    def _by_hours(self) -> list[tuple[OpenHours, list[int]]]:
        groups: dict[int, tuple[OpenHours, list[int]]] = {}
        for number, hours in enumerate(self.hours):
            groups.setdefault(id(hours), (hours, []))[1].append(number)
        return list(groups.values())

    @property
    def pause_team(self) -> int:
        """The team that stops clocks; -1 where this shard does not play."""
        return PAUSE_POD if self.cast.plays else -1

    def contact_id(self, number: int) -> str:
        """The id of a contact by its number in the shard."""
        client = next(c for c in reversed(self.clients) if c.first_contact <= number)
        return f"{client.client_id}-c{number - client.first_contact + 1:03d}"

    def staff_up(self, heads: list[int]) -> None:
        """Hire ``heads[team]`` technicians per team."""
        self.technicians = build_technicians(
            self.teams, heads, self.seed, self.shard, self.first_day, self.last_day + timedelta(days=1)
        )
        self.specialist = first_of(self.technicians, SYSTEMS)


def build_world(size: Size, seed: int, shard: int, as_of: datetime) -> World:
    """The world of a shard, without technicians yet (``staff_up`` hires them once the load is known)."""
    starts = month_starts(as_of, size.months)
    stamps = epochs(starts)
    slices = [Slice(i, a, b) for i, (a, b) in enumerate(pairwise(stamps))]
    bounds = [s.date() for s in starts]
    clients = build_clients(size, seed, shard, bounds)
    teams = build_teams(clients, shard, size.shards)
    articles = build_articles(seed, stamps[0], stamps[-1])
    calendars = working_calendars(bounds[0], bounds[-1])
    people = clients[-1].first_contact + clients[-1].contacts
    rng = generator(seed, 5, shard)
    internal = np.full(len(clients), NEVER)
    for team in teams:
        if team.client:
            internal[team.client.number] = team.number
    of_kind = np.full(len(KINDS), NEVER)
    for article in articles:
        of_kind[article.kind] = article.number
    return World(
        size=size, seed=seed, shard=shard, as_of=stamps[-1], slices=slices, clients=clients, teams=teams,
        cast=Cast(plays=shard == 0, slices=len(slices)), articles=articles, technicians=[],
        contact_names=[person_name(shard * 977 + 3 * i) for i in range(people)], is_vip=rng.random(people) < 0.04,
        department=rng.integers(0, len(DEPARTMENTS), people),
        hours=[open_hours(c.calendar, bounds[0], bounds[-1]) for c in clients],
        desk_hours=[open_hours(calendars[f"cal-{pod[0][2]}"], bounds[0], bounds[-1]) for pod in ZONES],
        internal_team=internal, article_of_kind=of_kind,
        article_published=np.array([a.published_at for a in articles]),
    )  # fmt: skip


def build_articles(seed: int, start: int, end: int) -> list[Article]:
    """One article on most kinds of work; about half of them are published while the simulation runs."""
    rng = generator(seed, 6)
    found: list[Article] = []
    for kind, work in enumerate(KINDS):
        early, when = rng.random() < 0.5, float(rng.random())
        if work.type in ("problem", "task"):
            continue
        at = start - int(when * 4e7) if early else start + int(when * 0.8 * (end - start))
        title = f"{work.subcategory.capitalize()}: step by step"
        found.append(Article(len(found), f"kb-{len(found) + 1:03d}", kind, title, at))
    return found
