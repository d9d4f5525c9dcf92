"""Changing the cells of the RACI matrix: a field in every cell, previewed before it is saved."""

from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Parts
from pacesetter.errors import BadRequest
from pacesetter.insight.changes.record import BadField
from pacesetter.model.raci_document import Cell, cell_text, parse_cell, set_from
from pacesetter.responsibility.matrix_saving import Changes
from pacesetter.web.raci import Matrix, read_matrix_sheet
from pacesetter.web.raci_forms import Editing, answered, day_or, editing_of, fresh, rendered
from pacesetter.web.settings_frame import Configuring, Filled, Form, Posted, opened

router = APIRouter(prefix="/raci", include_in_schema=False)


@router.get("/edit")
def edit_cells(request: Request, parts: Parts, asking: Configuring) -> Response:
    """The matrix with a field in every cell."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        return _cells_page(edit, fresh(edit, ("from", str(edit.today))))


@router.post("/edit")
def change_cells(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save the cells."""
    with opened(request, parts, asking) as desk:
        edit = editing_of(desk)
        if posted.get("do") == "column":
            return _cells_page(edit, Filled(posted, posted.get("seen"), {}))
        return answered(edit, request, posted, lambda: _cells(edit, posted), lambda filled: _cells_page(edit, filled))


def _cells_page(edit: Editing, filled: Filled) -> Response:
    posted = filled.posted
    more = [*posted.all("r"), *posted.all("column")]
    day = day_or(posted, edit.today)
    sheet = read_matrix_sheet(edit.desk.page, edit.client, day, more)
    values = _values(sheet, posted)
    listed = {r.role_id for r in sheet.roles}
    others = [
        (r.role_id, r.name)
        for r in edit.document.roles
        if r.role_id not in listed and r.client_id in (None, edit.client)
    ]
    return rendered(
        edit, "raci_edit.html", filled, title="Edit the RACI matrix", matrix=sheet, values=values, others=others
    )


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
