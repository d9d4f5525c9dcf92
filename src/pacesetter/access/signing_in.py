"""Signing in by password and by the code of a second factor, with lockout and a rate limit.

Owns the rules of both. Must not know HTTP: it gives and takes the secrets that cookies carry.
"""

from collections.abc import Collection
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit, second_factor
from pacesetter.access.entering import Entered, Next, at_step, enter, leave_step
from pacesetter.access.people import tidy
from pacesetter.access.secrets import password_fits
from pacesetter.access.store import Store
from pacesetter.access.tables import Attempt, Person
from pacesetter.errors import Forbidden

FAILURES_BEFORE_LOCK = 5
LOCK_LASTS = timedelta(minutes=15)
ATTEMPTS_PER_ADDRESS = 20
ATTEMPTS_WITHIN = timedelta(minutes=5)
SIGN_IN = "sign_in"
_REFUSED = "the name or the password is wrong, or signing in is locked for a while"


class TooMany(Forbidden):
    """Too many attempts from one address; ``retry_s`` says in how many seconds to try again."""

    retry_s = int(ATTEMPTS_WITHIN.total_seconds())


def sign_in(
    store: Store, email: str, password: str, *, address: str, browser: str, required: Collection[str] = ()
) -> Entered:
    """Sign a person in by password; returns what comes next. ``required`` are the roles that need a second factor.

    Raises TooMany for an address with too many failures, Forbidden otherwise, in the same words and the same time whatever was wrong.
    A failure is kept although the sign-in is refused.
    """
    with store.work() as work:
        check_address(work, address)
        person = work.scalar(select(Person).where(Person.email == tidy(email)))
        hashed = person.password_hash if person is not None else None
    fits = password_fits(password, hashed)  # slow on purpose: outside of any transaction
    with store.work() as work:
        person = work.scalar(select(Person).where(Person.email == tidy(email)).with_for_update())
        if person is not None and fits and may_try(person):
            return enter(work, person, browser, method="password", required=required)
        _count(work, person, address)
    raise Forbidden(_REFUSED, do="try again, or ask for a new link")


def give_code(store: Store, secret: str, code: str, *, address: str, browser: str) -> str:
    """Go on from a first proof with the code of the second factor; returns the secret of the session.

    Raises Forbidden for a code that is wrong or was taken already (it counts as a failure), or where the step took too long.
    """
    with store.work() as work:
        check_address(work, address)
        person, link = at_step(work, secret, Next.CODE)
        person = work.get_one(Person, person.id, with_for_update=True)
        if may_try(person) and second_factor.check_code(work, store.sealer, person, code):
            return leave_step(work, link, person, browser)
        _count(work, person, address)
    raise Forbidden("the code is wrong or was used already, or signing in is locked for a while", do="try the next one")


def prove_again(store: Store, person_id: int, code: str, *, address: str) -> None:
    """Check a code of somebody who is signed in, before something that a found session must not be able to do.

    Raises TooMany, and Forbidden for a wrong code, which counts as at the sign-in: too many lock the person out.
    """
    with store.work() as work:
        check_address(work, address)
        person = work.get_one(Person, person_id, with_for_update=True)
        if may_try(person) and second_factor.check_code(work, store.sealer, person, code):
            return
        _count(work, person, address)
    raise Forbidden("the code is wrong or was used already, or signing in is locked for a while", do="try the next one")


def check_address(work: Work, address: str, kind: str = SIGN_IN, most: int = ATTEMPTS_PER_ADDRESS) -> None:
    """Raise TooMany where an address made too many attempts of a kind lately."""
    since = clock.now() - ATTEMPTS_WITHIN
    work.execute(delete(Attempt).where(Attempt.at < since, Attempt.kind == kind))
    mine = select(func.count()).select_from(Attempt).where(Attempt.address == address[:64], Attempt.kind == kind)
    if (work.scalar(mine) or 0) >= most:
        raise TooMany("too many attempts from this address", do="wait five minutes")


def may_try(person: Person) -> bool:
    """Whether somebody may sign in at all: neither disabled nor locked."""
    locked = person.locked_until is not None and person.locked_until > clock.now()
    return person.disabled_at is None and not locked


def _count(work: Work, person: Person | None, address: str) -> None:
    """Count a failure, of the address and of the person."""
    work.add(Attempt(address=address[:64], at=clock.now(), kind=SIGN_IN))
    if person is None or (person.locked_until is not None and person.locked_until > clock.now()):
        return
    person.failures += 1
    audit.note(work, person.email, "sign-in refused", person.email, after={"failures": person.failures})
    if person.failures >= FAILURES_BEFORE_LOCK:
        person.failures, person.locked_until = 0, clock.now() + LOCK_LASTS
        audit.note(work, person.email, "locked", person.email)
