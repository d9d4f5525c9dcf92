"""Signing in by a provider: the way there and the way back."""

import logging
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access.identities import arrive, depart
from pacesetter.access.oidc import NotProved, Provider, ProviderAway
from pacesetter.access.secrets import new_secret
from pacesetter.access.signing_in import TooMany
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.errors import BadDefinition, Forbidden
from pacesetter.web import forms
from pacesetter.web.signing import door, go_on, local_path

router = APIRouter(prefix="/sign-in/oidc", include_in_schema=False)
_log = logging.getLogger("pacesetter.faults")
BACK = "/sign-in/oidc/back"


def provider_of(request: Request, parts: Parts) -> Provider:
    """The provider of the settings, kept as long as the application runs. Raises NotFound where there is none."""
    settings = parts.workspace.settings.sign_in.oidc
    if settings is None:
        raise NotFound("there is nothing here")
    held = getattr(request.app.state, "provider", None)
    if not isinstance(held, Provider):
        held = request.app.state.provider = Provider(settings)
    return held


Named = Annotated[Provider, Depends(provider_of)]


def _back(request: Request, parts: Parts) -> str:
    """The address to which the provider sends people back: under the workspace's own address where it has one."""
    own = parts.workspace.settings.address
    return f"{own.rstrip('/') if own else f'{request.url.scheme}://{request.url.netloc}'}{BACK}"


@router.get("")
def leave(request: Request, parts: Parts, provider: Named, next: str = "/") -> Response:
    """Send the browser to the provider."""
    browser_secret = new_secret()
    try:
        address = depart(
            parts.store,
            provider,
            redirect_uri=_back(request, parts),
            after=local_path(next),
            browser_secret=browser_secret,
        )
    except (ProviderAway, BadDefinition) as refused:
        return _refused(request, refused, 503)
    response = RedirectResponse(address, 303)
    forms.give_for_a_while(request, response, forms.AWAY_COOKIE, browser_secret, samesite="lax")
    return response


@router.get("/back")
def back(request: Request, parts: Parts, provider: Named) -> Response:
    """Let in whom the provider vouches for."""
    settings = parts.workspace.settings.sign_in
    try:
        arrival = arrive(
            parts.store, provider, dict(request.query_params), redirect_uri=_back(request, parts),
            browser_secret=request.cookies.get(forms.AWAY_COOKIE, ""), browser=forms.browser_of(request),
            required=settings.second_factor_for,
        )  # fmt: skip
    except (ProviderAway, BadDefinition) as refused:
        return _refused(request, refused, 503)
    except TooMany:
        raise
    except Forbidden as refused:
        return _refused(request, refused, 403)
    response = go_on(request, arrival.entered, arrival.after)
    forms.take_away(request, response, forms.AWAY_COOKIE)
    return response


def _refused(request: Request, refused: ProviderAway | BadDefinition | Forbidden, status: int) -> Response:
    """The sign-in page with the reason; what only administrators can mend goes to the log."""
    request_id = getattr(request.state, "request_id", None)
    if isinstance(refused, NotProved):
        _log.warning("sign-in by provider refused: %s", refused.why, extra={"request_id": request_id})
    elif not isinstance(refused, Forbidden):
        _log.error("%s", refused.line(), extra={"request_id": request_id})
    told = "signing in by your organisation is not set up well; tell an administrator"
    response = door(request, "/", told if isinstance(refused, BadDefinition) else refused.line(), status)
    forms.take_away(request, response, forms.AWAY_COOKIE)
    return response
