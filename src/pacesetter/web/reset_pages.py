"""A forgotten password: the page that asks for a mail, and the mail itself."""

import logging
from urllib.parse import quote

from fastapi import APIRouter, BackgroundTasks, Request
from fastapi.responses import Response

from pacesetter.access import mail, reset
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts, Serving
from pacesetter.errors import PacesetterError
from pacesetter.web import forms
from pacesetter.web.languages import catalogue_of
from pacesetter.web.rendering import pages_of
from pacesetter.web.signing import Field

router = APIRouter(prefix="/sign-in/forgotten", include_in_schema=False)
_log = logging.getLogger("pacesetter.faults")
SUBJECT = "A new password for %(workspace)s"
TEXT = """Hello %(name)s,

somebody, perhaps you, asked for a new password for %(workspace)s. Choose one here within an hour; the link works once:

%(link)s

If it was not you, there is nothing to do: your password stays as it is.
"""


@router.get("")
def forgotten(request: Request, parts: Parts) -> Response:
    """Where the address is typed."""
    return _page(request, parts, asked=False)


def _page(request: Request, parts: Serving, asked: bool) -> Response:
    settings = parts.workspace.settings
    if settings.mail is None or not settings.sign_in.passwords:
        raise NotFound("there is nothing here")
    token = forms.open_form_token(request)
    values = {"title": "Forgotten password", "open_token": token, "asked": asked}
    response = pages_of(request).render(request, "forgotten.html", None, values)
    forms.give_open_form_token(request, response, token)
    return response


@router.post("")
def ask(request: Request, parts: Parts, later: BackgroundTasks, email: Field, token: Field) -> Response:
    """Say the same to everybody; what else there is to do is done once the answer is on its way."""
    forms.check_open_form(request, token)
    response = _page(request, parts, asked=True)
    with parts.work() as work:
        reset.ask(work, forms.address_of(request))
    later.add_task(send_link, parts, email, getattr(request.state, "request_id", None))
    response.background = later
    return response


def send_link(parts: Serving, email: str, request_id: str | None) -> None:
    """Send the link, if somebody signs in by that name. What goes wrong stands in the log, without the address."""
    settings = parts.workspace.settings
    assert settings.mail is not None and settings.address is not None
    try:
        with parts.work() as work:
            found = reset.link_for(work, email)
        if found is None:
            return
        person, secret = found
        catalogue = catalogue_of((person.language or settings.locale)[:2])
        words = {
            "name": person.name, "workspace": settings.name, "link": f"{settings.address.rstrip('/')}/welcome/{quote(secret)}",
        }  # fmt: skip
        mail.send(settings.mail, person.email, catalogue.say(SUBJECT) % words, catalogue.say(TEXT) % words)
    except PacesetterError as error:
        _log.error("%s", error.line(), extra={"request_id": request_id})
