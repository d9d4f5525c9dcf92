"""Every KPI at a glance, by family: tiles that follow the page family by family.

Owns the page ``/kpis`` and its pieces; the course of sparklines is used by others too.
"""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.tiles import Tile, notable, read_tiles
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.spans import add_months

router = APIRouter(include_in_schema=False)


@router.get("/kpis")
def glance(request: Request, parts: Parts, asking: Asking, whole: bool = False) -> Response:
    """Every KPI at a glance. The page comes at once and its families follow, unless the whole is asked for."""
    with sheet(request, parts, asking) as page:
        return render_families(page, "glance.html", whole, title="KPIs")


def render_families(page: Sheet, template: str, whole: bool, **values: object) -> Response:
    """A page with the tiles of every family."""
    families = families_of(page)
    made = {family: tiles_of(page, family) for family in families} if whole else {}
    return page.render(
        template, families=families, made=made, moved=notable([t for f in made.values() for t in f]), whole=whole,
        course_name=course_name(page), kpis=sum(map(len, families.values())), **values,
    )  # fmt: skip


@router.get("/parts/{family}")
def part(family: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The tiles of one family, or what moved among all of them, as a piece of a page."""
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


def tiles_of(page: Sheet, family: str) -> list[Tile]:
    """The tiles of one family in a view."""
    kpis = families_of(page).get(family, [])
    return read_tiles(page.opened.ask, kpis, page.now(), page.before(), course_of(page), page.locale)


def course_of(page: Sheet) -> Query:
    """The question of the sparklines: months or quarters up to the span where it is one, else the span's own course."""
    span = page.view.span
    grain = {1: "month", 3: "quarter"}.get(span.step_months)
    if grain is None:
        return page.now(grain=span.grain)
    first = add_months(span.first, -(11 if grain == "month" else 5) * span.step_months)
    return page.view.query(page.desk, first=first, grain=grain)


def course_name(page: Sheet) -> tuple[str, dict[str, str]]:
    """What the sparklines show, as a text with the values to be put into it."""
    words = {1: "the last 12 months", 3: "the last 6 quarters"}
    found = words.get(page.view.span.step_months)
    if found is not None:
        return found, {}
    return f"%(span)s by {page.view.span.grain}", {"span": page.view.span.name}
