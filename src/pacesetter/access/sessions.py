"""Sessions: a signed-in browser from its beginning to its end.

Owns when one lives. Must not know HTTP: it takes the secret that a cookie carries.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.secrets import secret_hash
from pacesetter.access.standing import Standing, standings
from pacesetter.access.tables import Person, Session
from pacesetter.errors import Forbidden

IDLE_LASTS = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A living session: who, in which role, what other roles there are, and the token that guards its forms."""

    session_id: int
    form_token: str
    standing: Standing
    others: tuple[str, ...]


def session_of(work: Work, secret: str, required: Collection[str] = ()) -> SignedIn | None:
    """The living session of that secret, None where it ended, is too old or idle, or its person has no role left.

    Roles in ``required`` are there only for a session with a second factor.
    """
    now = clock.now()
    session = work.scalar(select(Session).where(Session.secret_hash == secret_hash(secret)))
    if session is None or session.ended_at is not None or session.ends_at <= now or session.seen_at + IDLE_LASTS <= now:
        return None
    person = work.get(Person, session.person_id)
    held = standings(work, person) if person is not None else []
    held = [s for s in held if session.second_factor or s.role.id not in required]
    if not held:
        return None
    if now - session.seen_at >= _SEEN_EVERY:
        session.seen_at = now
    chosen = next((s for s in held if s.role.id == session.role), held[0])
    return SignedIn(
        session_id=session.id, form_token=session.form_token, standing=chosen, others=tuple(s.role.id for s in held)
    )


def choose_role(work: Work, signed_in: SignedIn, role: str) -> None:
    """Use another of one's roles from now on. Raises Forbidden where it is none of them."""
    if role not in signed_in.others:
        raise Forbidden("this is none of your roles")
    session = work.get(Session, signed_in.session_id)
    if session is not None:
        session.role = role


def living_sessions(work: Work, person_id: int) -> list[Session]:
    """A person's sessions that have not ended, newest first."""
    now = clock.now()
    rows = work.scalars(
        select(Session).where(Session.person_id == person_id, Session.ended_at.is_(None)).order_by(Session.id.desc())
    )
    return [s for s in rows if s.ends_at > now and s.seen_at + IDLE_LASTS > now]


def end_sessions(work: Work, person_id: int, *, by: str, only: int | None = None, keep: int | None = None) -> int:
    """End a person's sessions, or only that one, or all but the one to keep; returns how many ended."""
    living = living_sessions(work, person_id)
    ended = [s for s in living if (only is None or s.id == only) and s.id != keep]
    for session in ended:
        session.ended_at = clock.now()
    person = work.get(Person, person_id)
    if ended and person is not None:
        audit.note(work, by, "sessions ended", person.email, after={"sessions": len(ended)})
    return len(ended)
