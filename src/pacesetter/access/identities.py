"""Signing in by a provider: the way there and back, and which of our people somebody is.

Owns the rules by which a proof of a provider becomes a person. Nobody becomes somebody by an address that the provider has not verified,
and nobody who came under one name at the provider is taken over under another. Must not know HTTP.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.entering import Entered, enter
from pacesetter.access.oidc import NotProved, Proved, Provider
from pacesetter.access.people import Grants, grant
from pacesetter.access.secrets import new_secret, secret_hash
from pacesetter.access.signing_in import TooMany, may_try
from pacesetter.access.store import Store, rows_touched
from pacesetter.access.tables import Departure, Identity, Person
from pacesetter.access_settings import FirstSignIn
from pacesetter.errors import Forbidden

AWAY_AT_MOST = timedelta(minutes=10)
MOST_DEPARTURES = 10_000


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """Somebody who came back from the provider: what comes next for them, and the page that they wanted."""

    entered: Entered
    after: str


def depart(store: Store, provider: Provider, *, redirect_uri: str, after: str, browser_secret: str) -> str:
    """The address of the provider to which a browser is sent. Raises ProviderAway, TooMany."""
    state, nonce, verifier = new_secret(), new_secret(), new_secret() + new_secret()
    address = provider.departure(redirect_uri, state, nonce, verifier)
    now = clock.now()
    with store.work() as work:
        work.execute(delete(Departure).where(Departure.ends_at <= now))
        if (work.scalar(select(func.count()).select_from(Departure)) or 0) >= MOST_DEPARTURES:
            raise TooMany("too many people are signing in at once", do="wait some minutes")
        work.add(
            Departure(
                state_hash=secret_hash(state), browser_hash=secret_hash(browser_secret), nonce=nonce, verifier=verifier,
                after=after[:2000], ends_at=now + AWAY_AT_MOST,
            )
        )  # fmt: skip
    return address


def arrive(
    store: Store, provider: Provider, words: Mapping[str, str], *, redirect_uri: str, browser_secret: str, browser: str,
    required: Collection[str] = (),
) -> Arrival:  # fmt: skip
    """Let somebody in who came back from the provider with these words in the address.

    Raises NotProved where they are not from this browser, not of now, or prove nothing; ProviderAway; Forbidden where the person is
    nobody here.
    """
    left = _departure(store, words.get("state", ""), browser_secret)
    proved = provider.proof(redirect_uri, words, left.nonce, left.verifier)
    try:
        with store.work() as work:
            person = person_of(work, proved, provider.settings.first_sign_in)
            if not may_try(person):
                raise _nobody()
            entered = enter(
                work, person, browser, method="oidc", required=required,
                proved_twice=provider.settings.second_factor == "provider",
            )  # fmt: skip
    except Forbidden:
        with store.work() as work:
            audit.note(work, proved.email or "somebody", "sign-in refused", proved.email, after={"method": "oidc"})
        raise
    return Arrival(entered=entered, after=left.after)


def _departure(store: Store, state: str, browser_secret: str) -> Departure:
    """The departure that belongs to a state and a browser; it serves once."""
    with store.work() as work:
        left = work.scalar(select(Departure).where(Departure.state_hash == secret_hash(state)))
        if left is None or left.browser_hash != secret_hash(browser_secret) or left.ends_at <= clock.now():
            raise NotProved("nobody left with this state from this browser")
        if rows_touched(work, delete(Departure).where(Departure.id == left.id)) != 1:
            raise NotProved("the state was used already")
        return left


def person_of(work: Work, proved: Proved, rules: Collection[FirstSignIn]) -> Person:
    """Which of our people somebody is.

    By the name at the provider where they came before; else by their verified address, if nobody came under another name of that provider
    for it; else a new one, where a rule of the settings has the address' domain. Raises Forbidden otherwise.
    """
    now = clock.now()
    known = work.scalar(select(Identity).where(Identity.issuer == proved.issuer, Identity.subject == proved.subject))
    if known is not None:
        known.seen_at = now
        return work.get_one(Person, known.person_id)
    if proved.email is None:
        raise _nobody()
    person = work.scalar(select(Person).where(Person.email == proved.email))
    if person is None:
        person = _new_person(work, proved, rules)
    elif work.scalar(select(Identity).where(Identity.person_id == person.id, Identity.issuer == proved.issuer)):
        audit.note(
            work, person.email, "sign-in refused", person.email, after={"reason": "another name at the provider"}
        )
        raise _nobody()
    work.add(Identity(person_id=person.id, issuer=proved.issuer, subject=proved.subject, created_at=now, seen_at=now))
    audit.note(work, person.email, "identity linked", person.email, after={"issuer": proved.issuer})
    return person


def _new_person(work: Work, proved: Proved, rules: Collection[FirstSignIn]) -> Person:
    assert proved.email is not None
    domain = proved.email.rpartition("@")[2]
    rule = next((r for r in rules if r.domain.lower() == domain), None)
    if rule is None:
        raise _nobody()
    person = Person(
        email=proved.email, name=proved.name.strip() or proved.email, failures=0, created_at=clock.now()
    )  # fmt: skip
    work.add(person)
    work.flush()
    audit.note(work, "sign_in.oidc", "person added", person.email, after={"name": person.name})
    grants = Grants(
        role=rule.role, clients=rule.clients or None, teams=rule.teams or None, reason=f"first sign-in from {rule.domain}"
    )  # fmt: skip
    grant(work, person, grants, by="sign_in.oidc")
    return person


def unlink(work: Work, person: Person, *, by: str) -> int:
    """Forget the names of a person at providers; returns how many there were."""
    gone = rows_touched(work, delete(Identity).where(Identity.person_id == person.id))
    if gone:
        audit.note(work, by, "identity unlinked", person.email)
    return gone


def _nobody() -> Forbidden:
    return Forbidden("your organisation knows you, but you may not sign in here", do="ask an administrator to add you")
