"""Changing tasks and roles of the RACI matrix, and taking a whole matrix from a file or the sample."""

from dataclasses import replace
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.access.roles import Permission
from pacesetter.api.serving import Parts
from pacesetter.errors import BadRequest
from pacesetter.insight.changes.record import BadField
from pacesetter.model.raci_document import RoleRow, TaskRow, difference, document_of
from pacesetter.responsibility.matrix_files import MatrixForm, form_of, read, toml_text
from pacesetter.responsibility.matrix_saving import Changes
from pacesetter.responsibility.sample import sample_for
from pacesetter.web.raci_forms import Editing, answered, day_or, editing_of, fresh, rendered
from pacesetter.web.settings_frame import Configuring, Filled, Form, Posted, opened

router = APIRouter(prefix="/raci", include_in_schema=False)
KIND = ("type", "category", "subcategory", "priority")
_FILLS = ("team_id", "technician_id", "contact_id")


@router.get("/task")
def edit_task(request: Request, parts: Parts, asking: Configuring, id: str = "") -> Response:
    """The form of a task, new or known."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        task = next((t for t in edit.own.tasks if t.task_id == id), None)
        words = [("id", id)] if task else []
        if task:
            words += [(n, getattr(task, n) or "") for n in ("name", *KIND)]
            words += [(n, str(getattr(task, n) or "")) for n in ("valid_from", "valid_to")]
        return _task_page(edit, fresh(edit, *words))


@router.post("/task")
def change_task(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save a task."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        return answered(edit, request, posted, lambda: _task(edit, posted), lambda filled: _task_page(edit, filled))


def _task_page(edit: Editing, filled: Filled) -> Response:
    query = "SELECT DISTINCT {0} FROM f_tickets WHERE {0} IS NOT NULL ORDER BY 1 LIMIT 300"
    kinds = {n: [row[0] for row in edit.desk.con.execute(query.format(n)).fetchall()] for n in KIND}
    return rendered(edit, "raci_task.html", filled, title="RACI task", kinds=kinds, known=bool(filled.posted.get("id")))


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
        edit = editing_of(desk)
        role = next((r for r in edit.document.roles if r.role_id == id), None)
        words = [("id", id), *((n, getattr(role, n) or "") for n in ("name", *_FILLS))] if role else []
        return _role_page(edit, fresh(edit, *words))


@router.post("/role")
def change_role(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save a role."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        return answered(edit, request, posted, lambda: _role(edit, posted), lambda filled: _role_page(edit, filled))


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
    return rendered(
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
        edit = editing_of(desk)
        return _file_page(edit, fresh(edit, ("from", str(edit.today))))


@router.post("/import")
def change_file(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save what a file (or the sample) says."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        try:
            posted = _with_text(edit, posted)
        except BadRequest as refused:
            return _file_page(edit, Filled(posted, posted.get("seen"), {"file": refused.line()}, status=400))
        return answered(edit, request, posted, lambda: _file(edit, posted), lambda filled: _file_page(edit, filled))


def _file_page(edit: Editing, filled: Filled) -> Response:
    return rendered(edit, "raci_import.html", filled, title="Import a RACI matrix")


def _with_text(edit: Editing, posted: Posted) -> Posted:
    """The form with the content of its file (or of the sample) as TOML in it, so that what is previewed is what is saved."""
    kept = tuple((n, v) for n, v in posted.pairs if n not in ("toml", "sample"))
    if posted.get("sample"):
        if edit.client is None:
            raise BadRequest("the sample is for one client", do="choose a client")
        own, given = edit.own, sample_for(edit.client, day_or(posted, edit.today))
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
