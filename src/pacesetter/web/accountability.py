"""Accountability as pages: every Accountable with the figures of what they answer for, and one of them task by task."""

from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.yardsticks import status
from pacesetter.errors import BadRequest
from pacesetter.model.raci_document import Document, TaskRow
from pacesetter.responsibility.accountability import OF_TASK, Answerer, read_answerers, target_of, tickets_of
from pacesetter.responsibility.matrix_reading import read_document, read_fillers
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.raci import chosen_client

router = APIRouter(prefix="/accountability", include_in_schema=False)


def _read(page: Sheet) -> tuple[Document, list[Answerer]]:
    client = chosen_client(page)
    document = read_document(page.desk.evaluator.con, page.desk.scope, client, clients=page.clients)
    return document, read_answerers(page.opened.ask, page.desk, page.now(), document)


@router.get("")
def accountability(request: Request, parts: Parts, asking: Asking) -> Response:
    """Who answers for what, how it goes, whom to talk to."""
    with sheet(request, parts, asking) as page:
        document, found = _read(page)
        return page.render(
            "accountability.html", title="Accountability", found=found, client=chosen_client(page),
            fillers=read_fillers(page.desk.evaluator.con, page.desk.scope, document),
        )  # fmt: skip


@dataclass(frozen=True)
class Cell:
    """One KPI on the tickets of one task, with its target and the address of the KPI's own page for these tickets."""

    answer: Answer
    target: float | None
    status: str | None
    url: str


@router.get("/{role_id}")
def one(role_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """One Accountable: figures, and the KPIs of each task on its own tickets."""
    with sheet(request, parts, asking) as page:
        document, found = _read(page)
        answerer = next((a for a in found if a.role.role_id == role_id), None)
        if answerer is None:
            raise NotFound("there is no such role, or it is not within what you may see")
        kpis = [
            k for i in OF_TASK
            if (k := page.desk.kpis().get(i)) and not unmet(k.definition.needs, page.desk.evaluator.provided)
        ]  # fmt: skip
        rows = [(t, _cells(page, t, document, [k.id for k in kpis])) for t in answerer.tasks]
        return page.render(
            "accountable.html", title=answerer.role.name, answerer=answerer, rows=rows, kpis=kpis, client=chosen_client(page),
            fillers=read_fillers(page.desk.evaluator.con, page.desk.scope, document),
        )  # fmt: skip


def _cells(page: Sheet, task: TaskRow, document: Document, ids: list[str]) -> dict[str, Cell] | None:
    """The KPIs on the tickets of a task; None where filters cannot say which tickets these are."""
    where = tickets_of(task, document, page.clients)
    if where is None or ("client" in where and not where["client"]):
        return None
    view = page.view
    chosen = [v for n, v in view.where if n == "client"]
    if chosen and "client" in where:
        where["client"] = tuple(c for c in where["client"] if c in chosen)
    pairs = tuple((n, str(v)) for n, values in where.items() for v in values)
    kept = tuple((n, v) for n, v in view.where if n not in where)
    narrowed = type(view)(**{**view.__dict__, "where": (*kept, *pairs)})
    today = local_day(page.desk.as_of_s - 1, page.desk.zone)
    found: dict[str, Cell] = {}
    for kpi_id in ids:
        kpi = page.desk.kpis()[kpi_id]
        try:
            answers = page.opened.ask([kpi_id], narrowed.query(page.desk))
        except BadRequest:
            continue
        if not answers:
            continue
        target = target_of(page.desk, kpi_id, task.client_id, today)
        judged: Any = status(answers[0].value, target, kpi) if target else None
        found[kpi_id] = Cell(answers[0], target.value if target else None, judged, narrowed.url(f"/kpis/{kpi_id}"))
    return found
