"""The account page: who one is, one's language, second factor, sessions that can be ended, API tokens."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter import clock
from pacesetter.access import second_factor
from pacesetter.access.people import choose_language
from pacesetter.access.second_factor import Enrolment
from pacesetter.access.sessions import end_sessions, living_sessions
from pacesetter.access.signing_in import TooMany, prove_again
from pacesetter.access.tables import Person
from pacesetter.access.tokens import living_tokens, new_token, revoke_token
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.catalogue.periods import parse_day
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.web import forms
from pacesetter.web.languages import LANGUAGES
from pacesetter.web.people_pages import check_known, labels_of
from pacesetter.web.rendering import pages_of
from pacesetter.web.steps import picture

router = APIRouter(prefix="/account", include_in_schema=False)
Field = Annotated[str, Form(max_length=300)]
Number = Annotated[int, Form(ge=1, le=2**31 - 1)]


@router.get("")
def account(request: Request, parts: Parts, asking: Asking) -> Response:
    """Who one is and what one may see."""
    return _page(request, parts, asking)


def _page(request: Request, parts: Serving, asking: Caller, error: str = "", **more: Any) -> Response:
    person_id = asking.standing.person_id
    with parts.work() as work:
        values = {
            "sessions": living_sessions(work, person_id), "tokens": living_tokens(work, person_id),
            "has_factor": second_factor.has_factor(work, person_id),
            "codes_left": second_factor.recovery_codes_left(work, person_id),
        }  # fmt: skip
    values |= {
        "title": "Account", "browser_name": forms.browser_name, "error": error, "fresh": "", "codes": [], "enrolment": None,
        "picture": "", "languages": LANGUAGES, "until": (clock.now() + timedelta(days=90)).date(),
        "this_session": asking.session.session_id if asking.session else None,
        "factor_needed": asking.standing.role.id in parts.workspace.settings.sign_in.second_factor_for,
    }  # fmt: skip
    return pages_of(request).render(request, "account.html", asking, values | more, 400 if error else 200)


@router.post("/language")
def language(request: Request, parts: Parts, asking: Asking, token: Field, language: Field = "") -> Response:
    """Keep the language in which one reads; nothing leaves it to the browser."""
    forms.check_session_form(request, asking, token)
    if language and language not in LANGUAGES:
        return _page(request, parts, asking, "there is no such language")
    with parts.work() as work:
        choose_language(work, asking.standing.person_id, language or None)
    return RedirectResponse("/account", 303)


@router.post("/second-factor")
def begin_factor(request: Request, parts: Parts, asking: Asking, token: Field) -> Response:
    """Show what the telephone has to scan."""
    forms.check_session_form(request, asking, token)
    try:
        with parts.work() as work:
            person = work.get_one(Person, asking.standing.person_id)
            begun = second_factor.begin(work, parts.store.sealer, person, parts.workspace.settings.name)
    except BadRequest as refused:
        return _page(request, parts, asking, refused.line())
    return _enrolling(request, parts, asking, begun)


def _enrolling(request: Request, parts: Serving, asking: Caller, begun: Enrolment, error: str = "") -> Response:
    return _page(request, parts, asking, error, enrolment=begun, picture=picture(begun.address))


@router.post("/second-factor/confirm")
def confirm_factor(request: Request, parts: Parts, asking: Asking, token: Field, code: Field) -> Response:
    """Take the second factor into use, and show the recovery codes once."""
    forms.check_session_form(request, asking, token)
    try:
        with parts.work() as work:
            person = work.get_one(Person, asking.standing.person_id)
            codes = second_factor.confirm(work, parts.store.sealer, person, code)
    except BadRequest as refused:
        return _again(request, parts, asking, refused)
    return _page(request, parts, asking, codes=codes)


def _again(request: Request, parts: Serving, asking: Caller, refused: BadRequest) -> Response:
    """The same seed once more, where its first code did not fit."""
    try:
        with parts.work() as work:
            person = work.get_one(Person, asking.standing.person_id)
            begun = second_factor.pending(work, parts.store.sealer, person, parts.workspace.settings.name)
    except BadRequest:
        return _page(request, parts, asking, refused.line())
    return _enrolling(request, parts, asking, begun, refused.line())


@router.post("/second-factor/codes")
def fresh_codes(request: Request, parts: Parts, asking: Asking, token: Field, code: Field) -> Response:
    """New recovery codes, for a code of the telephone."""
    forms.check_session_form(request, asking, token)
    if (refused := _unproved(request, parts, asking, code)) is not None:
        return refused
    with parts.work() as work:
        codes = second_factor.new_recovery_codes(work, work.get_one(Person, asking.standing.person_id))
    return _page(request, parts, asking, codes=codes)


@router.post("/second-factor/remove")
def remove_factor(request: Request, parts: Parts, asking: Asking, token: Field, code: Field) -> Response:
    """Take the second factor away, for a code of it."""
    forms.check_session_form(request, asking, token)
    if asking.standing.role.id in parts.workspace.settings.sign_in.second_factor_for:
        return _page(request, parts, asking, "your role needs a second factor")
    if (refused := _unproved(request, parts, asking, code)) is not None:
        return refused
    with parts.work() as work:
        second_factor.take_away(work, work.get_one(Person, asking.standing.person_id), by=asking.standing.email)
    return RedirectResponse("/account", 303)


def _unproved(request: Request, parts: Serving, asking: Caller, code: str) -> Response | None:
    """The page with the refusal where a code does not fit, None where it does."""
    try:
        prove_again(parts.store, asking.standing.person_id, code, address=forms.address_of(request))
    except TooMany:
        raise
    except Forbidden as refused:
        return _page(request, parts, asking, refused.line())
    return None


@router.post("/tokens")
def make_token(
    request: Request, parts: Parts, asking: Asking, token: Field, name: Field, until: Field, clients: Field = ""
) -> Response:
    """Make an API token, perhaps for some of one's clients only; it is shown on this one page and never again."""
    forms.check_session_form(request, asking, token)
    zone = ZoneInfo(parts.workspace.settings.time_zone)
    try:
        day = parse_day(until, "until") + timedelta(days=1)
        with parts.work() as work:
            ends_at = datetime(day.year, day.month, day.day, tzinfo=zone)
            only = [one.strip() for one in clients.split(",") if one.strip()]
            for one in only:
                if not asking.scope.reaches(one):
                    raise BadRequest(f"the client '{one}' is not within what you may see", where="clients")
            check_known(labels_of(parts, asking), "client", only)
            fresh = new_token(work, asking.standing, name, ends_at, only or None)
    except Forbidden:
        raise
    except BadRequest as refused:
        return _page(request, parts, asking, refused.line())
    return _page(request, parts, asking, fresh=fresh)


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


@router.post("/sessions/end-others")
def end_others(request: Request, parts: Parts, asking: Asking, token: Field) -> Response:
    """End all of one's sessions but this one."""
    forms.check_session_form(request, asking, token)
    assert asking.session is not None
    with parts.work() as work:
        end_sessions(work, asking.standing.person_id, by=asking.standing.email, keep=asking.session.session_id)
    return RedirectResponse("/account", 303)
