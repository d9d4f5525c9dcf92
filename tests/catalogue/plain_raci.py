"""Who was to do it and who did, in plain Python beside ``plain_python``, from ``docs/explanation/raci.md``.

What a ticket's life was is read by ``oracle.story``; rows of the matrix hold as ``responsibility.raci_oracle`` says.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from pathlib import Path

from catalogue.plain_breaches import clocks_of
from catalogue.plain_python import ZONE, Books, Month, Row, Values, second
from catalogue.plain_tickets import AS_OF, in_month, resolved_in, share, told
from oracle.story import Moment, Story
from responsibility.raci_oracle import ACTIONS, Oracle, holds

FIELDS = ("client_id", "subcategory", "category", "type", "priority")
"""What a row of the matrix may name, what weighs most among as many fields first."""


@cache
def _matrix(folder: Path) -> Oracle:
    return Oracle(folder, ZONE.key)


@dataclass(frozen=True)
class Task:
    """The task that a ticket is, with the letters that held when it was created."""

    id: str
    letters: tuple[Row, ...]
    is_valid: bool

    def roles(self, letter: str) -> list[str]:
        return [a["role_id"] for a in self.letters if a["letter"] == letter]

    @property
    def accountable(self) -> str | None:
        """The role that answers for it, if it is exactly one."""
        named = self.roles("A")
        return named[0] if len(named) == 1 else None


def task_of(books: Books, story: Story, at: int) -> Task | None:
    """The closest row for the ticket's category and priority when second ``at`` ended, by the matrix of its creation."""
    matrix, ticket = _matrix(books.folder), story.ticket
    mine = {f: ticket.get(f) for f in FIELDS} | {"category": story.category.at(at), "priority": story.priority.at(at)}
    fitting = [
        row for row in matrix.tasks
        if holds(row, story.created, ZONE) and all(row[f] in ("", mine[f]) for f in FIELDS)
    ]  # fmt: skip
    if not fitting:
        return None
    row = min(fitting, key=lambda r: (-sum(bool(r[f]) for f in FIELDS), [not r[f] for f in FIELDS], r["task_id"]))
    letters = tuple(matrix.letters(row, story.created))
    return Task(row["task_id"], letters, matrix.is_valid(row, story.created))


def raci_coverage(books: Books, month: Month) -> Values:
    def is_covered(story: Story) -> bool:
        task = task_of(books, story, AS_OF)
        return task is not None and task.is_valid

    created = [s for s in told(books) if in_month(month, s.created)]
    return share(created, lambda s: s.ticket["client_id"], is_covered)


@dataclass
class Part:
    """What one role, or one team that has none, did on a ticket."""

    seconds: Fraction = Fraction(0)
    actions: int = 0
    began_s: int = 1 << 60


def _pieces(books: Books, story: Story, end: Moment) -> Iterator[tuple[str, int, Fraction, int]]:
    """Who worked until the resolution: technician, when, seconds, actions."""
    matrix = _matrix(books.folder)
    for entry in matrix.entries[story.id]:
        at = second(entry["started_at"])
        if at <= end.s and Fraction(entry["duration_minutes"]) > 0:
            yield entry["technician_id"], at, 60 * Fraction(entry["duration_minutes"]), 0
    for move in story.moves:
        known = move.cells.get("actor_id") in matrix.people
        if move.kind in ACTIONS and story.told_actor(move) == "technician" and known and move.s <= end.s:
            yield str(move.cells["actor_id"]), move.s, Fraction(0), 1


def _worker(books: Books, task: Task, person: str | None, team: str | None) -> str:
    """The Responsible role that a technician fills himself, else that of the team, else what team it is."""
    due = [_matrix(books.folder).roles[r] for r in task.roles("R")]
    own = [r["role_id"] for r in due if person and r["technician_id"] == person]
    by_team = [r["role_id"] for r in due if team and r["team_id"] == team]
    return next(iter((*own, *by_team)), f"not responsible: {team}")


