"""People: adding them, granting roles, and the one-time links by which they choose a password.

Owns the rules of a grant. Must not know HTTP: it gives secrets, a face makes addresses of them.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select, update
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.roles import ROLES, Permission, Reach
from pacesetter.access.secrets import check_password, new_secret, password_hash, secret_hash
from pacesetter.access.standing import standings
from pacesetter.access.store import rows_touched
from pacesetter.access.tables import Grant, Link, Person, Session
from pacesetter.errors import BadRequest

LINK_LASTS = timedelta(days=3)
WELCOME, RESET = "welcome", "reset"
ADMINISTRATOR = "administrator"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True, kw_only=True)
class Grants:
    """What is to be granted: a role over clients and teams (None is all), permissions beyond the role's, why, until when."""

    role: str
    clients: Sequence[str] | None = None
    teams: Sequence[str] | None = None
    extra: Sequence[str] = field(default_factory=tuple)
    reason: str = ""
    ends_at: datetime | None = None


def person_named(work: Work, email: str) -> Person:
    """The person who signs in by that name. Raises BadRequest where there is none."""
    found = work.scalar(select(Person).where(Person.email == tidy(email)))
    if found is None:
        raise BadRequest(f"nobody signs in as '{email}'", do="see 'pacesetter user list'")
    return found


def tidy(email: str) -> str:
    """An e-mail address as it is kept: without blanks, in small letters."""
    return email.strip().lower()


def add_person(
    work: Work, email: str, name: str, grants: Grants, *, by: str, technician_id: str | None = None
) -> tuple[Person, str]:
    """Add a person with a first role; returns them and the secret of a one-time link to choose a password.

    Raises BadRequest where somebody signs in by that name already, or the grant does not fit the role.
    """
    address = tidy(email)
    if not _EMAIL.fullmatch(address) or len(address) > 254:
        raise BadRequest(f"'{email}' is not an e-mail address", do="write it as name@example.org")
    if work.scalar(select(Person).where(Person.email == address)) is not None:
        raise BadRequest(
            f"somebody signs in as '{address}' already", do="use 'pacesetter user grant' for a further role"
        )
    return _add(work, address, name, grants, by, technician_id)


def _add(work: Work, address: str, name: str, grants: Grants, by: str, technician_id: str | None) -> tuple[Person, str]:
    person = Person(
        email=address, name=name.strip() or address, technician_id=technician_id, failures=0, created_at=clock.now()
    )
    work.add(person)
    work.flush()
    audit.note(work, by, "person added", address, after={"name": person.name, "technician": technician_id})
    grant(work, person, grants, by=by)
    return person, new_link(work, person, by=by)


def grant(work: Work, person: Person, grants: Grants, *, by: str) -> Grant:
    """Give a person a role. Raises BadRequest where the grant does not fit the role."""
    _check(person, grants)
    row = Grant(
        person_id=person.id, role=grants.role, clients=_ids(grants.clients), teams=_ids(grants.teams),
        extra=sorted(set(grants.extra)), reason=grants.reason.strip(), given_by=by, given_at=clock.now(), ends_at=grants.ends_at,
    )  # fmt: skip
    work.add(row)
    work.flush()
    audit.note(work, by, "role granted", person.email, after=_told(row))
    return row


def _check(person: Person, grants: Grants) -> None:
    role = ROLES.get(grants.role)
    if role is None:
        raise BadRequest(f"there is no role '{grants.role}'", where="--role", do=f"choose of {', '.join(ROLES)}")
    named = len(set(grants.clients or ()))
    if role.reach is Reach.ONE_CLIENT and named != 1:
        raise BadRequest(f"a {role.title.lower()} has one client", where="--client", do="name exactly one")
    if role.reach is Reach.CLIENTS and not named:
        raise BadRequest(f"an {role.title.lower()} has clients of their own", where="--client", do="name at least one")
    if role.reach is Reach.OWN and not person.technician_id:
        raise BadRequest("a technician sees their own work", where="--technician", do="name the technician's id")
    if role.id == ADMINISTRATOR and (grants.clients or grants.teams):
        raise BadRequest("an administrator sees everything", where="--client", do="choose another role, or name none")
    for permission in grants.extra:
        if permission not in set(Permission):
            raise BadRequest(
                f"there is no permission '{permission}'", where="--also", do=f"choose of {', '.join(Permission)}"
            )
    if grants.ends_at is not None and grants.ends_at <= clock.now():
        raise BadRequest("the grant would have ended already", where="--until", do="name a later day")


def _ids(ids: Sequence[str] | None) -> list[str] | None:
    return sorted(set(ids)) if ids else None


def _told(row: Grant) -> dict[str, object]:
    return {
        "role": row.role, "clients": row.clients, "teams": row.teams, "extra": row.extra, "reason": row.reason,
        "ends_at": row.ends_at.isoformat() if row.ends_at else None,
    }  # fmt: skip


