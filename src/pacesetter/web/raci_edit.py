"""Changing the RACI matrix on pages: cells, tasks, roles, a file, the sample. Each is previewed before it is saved.

Owns the forms and what they propose. The rules of the matrix and the preview are ``responsibility``'s.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.access.roles import Permission
from pacesetter.api.serving import Parts
from pacesetter.errors import BadRequest
from pacesetter.insight.changes import Proposal, Watched, stamp
from pacesetter.insight.changes.record import BadField
from pacesetter.model.raci_document import (
    Cell,
    Document,
    RoleRow,
    TaskRow,
    cell_text,
    difference,
    document_of,
    parse_cell,
    set_from,
)
from pacesetter.responsibility.matrix_files import MatrixForm, form_of, read, toml_text
from pacesetter.responsibility.matrix_preview import Ground, Preview, preview
from pacesetter.responsibility.matrix_reading import own_tasks, read_document
from pacesetter.responsibility.matrix_saving import Changes
from pacesetter.responsibility.sample import sample_for
from pacesetter.web.raci import TABS, WHAT, Matrix, address_of, chosen_client, read_matrix_sheet
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, field_marks, opened, slug

router = APIRouter(prefix="/raci", include_in_schema=False)
WATCHED: Watched = (("raci_tasks", {}), ("raci_roles", {}), ("raci_assignments", {}))
KIND = ("type", "category", "subcategory", "priority")
_FILLS = ("team_id", "technician_id", "contact_id")


@dataclass(frozen=True)
class Editing:
    """One change of the matrix of a client (or of every client) while it is made."""

    desk: Desk
    client: str | None
    document: Document
    today: date

    @property
    def own(self) -> Document:
        """The tasks that are edited here."""
        return own_tasks(self.document, self.client)

    @property
    def back(self) -> str:
        """The page of this matrix."""
        return address_of(self.desk.page, self.client)


def _editing(desk: Desk) -> Editing:
    client = chosen_client(desk.page)
    today = clock.now().astimezone(desk.page.desk.zone).date()
    return Editing(desk, client, read_document(desk.con, desk.page.desk.scope), today)


Propose = Callable[[], tuple[Changes, date]]


def _answered(
    edit: Editing, request: Request, posted: Posted, propose: Propose, form: Callable[[Filled], Response]
) -> Response:
    """Preview or save what a form proposes."""
    made: dict[str, Any] = {}

    def proposal() -> Proposal:
        changes, day = propose()
        made["shown"] = shown = _previewed(edit, changes, day)
        return Proposal(
            what=WHAT, about=edit.client or "every client", rows=changes.rows(), before={},
            after={"from": str(day), "lines": list(shown.lines)[:200]}, watched=WATCHED,
        )  # fmt: skip

    return answer(edit.desk, request, posted, propose=proposal, show=lambda _: made["shown"], form=form, back=edit.back)


def _previewed(edit: Editing, changes: Changes, day: date) -> Preview:
    page = edit.desk.page.desk
    ground = Ground(con=edit.desk.con, settings=page.settings, scope=page.scope, as_of_s=page.as_of_s)
    return preview(ground, edit.document, changes, day, client=edit.client)


def _render(edit: Editing, template: str, filled: Filled, **values: Any) -> Response:
    response = edit.desk.page.render(
        template, filled=filled, problems=filled.problems, preview=filled.preview, client=edit.client, tabs=TABS,
        back=edit.back, address=edit.back, cell_text=cell_text, page_name=template[5:-5], field_marks=field_marks,
        slug=slug, **values,
    )  # fmt: skip
    response.status_code = filled.status
    return response


def _fresh(edit: Editing, *words: tuple[str, str]) -> Filled:
    """A form that nobody has filled in yet."""
    return Filled(Posted(words), stamp(edit.desk.con, WATCHED), {})


@router.get("/edit")
def edit_cells(request: Request, parts: Parts, asking: Configuring) -> Response:
    """The matrix with a field in every cell."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        return _cells_page(edit, _fresh(edit, ("from", str(edit.today))))


