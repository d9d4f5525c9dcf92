"""The second step of signing in: the code of a second factor, or choosing one first where the role needs it."""

from typing import Annotated
from urllib.parse import urlencode

import segno
from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import second_factor
from pacesetter.access.entering import Next, at_step, leave_step
from pacesetter.access.signing_in import TooMany, check_address, give_code
from pacesetter.api.serving import Parts, Serving
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.web import forms
from pacesetter.web.rendering import pages_of
from pacesetter.web.signing import Field, local_path

router = APIRouter(prefix="/sign-in", include_in_schema=False)
Code = Annotated[str, Form(max_length=40)]


def picture(address: str) -> str:
    """The address as a QR code: an SVG that a telephone can read on any ground."""
    drawn = segno.make(address, error="m").svg_inline(
        scale=4, border=3, dark="#000", light="#fff", svgclass="qr", lineclass=None
    )
    return str(drawn)


@router.get("/code")
def code_page(request: Request, parts: Parts, next: str = "/") -> Response:
    """Where the code is typed."""
    try:
        with parts.work() as work:
            at_step(work, _step(request), Next.CODE)
    except Forbidden:
        return _begin_again(next)
    return _code(request, next)


def _code(request: Request, after: str, error: str = "") -> Response:
    token = forms.open_form_token(request)
    values = {"title": "Second step", "open_token": token, "next": local_path(after), "error": error}
    response = pages_of(request).render(request, "code.html", None, values, 403 if error else 200)
    forms.give_open_form_token(request, response, token)
    return response


@router.post("/code")
def code(request: Request, parts: Parts, code: Code, token: Field, next: Field = "/") -> Response:
    """Check the code."""
    forms.check_open_form(request, token)
    try:
        with parts.work() as work:
            at_step(work, _step(request), Next.CODE)
    except Forbidden:
        return _begin_again(next)
    try:
        secret = give_code(
            parts.store, _step(request), code, address=forms.address_of(request), browser=forms.browser_of(request)
        )
    except TooMany:
        raise
    except Forbidden as refused:
        return _code(request, next, refused.line())
    response = RedirectResponse(local_path(next), 303)
    forms.give_session(request, response, secret)
    forms.take_away(request, response, forms.STEP_COOKIE)
    return response


@router.get("/second-factor")
def enrol_page(request: Request, parts: Parts, next: str = "/") -> Response:
    """Where somebody whose role needs a second factor chooses one."""
    return _enrol(request, parts, next)


def _enrol(request: Request, parts: Serving, after: str, error: str = "") -> Response:
    try:
        with parts.work() as work:
            person, _ = at_step(work, _step(request), Next.ENROL)
            told = second_factor.pending(work, parts.store.sealer, person, parts.workspace.settings.name)
    except Forbidden:
        return _begin_again(after)
    token = forms.open_form_token(request)
    values = {
        "title": "Second factor", "open_token": token, "next": local_path(after), "error": error, "seed": told.seed,
        "picture": picture(told.address), "codes": [],
    }  # fmt: skip
    response = pages_of(request).render(request, "enrol.html", None, values, 400 if error else 200)
    forms.give_open_form_token(request, response, token)
    return response


@router.post("/second-factor")
def enrol(request: Request, parts: Parts, code: Code, token: Field, next: Field = "/") -> Response:
    """Check the first code, open the session, and show the recovery codes once."""
    forms.check_open_form(request, token)
    try:
        with parts.work() as work:
            check_address(work, forms.address_of(request))
            person, link = at_step(work, _step(request), Next.ENROL)
            codes = second_factor.confirm(work, parts.store.sealer, person, code)
            secret = leave_step(work, link, person, forms.browser_of(request))
    except TooMany:
        raise
    except Forbidden:
        return _begin_again(next)
    except BadRequest as refused:
        return _enrol(request, parts, next, refused.line())
    values = {"title": "Second factor", "codes": codes, "next": local_path(next), "error": ""}
    response = pages_of(request).render(request, "enrol.html", None, values)
    forms.give_session(request, response, secret)
    forms.take_away(request, response, forms.STEP_COOKIE)
    return response


def _step(request: Request) -> str:
    return request.cookies.get(forms.STEP_COOKIE, "")


def _begin_again(after: str) -> Response:
    return RedirectResponse(f"/sign-in?{urlencode({'next': local_path(after)})}", 303)
