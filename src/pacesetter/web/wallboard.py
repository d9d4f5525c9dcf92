"""The wallboard: panels of very large figures for a television, one after the other, each bringing itself up to date.

Owns the page, its panels and the words of its address: ``panels`` (names, or ids of KPIs), ``seconds`` per panel, and the filters.
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue import guard
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import BadRequest
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.tiles import read_tiles
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.glance import course_of
from pacesetter.web.pieces import PIECES
from pacesetter.web.queue import listing
from pacesetter.web.spans import span_of

router = APIRouter(include_in_schema=False)
PANELS = {
    "queue": "The queue now",
    "next": "Breaks next",
    "flow": "Inflow against outflow",
    "signals": "This week's signals",
    "health": "Clients by health",
}
USUAL = "queue,next,sla_compliance,flow,first_response_time,csat,health"
MOST, SHORTEST_S, LONGEST_S, USUAL_S = 12, 5, 600, 15
REFRESH_S = 60
_LINES = 5
_SPAN = "last-30-days"


@router.get("/wallboard")
def wallboard(
    request: Request, parts: Parts, asking: Asking, panels: str = USUAL, seconds: str = str(USUAL_S)
) -> Response:
    """The rotation. Its panels follow the page and come again every minute."""
    with sheet(request, parts, asking) as page:
        page = _recent(page)
        names = _names(page, panels)
        titles = {name: PANELS.get(name) or page.desk.kpis()[name].title for name in names}
        return page.render(
            "wallboard.html", title="Wallboard", panels=titles, seconds=_seconds(seconds), refresh=REFRESH_S,
        )  # fmt: skip


def _names(page: Sheet, panels: str) -> list[str]:
    """The panels that are asked for and within reach. Raises BadRequest for one that does not exist."""
    names = list(dict.fromkeys(name.strip() for name in panels.split(",") if name.strip()))
    if not names or len(names) > MOST:
        raise BadRequest(f"a wallboard has 1 to {MOST} panels", where="panels", do=f"write them as {USUAL}")
    known = page.desk.kpis()
    for name in names:
        if name not in PANELS and name not in known:
            if panels == USUAL:
                continue
            raise BadRequest(
                f"there is no panel '{name[:40]}'",
                where="panels",
                do=f"choose of {', '.join(PANELS)}, or the id of a KPI you may see",
            )
    return [n for n in names if n in PANELS or (n in known and _can(page, known[n]))]


def _can(page: Sheet, kpi: Kpi) -> bool:
    return can_answer(kpi, page.now()) and not unmet(kpi.definition.needs, page.desk.evaluator.provided)


def _seconds(text: str) -> int:
    if not text.isascii() or not text.isdigit() or len(text) > 4 or not SHORTEST_S <= int(text) <= LONGEST_S:
        raise BadRequest(
            f"'{text[:20]}' is no time for a panel", where="seconds", do=f"write {SHORTEST_S} to {LONGEST_S}"
        )
    return int(text)


def _recent(page: Sheet) -> Sheet:
    """The page on the last 30 days, where its address does not say another period."""
    view = page.view
    if view.get("period") or view.get("from"):
        return page
    span = span_of(_SPAN, view.today, None, None, view.get("compare", "before"), page.locale)
    return replace(page, view=replace(view, words={**view.words, "period": _SPAN}, span=span))


@router.get("/wallboard/panels/{panel}")
def wall_panel(panel: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """One panel as it stands now."""
    with sheet(request, parts, asking) as page:
        page = _recent(page)
        if panel in PANELS:
            fill: Callable[[Sheet], Mapping[str, Any]] = _next if panel == "next" else PIECES[panel].fill
            return page.render(f"wall_{panel}.html", panel=PANELS[panel], **fill(page))
        kpi = page.desk.kpis().get(panel)
        if kpi is None:
            raise NotFound("there is no such panel, or it is not within what you may see")
        guard.narrowed([kpi], page.now(), page.desk.scope)
        tiles = read_tiles(page.opened.ask, [kpi], page.now(), page.before(), course_of(page), page.locale)
        return page.render("wall_kpi.html", panel=kpi.title, tile=tiles[0] if tiles else None)


def _next(page: Sheet) -> Mapping[str, Any]:
    rows = listing(page, limit=_LINES).rows
    return {"rows": [t for t in rows if t.left_s is not None], "label": page.labels("client").of}
