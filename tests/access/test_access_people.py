"""Adding people, granting roles, one-time links."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import select

from pacesetter.access import audit
from pacesetter.access.people import (
    LINK_LASTS,
    Grants,
    add_person,
    choose_password,
    first_administrator,
    grant,
    new_link,
    person_named,
    revoke,
)
from pacesetter.access.roles import ROLES, Permission
from pacesetter.access.standing import standings
from pacesetter.access.store import Store
from pacesetter.access.tables import Base, Person
from pacesetter.errors import BadRequest

PASSWORD = "correct horse battery"
Later = Callable[[timedelta], None]


def test_the_first_start_makes_one_administrator_and_no_password(store: Store) -> None:
    with store.work() as work:
        secret = first_administrator(work)
    with store.work() as work:
        people = list(work.scalars(select(Person)))
        assert [(p.email, p.password_hash) for p in people] == [("admin", None)]
        assert secret
        again = first_administrator(work)
        assert again and again != secret, "a second start before the link was used gives a new one"
    with store.work() as work:
        with pytest.raises(BadRequest, match="used or is too old"):
            choose_password(work, secret, PASSWORD)
        choose_password(work, again, PASSWORD)
    with store.work() as work:
        assert first_administrator(work) is None
        assert standings(work, person_named(work, "ADMIN "))[0].scope.permissions == frozenset(Permission)


def test_a_link_serves_once_and_not_for_ever(store: Store, later: Later) -> None:
    with store.work() as work:
        _, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
    with store.work() as work:
        choose_password(work, secret, PASSWORD)
    with store.work() as work, pytest.raises(BadRequest, match="used or is too old"):
        choose_password(work, secret, PASSWORD + "!")
    with store.work() as work:
        secret = new_link(work, person_named(work, "ada@example.org"), by="test")
    later(LINK_LASTS)
    with store.work() as work, pytest.raises(BadRequest, match="used or is too old"):
        choose_password(work, secret, PASSWORD)


@pytest.mark.parametrize("password", ["short", "a" * 30, "ada@example.org", "x" * 300])
def test_weak_passwords_are_refused(store: Store, password: str) -> None:
    with store.work() as work:
        _, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
    with store.work() as work, pytest.raises(BadRequest):
        choose_password(work, secret, password)


@pytest.mark.parametrize(
    ("grants", "complaint"),
    [
        (Grants(role="king"), "no role 'king'"),
        (Grants(role="client_viewer"), "one client"),
        (Grants(role="client_manager", clients=["a", "b"]), "one client"),
        (Grants(role="account_manager"), "at least one"),
        (Grants(role="technician"), "technician's id"),
        (Grants(role="administrator", clients=["a"]), "sees everything"),
        (Grants(role="finance", extra=["magic"]), "no permission 'magic'"),
    ],
)
def test_a_grant_has_to_fit_its_role(store: Store, grants: Grants, complaint: str) -> None:
    with pytest.raises(BadRequest, match=complaint), store.work() as work:
        add_person(work, "ada@example.org", "Ada", grants, by="test")
    with store.work() as work:
        assert work.scalar(select(Person)) is None, "a refused grant adds nobody"


def test_grants_of_one_role_add_up_and_roles_do_not_mix(store: Store, later: Later) -> None:
    with store.work() as work:
        person, _ = add_person(work, "bo@example.org", "Bo", Grants(role="account_manager", clients=["a"]), by="test")
        grant(work, person, Grants(role="account_manager", clients=["b"], extra=["money"]), by="test")
        grant(work, person, Grants(role="technician", ends_at=None), by="test") if person.technician_id else None
    with store.work() as work:
        person = person_named(work, "bo@example.org")
        (only,) = standings(work, person)
        assert only.scope.clients == frozenset({"a", "b"})
        assert only.scope.may(Permission.MONEY) and not only.scope.may(Permission.PEOPLE)
        assert revoke(work, person, "account_manager", by="test") == 2
        assert standings(work, person) == []


def test_a_grant_ends_by_itself(store: Store, later: Later) -> None:
    from pacesetter import clock

    ends = clock.now() + timedelta(days=1)
    with store.work() as work:
        person, _ = add_person(work, "bo@example.org", "Bo", Grants(role="finance", ends_at=ends), by="test")
        assert len(standings(work, person)) == 1
    later(timedelta(days=1))
    with store.work() as work:
        assert standings(work, person_named(work, "bo@example.org")) == []


def test_roles_of_clients_never_see_money_people_or_names() -> None:
    for role in ("client_manager", "client_viewer"):
        assert not ROLES[role].permissions & {Permission.MONEY, Permission.PEOPLE, Permission.NAMES, Permission.QUALITY}


def test_the_log_tells_who_did_what_and_keeps_no_secret(store: Store) -> None:
    with store.work() as work:
        _, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance", reason="audit 2026"), by="boss")
        choose_password(work, secret, PASSWORD)
    with store.work() as work:
        entries = audit.latest(work)
        assert [e.what for e in entries] == ["password chosen", "link made", "role granted", "person added"]
        assert entries[2].who == "boss" and entries[2].after and entries[2].after["reason"] == "audit 2026"
        told = repr([(e.before, e.after) for e in entries])
        assert secret not in told and PASSWORD not in told
    with store.engine.connect() as con:
        everything = repr([con.execute(t.select()).all() for t in Base.metadata.sorted_tables])
    assert secret not in everything and PASSWORD not in everything
