"""Dashboards of one's own: the list, one of them, with whom it is shared, as a file, copied, put away and brought back."""

from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import dashboards as kept
from pacesetter.access.dashboards import Held
from pacesetter.access.roles import ROLES
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.errors import BadDefinition, BadRequest
from pacesetter.reports.dashboards import Dashboard, file_text, read_file, read_stored
from pacesetter.web import forms
from pacesetter.web.dashboard_panels import is_within
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.settings_frame import Form
from pacesetter.web.spans import span_of

router = APIRouter(prefix="/dashboards", include_in_schema=False)


@router.get("")
def listed(request: Request, parts: Parts, asking: Asking) -> Response:
    """One's own dashboards, and those that others share."""
    return _list(request, parts, asking)


def _list(request: Request, parts: Serving, asking: Caller, error: str = "", text: str = "") -> Response:
    number = request.query_params.get("deleted", "")
    with parts.work() as work:
        found = kept.visible(work, asking.standing)
        gone = (
            kept.deleted(work, asking.standing, int(number))
            if number.isascii() and number.isdigit() and len(number) < 10
            else None
        )
    with sheet(request, parts, asking) as page:
        response = page.render(
            "dashboards.html", title="Dashboards", own=[h for h in found if h.mine], others=[h for h in found if not h.mine],
            gone=gone, error=error, text=text,
        )  # fmt: skip
        response.status_code = 400 if error else 200
        return response


