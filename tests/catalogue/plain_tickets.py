"""Tickets as stories and the work that was put into them, for the oracles in plain Python beside this.

Stories are those of ``tests/oracle``. Owns which tickets are in the population and which hours count; knows no KPI.
"""

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from catalogue.plain_python import ZONE, Books, Month, Row, Values, midnight, second
from oracle.reading import read_bundle
from oracle.story import Moment, Story
from oracle.world import Question, Rules, World

T = TypeVar("T")
AS_OF = second("2026-11-01T00:00:00Z")


@lru_cache(maxsize=1)
def _world(folder: Path) -> World:
    return World(read_bundle(folder), AS_OF, Rules(), ZONE.key)


def world(books: Books) -> World:
    """The bundle as of the end, with the workspace's rules as they are when nobody has set any."""
    return _world(books.folder)


def told(books: Books) -> list[Story]:
    """Tickets of the population: none that are merged, spam, test or deleted."""
    here = world(books)
    return [s for s in here.stories if here.out(s, Question(AS_OF)) is None]


def in_month(month: Month, at_s: int | None) -> bool:
    """Whether an instant lies in the month and had come."""
    return at_s is not None and midnight(month.first) <= at_s < midnight(month.after) and at_s <= AS_OF


def resolved_in(books: Books, month: Month) -> list[tuple[Story, Moment]]:
    """Tickets of the population by their final resolution."""
    return [(s, s.resolved) for s in told(books) if s.resolved and in_month(month, s.resolved.s)]


@dataclass(frozen=True)
class Work:
    """Time that somebody worked: when it began, how long, on which ticket and for which client (where known)."""

    at_s: int
    seconds: Fraction
    technician: str | None
    story: Story | None
    client: str | None


def work(books: Books, month: Month, *, of_population: bool = True) -> list[Work]:
    """The month's time entries, and the totals of tickets resolved in it that have none; on tickets of the population, or on any."""
    here = world(books)
    return [
        w
        for w in _all_work(books.folder)
        if in_month(month, w.at_s) and not (of_population and here.out(w.story, Question(AS_OF)))
    ]


@lru_cache(maxsize=1)
def _all_work(folder: Path) -> tuple[Work, ...]:
    """An entry counts by its own instant, also where the ticket that it names begins later."""
    books = Books(folder)
    stories = world(books).story_of
    entries = books.rows("time_entries")
    project_client = {r["project_id"]: r["client_id"] for r in books.rows("projects")}
    noted = {row["ticket_id"] for row in entries}
    totals = [s for s in stories.values() if s.id not in noted and s.ticket.get("worked_minutes") and s.resolved]
    return (*(_entry(row, stories, project_client) for row in entries), *(_total(story) for story in totals))


def whole_seconds(minutes: str) -> Fraction:
    """Minutes that somebody wrote down, as whole seconds."""
    return Fraction(round(60 * Fraction(minutes)))


def _entry(row: Row, stories: dict[str, Story], project_client: dict[str, str]) -> Work:
    story = stories.get(row["ticket_id"])
    client = story.ticket["client_id"] if story else project_client.get(row["project_id"]) or row["client_id"]
    seconds = whole_seconds(row["duration_minutes"])
    return Work(second(row["started_at"]), seconds, row["technician_id"], story, client)


def _total(story: Story) -> Work:
    """What a ticket says of all work on it stands at its resolution, with who had it then."""
    end = story.resolved
    assert end is not None
    seconds = whole_seconds(str(story.ticket["worked_minutes"]))
    return Work(end.s, seconds, story.technician.at(end.s), story, story.ticket["client_id"])


def sums(rows: Iterable[T], group: Callable[[T], str | None], amount: Callable[[T], Fraction | int]) -> Values:
    """The amounts of rows by group."""
    found: Values = defaultdict(Fraction)
    for row in rows:
        found[group(row)] += amount(row)
    return found


def ratios(over: Values, under: Values, factor: int = 1) -> Values:
    """Group by group; where nothing is below there is no number."""
    return {group: factor * Fraction(over.get(group, 0)) / n for group, n in under.items() if n}


def share(rows: Iterable[T], group: Callable[[T], str | None], hit: Callable[[T], bool]) -> Values:
    """Percent of rows that are hits, by group."""
    listed = list(rows)
    return ratios(sums(listed, group, lambda r: int(hit(r))), sums(listed, group, lambda _: 1), 100)
