"""Signing in and out, the page of a one-time link, and the choice of role."""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import audit
from pacesetter.access.people import choose_password, person_of_link
from pacesetter.access.secrets import SHORTEST_PASSWORD
from pacesetter.access.signing_in import TooMany, choose_role, end_sessions, sign_in, start_session
from pacesetter.api.serving import Asking, Parts, caller_or_none
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.web import forms
from pacesetter.web.rendering import pages_of

router = APIRouter(include_in_schema=False)
Field = Annotated[str, Form(max_length=300)]


def local_path(text: str) -> str:
    """Where to go after signing in: a path of this server, never another one."""
    plain = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable() and "\\" not in text
    return text if plain else "/"


@router.get("/sign-in")
def sign_in_page(request: Request, next: str = "/") -> Response:
    """The sign-in form."""
    if caller_or_none(request) is not None:
        return RedirectResponse(local_path(next), 303)
    return _form(request, next)


def _form(request: Request, after: str, error: str = "", status: int = 200, email: str = "") -> Response:
    token = forms.open_form_token(request)
    values = {"open_token": token, "next": local_path(after), "error": error, "email": email}
    response = pages_of(request).render(request, "sign_in.html", None, values, status)
    forms.give_open_form_token(request, response, token)
    return response


@router.post("/sign-in")
def sign_in_(
    request: Request, parts: Parts, email: Field, password: Field, token: Field, next: Field = "/"
) -> Response:
    """Check name and password."""
    forms.check_open_form(request, token)
    address = request.client.host if request.client else "unknown"
    try:
        secret = sign_in(parts.store, email, password, address=address, browser=request.headers.get("user-agent", ""))
    except TooMany:
        raise
    except Forbidden as refused:
        return _form(request, next, refused.line(), 403, email)
    response = RedirectResponse(local_path(next), 303)
    forms.give_session(request, response, secret)
    return response


@router.get("/welcome/{secret}")
def welcome(request: Request, parts: Parts, secret: str) -> Response:
    """The page of a one-time link: choose a password. Opening it does not use it up."""
    with parts.work() as work:
        person = person_of_link(work, secret)
    return _welcome(request, secret, person.email, person.name)


def _welcome(request: Request, secret: str, email: str, name: str, error: str = "", status: int = 200) -> Response:
    token = forms.open_form_token(request)
    values = {
        "open_token": token, "secret": secret, "email": email, "name": name, "error": error, "shortest": SHORTEST_PASSWORD,
    }  # fmt: skip
    response = pages_of(request).render(request, "welcome.html", None, values, status)
    response.headers["referrer-policy"] = "no-referrer"
    forms.give_open_form_token(request, response, token)
    return response


@router.post("/welcome/{secret}")
def welcome_(request: Request, parts: Parts, secret: str, password: Field, again: Field, token: Field) -> Response:
    """Set the password and sign in."""
    forms.check_open_form(request, token)
    with parts.work() as work:
        person = person_of_link(work, secret)
    try:
        if password != again:
            raise BadRequest("the two passwords differ", do="type the same twice")
        with parts.work() as work:
            person = choose_password(work, secret, password)
            session = start_session(work, person, request.headers.get("user-agent", ""))
    except BadRequest as refused:
        return _welcome(request, secret, person.email, person.name, refused.line(), 400)
    response = RedirectResponse("/", 303)
    forms.give_session(request, response, session)
    return response


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
