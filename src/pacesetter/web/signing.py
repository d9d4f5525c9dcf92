"""Signing in by password and out, the page of a one-time link, and the choice of role."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import audit
from pacesetter.access.entering import Entered, Next, enter
from pacesetter.access.people import choose_password, person_of_link
from pacesetter.access.secrets import SHORTEST_PASSWORD
from pacesetter.access.sessions import choose_role, end_sessions
from pacesetter.access.signing_in import TooMany, sign_in
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts, caller_or_none, serving_of
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.web import forms
from pacesetter.web.rendering import pages_of

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=300)]
_AFTER = {Next.CODE: "/sign-in/code", Next.ENROL: "/sign-in/second-factor"}


def local_path(text: str) -> str:
    """Where to go after signing in: a path of this server, never another one."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if plain else "/"


def go_on(request: Request, entered: Entered, after: str) -> Response:
    """Lead a browser to what comes next: the page that it wanted, or the step of the second factor."""
    if entered.next is Next.SESSION:
        response = RedirectResponse(local_path(after), 303)
        forms.give_session(request, response, entered.secret)
        return response
    response = RedirectResponse(f"{_AFTER[entered.next]}?{urlencode({'next': local_path(after)})}", 303)
    forms.give_for_a_while(request, response, forms.STEP_COOKIE, entered.secret)
    return response


def door(request: Request, after: str, error: str = "", status: int = 200, email: str = "") -> Response:
    """The page with every way to sign in."""
    settings = serving_of(request).workspace.settings
    token = forms.open_form_token(request)
    values = {
        "title": "Sign in", "open_token": token, "next": local_path(after), "error": error, "email": email,
        "passwords": settings.sign_in.passwords, "oidc": settings.sign_in.oidc, "mail": settings.mail is not None,
    }  # fmt: skip
    response = pages_of(request).render(request, "sign_in.html", None, values, status)
    forms.give_open_form_token(request, response, token)
    return response


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """The sign-in form."""
    if caller_or_none(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return door(request, next)


@router.post("/sign-in")
def sign_in_(
    request: Request, parts: Parts, email: Field, password: Field, token: Field, next: Field = "/"
) -> Response:
    """Check name and password."""
    forms.check_open_form(request, token)
    settings = parts.workspace.settings.sign_in
    if not settings.passwords:
        raise NotFound("nobody signs in by password here")
    try:
        entered = sign_in(
            parts.store, email, password, address=forms.address_of(request), browser=forms.browser_of(request),
            required=settings.second_factor_for,
        )  # fmt: skip
    except TooMany:
        raise
    except Forbidden as refused:
        return door(request, next, refused.line(), 403, email)
    return go_on(request, entered, next)


@router.get("/welcome/{secret}")
def welcome(request: Request, parts: Parts, secret: str) -> Response:
    """The page of a one-time link: choose a password. Opening it does not use it up."""
    with parts.work() as work:
        person = person_of_link(work, secret)
    return _welcome(request, secret, person.email, person.name)


def _welcome(request: Request, secret: str, email: str, name: str, error: str = "", status: int = 200) -> Response:
    token = forms.open_form_token(request)
    values = {
        "title": "Choose a password", "open_token": token, "secret": secret, "email": email, "name": name, "error": error,
        "shortest": SHORTEST_PASSWORD,
    }  # fmt: skip
    response = pages_of(request).render(request, "welcome.html", None, values, status)
    response.headers["referrer-policy"] = "no-referrer"
    forms.give_open_form_token(request, response, token)
    return response


@router.post("/welcome/{secret}")
def welcome_(request: Request, parts: Parts, secret: str, password: Field, again: Field, token: Field) -> Response:
    """Set the password and go on to sign in."""
    forms.check_open_form(request, token)
    required = parts.workspace.settings.sign_in.second_factor_for
    with parts.work() as work:
        person = person_of_link(work, secret)
    try:
        if password != again:
            raise BadRequest("the two passwords differ", do="type the same twice")
        with parts.work() as work:
            person = choose_password(work, secret, password)
            entered = enter(work, person, forms.browser_of(request), method="link", required=required)
    except BadRequest as refused:
        return _welcome(request, secret, person.email, person.name, refused.line(), 400)
    return go_on(request, entered, "/")


@router.post("/sign-out")
def sign_out(request: Request, parts: Parts, asking: Asking, token: Field) -> Response:
    """End this session."""
    forms.check_session_form(request, asking, token)
    assert asking.session is not None
    with parts.work() as work:
        end_sessions(work, asking.standing.person_id, by=asking.standing.email, only=asking.session.session_id)
    response = RedirectResponse("/sign-in", 303)
    forms.take_session(request, response)
    return response


@router.post("/role")
def role(request: Request, parts: Parts, asking: Asking, token: Field, role: Field) -> Response:
    """Use another of one's roles."""
    forms.check_session_form(request, asking, token)
    assert asking.session is not None
    with parts.work() as work:
        choose_role(work, asking.session, role)
        audit.note(work, asking.standing.email, "role chosen", asking.standing.email, after={"role": role})
    return RedirectResponse("/", 303)
