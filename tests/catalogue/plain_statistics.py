"""What needs statistics, in plain Python beside ``plain_python``: the median with open tickets in it, and people held against peers.

Kaplan and Meier's estimator in exact fractions; the comparisons as ``docs/explanation/fair-comparisons.md`` says. Lives of tickets are
those of ``oracle.story``.
"""

from collections import defaultdict
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from fractions import Fraction
from math import exp, fsum, log, pi, sqrt
from statistics import NormalDist, mean, median
from typing import TypeVar

from catalogue.plain_breaches import calendar_of
from catalogue.plain_python import Books, Month, Values
from catalogue.plain_quality import was_undone
from catalogue.plain_tickets import AS_OF, in_month, resolved_in, told
from oracle.story import Story

Life = tuple[int, bool]
Cell = tuple[str | None, str | None]
PEERS = 5
STANDS_OUT = 1.25
Z = NormalDist().inv_cdf(0.975)
K = TypeVar("K", bound=Hashable)


def _life(story: Story) -> Life | None:
    """Seconds until the final resolution, or, open or cancelled, so far; None where its end is not known or badly stamped."""
    if story.unknown_end:
        return None
    if end := story.resolved:
        return None if end.bad else (end.s - story.created, True)
    cancelled = story.phase.at(AS_OF) == "cancelled"
    return (story.phase.changes[-1][0] if cancelled else AS_OF) - story.created, False


def _median_life(lives: list[Life]) -> int | None:
    """The first time at which no more than half is left."""
    left = Fraction(1)
    for at in sorted({lived for lived, resolved in lives if resolved}):
        still = sum(lived >= at for lived, _ in lives)
        ended = sum(lived == at and resolved for lived, resolved in lives)
        left *= Fraction(still - ended, still)
        if left <= Fraction(1, 2):
            return at
    return None


def time_to_resolution_median_km(books: Books, month: Month) -> Values:
    lives: dict[str | None, list[Life]] = defaultdict(list)
    for story in told(books):
        if in_month(month, story.created) and (life := _life(story)):
            lives[story.ticket["client_id"]].append(life)
    return {client: at for client, listed in lives.items() if (at := _median_life(listed)) is not None}


@dataclass(frozen=True)
class Done:
    """A resolved ticket: who had it, what work it was, how long it took in business seconds, and whether it was undone."""

    technician: str | None
    type: str | None
    category: str | None
    priority: str | None
    seconds: int
    undone: bool


def _done(books: Books, month: Month) -> list[Done]:
    """The month's resolutions without those that are badly stamped."""
    found = []
    for story, end in resolved_in(books, month):
        if end.bad:
            continue
        took = calendar_of(books, story).between(story.created, end.s)
        ticket, who, category, priority = story.ticket, story.technician, story.category, story.priority
        work = (ticket.get("type"), category.at(end.s), priority.at(end.s))
        found.append(Done(who.at(end.s), *work, took, was_undone(books, story, end)))
    return found


def _against_others(
    done: list[Done], work: Callable[[Done], Hashable], group: Callable[[Done], K]
) -> dict[K, list[float]]:
    """The logarithm of each time over the median time of the other technicians on the same work; with too few others there is none.

    Times below a second count as one.
    """
    by_work: dict[Hashable, list[tuple[Done, float]]] = defaultdict(list)
    for d in done:
        by_work[work(d)].append((d, log(max(1, d.seconds))))
    found: dict[K, list[float]] = defaultdict(list)
    for listed in by_work.values():
        for d, took in listed:
            others = [theirs for other, theirs in listed if other.technician != d.technician]
            if len(others) >= PEERS:
                found[group(d)].append(took - median(others))
    return found


