"""Scope: whose data a question may read. Every read of facts needs one.

Owns the record and the only ways to make it. Must not know KPIs.
"""

from dataclasses import dataclass
from typing import Final

_SEAL: Final = object()


@dataclass(frozen=True)
class Scope:
    """What a caller may read. ``clients`` is the set of client ids, or None for all of the workspace.

    Only this package makes a scope; anything else has to be handed one.
    """

    who: str
    clients: frozenset[str] | None
    seal: object

    def __post_init__(self) -> None:
        if self.seal is not _SEAL:
            raise TypeError("a scope is made by the access layer only")

    def reaches(self, client_id: str) -> bool:
        """Whether rows of that client may be read."""
        return self.clients is None or client_id in self.clients


def operator_scope() -> Scope:
    """The scope of whoever holds the workspace's files and runs the command line on them: everything."""
    return Scope(who="operator", clients=None, seal=_SEAL)


def client_scope(who: str, clients: frozenset[str]) -> Scope:
    """The scope of a person who may see these clients and no other."""
    return Scope(who=who, clients=clients, seal=_SEAL)
