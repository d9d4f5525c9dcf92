"""The RACI matrix as a page: tasks by roles on any day, what its rules say, its history; and the matrix as a file.

Owns the reading for the page. Changes of it are made in ``raci_edit``.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.roles import Permission
from pacesetter.access.tables import Entry
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts, Serving
from pacesetter.errors import BadRequest
from pacesetter.model.raci import LETTERS
from pacesetter.model.raci_document import Document, LetterRow, RoleRow, TaskRow, cell_text, midnight
from pacesetter.responsibility.matrix_files import form_of, written
from pacesetter.responsibility.matrix_reading import Filler, own_tasks, read_document, read_employment, read_fillers
from pacesetter.responsibility.matrix_rules import Draft, Verdict, check_matrix
from pacesetter.responsibility.matrix_saving import AUDITED_AS
from pacesetter.web.frame import Sheet, sheet

router = APIRouter(include_in_schema=False)
TABS = (("/raci", "Matrix"), ("/raci/conformance", "Conformance"), ("/hands", "Time in hands"))
"""The pages about one matrix, side by side."""
_TYPES = {
    "csv": "text/csv; charset=utf-8",
    "toml": "application/toml; charset=utf-8",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


@dataclass(frozen=True)
class Line:
    """One task with its cells, one per role of the sheet; ``faults`` is what is wrong with its row on that day."""

    task: TaskRow
    cells: tuple[dict[str, float | None], ...]
    faults: tuple[str, ...]


@dataclass(frozen=True)
class Matrix:
    """The matrix as it is shown: of one client or of every client, on one day."""

    client: str | None
    day: date
    document: Document
    roles: tuple[RoleRow, ...]
    own: tuple[Line, ...]
    shared_roles: tuple[RoleRow, ...]
    shared: tuple[Line, ...]
    fillers: dict[str, Filler | None]

    @property
    def kept(self) -> Document:
        """The tasks that belong to the client (or to every client), as they are edited and exported."""
        return own_tasks(self.document, self.client)


def chosen_client(page: Sheet) -> str | None:
    """The client whose matrix is looked at: the chosen one, or the only one within reach; None for that of every client."""
    asked = [v for n, v in page.view.where if n == "client"]
    if asked:
        if asked[-1] not in page.clients:
            raise NotFound("there is no such client, or it is not within what you may see")
        return asked[-1]
    return next(iter(page.clients)) if len(page.clients) == 1 and page.caller.scope.clients is not None else None


def day_of(text: str, page: Sheet) -> date:
    """The day in an address; today where there is none."""
    if not text:
        return clock.now().astimezone(page.desk.zone).date()
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"'{text[:20]}' is no date", where="on", do="write it as 2026-12-31") from None
    if not 1970 <= found.year < 2200:
        raise BadRequest(f"'{text[:20]}' is no day of ours", where="on", do="choose one near today")
    return found


def read_matrix_sheet(page: Sheet, client: str | None, day: date, more_roles: Sequence[str] = ()) -> Matrix:
    """The matrix of a client on a day, with columns for every role that has a letter, is the client's own or is asked for."""
    con, scope = page.desk.evaluator.con, page.desk.scope
    document = read_document(con, scope, client, clients=page.clients)
    at_s = midnight(day, page.desk.zone, 0)
    matrix = document.matrix(page.desk.zone, read_employment(con))
    there = [
        t
        for t in document.tasks
        if (t.valid_from is None or t.valid_from <= day) and (t.valid_to is None or day < t.valid_to)
    ]
    own_kinds = {t.kind for t in there if t.client_id == client}
    own = [t for t in there if t.client_id == client]
    shared = [t for t in there if client and t.client_id is None and t.kind._replace(client_id=client) not in own_kinds]

    def columns(tasks: Sequence[TaskRow], further: Callable[[RoleRow], bool]) -> tuple[RoleRow, ...]:
        ids = {t.task_id for t in tasks}
        used = {a.role_id for a in document.letters if a.task_id in ids and a.holds(day)}
        found = (r for r in document.roles if r.role_id in used or further(r))
        return tuple(sorted(found, key=lambda r: (r.client_id is not None, r.name.lower())))

    roles = columns(own, lambda r: r.role_id in more_roles or (client is not None and r.client_id == client))
    shared_roles = columns(shared, lambda r: False)

    def line(task: TaskRow, across: Sequence[RoleRow]) -> Line:
        faults = tuple(f.text for f in matrix.faults(task.task_id, at_s))
        return Line(task, tuple(document.cell(task.task_id, r.role_id, day) for r in across), faults)

    lines, more = (tuple(line(t, x) for t in _sorted(rows)) for rows, x in ((own, roles), (shared, shared_roles)))
    return Matrix(
        client, day, document, roles, lines, shared_roles, more, read_fillers(con, scope, document)
    )  # fmt: skip


