"""The clients: a list with a few figures each, and the scorecard of one with its health in parts."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.reports.health import Health, card_of, read_health
from pacesetter.reports.tiles import Change, ask_each, change_of, main_answers
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.glance import render_families

router = APIRouter(include_in_schema=False)
LISTED = (
    "tickets_created", "first_response_time", "resolution_time", "sla_compliance", "reopen_rate", "csat", "backlog",
)  # fmt: skip
"""The KPIs of the list of clients."""

Cell = tuple[Answer | None, Change | None]
Row = tuple[str, str, Health | None, list[Cell]]


@router.get("/clients")
def clients(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every client within reach, with health and a few figures each, sortable."""
    with sheet(request, parts, asking) as page:
        page = replace(page, view=page.view.without("client"))
        kpis = {i: page.desk.kpis()[i] for i in LISTED if i in page.desk.kpis()}
        now = ask_each(page.opened.ask, kpis.values(), page.now(by=["client"]))
        before = ask_each(page.opened.ask, kpis.values(), page.before(by=["client"]))
        ids = [i for i in kpis if i in now]
        card = card_of(page.desk)
        health = {h.client: h for h in read_health(page.opened.ask, card, page.now(), page.before())} if card else {}
        rows = [
            (client, name, health.get(client), [_cell(page, i, client, now, before) for i in ids])
            for client, name in page.clients.items()
        ]
        sort = page.view.get("sort", "-tickets_created")
        return page.render(
            "clients.html", title="Clients", rows=_sorted(rows, sort, ids), kpis=[kpis[i] for i in ids], sort=sort, card=card
        )  # fmt: skip


def _cell(page: Sheet, kpi_id: str, client: str, now: dict[str, list[Answer]], before: dict[str, list[Answer]]) -> Cell:
    kpi = page.desk.kpis()[kpi_id]
    present, past = (
        next((a for a in main_answers(kpi, found.get(kpi_id, [])) if a.dimensions.get("client") == client), None)
        for found in (now, before)
    )
    return present, change_of(present, past, kpi.better, page.locale) if present else None


def _sorted(rows: list[Row], sort: str, ids: list[str]) -> list[Row]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name != "health" and name not in ids:
        return sorted(rows, key=lambda r: r[1].lower(), reverse=down)

    def value(row: Row) -> float | None:
        if name == "health":
            return row[2].now.score if row[2] else None
        answer = row[3][ids.index(name)][0]
        return answer.value if answer else None

    known = sorted((r for r in rows if value(r) is not None), key=lambda r: value(r) or 0.0, reverse=down)
    return [*known, *(r for r in rows if value(r) is None)]


@router.get("/clients/{client_id}")
def client(client_id: str, request: Request, parts: Parts, asking: Asking, whole: bool = False) -> Response:
    """The scorecard of one client: health with its parts, then every figure."""
    with sheet(request, parts, asking) as page:
        if client_id not in page.clients:
            raise NotFound("there is no such client, or it is not within what you may see")
        page = replace(page, view=page.view.narrowed("client", client_id))
        return render_families(page, "client.html", whole, title=page.clients[client_id])