@router.post("/import")
def import_file(request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """A dashboard out of a TOML file, chosen or pasted."""
    forms.check_session_form(request, asking, posted.get("token"))
    name, text = posted.get("name") or "dashboard.toml", posted.get("text")
    if posted.files:
        name, text = posted.files[0][0], posted.files[0][1].decode("utf-8-sig", "replace")
    try:
        if not text.strip():
            raise BadDefinition("choose a file, or paste its text", where=name)
        with sheet(request, parts, asking) as page:
            found = read_file(text, page.desk.kpis().keys(), name)
        with parts.work() as work:
            number = kept.add(work, asking.standing, found.title, found.stored).id
    except (BadDefinition, BadRequest) as refused:
        return _list(request, parts, asking, refused.line(), text)
    return RedirectResponse(f"/dashboards/{number}", 303)


def held_or_none(parts: Serving, asking: Caller, dashboard_id: int) -> Held:
    """The dashboard, where the reader sees it. Raises NotFound."""
    with parts.work() as work:
        found = kept.one(work, asking.standing, dashboard_id)
    if found is None:
        raise NotFound("there is no such dashboard, or it is not shared with you")
    return found


@router.get("/{dashboard_id}")
def dashboard(dashboard_id: int, request: Request, parts: Parts, asking: Asking) -> Response:
    """One dashboard; its panels follow the page."""
    held = held_or_none(parts, asking, dashboard_id)
    return _show(request, parts, asking, held)


def _show(request: Request, parts: Serving, asking: Caller, held: Held, error: str = "") -> Response:
    board = read_stored(held.row.content)
    with sheet(request, parts, asking) as page:
        page = opened_with(page, board, request)
        panels = [(p, panel_address(page, p) if is_within(page, p) else None) for p in board.panel]
        response = page.render(
            "dashboard.html", title=held.row.title, held=held, board=board, panels=panels, error=error,
            roles=[(r, ROLES[r].title) for r in kept.roles_offered(asking.standing)], titles=_titles(page, board),
        )  # fmt: skip
        response.status_code = 400 if error else 200
        return response


def _titles(page: Sheet, board: Dashboard) -> dict[str, str]:
    known = page.desk.kpis()
    return {p.kpi: known[p.kpi].title for p in board.panel if p.kpi in known}


def opened_with(page: Sheet, board: Dashboard, request: Request) -> Sheet:
    """The page in the dashboard's own period where its address names none."""
    if any(request.query_params.get(n) for n in ("period", "from", "to")):
        return page
    view = page.view
    words = {**view.words, "period": board.period, "compare": view.words.get("compare", board.compare)}
    span = span_of(board.period, view.today, None, None, words["compare"], page.locale)
    return replace(page, view=replace(view, words=words, span=span))


def panel_address(page: Sheet, panel: Any) -> str:
    """The address of a panel within the view: its period, its client and the panel's own words."""
    pairs = [(n, v) for n in ("period", "from", "to", "compare") if (v := page.view.get(n))]
    own = {name for name, _ in panel.conditions}
    pairs += [("where", f"{n}={v}") for n, v in page.view.where if n not in own]
    return f"/dashboards/panel?{urlencode([*pairs, *panel.words])}"


@router.get("/{dashboard_id}/file")
def file(dashboard_id: int, parts: Parts, asking: Asking) -> Response:
    """It as a TOML file, with what its reader may see of it."""
    held = held_or_none(parts, asking, dashboard_id)
    board = read_stored(held.row.content)
    if not held.mine:
        raise NotFound("make a copy first: files are made of one's own dashboards")
    headers = {
        "content-disposition": f'attachment; filename="dashboard-{held.row.id}.toml"',
        "cache-control": "no-store",
    }
    return Response(file_text(board), media_type="application/toml", headers=headers)


@router.post("/{dashboard_id}/copy")
def copy(dashboard_id: int, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """A copy of one's own, of what one may see of it."""
    forms.check_session_form(request, asking, posted.get("token"))
    held = held_or_none(parts, asking, dashboard_id)
    board = read_stored(held.row.content)
    with sheet(request, parts, asking) as page:
        panels = tuple(p for p in board.panel if is_within(page, p))
    fresh = board.model_copy(update={"panel": panels, "title": f"{board.title[:110]} (copy)"})
    with parts.work() as work:
        number = kept.add(work, asking.standing, fresh.title, fresh.stored).id
    return RedirectResponse(f"/dashboards/{number}/edit", 303)


@router.post("/{dashboard_id}/delete")
def delete(dashboard_id: int, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Put it away; the list offers to bring it back."""
    forms.check_session_form(request, asking, posted.get("token"))
    held_or_none(parts, asking, dashboard_id)
    with parts.work() as work:
        kept.delete(work, asking.standing, dashboard_id)
    return RedirectResponse(f"/dashboards?deleted={dashboard_id}", 303)


@router.post("/{dashboard_id}/restore")
def restore(dashboard_id: int, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Bring it back."""
    forms.check_session_form(request, asking, posted.get("token"))
    with parts.work() as work:
        kept.restore(work, asking.standing, dashboard_id)
    return RedirectResponse(f"/dashboards/{dashboard_id}", 303)


@router.post("/{dashboard_id}/share")
def share(dashboard_id: int, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Share it with a role or with the people of a client, or take that back."""
    forms.check_session_form(request, asking, posted.get("token"))
    held = held_or_none(parts, asking, dashboard_id)
    kind, _, name = posted.get("with").partition(":")
    try:
        with parts.work() as work:
            if posted.get("end"):
                kept.unshare(work, asking.standing, dashboard_id, _number(posted.get("end")))
            else:
                if kind == "client":
                    _check_filters(read_stored(held.row.content), name)
                kept.share(
                    work, asking.standing, dashboard_id, role=name if kind == "role" else None, client=name if kind == "client" else None
                )  # fmt: skip
    except BadRequest as refused:
        return _show(request, parts, asking, held, refused.line())
    return RedirectResponse(f"/dashboards/{dashboard_id}#sharing", 303)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else 0


def _check_filters(board: Dashboard, client: str) -> None:
    """Raise BadRequest where a panel is about another client: its filter would tell the recipients of it."""
    for number, panel in enumerate(board.panel, 1):
        if any(name == "client" and value != client for name, value in panel.conditions):
            raise BadRequest(
                f"panel {number} is about another client", do="make a copy without that panel and share the copy"
            )  # fmt: skip
