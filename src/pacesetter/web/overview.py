"""The overview: what each kind of user is greeted with on signing in, made of pieces that follow the page.

Owns which pieces make whose overview. The pieces themselves are ``web.pieces``'.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response
from markupsafe import Markup

from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts
from pacesetter.errors import Forbidden
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.pieces import PIECES, render_piece

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Overview:
    """One overview: what it is called where one may choose, its lead, its pieces in order (a tuple stands side by side)."""

    name: str
    lead: str
    pieces: tuple[str | tuple[str, ...], ...]


OVERVIEWS: Mapping[str, Overview] = {
    "delivery": Overview(
        "Delivery", "What needs a hand today, and what has changed this week.",
        ("queue", ("flow", "signals"), "figures"),
    ),
    "money": Overview(
        "Money", "What the service earns and costs, and which clients and offerings carry it.",
        ("money", ("contribution", "offerings")),
    ),
    "accounts": Overview(
        "Accounts", "Your clients by health, the one that needs you first on top.",
        ("health", "queue", "figures"),
    ),
    "service": Overview(
        "Service", "How your service is run, what is open, and who answers for what.",
        ("service", "queue", ("card", "raci")),
    ),
    "own": Overview(
        "Own work", "What waits for you, and your own record, fairly measured.",
        ("queue", "record"),
    ),
}  # fmt: skip
_OF_ROLES = {
    "delivery_manager": "delivery", "finance": "money", "account_manager": "accounts", "technician": "own", "client_manager": "service",
    "client_viewer": "service",
}  # fmt: skip


def overviews_for(caller: Caller) -> list[str]:
    """The overviews that somebody may choose of, the one that greets them first."""
    own = _OF_ROLES.get(caller.standing.role.id)
    if own is not None:
        return [own]
    return ["delivery", "money", "accounts"] if caller.scope.may(Permission.MONEY) else ["delivery", "accounts"]


@router.get("/")
def overview(request: Request, parts: Parts, asking: Asking, whole: bool = False) -> Response:
    """The overview of the caller's role. The page comes at once and its pieces follow, unless the whole is asked for."""
    with sheet(request, parts, asking) as page:
        offered = overviews_for(asking)
        chosen = page.view.get("overview") or offered[0]
        if chosen not in offered:
            raise Forbidden("that overview is not for your role", where="overview", do="open the overview without it")
        shown = OVERVIEWS[chosen]
        made = _made(page, shown) if whole else {}
        return page.render(
            "overview.html", title="Overview", shown=shown, chosen=chosen, whole=whole, made=made,
            offered=[(name, OVERVIEWS[name].name) for name in offered], greeting=_greeting(asking), pieces=PIECES,
        )  # fmt: skip


def _made(page: Sheet, shown: Overview) -> dict[str, Markup]:
    names = [n for entry in shown.pieces for n in ((entry,) if isinstance(entry, str) else entry)]
    return {name: Markup(bytes(render_piece(page, name).body).decode("utf-8")) for name in names}


def _greeting(caller: Caller) -> str:
    return caller.standing.name.split()[0] if caller.standing.name else ""


@router.get("/pieces/{piece}")
def one_piece(piece: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """One piece of an overview or of a client's page."""
    with sheet(request, parts, asking) as page:
        if piece not in PIECES or not PIECES[piece].shown(asking):
            raise NotFound("there is no such piece")
        return render_piece(page, piece)
