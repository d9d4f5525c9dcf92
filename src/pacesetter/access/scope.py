"""Scope: whose data a question may read, and what kinds of figures. Every read of facts needs one.

Owns the record and the only ways to make it. Must not know KPIs.
"""

from dataclasses import dataclass
from typing import Final

from pacesetter.access.roles import Permission
from pacesetter.errors import Forbidden

_SEAL: Final = object()
_EVERYTHING: Final = frozenset(Permission)


@dataclass(frozen=True)
class Scope:
    """What a caller may read. ``clients``, ``teams``, ``technicians`` are sets of ids, or None for all of the workspace.

    A row has to lie within all three. Only this package makes a scope; anything else has to be handed one.
    """

    who: str
    clients: frozenset[str] | None
    seal: object
    permissions: frozenset[Permission] = frozenset()
    teams: frozenset[str] | None = None
    technicians: frozenset[str] | None = None

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a scope is made by the access layer only")

    def reaches(self, client_id: str) -> bool:
        """Whether rows of that client may be read."""
        return self.clients is None or client_id in self.clients

    @property
    def is_whole(self) -> bool:
        """Whether it reaches every row of the workspace."""
        return self.clients is None and self.teams is None and self.technicians is None

    def may(self, permission: Permission) -> bool:
        """Whether it has a permission."""
        return permission in self.permissions

    def need(self, permission: Permission, what: str) -> None:
        """Raise Forbidden, naming ``what`` was asked and the permission that is lacking, where it has none."""
        if permission not in self.permissions:
            raise Forbidden(f"{what} needs the permission '{permission}'", do="ask an administrator")

    @property
    def fingerprint(self) -> str:
        """A text that is equal for scopes that read the same, whoever holds them."""
        parts = [sorted(s) if s is not None else "*" for s in (self.clients, self.teams, self.technicians)]
        return repr((parts, sorted(self.permissions)))


def operator_scope() -> Scope:
    """The scope of whoever holds the workspace's files and runs the command line on them: everything."""
    return Scope(who="operator", clients=None, seal=_SEAL, permissions=_EVERYTHING)


def client_scope(who: str, clients: frozenset[str], permissions: frozenset[Permission] = frozenset()) -> Scope:
    """The scope of a person who may see these clients and no other, with these permissions only."""
    return Scope(who=who, clients=clients, seal=_SEAL, permissions=permissions)


def scope_of(
    who: str,
    permissions: frozenset[Permission],
    *,
    clients: frozenset[str] | None = None,
    teams: frozenset[str] | None = None,
    technicians: frozenset[str] | None = None,
) -> Scope:
    """The scope of a person's grants; ``access.standing`` works out what they are."""
    return Scope(
        who=who, clients=clients, seal=_SEAL, permissions=permissions, teams=teams, technicians=technicians
    )  # fmt: skip


def among_peers(scope: Scope) -> Scope:
    """The scope in which somebody who sees their own work only is compared with everybody who does the same work.

    It has no more permissions. What comes out of it may be told only as a figure of all together, or about the holder: ``reports.peers``
    is the one place that does so.
    """
    if scope.technicians is None:
        return scope
    return Scope(
        who=scope.who, clients=scope.clients, seal=_SEAL, permissions=scope.permissions & {Permission.PEOPLE, Permission.NAMES},
        teams=scope.teams,
    )  # fmt: skip
