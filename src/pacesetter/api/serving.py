"""What the application holds while it runs: the workspace, the state, the desks. And who is asking.

Owns the two ways to prove oneself: a session's cookie, a token in the header.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from sqlalchemy.orm import Session as Work

from pacesetter.access.scope import Scope
from pacesetter.access.sessions import SignedIn, session_of
from pacesetter.access.standing import Standing
from pacesetter.access.store import Store
from pacesetter.access.tokens import standing_of_token
from pacesetter.api.desks import Desks, OpenDesk
from pacesetter.errors import PacesetterError
from pacesetter.warehouse.workspace import Workspace

COOKIE = "pacesetter_session"
SECURE_COOKIE = "__Host-pacesetter_session"


class NotSignedIn(PacesetterError):
    """Nobody has proved to be anybody."""


@dataclass(frozen=True)
class Serving:
    """The parts of a running application."""

    workspace: Workspace
    store: Store
    desks: Desks

    @contextlib.contextmanager
    def work(self) -> Iterator[Work]:
        """One piece of work in the state database."""
        with self.store.work() as work:
            yield work


@dataclass(frozen=True)
class Caller:
    """Who asks: their standing, and the session where they come with a browser."""

    standing: Standing
    session: SignedIn | None

    @property
    def scope(self) -> Scope:
        """What they may read."""
        return self.standing.scope


def serving_of(request: Request) -> Serving:
    """The parts of the application that serves this request."""
    found = request.app.state.serving
    assert isinstance(found, Serving)
    return found


def cookie_name(request: Request) -> str:
    """The session cookie's name: bound to host and https where there is https."""
    return SECURE_COOKIE if request.url.scheme == "https" else COOKIE


def caller_or_none(request: Request) -> Caller | None:
    """Who asks, None where nobody is signed in. Raises NotSignedIn for a token that is not or no longer good."""
    serving = serving_of(request)
    kind, _, token = request.headers.get("authorization", "").partition(" ")
    with serving.work() as work:
        if kind:
            standing = standing_of_token(work, token.strip()) if kind.lower() == "bearer" else None
            if standing is None:
                raise NotSignedIn("the token is wrong, revoked or too old", do="make a new one on your account page")
            caller: Caller | None = Caller(standing, None)
        else:
            secret = request.cookies.get(cookie_name(request))
            required = serving.workspace.settings.sign_in.second_factor_for
            found = session_of(work, secret, required) if secret else None
            caller = Caller(found.standing, found) if found else None
    if caller is not None:
        request.state.who = f"{caller.standing.person_id}:{caller.standing.role.id}"
    return caller


def caller(request: Request) -> Caller:
    """Who asks. Raises NotSignedIn where nobody is signed in."""
    found = caller_or_none(request)
    if found is None:
        raise NotSignedIn("you are not signed in", do="sign in, or send a token: Authorization: Bearer …")
    return found


Asking = Annotated[Caller, Depends(caller)]
Parts = Annotated[Serving, Depends(serving_of)]


@contextlib.contextmanager
def desk_of(serving: Serving, asking: Caller) -> Iterator[OpenDesk]:
    """A desk for this caller, for the time of one request."""
    with serving.desks.open(asking.scope) as opened:
        yield opened