def _done_by(books: Books, task: Task, story: Story, end: Moment) -> str | None:
    """Who did most of it: by hours, else by actions, else who held it; None where nobody is known."""
    matrix = _matrix(books.folder)
    work: dict[str, Part] = defaultdict(Part)
    for person, at, length, actions in _pieces(books, story, end):
        part = work[_worker(books, task, person, matrix.team(person, at))]
        part.seconds, part.actions, part.began_s = part.seconds + length, part.actions + actions, min(part.began_s, at)
    if work:
        return min(work, key=lambda who: (-work[who].seconds, -work[who].actions, work[who].began_s))
    holder, team = story.technician.at(end.s), story.team.at(end.s)
    if holder is None and team is None:
        return None
    own_team = matrix.team(holder, end.s) if holder in matrix.people else None
    return _worker(books, task, holder, team or own_team)


def raci_responsible_conformance(books: Books, month: Month) -> Values:
    found = []
    for story, end in resolved_in(books, month):
        task = task_of(books, story, end.s)
        who = _done_by(books, task, story, end) if task and task.is_valid else None
        if task and who is not None:
            found.append((task.id, who in task.roles("R")))
    return share(found, lambda f: f[0], lambda f: f[1])


def _names(books: Books, role: str) -> set[str]:
    """What an event may call a role: its id, its name, who fills it."""
    row = _matrix(books.folder).roles[role]
    return {v for v in (role, row["name"], row["team_id"], row["technician_id"], row["contact_id"]) if v}


def _duties(books: Books, month: Month, letter: str) -> Iterator[tuple[str, bool]]:
    """The roles to consult (inform) about the month's resolutions: each role, and whether it was reached by its time."""
    kind = {"C": "consultation", "I": "notification"}[letter]
    for story, end in resolved_in(books, month):
        task = task_of(books, story, end.s)
        for assigned in task.letters if task and task.is_valid else ():
            if assigned["letter"] != letter:
                continue
            within = round(float(assigned["within_minutes"]) * 60) if assigned["within_minutes"] else None
            until = _until(story, end, letter, within)
            names = _names(books, assigned["role_id"])
            events = [m.s for m in story.moves if m.kind == kind and m.to in names]
            reached = any(s <= until for s in events)
            if reached or within is None or until <= AS_OF:
                yield assigned["role_id"], reached


def _until(story: Story, end: Moment, letter: str, within: int | None) -> int:
    if letter == "C":
        return end.s if within is None else min(end.s, story.created + within)
    return AS_OF if within is None else end.s + within


def raci_consulted_rate(books: Books, month: Month) -> Values:
    return share(_duties(books, month, "C"), lambda d: d[0], lambda d: d[1])


def raci_informed_rate(books: Books, month: Month) -> Values:
    return share(_duties(books, month, "I"), lambda d: d[0], lambda d: d[1])


def _verdict(books: Books, story: Story) -> tuple[int, bool] | None:
    """When all clocks of a ticket are judged and whether they were kept: broken with the first that breaks."""
    replays = [replay for _, replay in clocks_of(books, story, AS_OF)]
    found = [j for replay in replays for j in replay.judgements().values()]
    broken = [j.due_s for j in found if j.outcome == "breached" and j.due_s is not None]
    if broken:
        return min(broken), False
    if not any(j.outcome == "met" for j in found) or any(j.outcome in ("running", "paused") for j in found):
        return None
    return max(c.ended_s for replay in replays for c in replay.cycles if c.target and c.ended_s is not None), True


@cache
def _verdicts(folder: Path) -> list[tuple[Story, int, bool]]:
    books = Books(folder)
    return [(story, *verdict) for story in told(books) if (verdict := _verdict(books, story))]


def raci_accountable_scorecard(books: Books, month: Month) -> Values:
    found = []
    for story, at, is_kept in _verdicts(books.folder):
        task = task_of(books, story, at) if in_month(month, at) else None
        if task and task.accountable:
            found.append((task.accountable, is_kept))
    return share(found, lambda f: f[0], lambda f: f[1])


BY = {
    "client": (raci_coverage,),
    "task": (raci_responsible_conformance,),
    "role": (raci_consulted_rate, raci_informed_rate),
    "accountable": (raci_accountable_scorecard,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
