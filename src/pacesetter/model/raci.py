"""The RACI matrix: which task a ticket is, who answers for it then, and whether its row is whole.

Owns the rules of the matrix. Instants are epoch seconds, spans half-open. Must not know engines, files or how work was done.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

FOREVER = 1 << 60
LETTERS = {"R": "Responsible", "A": "Accountable", "C": "Consulted", "I": "Informed"}


class Kind(NamedTuple):
    """What of a ticket decides which task it is."""

    client_id: str | None
    type: str | None
    category: str | None
    subcategory: str | None
    priority: str | None


@dataclass(frozen=True, kw_only=True)
class Task:
    """A kind of work; a field of ``kind`` that is None fits anything."""

    task_id: str
    name: str
    kind: Kind
    from_s: int = -FOREVER
    to_s: int = FOREVER

    def fits(self, kind: Kind) -> bool:
        """Whether a ticket of that kind is this task."""
        return all(own is None or own == other for own, other in zip(self.kind, kind, strict=True))

    @property
    def order(self) -> tuple[object, ...]:
        """Sorts the most specific first: more fields, then client, subcategory, category, type, priority, then the id."""
        k = self.kind
        fields = (k.client_id, k.subcategory, k.category, k.type, k.priority)
        return (-sum(f is not None for f in fields), *(f is None for f in fields), self.task_id)


@dataclass(frozen=True, kw_only=True)
class Role:
    """A role and who fills it; a technician fills it from ``from_s`` until ``to_s`` (employment)."""

    role_id: str
    name: str
    client_id: str | None = None
    team_id: str | None = None
    technician_id: str | None = None
    contact_id: str | None = None
    from_s: int = -FOREVER
    to_s: int = FOREVER

    def is_filled(self, at_s: int) -> bool:
        """Whether somebody who exists at that instant fills it."""
        if self.team_id or self.contact_id:
            return True
        return self.technician_id is not None and self.from_s <= at_s < self.to_s


@dataclass(frozen=True, kw_only=True)
class Assignment:
    """A role's letter for a task; ``within_s`` is the time within which a C or I is to be reached."""

    task_id: str
    role_id: str
    letter: str
    within_s: int | None = None
    from_s: int = -FOREVER
    to_s: int = FOREVER


class Fault(NamedTuple):
    """What is wrong with a task's row: which rule (``accountable``, ``responsible``, ``filled``), and in plain words."""

    rule: str
    text: str


@dataclass(frozen=True, kw_only=True)
class Span:
    """The task of a kind of ticket for tickets created within a span."""

    task_id: str
    accountable: str | None
    is_valid: bool
    from_s: int
    to_s: int


class Matrix:
    """Tasks × roles with letters, over time."""

    def __init__(self, tasks: Iterable[Task], roles: Iterable[Role], assignments: Iterable[Assignment]) -> None:
        self.tasks = {t.task_id: t for t in sorted(tasks, key=lambda t: t.order)}
        self.roles = {r.role_id: r for r in roles}
        self.assignments = tuple(assignments)
        self._of_task: dict[str, list[Assignment]] = defaultdict(list)
        self._of_client: dict[str | None, list[Task]] = defaultdict(list)
        for a in self.assignments:
            self._of_task[a.task_id].append(a)
        for t in self.tasks.values():
            self._of_client[t.kind.client_id].append(t)

    def task_of(self, kind: Kind, at_s: int) -> Task | None:
        """The task of a ticket of that kind created at that instant; the most specific row wins."""
        return next((t for t in self._candidates(kind) if t.from_s <= at_s < t.to_s), None)

    def letters(self, task_id: str, at_s: int) -> tuple[Assignment, ...]:
        """The assignments of a task that hold at that instant."""
        return tuple(a for a in self._of_task[task_id] if a.from_s <= at_s < a.to_s)

    def accountable(self, task_id: str, at_s: int) -> str | None:
        """The role that answers for a task then; None where there is none or more than one."""
        found = {a.role_id for a in self.letters(task_id, at_s) if a.letter == "A"}
        return found.pop() if len(found) == 1 else None

    def faults(self, task_id: str, at_s: int) -> tuple[Fault, ...]:
        """What is wrong with a task's row then; empty where the row is whole."""
        held = self.letters(task_id, at_s)
        answering = sorted({a.role_id for a in held if a.letter == "A"})
        found = []
        if not answering:
            found.append(Fault("accountable", "nobody is Accountable"))
        if len(answering) > 1:
            text = (
                f"{len(answering)} roles are Accountable ({', '.join(map(self._named, answering))}); exactly one may be"
            )
            found.append(Fault("accountable", text))
        if not any(a.letter == "R" for a in held):
            found.append(Fault("responsible", "nobody is Responsible"))
        empty = sorted({a.role_id for a in held if not self._is_filled(a.role_id, at_s)})
        return (
            *found,
            *(Fault("filled", f"nobody who exists then fills the role '{self._named(role)}'") for role in empty),
        )

    def edges(self, task_ids: Iterable[str]) -> list[int]:
        """The instants at which something about these tasks changes, sorted, from -FOREVER to FOREVER."""
        found = {-FOREVER, FOREVER}
        for task_id in task_ids:
            found |= {self.tasks[task_id].from_s, self.tasks[task_id].to_s}
            for a in self._of_task[task_id]:
                found |= {a.from_s, a.to_s}
                if role := self.roles.get(a.role_id):
                    found |= {role.from_s, role.to_s}
        return sorted(found)

    def spans(self, kind: Kind) -> list[Span]:
        """Which task a kind of ticket is, by the instant of its creation; gaps are without a task."""
        found: list[Span] = []
        candidates = self._candidates(kind)
        if not candidates:
            return found
        for start, end in pairwise(self.edges(t.task_id for t in candidates)):
            task = next((t for t in candidates if t.from_s <= start < t.to_s), None)
            if task is None:
                continue
            accountable = self.accountable(task.task_id, start)
            valid = not self.faults(task.task_id, start)
            last = found[-1] if found else None
            same = last and (last.task_id, last.accountable, last.is_valid) == (task.task_id, accountable, valid)
            begin = start
            if last and same and last.to_s == start:
                begin = found.pop().from_s
            found.append(Span(task_id=task.task_id, accountable=accountable, is_valid=valid, from_s=begin, to_s=end))
        return found

    def _candidates(self, kind: Kind) -> list[Task]:
        own = self._of_client[kind.client_id] if kind.client_id is not None else []
        return sorted((t for t in (*own, *self._of_client[None]) if t.fits(kind)), key=lambda t: t.order)

    def _named(self, role_id: str) -> str:
        role = self.roles.get(role_id)
        return role.name if role is not None else role_id

    def _is_filled(self, role_id: str, at_s: int) -> bool:
        role = self.roles.get(role_id)
        return role is not None and role.is_filled(at_s)
