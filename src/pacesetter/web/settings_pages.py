"""The settings' front page with the latest changes, and the page of a change that is still being made."""

from collections.abc import Collection

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import edits
from pacesetter.access.tables import Edit
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.web import (
    settings_calendars,
    settings_holidays,
    settings_mappings,
    settings_policies,
    settings_statuses,
    settings_targets,
)
from pacesetter.web.rendering import pages_of
from pacesetter.web.settings_frame import SECTIONS, Configuring, opened
from pacesetter.web.settings_saving import back_to, settle_silent

router = APIRouter(prefix="/settings", include_in_schema=False)
_COUNTS = {
    "/settings/targets": "SELECT count(DISTINCT (kpi, client_id, team_id)) FROM targets",
    "/settings/calendars": "SELECT count(*) FROM calendars",
    "/settings/holidays": "SELECT count(DISTINCT holidays) FROM calendars WHERE holidays IS NOT NULL",
    "/settings/policies": "SELECT count(*) FROM sla_policies WHERE valid_to IS NULL OR valid_to > valid_from",
    "/settings/statuses": "SELECT count(*) FROM ticket_statuses",
}
LISTED = 30


@router.get("")
def settings(request: Request, parts: Parts, asking: Configuring) -> Response:
    """What can be set, and who changed what."""
    settle_silent(parts)
    with opened(request, parts, asking) as desk:
        counts = {path: int(desk.con.execute(sql).fetchall()[0][0]) for path, sql in _COUNTS.items()}
        known = desk.page.desk.kpis().keys()
        counts["/settings/mappings"] = len(list((parts.workspace.root / "mappings").glob("*.toml")))
        with parts.work() as work:
            log = [e for e in edits.latest(work, LISTED) if _is_for(e, known)]
        return desk.render(
            "settings.html", section="", counts=counts, log=log, title="Settings", listed=LISTED, cards=SECTIONS
        )


def _is_for(edit: Edit, known: Collection[str]) -> bool:
    """Whether a reader who may ask the ``known`` KPIs may read of a change: targets of others are not for them."""
    return not edit.what.startswith("target ") or edit.about.split(" ")[0] in known


@router.get("/changes/{edit_id}")
def change(edit_id: int, request: Request, parts: Parts, asking: Configuring) -> Response:
    """A change that takes longer than a request waits."""
    return _progress(edit_id, request, parts, asking, "settings_change.html")


@router.get("/changes/{edit_id}/state")
def change_state(edit_id: int, request: Request, parts: Parts, asking: Configuring) -> Response:
    """How far it is, as a piece of its page; leads back once it stands."""
    return _progress(edit_id, request, parts, asking, "settings_change_state.html")


def _progress(edit_id: int, request: Request, parts: Parts, asking: Configuring, template: str) -> Response:
    settle_silent(parts)
    with parts.work() as work:
        edit = edits.edit_of(work, edit_id) if edit_id < 2**31 else None
    if edit is None:
        raise NotFound("there is no such change")
    if edit.outcome == "done":
        target = back_to(edit.back, edit.id)
        if request.headers.get("hx-request"):
            return Response(status_code=200, headers={"hx-redirect": target, "cache-control": "no-store"})
        return RedirectResponse(target, 303)
    return pages_of(request).render(request, template, asking, {"title": "A change is being made", "edit": edit})


ROUTERS = (
    router, settings_targets.router, settings_calendars.router, settings_holidays.router, settings_policies.router,
    settings_statuses.router, settings_mappings.router,
)  # fmt: skip
"""Every page of the settings."""
