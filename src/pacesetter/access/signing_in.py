"""Signing in by password, with lockout and a rate limit, and the sessions that follow.

Owns the rules of both. Must not know HTTP: it gives and takes the secret that a cookie carries.
"""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.people import tidy
from pacesetter.access.secrets import new_secret, password_fits, secret_hash
from pacesetter.access.standing import Standing, standings
from pacesetter.access.store import Store
from pacesetter.access.tables import Attempt, Person, Session
from pacesetter.errors import Forbidden

FAILURES_BEFORE_LOCK = 5
LOCK_LASTS = timedelta(minutes=15)
ATTEMPTS_PER_ADDRESS = 20
ATTEMPTS_WITHIN = timedelta(minutes=5)
SESSION_LASTS = timedelta(hours=12)
IDLE_LASTS = timedelta(hours=2)
_SEEN_EVERY = timedelta(minutes=1)
_REFUSED = "the name or the password is wrong, or signing in is locked for a while"


class TooMany(Forbidden):
    """Too many attempts from one address; ``retry_s`` says in how many seconds to try again."""

    retry_s = int(ATTEMPTS_WITHIN.total_seconds())


@dataclass(frozen=True, kw_only=True)
class SignedIn:
    """A living session: who, in which role, what other roles there are, and the token that guards its forms."""

    session_id: int
    form_token: str
    standing: Standing
    others: tuple[str, ...]


def sign_in(store: Store, email: str, password: str, *, address: str, browser: str) -> str:
    """Sign a person in; returns the secret of the new session.

    Raises TooMany for an address with too many failures, Forbidden otherwise, in the same words and the same time whatever was wrong.
    A failure is kept although the sign-in is refused.
    """
    with store.work() as work:
        _check_address(work, address)
        person = work.scalar(select(Person).where(Person.email == tidy(email)))
        hashed = person.password_hash if person is not None else None
    fits = password_fits(password, hashed)  # slow on purpose: outside of any transaction
    with store.work() as work:
        person = work.scalar(select(Person).where(Person.email == tidy(email)).with_for_update())
        if person is not None and fits and _may_try(person):
            person.failures, person.locked_until = 0, None
            return _start(work, person, browser)
        work.add(Attempt(address=address[:64], at=clock.now()))
        if person is not None:
            _count_failure(work, person)
    raise Forbidden(_REFUSED, do="try again, or ask an administrator for a new link")


def _check_address(work: Work, address: str) -> None:
    since = clock.now() - ATTEMPTS_WITHIN
    work.execute(delete(Attempt).where(Attempt.at < since))
    recent = work.scalar(select(func.count()).select_from(Attempt).where(Attempt.address == address[:64]))
    if (recent or 0) >= ATTEMPTS_PER_ADDRESS:
        raise TooMany("too many attempts to sign in from this address", do="wait five minutes")


def _may_try(person: Person) -> bool:
    locked = person.locked_until is not None and person.locked_until > clock.now()
    return person.disabled_at is None and not locked


def _count_failure(work: Work, person: Person) -> None:
    if person.locked_until is not None and person.locked_until > clock.now():
        return
    person.failures += 1
    audit.note(work, person.email, "sign-in refused", person.email, after={"failures": person.failures})
    if person.failures >= FAILURES_BEFORE_LOCK:
        person.failures, person.locked_until = 0, clock.now() + LOCK_LASTS
        audit.note(work, person.email, "locked", person.email)


def _start(work: Work, person: Person, browser: str) -> str:
    now, secret = clock.now(), new_secret()
    session = Session(
        person_id=person.id, secret_hash=secret_hash(secret), form_token=new_secret(), browser=browser[:200],
        started_at=now, seen_at=now, ends_at=now + SESSION_LASTS,
    )  # fmt: skip
    work.add(session)
    audit.note(work, person.email, "signed in", person.email)
    return secret


def start_session(work: Work, person: Person, browser: str) -> str:
    """Sign in a person who has just proved themselves by a one-time link."""
    return _start(work, person, browser)


def session_of(work: Work, secret: str) -> SignedIn | None:
    """The living session of that secret, None where it ended, is too old or idle, or its person has no role left."""
    now = clock.now()
    session = work.scalar(select(Session).where(Session.secret_hash == secret_hash(secret)))
    if session is None or session.ended_at is not None or session.ends_at <= now or session.seen_at + IDLE_LASTS <= now:
        return None
    person = work.get(Person, session.person_id)
    held = standings(work, person) if person is not None else []
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


def end_sessions(work: Work, person_id: int, *, by: str, only: int | None = None) -> int:
    """End a person's sessions, or only that one; returns how many ended."""
    ended = [s for s in living_sessions(work, person_id) if only is None or s.id == only]
    for session in ended:
        session.ended_at = clock.now()
    if ended:
        audit.note(work, by, "sessions ended", None, after={"person": person_id, "sessions": len(ended)})
    return len(ended)
