"""Entering: from having proved oneself once to a session, with the second factor between where there is one or has to be.

Owns the steps and what leads from one to the next. Must not know HTTP: it gives and takes the secret that a cookie carries.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from sqlalchemy import select, update
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.second_factor import has_factor
from pacesetter.access.secrets import new_secret, secret_hash
from pacesetter.access.standing import standings
from pacesetter.access.store import rows_touched
from pacesetter.access.tables import Link, Person, Session
from pacesetter.errors import Forbidden

SESSION_LASTS = timedelta(hours=12)
STEP_LASTS = timedelta(minutes=10)


class Next(StrEnum):
    """What comes after a proof: a session, the code of a second factor, or choosing a second factor first."""

    SESSION = "session"
    CODE = "code"
    ENROL = "enrol"


@dataclass(frozen=True, kw_only=True)
class Entered:
    """What comes next, and the secret that leads there."""

    next: Next
    secret: str


def enter(
    work: Work, person: Person, browser: str, *, method: str, required: Collection[str] = (), proved_twice: bool = False
) -> Entered:
    """Go on with a person who has proved themselves by ``method`` (``password``, ``link``, ``oidc``).

    ``required`` are the roles that nobody uses without a second factor; ``proved_twice`` says that the second one was given.
    """
    if proved_twice:
        return Entered(
            next=Next.SESSION, secret=start_session(work, person, browser, method=method, second_factor=True)
        )
    if has_factor(work, person.id):
        return Entered(next=Next.CODE, secret=_step(work, person, Next.CODE, method))
    if any(s.role.id in required for s in standings(work, person)):
        return Entered(next=Next.ENROL, secret=_step(work, person, Next.ENROL, method))
    return Entered(next=Next.SESSION, secret=start_session(work, person, browser, method=method))


def start_session(work: Work, person: Person, browser: str, *, method: str, second_factor: bool = False) -> str:
    """Open a session; returns its secret. What counted failures starts anew."""
    now, secret = clock.now(), new_secret()
    person.failures, person.locked_until = 0, None
    work.add(
        Session(
            person_id=person.id, secret_hash=secret_hash(secret), form_token=new_secret(), browser=browser[:200],
            started_at=now, seen_at=now, ends_at=now + SESSION_LASTS, method=method, second_factor=second_factor,
        )
    )  # fmt: skip
    audit.note(work, person.email, "signed in", person.email, after={"method": method, "second_factor": second_factor})
    return secret


def _step(work: Work, person: Person, step: Next, method: str) -> str:
    now, secret = clock.now(), new_secret()
    work.add(
        Link(
            person_id=person.id, secret_hash=secret_hash(secret), created_at=now, ends_at=now + STEP_LASTS,
            purpose=f"{step}:{method}",
        )
    )  # fmt: skip
    return secret


def at_step(work: Work, secret: str, step: Next) -> tuple[Person, Link]:
    """Who is at this step, and by which link. Raises Forbidden where the step took too long or was taken already."""
    link = work.scalar(select(Link).where(Link.secret_hash == secret_hash(secret), Link.used_at.is_(None)))
    person = work.get(Person, link.person_id) if link is not None else None
    if (
        link is None or person is None or person.disabled_at is not None or link.ends_at <= clock.now()
        or link.purpose.partition(":")[0] != step
    ):  # fmt: skip
        raise Forbidden("signing in took too long", do="begin again")
    return person, link


def leave_step(work: Work, link: Link, person: Person, browser: str) -> str:
    """Use the step up and open the session that it was for; returns the session's secret."""
    used = update(Link).where(Link.id == link.id, Link.used_at.is_(None)).values(used_at=clock.now())
    if rows_touched(work, used) != 1:
        raise Forbidden("signing in took too long", do="begin again")
    return start_session(work, person, browser, method=link.purpose.partition(":")[2], second_factor=True)
