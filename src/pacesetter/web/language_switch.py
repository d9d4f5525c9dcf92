"""The language switch: the form that stands on every page, and what it does.

Owns the cookie in which the choice of somebody without a preference of their own stands. Must not know what a language's texts say.
"""

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import people
from pacesetter.api.serving import Parts, caller_or_none
from pacesetter.errors import BadRequest
from pacesetter.web import forms
from pacesetter.web.languages import COOKIE, LANGUAGES
from pacesetter.web.signing import local_path

router = APIRouter(include_in_schema=False)
_YEAR_S = 365 * 86_400


@router.post("/language")
def choose_language(
    request: Request, parts: Parts, language: Annotated[str, Form(max_length=10)], token: Annotated[str, Form(max_length=300)] = "",
    next: Annotated[str, Form(max_length=2000)] = "/",
) -> Response:  # fmt: skip
    """Read on in another language. Somebody who is signed in keeps it as their preference, anybody else in a cookie."""
    forms.check_origin(request)
    if language not in LANGUAGES:
        raise BadRequest(f"there is no language '{language}'", where="language", do=f"choose of {', '.join(LANGUAGES)}")
    caller = caller_or_none(request)
    if caller is not None and caller.session is not None:
        forms.check_session_form(request, caller, token)
        with parts.work() as work:
            people.choose_language(work, caller.standing.person_id, language)
    response = RedirectResponse(local_path(next), 303)
    response.set_cookie(
        COOKIE, language, max_age=_YEAR_S, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )  # fmt: skip
    return response
