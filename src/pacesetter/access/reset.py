"""A password that was forgotten: who gets a link, how often, for how long.

Owns the rules. Whoever asks is told the same, as quickly, whether anybody signs in by that name or not. Must not know HTTP or mail.
"""

from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.people import RESET, new_link, tidy
from pacesetter.access.secrets import secret_hash
from pacesetter.access.signing_in import check_address
from pacesetter.access.tables import Attempt, Person

RESET_LASTS = timedelta(hours=1)
ASKED_PER_ADDRESS = 10
ASKED_PER_PERSON = 3
_BY_NAME = "reset_mail"


def ask(work: Work, address: str) -> None:
    """Count that an address asks for a link. Raises TooMany where it asked too often."""
    check_address(work, address, RESET, ASKED_PER_ADDRESS)
    work.add(Attempt(address=address[:64], at=clock.now(), kind=RESET))


def link_for(work: Work, email: str) -> tuple[Person, str] | None:
    """The person of that name with the secret of a link, None where nobody gets one.

    Only who has a password gets a link to another, three times an hour; who signs in by a provider alone has none to forget.
    """
    person = work.scalar(select(Person).where(Person.email == tidy(email)))
    if person is None or person.password_hash is None or person.disabled_at is not None or "@" not in person.email:
        return None
    now, name = clock.now(), secret_hash(person.email)
    work.execute(delete(Attempt).where(Attempt.kind == _BY_NAME, Attempt.at < now - RESET_LASTS))
    asked = work.scalar(
        select(func.count()).select_from(Attempt).where(Attempt.kind == _BY_NAME, Attempt.address == name)
    )
    if (asked or 0) >= ASKED_PER_PERSON:
        return None
    work.add(Attempt(address=name, at=now, kind=_BY_NAME))
    audit.note(work, person.email, "password reset asked", person.email)
    return person, new_link(work, person, by=person.email, purpose=RESET, lasts=RESET_LASTS)
