"""The overview, and the clients: a list with a few figures each, and a scorecard that is the overview of one client."""

from dataclasses import replace

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.tiles import Tile, ask_each, change_of, main_answers, notable, read_tiles
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.spans import add_months

router = APIRouter(include_in_schema=False)
LISTED = (
    "tickets_created", "first_response_time", "resolution_time", "sla_compliance", "reopen_rate", "csat", "backlog",
)  # fmt: skip
"""The KPIs of the list of clients."""


@router.get("/")
def overview(request: Request, parts: Parts, asking: Asking, whole: bool = False) -> Response:
    """Every KPI at a glance. The page comes at once and its families follow, unless the whole is asked for."""
    with sheet(request, parts, asking) as page:
        return _scorecard(page, "overview.html", whole, title="Overview")


def _scorecard(page: Sheet, template: str, whole: bool, **values: object) -> Response:
    families = families_of(page)
    made = {family: tiles_of(page, family) for family in families} if whole else {}
    return page.render(
        template, families=families, made=made, moved=notable([t for f in made.values() for t in f]), whole=whole,
        course_name=course_name(page), kpis=sum(map(len, families.values())), **values,
    )  # fmt: skip


@router.get("/parts/{family}")
def part(family: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The tiles of one family, or what moved among all of them, as a piece of the overview."""
    with sheet(request, parts, asking) as page:
        families = families_of(page)
        if family == "moved":
            tiles = [t for f in families for t in tiles_of(page, f)]
            return page.render("moved.html", moved=notable(tiles))
        if family not in families:
            raise NotFound("there is no such family of KPIs")
        return page.render("family.html", tiles=tiles_of(page, family))


def families_of(page: Sheet) -> dict[str, list[Kpi]]:
    """The KPIs that can be answered in this view, by the letter of their family."""
    found: dict[str, list[Kpi]] = {}
    for kpi in page.desk.kpis().values():
        if can_answer(kpi, page.now()) and not unmet(kpi.definition.needs, page.desk.evaluator.provided):
            found.setdefault(kpi.family, []).append(kpi)
    return found


def course_of(page: Sheet) -> Query:
    """The question of the sparklines: months or quarters up to the span where it is one, else the span's own course."""
    span = page.view.span
    grain = {1: "month", 3: "quarter"}.get(span.step_months)
    if grain is None:
        return page.now(grain=span.grain)
    first = add_months(span.first, -(11 if grain == "month" else 5) * span.step_months)
    return page.view.query(page.desk, first=first, grain=grain)


def course_name(page: Sheet) -> str:
    """What the sparklines show, in words."""
    words = {1: "the last 12 months", 3: "the last 6 quarters"}
    return words.get(page.view.span.step_months, f"{page.view.span.name} by {page.view.span.grain}")


def tiles_of(page: Sheet, family: str) -> list[Tile]:
    """The tiles of one family in a view."""
    kpis = families_of(page).get(family, [])
    return read_tiles(page.opened.ask, kpis, page.now(), page.before(), course_of(page), page.locale)


@router.get("/clients")
def clients(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every client within reach, with a few figures each, sortable."""
    with sheet(request, parts, asking) as page:
        page = replace(page, view=page.view.without("client"))
        kpis = {i: k for i, k in page.desk.kpis().items() if i in LISTED}
        ids = [i for i in LISTED if i in kpis]
        now = ask_each(page.opened.ask, kpis.values(), page.now(by=["client"]))
        before = ask_each(page.opened.ask, kpis.values(), page.before(by=["client"]))
        rows = [
            (client, name, [_cell(page, i, client, now, before) for i in ids if i in now])
            for client, name in page.clients.items()
        ]
        sort = page.view.get("sort", "-tickets_created")
        shown = [kpis[i] for i in ids if i in now]
        return page.render(
            "clients.html", title="Clients", rows=_sorted(rows, sort, [k.id for k in shown]), kpis=shown, sort=sort
        )  # fmt: skip


Cell = tuple[Answer | None, object]


def _cell(page: Sheet, kpi_id: str, client: str, now: dict[str, list[Answer]], before: dict[str, list[Answer]]) -> Cell:
    kpi = page.desk.kpis()[kpi_id]
    present, past = (
        next((a for a in main_answers(kpi, found.get(kpi_id, [])) if a.dimensions.get("client") == client), None)
        for found in (now, before)
    )
    return present, change_of(present, past, kpi.better, page.locale) if present else None


def _sorted(rows: list[tuple[str, str, list[Cell]]], sort: str, ids: list[str]) -> list[tuple[str, str, list[Cell]]]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name not in ids:
        return sorted(rows, key=lambda r: r[1].lower(), reverse=down)
    at = ids.index(name)

    def value(row: tuple[str, str, list[Cell]]) -> float | None:
        answer = row[2][at][0]
        return answer.value if answer else None

    known = sorted((r for r in rows if value(r) is not None), key=lambda r: value(r) or 0.0, reverse=down)
    return [*known, *(r for r in rows if value(r) is None)]


@router.get("/clients/{client_id}")
def client(client_id: str, request: Request, parts: Parts, asking: Asking, whole: bool = False) -> Response:
    """The scorecard of one client."""
    with sheet(request, parts, asking) as page:
        if client_id not in page.clients:
            raise NotFound("there is no such client, or it is not within what you may see")
        page = replace(page, view=page.view.narrowed("client", client_id))
        name = page.clients[client_id]
        return _scorecard(page, "client.html", whole, title=name)
