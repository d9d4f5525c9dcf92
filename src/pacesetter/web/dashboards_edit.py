"""The making of a dashboard: a form of panels that are added, moved, widened and removed by buttons, looked at, and saved as a whole."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import dashboards as kept
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.catalogue import guard
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import BadRequest
from pacesetter.reports.dashboards import (
    CHARTS,
    GRAINS,
    MOST_PANELS,
    WIDTHS,
    complaints,
    dimensions,
    periods,
    read_stored,
)
from pacesetter.web import dashboard_panels, dashboards, forms
from pacesetter.web.dashboards import held_or_none, opened_with, panel_address
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.settings_frame import Form, Posted, field_marks, slug
from pacesetter.web.spans import COMPARED, PERIODS

router = APIRouter(prefix="/dashboards", include_in_schema=False)
STARTERS: tuple[dict[str, Any], ...] = (
    {"kpi": "tickets_created"}, {"kpi": "first_response_time"}, {"kpi": "sla_compliance"}, {"kpi": "csat"},
    {"kpi": "resolution_time", "chart": "series", "width": 2},
    {"kpi": "tickets_created", "chart": "bars", "by": "priority", "width": 2},
)  # fmt: skip
"""What a new dashboard begins with, as far as the reader may see it."""
_FIELDS = ("kpi", "chart", "title", "by", "grain", "variant", "where", "limit", "width")


@dataclass(frozen=True)
class Draft:
    """A dashboard while it is made: the raw values of its form, not yet checked. ``focus`` names the button that was pressed."""

    title: str
    period: str
    compare: str
    panels: tuple[Mapping[str, Any], ...]
    version: int = 0
    focus: str = ""

    @property
    def content(self) -> dict[str, Any]:
        """As the format has it."""
        return {
            "title": self.title, "period": self.period, "compare": self.compare,
            "panel": [{n: v for n, v in p.items() if v not in ("", None, ())} for p in self.panels],
        }  # fmt: skip


@router.get("/new")
def new(request: Request, parts: Parts, asking: Asking) -> Response:
    """A new dashboard with something on it."""
    with sheet(request, parts, asking) as page:
        known = page.desk.kpis()
        panels = tuple(p for p in STARTERS if p["kpi"] in known)
        return _form(page, request, None, Draft("My dashboard", "last-month", "before", panels), {})


@router.get("/{dashboard_id}/edit")
def edit(dashboard_id: int, request: Request, parts: Parts, asking: Asking) -> Response:
    """Change one of one's own."""
    held = held_or_none(parts, asking, dashboard_id)
    if not held.mine:
        raise NotFound("only whose dashboard it is may change it; make a copy and change that")
    board = read_stored(held.row.content)
    panels = tuple(p.model_dump(exclude_defaults=True) for p in board.panel)
    with sheet(request, parts, asking) as page:
        return _form(
            page, request, dashboard_id, Draft(board.title, board.period, board.compare, panels, held.row.version), {}
        )


