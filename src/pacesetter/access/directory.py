"""The directory: everybody who may sign in, with what they may see and how they get in, for those who administer.

Owns that reading. Must not know HTTP.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access.people import RESET, WELCOME
from pacesetter.access.roles import ROLES
from pacesetter.access.tables import Grant, Identity, Link, Person, SecondFactor, Session


@dataclass(frozen=True, kw_only=True)
class Listed:
    """A person with their grants in force or to come, and how they sign in. ``seen_at`` is the newest sign of them in any session."""

    person: Person
    grants: Sequence[Grant]
    has_factor: bool
    issuers: Sequence[str]
    seen_at: datetime | None
    link_open: bool

    @property
    def state(self) -> str:
        """In one word: ``disabled``, ``locked``, ``invited`` (has not chosen a password), ``without role``, ``active``."""
        now = clock.now()
        if self.person.disabled_at is not None:
            return "disabled"
        if self.person.locked_until is not None and self.person.locked_until > now:
            return "locked"
        if self.person.password_hash is None and not self.issuers:
            return "invited"
        return "active" if self.grants else "without role"


def everybody(work: Work, search: str = "") -> list[Listed]:
    """Everybody, by name; ``search`` narrows to those with the words in name, address or role."""
    people = list(work.scalars(select(Person).order_by(func.lower(Person.name), Person.id)))
    grants, factors = _grants(work), set(_confirmed(work))
    issuers: dict[int, list[str]] = {}
    for person_id, issuer in work.execute(select(Identity.person_id, Identity.issuer)):
        issuers.setdefault(person_id, []).append(issuer)
    newest = select(Session.person_id, func.max(Session.seen_at)).group_by(Session.person_id)
    seen: dict[int, datetime] = {person_id: at for person_id, at in work.execute(newest)}
    links = set(
        work.scalars(
            select(Link.person_id).where(
                Link.used_at.is_(None), Link.ends_at > clock.now(), Link.purpose.in_((WELCOME, RESET))
            )
        )
    )
    found = [
        Listed(
            person=p, grants=grants.get(p.id, []), has_factor=p.id in factors, issuers=issuers.get(p.id, []),
            seen_at=seen.get(p.id), link_open=p.id in links,
        )
        for p in people
    ]  # fmt: skip
    words = search.lower().split()
    return [one for one in found if all(w in _said(one) for w in words)]


def one_person(work: Work, person_id: int) -> Listed | None:
    """One person, None where there is none of that id."""
    return next((one for one in everybody(work) if one.person.id == person_id), None)


def _said(one: Listed) -> str:
    roles = " ".join(f"{g.role} {ROLES[g.role].title if g.role in ROLES else ''}" for g in one.grants)
    return f"{one.person.name} {one.person.email} {roles} {one.state}".lower()


def _grants(work: Work) -> dict[int, list[Grant]]:
    """The grants that have not ended, by person."""
    now, found = clock.now(), dict[int, list[Grant]]()
    for grant in work.scalars(select(Grant).order_by(Grant.id)):
        if grant.ends_at is None or grant.ends_at > now:
            found.setdefault(grant.person_id, []).append(grant)
    return found


def _confirmed(work: Work) -> list[int]:
    return list(work.scalars(select(SecondFactor.person_id).where(SecondFactor.confirmed_at.is_not(None))))
