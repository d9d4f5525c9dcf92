"""The RACI matrix as it is written down: tasks, roles and letters with dates, and how a change from one day on is recorded.

Owns the cell's grammar (``R``, ``A C``, ``I 240``) and the rule that nothing is taken back: what ends keeps its dates. Days are those of
the workspace's zone, spans half-open. Must not know files, engines or HTTP.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pacesetter.errors import BadRequest
from pacesetter.model.raci import FOREVER, LETTERS, Assignment, Kind, Matrix, Role, Task

_PART = re.compile(r"([RACI])(?:[ :]*(\d+(?:\.\d+)?))?", re.IGNORECASE)
_SEPARATORS = re.compile(r"[\s,;/]+")


@dataclass(frozen=True, kw_only=True)
class TaskRow:
    """A row of ``raci_tasks``."""

    task_id: str
    name: str
    client_id: str | None = None
    type: str | None = None
    category: str | None = None
    subcategory: str | None = None
    priority: str | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def kind(self) -> Kind:
        """Which tickets are this task."""
        return Kind(self.client_id, self.type, self.category, self.subcategory, self.priority)

    def order_before(self, other: "TaskRow") -> bool:
        """Whether a ticket that both fit is this task."""
        mine, theirs = (Task(task_id=t.task_id, name=t.name, kind=t.kind).order for t in (self, other))
        return mine < theirs


@dataclass(frozen=True, kw_only=True)
class RoleRow:
    """A row of ``raci_roles``; at most one of team, technician and contact fills it."""

    role_id: str
    name: str
    client_id: str | None = None
    team_id: str | None = None
    technician_id: str | None = None
    contact_id: str | None = None


@dataclass(frozen=True, kw_only=True)
class LetterRow:
    """A row of ``raci_assignments``; ``within_minutes`` is the time within which a C or I is to be reached."""

    task_id: str
    role_id: str
    letter: str
    within_minutes: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None

    @property
    def is_void(self) -> bool:
        """Whether it never holds: it was taken back before it began."""
        return self.valid_from is not None and self.valid_to is not None and self.valid_to <= self.valid_from

    def holds(self, day: date) -> bool:
        """Whether it holds on that day."""
        return (self.valid_from is None or self.valid_from <= day) and (self.valid_to is None or day < self.valid_to)

    def is_over(self, day: date) -> bool:
        """Whether it has ended by that day."""
        return self.valid_to is not None and self.valid_to <= day

    @property
    def key(self) -> tuple[str, str, str, date]:
        """What tells it from others, sortable."""
        return self.task_id, self.role_id, self.letter, self.valid_from or date.min


Cell = Mapping[str, float | None]
"""The letters of one task and role, each with its minutes where a time is set."""


@dataclass(frozen=True, kw_only=True)
class Document:
    """A whole matrix as written down. Order is that of the ids; void letters are kept out by ``document_of``."""

    tasks: tuple[TaskRow, ...]
    roles: tuple[RoleRow, ...]
    letters: tuple[LetterRow, ...]

    def cell(self, task_id: str, role_id: str, day: date) -> dict[str, float | None]:
        """The letters of a task and role on a day, in the order R, A, C, I."""
        held = [a for a in self.letters if a.task_id == task_id and a.role_id == role_id and a.holds(day)]
        return {a.letter: a.within_minutes for a in sorted(held, key=lambda a: "RACI".index(a.letter))}

    def matrix(self, zone: ZoneInfo, employed: Mapping[str, tuple[date | None, date | None]]) -> Matrix:
        """The same in instants; ``employed`` gives the first and the first day no longer of each technician."""

        def span(first: date | None, last: date | None) -> tuple[int, int]:
            return midnight(first, zone, -FOREVER), midnight(last, zone, FOREVER)

        tasks, roles, letters = [], [], []
        for t in self.tasks:
            start, end = span(t.valid_from, t.valid_to)
            tasks.append(Task(task_id=t.task_id, name=t.name, kind=t.kind, from_s=start, to_s=end))
        for r in self.roles:
            start, end = span(*employed.get(r.technician_id or "", (None, None)))
            roles.append(
                Role(role_id=r.role_id, name=r.name, client_id=r.client_id, team_id=r.team_id,
                     technician_id=r.technician_id, contact_id=r.contact_id, from_s=start, to_s=end)
            )  # fmt: skip
        for a in self.letters:
            start, end = span(a.valid_from, a.valid_to)
            within = None if a.within_minutes is None else round(a.within_minutes * 60)
            letters.append(
                Assignment(task_id=a.task_id, role_id=a.role_id, letter=a.letter, within_s=within, from_s=start, to_s=end)
            )  # fmt: skip
        return Matrix(tasks, roles, letters)


def document_of(tasks: Iterable[TaskRow], roles: Iterable[RoleRow], letters: Iterable[LetterRow]) -> Document:
    """A document in the order of its ids, without letters that never hold."""
    return Document(
        tasks=tuple(sorted(tasks, key=lambda t: t.task_id)),
        roles=tuple(sorted(roles, key=lambda r: r.role_id)),
        letters=tuple(sorted((a for a in letters if not a.is_void), key=lambda a: a.key)),
    )


def midnight(day: date | None, zone: ZoneInfo, without: int) -> int:
    """The instant at which a day begins, in epoch seconds; ``without`` where there is no day."""
    return without if day is None else int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())


def parse_cell(text: str, where: str) -> dict[str, float | None]:
    """The letters of a cell such as ``R``, ``A C`` or ``I 240`` (to be informed within 240 minutes). Raises BadRequest with the place."""
    left, found = _SEPARATORS.sub(" ", text).strip(), dict[str, float | None]()
    place = 0
    while place < len(left):
        match = _PART.match(left, place)
        if match is None:
            raise BadRequest(
                f"'{text.strip()[:40]}' is no cell of a RACI matrix",
                where=where,
                do="write R, A, C or I, minutes behind a C or I, such as I 240",
            )
        letter, minutes = match[1].upper(), match[2]
        if letter in found:
            raise BadRequest(f"the letter {letter} stands twice", where=where, do="write it once")
        if minutes is not None and letter not in "CI":
            raise BadRequest(f"{LETTERS[letter]} has no time", where=where, do="write minutes behind a C or I only")
        found[letter] = None if minutes is None else float(minutes)
        place = match.end()
        while place < len(left) and left[place] == " ":
            place += 1
    return {letter: found[letter] for letter in "RACI" if letter in found}


def cell_text(cell: Cell) -> str:
    """A cell as ``parse_cell`` reads it."""
    return ", ".join(
        letter if within is None else f"{letter} {minutes_text(within)}" for letter, within in cell.items()
    )


def minutes_text(minutes: float) -> str:
    """Minutes without a needless fraction."""
    return str(int(minutes)) if minutes == int(minutes) else repr(minutes)


def set_from(document: Document, wanted: Mapping[tuple[str, str], Cell], day: date) -> list[LetterRow]:
    """The rows to write so that from ``day`` on these cells (task, role) hold exactly what is wanted; the days before stay as they were.

    A letter that holds and stays is left open; one that leaves ends on ``day``; one that was to begin later never does.
    """
    known = defaultdict(list)
    for a in document.letters:
        known[a.task_id, a.role_id].append(a)
    found: list[LetterRow] = []
    for (task_id, role_id), cell in wanted.items():
        left = dict(cell)
        for a in sorted(known[task_id, role_id], key=lambda a: a.key):
            if a.is_over(day):
                continue
            stays = a.holds(day) and a.letter in left and left[a.letter] == a.within_minutes
            if stays:
                del left[a.letter]
                after = replace(a, valid_to=None)
            elif a.holds(day) and a.valid_from != day:
                after = replace(a, valid_to=day)
            else:
                after = replace(a, valid_to=a.valid_from)
            if after != a:
                found.append(after)
        begun = {
            (a.letter, a.valid_from): n for n, a in enumerate(found) if (a.task_id, a.role_id) == (task_id, role_id)
        }
        for letter, within in left.items():
            row = LetterRow(task_id=task_id, role_id=role_id, letter=letter, within_minutes=within, valid_from=day)
            if (letter, day) in begun:  # the same day again: the row of this morning is written anew
                found[begun[letter, day]] = row
            else:
                found.append(row)
    return found


def with_letters(document: Document, rows: Iterable[LetterRow]) -> Document:
    """The document with rows changed or added, by their keys."""
    by_key = {a.key: a for a in document.letters} | {a.key: a for a in rows}
    return document_of(document.tasks, document.roles, by_key.values())


def difference(now: Document, wanted: Document, day: date) -> tuple[list[TaskRow], list[RoleRow], list[LetterRow]]:
    """The rows to write so that the matrix is as a document says; what the document does not have ends on ``day``.

    Roles that it does not have stay, without a letter. Nothing is written where both are the same.
    """
    old_tasks, old_roles = ({t.task_id: t for t in now.tasks}, {r.role_id: r for r in now.roles})
    tasks = [t for t in wanted.tasks if old_tasks.get(t.task_id) != t]
    roles = [r for r in wanted.roles if old_roles.get(r.role_id) != r]
    kept = {t.task_id for t in wanted.tasks}
    tasks += [
        replace(t, valid_to=max(day, t.valid_from or day))
        for t in now.tasks
        if t.task_id not in kept and (t.valid_to is None or t.valid_to > max(day, t.valid_from or day))
    ]
    old = {a.key: a for a in now.letters}
    new = {a.key: a for a in wanted.letters}
    letters = [a for key, a in new.items() if old.get(key) != a]
    for key, a in old.items():
        if key not in new and not a.is_over(day):
            end = day if a.valid_from is None or a.valid_from < day else a.valid_from
            letters.append(replace(a, valid_to=end))
    return tasks, roles, letters
