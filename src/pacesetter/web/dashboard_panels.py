"""The panels of dashboards: one KPI as a tile, a course, bars or a table, drawn for whoever reads, within their own scope.

Owns the piece under ``/dashboards/panel``, whose address says everything that it shows, and which panels somebody sees at all.
"""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response
from pydantic import ValidationError

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts
from pacesetter.catalogue import guard
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.dashboards import Panel
from pacesetter.reports.tiles import change_of, main_answers, read_tiles
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.glance import course_of
from pacesetter.web.rendering import pages_of

router = APIRouter(prefix="/dashboards", include_in_schema=False)
_HIDDEN = "this panel shows something that is not within what you may see"


def is_within(page: Sheet, panel: Panel) -> bool:
    """Whether the reader may see a panel at all: its KPI, its cut, its filters."""
    if panel.kpi not in page.desk.kpis() or (panel.by and not guard.may_cut_by(panel.by, page.desk.scope)):
        return False
    for name, value in panel.conditions:
        if not guard.may_cut_by(name, page.desk.scope) or (name == "client" and value not in page.clients):
            return False
        if name not in ("client",) and not _reached(page, name, value):
            return False
    return True


def _reached(page: Sheet, name: str, value: str) -> bool:
    """Whether a filter on a team or technician names one of those within reach."""
    if name not in ("team", "technician"):
        return True
    scope = page.desk.scope
    held = scope.teams if name == "team" else scope.technicians
    return (held is None or value in held) and (scope.clients is None or value in page.labels(name).names.get(name, {}))


@router.get("/panel")
def panel(request: Request, parts: Parts, asking: Asking) -> Response:
    """One panel as a piece of a page."""
    try:
        wanted = _panel(request)
        with sheet(request, parts, asking) as page:
            if not is_within(page, wanted):
                return _off(request, asking, _HIDDEN)
            return page.render("dashboard_panel.html", **drawn(page, wanted))
    except (Forbidden, NotFound):
        return _off(request, asking, _HIDDEN)
    except BadRequest as refused:
        return _off(request, asking, refused.line())


def _panel(request: Request) -> Panel:
    words: dict[str, Any] = {
        n: request.query_params[n]
        for n in ("kpi", "chart", "title", "by", "grain", "variant", "limit")
        if request.query_params.get(n)
    }
    words["where"] = tuple(request.query_params.getlist("where"))
    try:
        return Panel.model_validate(words)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        raise BadRequest(str(first["msg"]).removeprefix("Value error, ").lower()) from None


def _off(request: Request, asking: Caller, why: str) -> Response:
    return pages_of(request).render(request, "dashboard_panel_off.html", asking, {"why": why})


def drawn(page: Sheet, panel: Panel) -> dict[str, Any]:
    """What the template of a panel needs. Raises BadRequest where the KPI cannot be told so."""
    kpi = page.desk.kpis()[panel.kpi]
    variant = panel.variant or None
    query = page.now(variant=variant, by=[panel.by] if panel.chart in ("bars", "table") else [])
    if not can_answer(kpi, query):
        lacking = [n for n in (*query.by, *query.where) if not can_answer(kpi, page.view.query(page.desk, by=[n]))]
        raise BadRequest(f"{kpi.title} cannot be told by {', '.join(lacking) or 'these filters'}")
    labels = page.labels(*(n for n, _ in panel.conditions))
    common = {"panel": panel, "kpi": kpi, "heading": panel.title, "variant": variant, "label_of": labels.of}
    if panel.chart == "tile":
        before, course = page.before(variant=variant), course_of(page)
        tiles = read_tiles(page.opened.ask, [kpi], query, before, course, page.locale)
        return {**common, "tile": tiles[0] if tiles else None}
    if panel.chart == "series":
        answers = main_answers(
            kpi, page.opened.ask([kpi.id], page.now(variant=variant, grain=panel.grain or page.view.span.grain))
        )
        return {**common, "grain": panel.grain or page.view.span.grain, "course": answers}
    return {**common, **_groups(page, kpi, panel)}


def _groups(page: Sheet, kpi: Kpi, panel: Panel) -> dict[str, Any]:
    """The KPI cut by a dimension, the largest first, with its change."""
    variant, by = panel.variant or None, panel.by
    now = page.opened.ask([kpi.id], page.now(by=[by], variant=variant))
    before = page.opened.ask([kpi.id], page.before(by=[by], variant=variant))
    main = main_answers(kpi, now)
    past = {a.dimensions[by]: a for a in main_answers(kpi, before)}
    top = max((abs(a.value) for a in main if a.value is not None), default=0) or 1
    label = page.labels(by).of
    ordered = sorted(main, key=lambda a: (a.value is None, -(a.value or 0)))

    def row(a: Answer) -> dict[str, Any]:
        value = a.dimensions[by]
        return {
            "name": label(by, value), "main": a, "share": max(0.0, min(1.0, (a.value or 0) / top)),
            "others": [o for o in now if o.dimensions[by] == value and o.statistic != a.statistic],
            "change": change_of(a, past.get(value), kpi.better, page.locale),
            "url": page.view.narrowed(by, value).url(f"/kpis/{kpi.id}"),
        }  # fmt: skip

    return {"rows": [row(a) for a in ordered[: panel.limit]], "more": max(0, len(ordered) - panel.limit)}
