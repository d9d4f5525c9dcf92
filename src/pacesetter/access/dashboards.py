"""Dashboards in the state: whose they are, who else sees them, their versions.

Owns the rules of sharing: a recipient sees a dashboard through their own scope and never through its author's. Must not know what stands on
one.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.roles import ROLES, Reach
from pacesetter.access.standing import Standing
from pacesetter.access.tables import Dashboard, DashboardShare, Person
from pacesetter.errors import BadRequest, Forbidden

MOST_PER_PERSON = 200


@dataclass(frozen=True)
class Held:
    """A dashboard as somebody may see it: the row, whose it is, with whom it is shared, whether the reader may change it."""

    row: Dashboard
    owner: str
    shares: tuple[DashboardShare, ...]
    mine: bool


class Changed(BadRequest):
    """Somebody (perhaps the same person in another window) saved it meanwhile."""


def visible(work: Work, standing: Standing) -> list[Held]:
    """Every dashboard that a person in this role sees, their own first, then by title."""
    rows = work.scalars(select(Dashboard).where(Dashboard.deleted_at.is_(None)).order_by(Dashboard.id))
    found = [held for row in rows if (held := _held(work, row, standing)) is not None]
    return sorted(found, key=lambda h: (not h.mine, h.row.title.lower(), h.row.id))


def one(work: Work, standing: Standing, dashboard_id: int) -> Held | None:
    """The dashboard of that number, None where there is none or the person does not see it."""
    row = work.get(Dashboard, dashboard_id) if 0 < dashboard_id < 2**31 else None
    return _held(work, row, standing) if row is not None and row.deleted_at is None else None


def _held(work: Work, row: Dashboard, standing: Standing) -> Held | None:
    shares = tuple(
        work.scalars(select(DashboardShare).where(DashboardShare.dashboard_id == row.id).order_by(DashboardShare.id))
    )
    mine = row.owner_id == standing.person_id
    if not mine and not any(_is_for(share, standing) for share in shares):
        return None
    owner = work.get(Person, row.owner_id)
    return Held(row, owner.name if owner else "", shares if mine else (), mine)


def _is_for(share: DashboardShare, standing: Standing) -> bool:
    """Whether a share reaches a person: everybody in a role, or those whose clients are named and this one is among them."""
    if share.role is not None:
        return share.role == standing.role.id
    return standing.scope.clients is not None and share.client in standing.scope.clients


def add(work: Work, standing: Standing, title: str, content: Mapping[str, Any]) -> Dashboard:
    """A new dashboard of this person."""
    own = list(
        work.scalars(
            select(Dashboard.id).where(Dashboard.owner_id == standing.person_id, Dashboard.deleted_at.is_(None))
        )
    )
    if len(own) >= MOST_PER_PERSON:
        raise BadRequest(f"you have {len(own)} dashboards already", do="delete some of them first")
    now = clock.now()
    row = Dashboard(
        owner_id=standing.person_id, title=title, content=dict(content), version=1, created_at=now, changed_at=now
    )  # fmt: skip
    work.add(row)
    work.flush()
    audit.note(work, standing.email, "dashboard added", f"{row.id} {title}", after={"title": title})
    return row


def save(
    work: Work, standing: Standing, dashboard_id: int, version: int, title: str, content: Mapping[str, Any]
) -> Dashboard:
    """Save one's own dashboard over the version that was opened. Raises Changed where it was saved meanwhile."""
    row = _own(work, standing, dashboard_id)
    if row.version != version:
        raise Changed(
            "it was saved meanwhile, perhaps in another window", do="open it again and make your change there"
        )
    before = {"title": row.title, "content": row.content}
    row.title, row.content, row.version, row.changed_at = title, dict(content), row.version + 1, clock.now()
    audit.note(
        work, standing.email, "dashboard changed", f"{row.id} {title}", before=before, after={"title": title, "content": row.content}
    )  # fmt: skip
    return row


def _own(work: Work, standing: Standing, dashboard_id: int) -> Dashboard:
    held = one(work, standing, dashboard_id)
    if held is None or not held.mine:
        raise Forbidden("only whose dashboard it is may change it", do="make a copy and change that")
    return held.row


def delete(work: Work, standing: Standing, dashboard_id: int) -> Dashboard:
    """Put one's own dashboard away; ``restore`` brings it back."""
    row = _own(work, standing, dashboard_id)
    row.deleted_at = clock.now()
    audit.note(work, standing.email, "dashboard deleted", f"{row.id} {row.title}", before={"title": row.title})
    return row


def restore(work: Work, standing: Standing, dashboard_id: int) -> Dashboard:
    """Bring a deleted dashboard of one's own back."""
    row = deleted(work, standing, dashboard_id)
    if row is None:
        raise Forbidden("there is no deleted dashboard of yours with that number")
    row.deleted_at = None
    audit.note(work, standing.email, "dashboard restored", f"{row.id} {row.title}", after={"title": row.title})
    return row


def deleted(work: Work, standing: Standing, dashboard_id: int) -> Dashboard | None:
    """A deleted dashboard of one's own."""
    row = work.get(Dashboard, dashboard_id) if 0 < dashboard_id < 2**31 else None
    gone = row is not None and row.deleted_at is not None and row.owner_id == standing.person_id
    return row if gone else None


def roles_offered(standing: Standing) -> Sequence[str]:
    """The roles with which this person may share: somebody of a client shares with their own client only."""
    return [] if standing.role.reach is Reach.ONE_CLIENT else list(ROLES)


def share(
    work: Work, standing: Standing, dashboard_id: int, *, role: str | None = None, client: str | None = None
) -> None:
    """Share one's own dashboard with a role or with the people of a client. Raises BadRequest or Forbidden for what cannot be."""
    row = _own(work, standing, dashboard_id)
    if (role is None) == (client is None):
        raise BadRequest("choose a role or a client")
    if role is not None and role not in roles_offered(standing):
        raise BadRequest("choose one of the roles")
    if client is not None and not standing.scope.reaches(client):
        raise BadRequest("choose one of the clients")
    known = work.scalars(select(DashboardShare).where(DashboardShare.dashboard_id == row.id))
    if any((s.role, s.client) == (role, client) for s in known):
        return
    work.add(
        DashboardShare(dashboard_id=row.id, role=role, client=client, shared_by=standing.email, shared_at=clock.now())
    )
    audit.note(
        work, standing.email, "dashboard shared", f"{row.id} {row.title}", after={"role": role, "client": client}
    )


def unshare(work: Work, standing: Standing, dashboard_id: int, share_id: int) -> None:
    """Take a share of one's own dashboard back."""
    row = _own(work, standing, dashboard_id)
    found = work.get(DashboardShare, share_id)
    if found is None or found.dashboard_id != row.id:
        raise BadRequest("it is not shared so")
    audit.note(
        work, standing.email, "dashboard no longer shared", f"{row.id} {row.title}", before={"role": found.role, "client": found.client}
    )  # fmt: skip
    work.delete(found)
