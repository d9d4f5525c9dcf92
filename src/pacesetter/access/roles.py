"""Roles and permissions: what a kind of user may read at all.

Owns the vocabulary. Must not know single people, clients or KPIs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What may be read beyond the everyday figures of the rows within reach.

    ``money``: KPIs of revenue and cost. ``people``: KPIs about those who do the work. ``names``: which technician did what.
    ``export``: files of answers and rows, API tokens. ``quality``: the state of the data of the whole workspace. ``configure``:
    changing what figures are judged by (targets, calendars, policies, statuses, mappings). ``administer``: people and grants.
    """

    MONEY = "money"
    PEOPLE = "people"
    NAMES = "names"
    EXPORT = "export"
    QUALITY = "quality"
    CONFIGURE = "configure"
    ADMINISTER = "administer"


OF_THE_WORKSPACE = frozenset({Permission.QUALITY, Permission.CONFIGURE, Permission.ADMINISTER})
"""What is about the whole workspace, whatever clients are within reach."""


class Reach(StrEnum):
    """How far a role reaches: the whole workspace (or some teams of it), named clients, or one's own tickets."""

    WORKSPACE = "workspace"
    CLIENTS = "clients"
    ONE_CLIENT = "one client"
    OWN = "own"


@dataclass(frozen=True, kw_only=True)
class Role:
    """A kind of user. ``rank`` orders the roles of one person: the lowest is taken on signing in."""

    id: str
    title: str
    rank: int
    reach: Reach
    permissions: frozenset[Permission]


def _role(rank: int, role_id: str, title: str, reach: Reach, *permissions: Permission) -> Role:
    return Role(id=role_id, title=title, rank=rank, reach=reach, permissions=frozenset(permissions))


ROLES: Mapping[str, Role] = {
    role.id: role
    for role in (
        _role(0, "administrator", "Administrator", Reach.WORKSPACE, *Permission),
        _role(
            1, "delivery_manager", "Delivery manager", Reach.WORKSPACE,
            Permission.PEOPLE, Permission.NAMES, Permission.QUALITY, Permission.EXPORT,
            Permission.CONFIGURE,
        ),
        _role(2, "finance", "Finance", Reach.WORKSPACE, Permission.MONEY, Permission.QUALITY, Permission.EXPORT),
        _role(3, "account_manager", "Account manager", Reach.CLIENTS, Permission.EXPORT),
        _role(4, "technician", "Technician", Reach.OWN, Permission.PEOPLE, Permission.NAMES),
        _role(5, "client_manager", "Client manager", Reach.ONE_CLIENT, Permission.EXPORT),
        _role(6, "client_viewer", "Client viewer", Reach.ONE_CLIENT),
    )
}  # fmt: skip
"""Every role by id. ``docs/explanation/access.md`` has the same table in words."""
