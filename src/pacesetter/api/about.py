"""Who the caller is, how fresh the records are, what can be cut by."""

from typing import Any

from fastapi import APIRouter

from pacesetter import __version__
from pacesetter.api.serving import Asking, Parts, desk_of
from pacesetter.catalogue import guard
from pacesetter.catalogue.answer import local_text
from pacesetter.catalogue.facts import DIMENSIONS, TIME_DIMENSIONS

router = APIRouter(prefix="/api/v1", tags=["About"])


@router.get("/me", summary="Who the caller is and what they may see")
def me(asking: Asking) -> dict[str, Any]:
    """Name, role, permissions, and the clients, teams and technicians within reach (null: all)."""
    scope = asking.scope
    reach = {"clients": scope.clients, "teams": scope.teams, "technicians": scope.technicians}
    return {
        "email": asking.standing.email,
        "name": asking.standing.name,
        "role": asking.standing.role.id,
        "permissions": sorted(scope.permissions),
        **{name: None if ids is None else sorted(ids) for name, ids in reach.items()},
    }


@router.get("/status", summary="How fresh the records are")
def status(parts: Parts, asking: Asking) -> dict[str, Any]:
    """The workspace's name, zone and currency, the generation, and the instant as of which it answers."""
    settings = parts.workspace.settings
    with desk_of(parts, asking) as opened:
        as_of = local_text(opened.desk.as_of_s, opened.desk.zone)
        generation = int(opened.generation)
    return {
        "workspace": settings.name, "simulated": settings.simulated, "time_zone": settings.time_zone,
        "currency": settings.currency, "generation": generation, "as_of": as_of, "version": __version__,
    }  # fmt: skip


@router.get("/dimensions", summary="What KPIs can be cut by")
def dimensions(asking: Asking) -> list[str]:
    """Every dimension that the caller may cut by; a KPI refuses those that its rows do not have."""
    return [d for d in (*DIMENSIONS, *TIME_DIMENSIONS) if guard.may_cut_by(d, asking.scope)]
