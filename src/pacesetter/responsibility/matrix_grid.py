"""The matrix as a sheet: tasks down, roles across, letters in the cells; with the dates of each letter.

Owns the layout and its reading back, exact in both directions. Must not know how cells become bytes (``matrix_files``).

The first row names the columns: ``row``, the columns of a task, then one column per role (its id). Rows ``role name``, ``role client``,
``role team``, ``role technician`` and ``role contact`` say who fills the roles; rows ``task`` follow. In a cell a letter with dates is
``R [2026-01-01 to 2026-07-01]``, either date left out where it is open; several are parted by ``;``.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Sequence
from datetime import date

from pacesetter.errors import BadRequest
from pacesetter.model.raci_document import (
    Document,
    LetterRow,
    RoleRow,
    TaskRow,
    cell_text,
    document_of,
    minutes_text,
    parse_cell,
)

Cells = list[list[str]]
Place = Callable[[int, int], str]
"""What a cell is called in a message: row and column, both from 0."""

TASK_COLUMNS = (
    "task_id",
    "name",
    "client_id",
    "type",
    "category",
    "subcategory",
    "priority",
    "valid_from",
    "valid_to",
)
ROLE_ROWS = {"role name": "name", "role client": "client_id", "role team": "team_id",
             "role technician": "technician_id", "role contact": "contact_id"}  # fmt: skip
FIXED = 1 + len(TASK_COLUMNS)
_DATED = re.compile(r"^(.*?)\[\s*(\S*?)\s*(?:to\s*(\S+?)\s*)?\]$", re.DOTALL)


def grid_of(document: Document) -> Cells:
    """The sheet of a document."""
    roles = document.roles
    cells = [["row", *TASK_COLUMNS, *(r.role_id for r in roles)]]
    for name, field in ROLE_ROWS.items():
        cells.append([name, *[""] * len(TASK_COLUMNS), *(getattr(r, field) or "" for r in roles)])
    held: dict[tuple[str, str], list[LetterRow]] = defaultdict(list)
    for a in document.letters:
        held[a.task_id, a.role_id].append(a)
    for t in document.tasks:
        own = [_text(getattr(t, column)) for column in TASK_COLUMNS]
        cells.append(["task", *own, *("; ".join(map(_letter_text, held[t.task_id, r.role_id])) for r in roles)])
    return cells


def _text(value: object) -> str:
    return "" if value is None else value.isoformat() if isinstance(value, date) else str(value)


def _letter_text(a: LetterRow) -> str:
    text = a.letter if a.within_minutes is None else f"{a.letter} {minutes_text(a.within_minutes)}"
    if a.valid_from is None and a.valid_to is None:
        return text
    end = f" to {a.valid_to}" if a.valid_to else ""
    return f"{text} [{a.valid_from or ''}{end}]"


def document_of_grid(cells: Sequence[Sequence[str]], place: Place) -> Document:
    """The document in a sheet. Raises BadRequest with the cell and what is wrong with it."""
    role_ids = _head(cells, place)
    roles: dict[str, dict[str, str | None]] = {i: {} for i in role_ids}
    tasks: dict[str, TaskRow] = {}
    letters: list[LetterRow] = []
    for y, row in enumerate(cells[1:], 1):
        own = [*row, *[""] * (FIXED + len(role_ids) - len(row))]
        beyond = next((x for x in range(FIXED + len(role_ids), len(own)) if own[x].strip()), None)
        if beyond is not None:
            raise BadRequest(
                "no role's id stands over this cell", where=place(y, beyond), do="write it into the first row"
            )
        what = own[0].strip().lower()
        if not any(text.strip() for text in own):
            continue
        if what in ROLE_ROWS:
            for x, role_id in enumerate(role_ids, FIXED):
                roles[role_id][ROLE_ROWS[what]] = own[x] or None
        elif what == "task":
            task = _task(own, y, place)
            if task.task_id in tasks:
                raise BadRequest(
                    f"the task '{task.task_id}' stands twice", where=place(y, 1), do="give each its own id"
                )
            tasks[task.task_id] = task
            for x, role_id in enumerate(role_ids, FIXED):
                letters += _letters(own[x], task.task_id, role_id, place(y, x))
        else:
            raise BadRequest(
                f"'{own[0][:40]}' is no kind of row",
                where=place(y, 0),
                do=f"write task, or one of {', '.join(ROLE_ROWS)}",
            )
    return document_of(tasks.values(), (_role(i, fields) for i, fields in roles.items()), letters)


def _head(cells: Sequence[Sequence[str]], place: Place) -> list[str]:
    if not cells:
        raise BadRequest("there is nothing in it", where=place(0, 0), do="export a matrix to see what one looks like")
    head = list(cells[0])
    for x, name in enumerate(("row", *TASK_COLUMNS)):
        if x >= len(head) or head[x].strip().lower() != name:
            raise BadRequest(
                f"this column is to be called '{name}'", where=place(0, x), do="keep the first row as exported"
            )
    role_ids = head[FIXED:]
    while role_ids and not role_ids[-1].strip():
        role_ids.pop()
    for x, role_id in enumerate(role_ids, FIXED):
        if not role_id.strip():
            raise BadRequest("a role has no id", where=place(0, x), do="write the role's id over its column")
        if role_id in role_ids[: x - FIXED]:
            raise BadRequest(f"the role '{role_id}' stands twice", where=place(0, x), do="keep one column per role")
    return role_ids


def _task(own: Sequence[str], y: int, place: Place) -> TaskRow:
    given = dict(zip(TASK_COLUMNS, own[1:FIXED], strict=True))
    for x, name in ((1, "task_id"), (2, "name")):
        if not given[name].strip():
            raise BadRequest(f"a task has no {'id' if x == 1 else 'name'}", where=place(y, x), do="write one")
    first, last = (parse_date(given[n], place(y, x)) for x, n in ((8, "valid_from"), (9, "valid_to")))
    _check_span(first, last, place(y, 9))
    texts = {n: given[n] or None for n in TASK_COLUMNS[2:7]}
    return TaskRow(task_id=given["task_id"], name=given["name"], **texts, valid_from=first, valid_to=last)


def _role(role_id: str, fields: dict[str, str | None]) -> RoleRow:
    return RoleRow(role_id=role_id, **{"name": role_id} | {k: v for k, v in fields.items() if v})


def _letters(text: str, task_id: str, role_id: str, where: str) -> list[LetterRow]:
    found: dict[tuple[str, str, str, date], LetterRow] = {}
    for piece in text.split(";"):
        dated = _DATED.match(piece.strip())
        first, last = (parse_date(dated[2], where), parse_date(dated[3] or "", where)) if dated else (None, None)
        _check_span(first, last, where)
        for letter, within in parse_cell(dated[1] if dated else piece, where).items():
            row = LetterRow(
                task_id=task_id, role_id=role_id, letter=letter, within_minutes=within, valid_from=first, valid_to=last
            )
            if row.key in found:
                raise BadRequest(f"the letter {letter} stands twice from the same day", where=where, do="write it once")
            found[row.key] = row
    return list(found.values())


def parse_date(text: str, where: str) -> date | None:
    """A date as written, None where there is none. Raises BadRequest with the place."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10] if text.strip().endswith(" 00:00:00") else text.strip())
    except ValueError:
        raise BadRequest(f"'{text.strip()[:40]}' is no date", where=where, do="write it as 2026-12-31") from None


def _check_span(first: date | None, last: date | None, where: str) -> None:
    if first is not None and last is not None and last < first:
        raise BadRequest(f"{last} is before {first}", where=where, do="write the later date second")


__all__ = [
    "FIXED",
    "ROLE_ROWS",
    "TASK_COLUMNS",
    "Cells",
    "Place",
    "cell_text",
    "document_of_grid",
    "grid_of",
    "parse_date",
]