def _sorted(tasks: Sequence[TaskRow]) -> list[TaskRow]:
    return sorted(tasks, key=lambda t: (t.name.lower(), t.task_id))


@router.get("/raci")
def matrix(request: Request, parts: Parts, asking: Asking, on: str = "") -> Response:
    """The matrix on a day: tasks by roles, the rules, who changed what."""
    with sheet(request, parts, asking) as page:
        client = chosen_client(page)
        shown = read_matrix_sheet(page, client, day_of(on, page))
        may_edit = asking.scope.may(Permission.CONFIGURE) and asking.scope.is_whole
        return page.render(
            "raci.html", title="RACI matrix", matrix=shown, tabs=TABS, cell_text=cell_text, letters=LETTERS, on=on,
            verdicts=_verdicts(page, shown), history=list(_history(shown))[:60], may_edit=may_edit,
            log=_log(parts, page.desk.zone) if may_edit else [], address=address_of(page, client), client=client,
            has_sample=not shown.own,
        )  # fmt: skip


def address_of(page: Sheet, client: str | None) -> str:
    """The question of an address that says which client's matrix it is."""
    return page.view.narrowed("client", client).url("/raci") if client else "/raci"


def _verdicts(page: Sheet, shown: Matrix) -> list[tuple[Verdict, list[tuple[str, str, float | None]]]]:
    """The rules with their findings in names: subject, message, hours."""
    con, settings = page.desk.evaluator.con, page.desk.settings
    drawn = shown.document.matrix(page.desk.zone, read_employment(con))
    found = check_matrix(
        con, settings, page.desk.scope, as_of_s=page.desk.as_of_s, client=shown.client,
        draft=Draft(matrix=drawn, kinds="f_raci_kinds"),
    )  # fmt: skip
    tasks = {t.task_id: t.name for t in shown.document.tasks}
    names = {r.role_id: r.name for r in shown.document.roles}
    by_person = {r.technician_id: r.name for r in shown.document.roles if r.technician_id}

    def said(subject: str) -> str:
        return tasks.get(subject) or names.get(subject) or by_person.get(subject) or subject

    return [(v, [(said(f.subject), f.message, f.hours) for f in v.findings]) for v in found]


@dataclass(frozen=True)
class Turn:
    """One letter that began or ended on a day."""

    day: date
    task: str
    role: str
    letter: str
    began: bool


def _history(shown: Matrix) -> Iterator[Turn]:
    """Every letter of the shown tasks that begins or ends at some day, the latest first."""
    tasks = {t.task_id: t.name for t in shown.document.tasks if t.client_id == shown.client}
    names = {r.role_id: r.name for r in shown.document.roles}
    turns = []
    for a in (a for a in shown.document.letters if a.task_id in tasks):
        for day, began in ((a.valid_from, True), (a.valid_to, False)):
            if day is not None:
                turns.append(Turn(day, tasks[a.task_id], names[a.role_id], _told(a), began))
    yield from sorted(turns, key=lambda t: (-t.day.toordinal(), t.task, t.role, t.letter, t.began))


def _told(a: LetterRow) -> str:
    return cell_text({a.letter: a.within_minutes})


def _log(parts: Serving, zone: Any) -> list[tuple[datetime, str, str, list[str]]]:
    """Who changed the matrix: when, who, of which client, what in lines."""
    with parts.work() as work:
        entries: list[Entry] = [e for e in audit.latest(work, 500) if e.what == AUDITED_AS]
    return [(e.at, e.who, e.about or "", list((e.after or {}).get("lines", []))) for e in entries[:20]]


@router.get("/raci/export.{ending}")
def export(ending: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The matrix as a file with all its dates: of one client, or of everything within reach."""
    asking.scope.need(Permission.EXPORT, "a file of the matrix")
    form = form_of(f"raci.{ending}")
    with sheet(request, parts, asking) as page:
        client = chosen_client(page)
        found = read_document(page.desk.evaluator.con, page.desk.scope, client, clients=page.clients)
        document = own_tasks(found, client) if client else found
        if not asking.scope.may(Permission.NAMES):
            document = _unnamed(document)
        content = written(document, form)
    name = f"raci-{client}.{ending}" if client else f"raci.{ending}"
    safe = "".join(c if c.isascii() and (c.isalnum() or c in "-._") else "-" for c in name)
    return Response(content, media_type=_TYPES[form], headers={"content-disposition": f'attachment; filename="{safe}"'})


def _unnamed(document: Document) -> Document:
    """The same without the ids of technicians, for those who may not know names."""
    roles = tuple(RoleRow(**{**r.__dict__, "technician_id": None}) for r in document.roles)
    return Document(tasks=document.tasks, roles=roles, letters=document.letters)
