"""Forms: that a post comes from our own page, of this very browser.

Owns both guards: the token of the session, and before there is one a cookie that the form repeats. Besides, a browser says where a
post comes from, and another origin is refused.
"""

import hmac
from urllib.parse import urlsplit

from fastapi import Request
from fastapi.responses import Response

from pacesetter.access.secrets import new_secret
from pacesetter.api.serving import Caller, cookie_name
from pacesetter.errors import Forbidden

FORM_COOKIE = "pacesetter_form"
STEP_COOKIE = "pacesetter_step"
"""Holds the secret of a step between a first proof and the session."""
AWAY_COOKIE = "pacesetter_away"
"""Tells the browser that was sent to a provider from any other that comes back."""
_WORDS = "this form is too old or came from elsewhere"


def check_origin(request: Request) -> None:
    """Raise Forbidden where the browser says that a post comes from another origin.

    A page that sends no referrer (that of a one-time link) posts from the origin ``null``; that it is ours, ``Sec-Fetch-Site`` says.
    """
    site = request.headers.get("sec-fetch-site")
    if site == "same-origin":
        return
    if site not in (None, "none"):
        raise Forbidden(_WORDS, do="open the page again")
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise Forbidden(_WORDS, do="open the page again")


def check_session_form(request: Request, caller: Caller, token: str) -> None:
    """Raise Forbidden unless the form carries the token of the caller's session."""
    check_origin(request)
    if caller.session is None or not hmac.compare_digest(caller.session.form_token.encode(), token.encode()):
        raise Forbidden(_WORDS, do="open the page again")


def check_open_form(request: Request, token: str) -> None:
    """Raise Forbidden unless the form repeats the cookie that its page was given."""
    check_origin(request)
    held = request.cookies.get(FORM_COOKIE, "")
    if not held or not hmac.compare_digest(held.encode(), token.encode()):
        raise Forbidden(_WORDS, do="open the page again; cookies have to be allowed")


def open_form_token(request: Request) -> str:
    """The token for a form of somebody who is not signed in."""
    return request.cookies.get(FORM_COOKIE) or new_secret()


def give_open_form_token(request: Request, response: Response, token: str) -> None:
    """Give the browser the cookie that the form has to repeat."""
    response.set_cookie(
        FORM_COOKIE, token, max_age=3600, httponly=True, samesite="strict", secure=request.url.scheme == "https", path="/"
    )  # fmt: skip


def give_session(request: Request, response: Response, secret: str) -> None:
    """Give the browser its session: unreadable to scripts, not sent from other sites' posts, over https only where there is https."""
    response.set_cookie(
        cookie_name(request), secret, httponly=True, samesite="lax", secure=request.url.scheme == "https", path="/"
    )  # fmt: skip


def give_for_a_while(request: Request, response: Response, name: str, secret: str, *, samesite: str = "strict") -> None:
    """Give the browser a secret for the minutes that signing in takes."""
    assert samesite in ("strict", "lax")
    response.set_cookie(
        name, secret, max_age=600, httponly=True, samesite="lax" if samesite == "lax" else "strict",
        secure=request.url.scheme == "https", path="/sign-in",
    )  # fmt: skip


def take_away(request: Request, response: Response, name: str) -> None:
    """Take such a secret away."""
    response.delete_cookie(name, path="/sign-in", secure=request.url.scheme == "https", httponly=True)


def browser_of(request: Request) -> str:
    """What the browser says that it is."""
    return request.headers.get("user-agent", "")


def browser_name(said: str) -> str:
    """A browser by the name that people know: ``Firefox on Linux``; what it said itself where it is unknown."""
    programs = (("Edg", "Edge"), ("OPR", "Opera"), ("Firefox", "Firefox"), ("Chrom", "Chrome"), ("Safari", "Safari"))
    systems = (
        ("Android", "Android"), ("iPhone", "iPhone"), ("iPad", "iPad"), ("Windows", "Windows"), ("Mac OS", "macOS"), ("Linux", "Linux"),
    )  # fmt: skip
    program = next((name for sign, name in programs if sign in said), None)
    system = next((name for sign, name in systems if sign in said), None)
    return " · ".join(part for part in (program, system) if part) or said[:60]


def address_of(request: Request) -> str:
    """The address from which somebody comes."""
    return request.client.host if request.client else "unknown"


def take_session(request: Request, response: Response) -> None:
    """Take the session's cookie away."""
    response.delete_cookie(cookie_name(request), path="/", secure=request.url.scheme == "https", httponly=True)