def _shrunk(
    samples: dict[K, list[float]], centre: Callable[[list[float]], float] = mean
) -> dict[K, tuple[float, float]]:
    """Each sample's mean (or median) drawn towards 0, with its standard error: by the share of the spread of means that chance does not
    explain. The variance of a median is π ÷ 2 times that of a mean."""
    if not samples:
        return {}
    means = {who: mean(values) for who, values in samples.items()}
    squares = fsum((v - means[who]) ** 2 for who, values in samples.items() for v in values)
    rest = sum(len(values) for values in samples.values()) - len(samples)
    within = squares / max(1, rest)
    wider = pi / 2 if centre is median else 1.0
    chance = {who: wider * within / len(values) for who, values in samples.items()}
    middle = {who: centre(values) for who, values in samples.items()}
    between = max(0.0, mean(middle[who] ** 2 - chance[who] for who in samples))
    kept = {who: between / (between + chance[who]) for who in samples}
    return {who: (kept[who] * middle[who], sqrt(kept[who] * chance[who])) for who in samples}


def speed_quality(books: Books, month: Month) -> Values:
    logs = _against_others(_done(books, month), lambda d: (d.type, d.category, d.priority), lambda d: d.technician)
    return {who: Fraction(exp(value)) for who, (value, _) in _shrunk(logs, median).items()}


def _cell(d: Done) -> Cell:
    return d.technician, d.category


def _slow(done: list[Done]) -> set[Cell]:
    """Cells that take, shrunk, a quarter more than the peers, and more than chance allows."""
    found = _shrunk(_against_others(done, lambda d: (d.category, d.priority), _cell))
    return {cell for cell, (value, error) in found.items() if exp(value) >= STANDS_OUT and value > Z * error}


def _undone_beside(done: list[Done]) -> dict[Cell, tuple[list[bool], Fraction]]:
    """By cell, of what has five of others on the same category and priority beside it: which are undone, and the share that is usual among
    the others, with half an undone one and half one that held added to each kind of work."""
    found: dict[Cell, tuple[list[bool], list[Fraction]]] = defaultdict(lambda: ([], []))
    for d in done:
        others = [
            o.undone
            for o in done
            if (o.category, o.priority) == (d.category, d.priority) and o.technician != d.technician
        ]
        if len(others) >= PEERS:
            mine, usual = found[_cell(d)]
            mine.append(d.undone)
            usual.append((sum(others) + Fraction(1, 2)) / (len(others) + 1))
    return {cell: (mine, Fraction(sum(usual), len(usual))) for cell, (mine, usual) in found.items()}


def _often_undone(done: list[Done]) -> set[Cell]:
    """Cells whose share undone, drawn towards the usual one, is a quarter above it, and more than chance allows: each cell's share is one
    of a Beta distribution about the usual share, whose width comes from the cells' squared distances by moments."""
    cells = _undone_beside(done)
    chance = {cell: len(mine) * usual * (1 - usual) for cell, (mine, usual) in cells.items()}
    apart = sum((sum(mine) - len(mine) * usual) ** 2 - chance[cell] for cell, (mine, usual) in cells.items())
    most = sum(chance[cell] * (len(mine) - 1) for cell, (mine, _) in cells.items())
    likeness = min(Fraction(1), Fraction(apart, most)) if most else Fraction(0)
    if likeness <= 0:
        return set()
    prior = 1 / likeness - 1  # as many tickets as the usual share weighs
    found = set()
    for cell, (mine, usual) in cells.items():
        share = (sum(mine) + prior * usual) / (len(mine) + prior)
        error = sqrt(share * (1 - share) / (len(mine) + prior + 1))
        if len(mine) >= PEERS and share >= Fraction(5, 4) * usual and share - usual > Z * error:
            found.add(cell)
    return found


def training_gap(books: Books, month: Month) -> Values:
    by_category: dict[str | None, list[Done]] = defaultdict(list)
    for d in _done(books, month):
        if d.technician is not None:
            by_category[d.category].append(d)
    return {category: len(_slow(done) | _often_undone(done)) for category, done in by_category.items()}


BY = {
    "client": (time_to_resolution_median_km,),
    "technician": (speed_quality,),
    "category": (training_gap,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
