"""The account page: who one is, sessions that can be ended, API tokens."""

from datetime import datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter import clock
from pacesetter.access.sessions import end_sessions, living_sessions
from pacesetter.access.tokens import living_tokens, new_token, revoke_token
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.catalogue.periods import parse_day
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.web import forms
from pacesetter.web.rendering import pages_of

router = APIRouter(prefix="/account", include_in_schema=False)
Field = Annotated[str, Form(max_length=300)]
Number = Annotated[int, Form(ge=1, le=2**31)]


@router.get("")
def account(request: Request, parts: Parts, asking: Asking) -> Response:
    """Who one is and what one may see."""
    return _page(request, parts, asking)


def _page(request: Request, parts: Serving, asking: Caller, fresh: str = "", error: str = "") -> Response:
    with parts.work() as work:
        sessions = living_sessions(work, asking.standing.person_id)
        tokens = living_tokens(work, asking.standing.person_id)
    until = (clock.now() + timedelta(days=90)).date()
    values = {
        "title": "Account", "sessions": sessions, "tokens": tokens, "fresh": fresh, "error": error, "until": until,
        "this_session": asking.session.session_id if asking.session else None,
    }  # fmt: skip
    return pages_of(request).render(request, "account.html", asking, values, 400 if error else 200)


@router.post("/tokens")
def make_token(request: Request, parts: Parts, asking: Asking, token: Field, name: Field, until: Field) -> Response:
    """Make an API token; it is shown on this one page and never again."""
    forms.check_session_form(request, asking, token)
    zone = ZoneInfo(parts.workspace.settings.time_zone)
    try:
        day = parse_day(until, "until") + timedelta(days=1)
        with parts.work() as work:
            fresh = new_token(work, asking.standing, name, datetime(day.year, day.month, day.day, tzinfo=zone))
    except Forbidden:
        raise
    except BadRequest as refused:
        return _page(request, parts, asking, error=refused.line())
    return _page(request, parts, asking, fresh)


@router.post("/tokens/revoke")
def end_token(request: Request, parts: Parts, asking: Asking, token: Field, id: Number) -> Response:
    """Revoke one of one's tokens."""
    forms.check_session_form(request, asking, token)
    with parts.work() as work:
        revoke_token(work, asking.standing.person_id, id, by=asking.standing.email)
    return RedirectResponse("/account", 303)


@router.post("/sessions/end")
def end_session(request: Request, parts: Parts, asking: Asking, token: Field, id: Number) -> Response:
    """End one of one's sessions."""
    forms.check_session_form(request, asking, token)
    with parts.work() as work:
        end_sessions(work, asking.standing.person_id, by=asking.standing.email, only=id)
    return RedirectResponse("/account", 303)