@router.post("/edit")
def change_cells(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save the cells."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        if posted.get("do") == "column":
            return _cells_page(edit, Filled(posted, posted.get("seen"), {}))
        return _answered(edit, request, posted, lambda: _cells(edit, posted), lambda filled: _cells_page(edit, filled))


def _cells_page(edit: Editing, filled: Filled) -> Response:
    posted = filled.posted
    more = [*posted.all("r"), *posted.all("column")]
    day = _day_or(posted, edit.today)
    sheet = read_matrix_sheet(edit.desk.page, edit.client, day, more)
    values = _values(sheet, posted)
    listed = {r.role_id for r in sheet.roles}
    others = [
        (r.role_id, r.name)
        for r in edit.document.roles
        if r.role_id not in listed and r.client_id in (None, edit.client)
    ]
    return _render(
        edit, "raci_edit.html", filled, title="Edit the RACI matrix", matrix=sheet, values=values, others=others
    )


def _day_or(posted: Posted, other: date) -> date:
    try:
        return posted.day("from") or other
    except BadField:
        return other


def _values(sheet: Matrix, posted: Posted) -> dict[tuple[str, str], str]:
    """What stands in each cell: what was typed, else what holds on the day."""
    typed = _typed(posted)
    return {
        (line.task.task_id, role.role_id): typed.get((line.task.task_id, role.role_id), cell_text(cell))
        for line in sheet.own
        for role, cell in zip(sheet.roles, line.cells, strict=True)
    }


def _typed(posted: Posted) -> dict[tuple[str, str], str]:
    tasks, roles = posted.all("t"), posted.all("r")
    found = {}
    for i, task in enumerate(tasks):
        for j, role in enumerate(roles):
            name = f"c{i}_{j}"
            if any(n == name for n, _ in posted.pairs):
                found[task, role] = posted.get(name)
    return found


def _cells(edit: Editing, posted: Posted) -> tuple[Changes, date]:
    day = posted.day("from")
    if day is None:
        raise BadField({"from": "say from which day on"})
    known_tasks = {t.task_id for t in edit.own.tasks}
    known_roles = {r.role_id for r in edit.document.roles}
    wanted: dict[tuple[str, str], Cell] = {}
    problems = {}
    for (task, role), text in _typed(posted).items():
        if task not in known_tasks or role not in known_roles:
            raise BadField({"": "a task or role of the form is gone; open the page again"})
        try:
            wanted[task, role] = parse_cell(text, "")
        except BadRequest as wrong:
            problems[f"c{posted.all('t').index(task)}_{posted.all('r').index(role)}"] = f"{wrong.what}; {wrong.do}"
    if problems:
        raise BadField(problems)
    return Changes(letters=tuple(set_from(edit.document, wanted, day))), day


@router.get("/task")
def edit_task(request: Request, parts: Parts, asking: Configuring, id: str = "") -> Response:
    """The form of a task, new or known."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        task = next((t for t in edit.own.tasks if t.task_id == id), None)
        words = [("id", id)] if task else []
        if task:
            words += [(n, getattr(task, n) or "") for n in ("name", *KIND)]
            words += [(n, str(getattr(task, n) or "")) for n in ("valid_from", "valid_to")]
        return _task_page(edit, _fresh(edit, *words))


@router.post("/task")
def change_task(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save a task."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        return _answered(edit, request, posted, lambda: _task(edit, posted), lambda filled: _task_page(edit, filled))


def _task_page(edit: Editing, filled: Filled) -> Response:
    query = "SELECT DISTINCT {0} FROM f_tickets WHERE {0} IS NOT NULL ORDER BY 1 LIMIT 300"
    kinds = {n: [row[0] for row in edit.desk.con.execute(query.format(n)).fetchall()] for n in KIND}
    return _render(edit, "raci_task.html", filled, title="RACI task", kinds=kinds, known=bool(filled.posted.get("id")))


def _task(edit: Editing, posted: Posted) -> tuple[Changes, date]:
    name = posted.get("name")
    if not name:
        raise BadField({"name": "give the task a name"})
    first, last = posted.day("valid_from"), posted.day("valid_to")
    if first and last and last < first:
        raise BadField({"valid_to": "this is before its first day"})
    known = next((t for t in edit.own.tasks if t.task_id == posted.get("id")), None)
    if posted.get("id") and known is None:
        raise BadField({"": "this task is gone; open the page again"})
    task_id = known.task_id if known else _new_id(name, edit.client, {t.task_id for t in edit.document.tasks})
    fields = {n: posted.get(n) or None for n in KIND}
    task = TaskRow(task_id=task_id, name=name, client_id=edit.client, valid_from=first, valid_to=last, **fields)
    twin = next(
        (t for t in edit.own.tasks if t.kind == task.kind and t.task_id != task_id and t.valid_to is None), None
    )
    if twin is not None and last is None:
        raise BadField(
            {
                "name": f"'{twin.name}' is for the very same tickets; change it, or say more exactly which tickets are this task"
            }
        )
    changes = Changes() if task == known else Changes(tasks=(task,))
    return changes, max(edit.today, first or edit.today)


def _new_id(name: str, client: str | None, taken: set[str]) -> str:
    """An id made of a name: ``acme-password-reset``, with a number where that is taken."""
    plain = "-".join("".join(c if c.isascii() and c.isalnum() else " " for c in name.lower()).split()) or "task"
    base = f"{client}-{plain}" if client else plain
    numbers = (base if n == 1 else f"{base}-{n}" for n in range(1, len(taken) + 2))
    return next(i for i in numbers if i not in taken)


@router.get("/role")
def edit_role(request: Request, parts: Parts, asking: Configuring, id: str = "") -> Response:
    """The form of a role, new or known."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        role = next((r for r in edit.document.roles if r.role_id == id), None)
        words = [("id", id), *((n, getattr(role, n) or "") for n in ("name", *_FILLS))] if role else []
        return _role_page(edit, _fresh(edit, *words))


@router.post("/role")
def change_role(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save a role."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        return _answered(edit, request, posted, lambda: _role(edit, posted), lambda filled: _role_page(edit, filled))


def _role_page(edit: Editing, filled: Filled) -> Response:
    con, client = edit.desk.con, edit.client
    teams = con.execute(
        "SELECT team_id, name FROM teams WHERE client_id IS NULL OR client_id IS NOT DISTINCT FROM ? ORDER BY 2, 1",
        [client],
    ).fetchall()
    people = []
    if edit.desk.asking.scope.may(Permission.NAMES):
        people = con.execute(
            "SELECT technician_id, name FROM technicians WHERE ended_on IS NULL ORDER BY 2, 1"
        ).fetchall()
    contacts = con.execute(
        "SELECT contact_id, coalesce(name, contact_id) FROM contacts WHERE client_id = ? ORDER BY 2, 1 LIMIT 1000", [client]
    ).fetchall()  # fmt: skip
    return _render(
        edit, "raci_role.html", filled, title="RACI role", teams=teams, people=people, contacts=contacts,
        known=bool(filled.posted.get("id")),
    )  # fmt: skip


def _role(edit: Editing, posted: Posted) -> tuple[Changes, date]:
    name, fills = posted.get("name"), {n: posted.get(n) or None for n in _FILLS}
    if not name:
        raise BadField({"name": "give the role a name"})
    if sum(v is not None for v in fills.values()) > 1:
        raise BadField({"team_id": "choose a team, a technician or a contact, one of them"})
    known = next((r for r in edit.document.roles if r.role_id == posted.get("id")), None)
    if posted.get("id") and known is None:
        raise BadField({"": "this role is gone; open the page again"})
    role_id = known.role_id if known else _new_id(name, edit.client, {r.role_id for r in edit.document.roles})
    role = RoleRow(role_id=role_id, name=name, client_id=known.client_id if known else edit.client, **fills)
    return (Changes() if role == known else Changes(roles=(role,))), edit.today


@router.get("/import")
def edit_file(request: Request, parts: Parts, asking: Configuring) -> Response:
    """The form that takes a file."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        return _file_page(edit, _fresh(edit, ("from", str(edit.today))))


@router.post("/import")
def change_file(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save what a file (or the sample) says."""
    with opened(request, parts, asking) as desk:
        edit = _editing(desk)
        try:
            posted = _with_text(edit, posted)
        except BadRequest as refused:
            return _file_page(edit, Filled(posted, posted.get("seen"), {"file": refused.line()}, status=400))
        return _answered(edit, request, posted, lambda: _file(edit, posted), lambda filled: _file_page(edit, filled))


def _file_page(edit: Editing, filled: Filled) -> Response:
    return _render(edit, "raci_import.html", filled, title="Import a RACI matrix")


def _with_text(edit: Editing, posted: Posted) -> Posted:
    """The form with the content of its file (or of the sample) as TOML in it, so that what is previewed is what is saved."""
    kept = tuple((n, v) for n, v in posted.pairs if n not in ("toml", "sample"))
    if posted.get("sample"):
        if edit.client is None:
            raise BadRequest("the sample is for one client", do="choose a client")
        own, given = edit.own, sample_for(edit.client, _day_or(posted, edit.today))
        both = document_of((*own.tasks, *given.tasks), (*own.roles, *given.roles), (*own.letters, *given.letters))
        return Posted((*kept, ("toml", toml_text(both).strip())))
    for name, content in posted.files:
        return Posted((*kept, ("name", name), ("toml", toml_text(read(content, form_of(name))).strip())))
    return posted


def _file(edit: Editing, posted: Posted) -> tuple[Changes, date]:
    if not posted.get("toml"):
        raise BadField({"file": "choose a file"})
    day = posted.day("from")
    if day is None:
        raise BadField({"from": "say on which day what the file leaves out ends"})
    wanted = read(posted.get("toml").encode(), MatrixForm.TOML)
    foreign = next((t for t in wanted.tasks if t.client_id != edit.client), None) if edit.client else None
    if foreign is not None:
        raise BadField({"file": f"the task '{foreign.task_id}' is not one of this client; leave it out of the file"})
    tasks, roles, letters = difference(edit.own if edit.client else edit.document, wanted, day)
    return Changes(tasks=tuple(tasks), roles=tuple(_kept(edit, roles)), letters=tuple(letters)), day


def _kept(edit: Editing, roles: list[RoleRow]) -> list[RoleRow]:
    """Roles of a file for one client change roles of that client only."""
    old = {r.role_id: r for r in edit.document.roles}
    if edit.client is None:
        return roles
    return [r if r.role_id not in old else replace(r, client_id=old[r.role_id].client_id) for r in roles]
