"""Conformance as a page: who did what was whose task, whom they consulted and informed, who approved, and what deviations led to."""

from collections.abc import Callable, Iterable
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue import registry
from pacesetter.responsibility.conformance import (
    Effect,
    TaskConformance,
    Which,
    approved,
    conformance,
    effects,
    reached,
    tickets_behind,
)
from pacesetter.responsibility.matrix_reading import read_document
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.raci import TABS, chosen_client

router = APIRouter(prefix="/raci", include_in_schema=False)
ROWS = 50
CONFORMANCE = "raci_responsible_conformance"
SHOWN = 10
"""Tasks on the page before the reader asks for all."""
ACTORS = {"requester": "the requester", "automation": "automation", "vendor": "a vendor", "technician": "a technician"}


def _which(page: Sheet, client: str | None, task: str = "") -> Which:
    span = page.now().span
    clients = (client,) if client else tuple(page.clients)
    return Which(
        from_s=span.from_s, to_s=span.to_s, as_of_s=page.desk.as_of_s, clients=clients, tasks=(task,) if task else None
    )


def _names(page: Sheet, client: str | None) -> tuple[Callable[[str], str], Callable[[str | None], str]]:
    """What tasks and roles (or the teams that stand for one) are called, as far as the reader reaches."""
    document = read_document(page.desk.evaluator.con, page.desk.scope, client, clients=page.clients)
    tasks = {t.task_id: t.name for t in document.tasks}
    roles = {r.role_id: r.name for r in document.roles}
    teams = page.labels("team")

    def role(role_id: str | None) -> str:
        return page.reader.say("nobody") if role_id is None else roles.get(role_id) or teams.of("team", role_id)

    return lambda task_id: tasks.get(task_id, task_id), role


@router.get("/conformance")
def conformance_page(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every task with who did it; deviations by kind and by who stepped in; consulted, informed, approved."""
    with sheet(request, parts, asking) as page:
        client, con, scope = chosen_client(page), page.desk.evaluator.con, page.desk.scope
        which = _which(page, client)
        found = conformance(
            con, scope, from_s=which.from_s, to_s=which.to_s, as_of_s=which.as_of_s, clients=which.clients or ("",)
        )
        task_name, role_name = _names(page, client)
        own = {t.task_id: t.client_id for t in read_document(con, scope, client, clients=page.clients).tasks}
        task_client = (lambda task: page.clients.get(own.get(task) or "", "")) if client is None else (lambda task: "")
        whole: dict[str, Any] = {
            "tickets": sum(t.tickets for t in found), "conforming": sum(t.conforming for t in found),
            "hours": sum(t.hours_by_others for t in found),
        }  # fmt: skip
        return page.render(
            "raci_conformance.html", title="Conformance", tabs=TABS, client=client, found=found, whole=whole,
            kinds=_grouped(found), task_client=task_client, reached=_reached(reached(con, scope, which)),
            shown=len(found) if page.view.get("show") == "all" else SHOWN, approved=approved(con, scope, which),
            task_name=task_name, role_name=role_name, actors=ACTORS, floor=registry.find(CONFORMANCE).floor,
        )  # fmt: skip


def _grouped(found: Iterable[TaskConformance]) -> list[tuple[Effect, list[Effect]]]:
    """Each kind of deviation with the roles that stepped in most."""
    listed = list(found)
    roles = effects(listed, by_role=True)
    return [(kind, [e for e in roles if e.deviation == kind.deviation][:4]) for kind in effects(listed)]


def _reached(found: Any) -> list[dict[str, Any]]:
    """By task: consulted and informed, due and in time."""
    tasks: dict[str, dict[str, Any]] = {}
    for r in found:
        tasks.setdefault(r.task_id, {"task_id": r.task_id, "C": [], "I": []})[r.letter].append(r)
    return list(tasks.values())


@router.get("/conformance/tickets")
def conformance_tickets(
    request: Request, parts: Parts, asking: Asking, task: str = "", done_by: str = "", deviation: str = ""
) -> Response:
    """The tickets behind a figure of conformance."""
    with sheet(request, parts, asking) as page:
        client = chosen_client(page)
        offset = page.view.offset
        rows = list(tickets_behind(
            page.desk.evaluator.con, page.desk.scope, _which(page, client, task), done_by=done_by or None,
            deviation=deviation or None, limit=ROWS + 1, offset=offset,
        ))  # fmt: skip
        task_name, role_name = _names(page, client)
        words = [("task", task), ("done_by", done_by), ("deviation", deviation)]
        return page.render(
            "raci_tickets.html", title="Conformance: tickets", client=client, rows=rows[:ROWS], more=len(rows) > ROWS, offset=offset,
            step=ROWS, words=[(n, v) for n, v in words if v], task=task, done_by=done_by, deviation=deviation,
            task_name=task_name, role_name=role_name,
        )  # fmt: skip