def revoke(work: Work, person: Person, role: str, *, by: str, only: int | None = None) -> int:
    """Take a role from a person, or that one grant of it; returns how many grants that ended.

    Raises BadRequest where they do not have it, or nobody would be left to administer.
    """
    asked = select(Grant).where(Grant.person_id == person.id, Grant.role == role)
    rows = list(work.scalars(asked if only is None else asked.where(Grant.id == only)))
    if not rows:
        raise BadRequest(f"{person.email} has no role '{role}'", do="see 'pacesetter user list'")
    if role == ADMINISTRATOR and person.disabled_at is None:
        _keep_an_administrator(work, person)
    for row in rows:
        audit.note(work, by, "role revoked", person.email, before=_told(row))
        work.delete(row)
    return len(rows)


def choose_language(work: Work, person_id: int, language: str | None) -> None:
    """Keep the language in which a person reads; None leaves it to their browser and the workspace."""
    person = work.get(Person, person_id)
    if person is None or person.language == language:
        return
    before, person.language = person.language, language
    audit.note(
        work, person.email, "language chosen", person.email, before={"language": before}, after={"language": language}
    )


def new_link(work: Work, person: Person, *, by: str, purpose: str = WELCOME, lasts: timedelta = LINK_LASTS) -> str:
    """The secret of a new one-time link by which a person chooses a password; older ones stop working."""
    now = clock.now()
    work.execute(
        update(Link)
        .where(Link.person_id == person.id, Link.used_at.is_(None), Link.purpose.in_((WELCOME, RESET)))
        .values(used_at=now)
    )
    secret = new_secret()
    work.add(
        Link(person_id=person.id, secret_hash=secret_hash(secret), created_at=now, ends_at=now + lasts, purpose=purpose)
    )
    audit.note(work, by, "link made", person.email, after={"purpose": purpose})
    return secret


def person_of_link(work: Work, secret: str) -> Person:
    """The person whom an unused link is for. Raises BadRequest where it is used, too old or none."""
    link = work.scalar(
        select(Link).where(
            Link.secret_hash == secret_hash(secret), Link.used_at.is_(None), Link.purpose.in_((WELCOME, RESET))
        )
    )
    person = work.get(Person, link.person_id) if link is not None and link.ends_at > clock.now() else None
    if person is None or person.disabled_at is not None:
        raise BadRequest("this link has been used or is too old", do="ask for a new one")
    return person


def choose_password(work: Work, secret: str, password: str) -> Person:
    """Set the password of the person whom the link is for; uses the link up, unlocks, and ends every session."""
    person = person_of_link(work, secret)
    check_password(password, person.email)
    now = clock.now()
    used = update(Link).where(Link.secret_hash == secret_hash(secret), Link.used_at.is_(None)).values(used_at=now)
    if rows_touched(work, used) != 1:
        raise BadRequest("this link has been used or is too old", do="ask for a new one")
    person.password_hash, person.failures, person.locked_until = password_hash(password), 0, None
    work.execute(update(Session).where(Session.person_id == person.id, Session.ended_at.is_(None)).values(ended_at=now))
    audit.note(work, person.email, "password chosen", person.email)
    return person


def disable(work: Work, person: Person, *, by: str) -> None:
    """Let a person in no more; what they have open ends. Raises BadRequest for the last administrator."""
    if person.disabled_at is not None:
        return
    _keep_an_administrator(work, person)
    now = clock.now()
    person.disabled_at = now
    work.execute(update(Session).where(Session.person_id == person.id, Session.ended_at.is_(None)).values(ended_at=now))
    work.execute(update(Link).where(Link.person_id == person.id, Link.used_at.is_(None)).values(used_at=now))
    audit.note(work, by, "person disabled", person.email)


def enable(work: Work, person: Person, *, by: str) -> None:
    """Let a person in again, with the roles that they had."""
    if person.disabled_at is not None:
        person.disabled_at = None
        audit.note(work, by, "person enabled", person.email)


def _keep_an_administrator(work: Work, person: Person) -> None:
    """Raise BadRequest where a person is the only one who can administer."""
    now = clock.now()
    others = (
        select(func.count(func.distinct(Grant.person_id)))
        .join(Person, Person.id == Grant.person_id)
        .where(
            Grant.role == ADMINISTRATOR, Person.disabled_at.is_(None), Person.id != person.id,
            or_(Grant.ends_at.is_(None), Grant.ends_at > now),
        )
    )  # fmt: skip
    administers = any(s.role.id == ADMINISTRATOR for s in standings(work, person))
    if administers and not work.scalar(others):
        raise BadRequest("this is the only administrator", do="make somebody else one first")


def first_administrator(work: Work) -> str | None:
    """On a first start, and until an administrator has chosen a password: the secret of a link for the one there is.

    None where somebody can administer already. There is no default password.
    """
    if work.scalar(select(func.count()).select_from(Person).where(Person.password_hash.is_not(None))):
        return None
    person = work.scalar(
        select(Person).join(Grant, Grant.person_id == Person.id).where(Grant.role == ADMINISTRATOR).order_by(Person.id)
    )
    if person is not None:
        return new_link(work, person, by=audit.CONSOLE)
    grants = Grants(role=ADMINISTRATOR, reason="first start")
    return _add(work, FIRST_NAME, "Administrator", grants, audit.CONSOLE, None)[1]


FIRST_NAME = "admin"
"""The name by which the first administrator signs in."""