@router.post("/new")
def make(request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Press a button of a new dashboard, or save it."""
    return _pressed(request, parts, asking, posted, None)


@router.post("/{dashboard_id}/edit")
def change(dashboard_id: int, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Press a button of one's own dashboard, or save it."""
    if not held_or_none(parts, asking, dashboard_id).mine:
        raise NotFound("only whose dashboard it is may change it; make a copy and change that")
    return _pressed(request, parts, asking, posted, dashboard_id)


def _pressed(request: Request, parts: Serving, asking: Caller, posted: Posted, dashboard_id: int | None) -> Response:
    forms.check_session_form(request, asking, posted.get("token"))
    draft = _draft(posted)
    action, _, place = posted.get("do").partition(":")
    if action != "save":
        draft = _arranged(draft, action, int(place) if place.isascii() and place.isdigit() and len(place) < 4 else -1)
    board, problems = complaints(draft.content)
    with sheet(request, parts, asking) as page:
        problems |= _unknown(page, draft)
        if action != "save" or board is None or problems:
            return _form(page, request, dashboard_id, draft, problems if action in ("save", "look") else {})
    try:
        with parts.work() as work:
            if dashboard_id is None:
                dashboard_id = kept.add(work, asking.standing, board.title, board.stored).id
            else:
                kept.save(work, asking.standing, dashboard_id, draft.version, board.title, board.stored)
    except BadRequest as refused:
        with sheet(request, parts, asking) as page:
            return _form(page, request, dashboard_id, draft, {"": refused.line()})
    return RedirectResponse(f"/dashboards/{dashboard_id}", 303)


def _unknown(page: Sheet, draft: Draft) -> dict[str, str]:
    """KPIs that are not there, or not for the reader."""
    known = page.desk.kpis()
    places = [(f"panel.{n}", p.get("kpi")) for n, p in enumerate(draft.panels)]
    return {key: "choose a KPI" for key, kpi in places if kpi not in known}


def _draft(posted: Posted) -> Draft:
    """What stands in the form."""
    panels = []
    numbers = sorted({int(n) for n in posted.named("kpi_") if n.isascii() and n.isdigit() and len(n) < 4})
    for number in numbers[: MOST_PANELS + 1]:
        values: dict[str, Any] = {n: posted.get(f"{n}_{number}") for n in _FIELDS}
        values["where"] = tuple(w.strip() for w in values["where"].splitlines() if w.strip())
        panels.append({n: v for n, v in values.items() if v})
    version = posted.get("version")
    return Draft(
        posted.get("title"), posted.get("period", "last-month"), posted.get("compare", "before"), tuple(panels),
        int(version) if version.isascii() and version.isdigit() and len(version) < 9 else 0,
    )  # fmt: skip


def _arranged(draft: Draft, action: str, place: int) -> Draft:
    """The draft after a button: added, moved, wider, narrower, removed. The focus stays with the panel."""
    panels = list(draft.panels)
    focus = ""
    there = 0 <= place < len(panels)
    if action == "add" and len(panels) < MOST_PANELS:
        panels.append({"chart": "tile"})
        focus = f"kpi_{len(panels) - 1}"
    elif action in ("up", "down") and there:
        target = max(0, min(len(panels) - 1, place + (1 if action == "down" else -1)))
        panels.insert(target, panels.pop(place))
        focus = f"{action}_{target}"
    elif action in ("wider", "narrower") and there:
        width = _width(panels[place]) + (1 if action == "wider" else -1)
        panels[place] = {**panels[place], "width": max(1, min(4, width))}
        focus = f"{action}_{place}"
    elif action == "remove" and there:
        panels.pop(place)
        focus = f"remove_{min(place, len(panels) - 1)}" if panels else "add"
    return Draft(draft.title, draft.period, draft.compare, tuple(panels), draft.version, focus)


def _width(panel: Mapping[str, Any]) -> int:
    text = str(panel.get("width") or 1)
    return int(text) if text in "1234" else 1


def _form(
    page: Sheet, request: Request, dashboard_id: int | None, draft: Draft, problems: Mapping[str, str]
) -> Response:
    known = page.desk.kpis()
    families: dict[str, list[Kpi]] = {}
    for kpi in known.values():
        families.setdefault(kpi.family, []).append(kpi)
    looks: list[str | None] = []
    for number, panel in enumerate(draft.panels):
        board, wrong = complaints({"title": "x", "panel": [{n: v for n, v in panel.items() if v}]})
        shown = board is not None and not wrong and panel.get("kpi") in known and f"panel.{number}" not in problems
        looks.append(panel_address(_opened(page, draft, request), board.panel[0]) if shown and board else None)
    cuts = [d for d in dimensions() if guard.may_cut_by(d, page.desk.scope)]
    say = page.reader.say
    response = page.render(
        "dashboard_edit.html", title=draft.title or "Dashboard", number=dashboard_id, draft=draft, problems=problems, looks=looks,
        families=families, known=known, charts=CHARTS, grains=GRAINS, widths=WIDTHS, width_of=_width, dimensions=cuts,
        periods=[(p, PERIODS[p]) for p in periods() if p in PERIODS], compared=[(c, COMPARED[c]) for c in ("before", "year")],
        most=MOST_PANELS, field_marks=field_marks, slug=slug, translated=lambda pairs: [(v, say(t)) for v, t in pairs],
        spoken=lambda names: [(n, say(str(n).replace("_", " "))) for n in names],
    )  # fmt: skip
    response.status_code = 400 if problems else 200
    return response


def _opened(page: Sheet, draft: Draft, request: Request) -> Sheet:
    board, _ = complaints({"title": "x", "period": draft.period, "compare": draft.compare})
    return opened_with(page, board, request) if board else page


ROUTERS = (dashboard_panels.router, router, dashboards.router)
"""Every page of dashboards; those with names of their own come before those with a number."""
