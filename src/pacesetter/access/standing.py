"""Standing: what a person's grants come to, as a role with a scope.

Owns the rule by which grants become a scope. Several grants of one role add up; different roles do not mix: one is in use at a time.
"""

from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access.roles import OF_THE_WORKSPACE, ROLES, Permission, Reach, Role
from pacesetter.access.scope import Scope, scope_of
from pacesetter.access.tables import Grant, Person


@dataclass(frozen=True, kw_only=True)
class Standing:
    """A person in one of their roles, with the scope that this gives.

    ``language`` is the one that they chose to read (``en``, ``de``, …), None where they leave it to the workspace.
    """

    person_id: int
    email: str
    name: str
    role: Role
    scope: Scope
    language: str | None = None


def standings(work: Work, person: Person) -> list[Standing]:
    """Every role that a person has now, the one of lowest rank first; empty where no grant is in force."""
    if person.disabled_at is not None:
        return []
    now = clock.now()
    grants = [
        g
        for g in work.scalars(select(Grant).where(Grant.person_id == person.id).order_by(Grant.id))
        if g.role in ROLES and (g.ends_at is None or g.ends_at > now)
    ]
    roles = sorted({g.role for g in grants}, key=lambda r: ROLES[r].rank)
    return [_standing(person, ROLES[r], [g for g in grants if g.role == r]) for r in roles]


def _standing(person: Person, role: Role, grants: list[Grant]) -> Standing:
    permissions = role.permissions | {Permission(p) for g in grants for p in g.extra if p in set(Permission)}
    scope = scope_of(
        person.email,
        frozenset(permissions),
        clients=_reach(role, [g.clients for g in grants]),
        teams=_union([g.teams for g in grants]),
        technicians=frozenset({person.technician_id or ""}) if role.reach is Reach.OWN else None,
    )
    return Standing(
        person_id=person.id, email=person.email, name=person.name, role=role, scope=scope, language=person.language
    )


def _reach(role: Role, lists: list[list[str] | None]) -> frozenset[str] | None:
    """The clients within reach; a role of named clients reaches none where none are named."""
    found = _union(lists)
    return frozenset() if found is None and role.reach in (Reach.CLIENTS, Reach.ONE_CLIENT) else found


def _union(lists: list[list[str] | None]) -> frozenset[str] | None:
    """All ids that are named, None where a list says all."""
    if any(ids is None for ids in lists):
        return None
    return frozenset(i for ids in lists for i in ids or [])


def narrowed(standing: Standing, clients: list[str] | None) -> Standing:
    """The same standing for these clients only, as a token may be; never for more than it had, and for nothing of the whole workspace."""
    if clients is None:
        return standing
    own = standing.scope
    kept = frozenset(clients) if own.clients is None else own.clients & frozenset(clients)
    scope = scope_of(
        own.who, own.permissions - OF_THE_WORKSPACE, clients=kept, teams=own.teams, technicians=own.technicians
    )
    return replace(standing, scope=scope)
