"""Sign-in, lockout, rate limit, sessions, tokens."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.quick_hashes import ORIGINAL

from pacesetter import clock
from pacesetter.access import signing_in
from pacesetter.access.entering import Next
from pacesetter.access.people import Grants, add_person, choose_password, grant, new_link, person_named, revoke
from pacesetter.access.sessions import IDLE_LASTS, choose_role, end_sessions, session_of
from pacesetter.access.signing_in import (
    ATTEMPTS_PER_ADDRESS,
    ATTEMPTS_WITHIN,
    FAILURES_BEFORE_LOCK,
    LOCK_LASTS,
    TooMany,
    sign_in,
)
from pacesetter.access.standing import standings
from pacesetter.access.store import Store
from pacesetter.access.tokens import living_tokens, new_token, revoke_token, standing_of_token
from pacesetter.errors import BadRequest, Forbidden

PASSWORD = "correct horse battery"
Later = Callable[[timedelta], None]


@pytest.fixture
def ada(store: Store) -> str:
    with store.work() as work:
        _, secret = add_person(
            work, "ada@example.org", "Ada", Grants(role="client_manager", clients=["a"]), by="test", technician_id="t1"
        )
        choose_password(work, secret, PASSWORD)
    return "ada@example.org"


def enter(store: Store, password: str = PASSWORD, address: str = "10.0.0.1") -> str:
    entered = sign_in(store, "ada@example.org", password, address=address, browser="test")
    assert entered.next is Next.SESSION
    return entered.secret


def test_the_right_password_opens_a_session(store: Store, ada: str) -> None:
    secret = enter(store)
    with store.work() as work:
        found = session_of(work, secret)
        assert found is not None and found.standing.scope.clients == frozenset({"a"})
        assert session_of(work, secret + "x") is None


def test_refusals_tell_nothing_apart(store: Store, ada: str) -> None:
    lines = set()
    for email, password in ((ada, "wrong"), ("nobody@example.org", PASSWORD), ("", "")):
        with pytest.raises(Forbidden) as refused:
            sign_in(store, email, password, address="10.0.0.1", browser="test")
        lines.add(refused.value.line())
    assert len(lines) == 1


def test_failures_lock_for_a_while_and_the_right_password_does_not_help(store: Store, ada: str, later: Later) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        with pytest.raises(Forbidden):
            enter(store, "wrong")
    with pytest.raises(Forbidden):
        enter(store)
    later(LOCK_LASTS + timedelta(seconds=1))
    assert enter(store)


def test_an_address_may_fail_only_so_often(store: Store, later: Later, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(signing_in, "password_fits", lambda password, hashed: False)
    for number in range(ATTEMPTS_PER_ADDRESS):
        with pytest.raises(Forbidden):
            sign_in(store, f"n{number}@example.org", "wrong", address="10.0.0.1", browser="test")
    with pytest.raises(TooMany):
        sign_in(store, "fresh@example.org", "wrong", address="10.0.0.1", browser="test")
    with pytest.raises(Forbidden) as other:
        sign_in(store, "fresh@example.org", "wrong", address="10.0.0.2", browser="test")
    assert not isinstance(other.value, TooMany)
    later(ATTEMPTS_WITHIN + timedelta(seconds=1))
    with pytest.raises(Forbidden) as again:
        sign_in(store, "fresh@example.org", "wrong", address="10.0.0.1", browser="test")
    assert not isinstance(again.value, TooMany)


def test_a_session_ends_idle_or_by_hand_or_with_the_last_role(store: Store, ada: str, later: Later) -> None:
    first, second = enter(store), enter(store)
    with store.work() as work:
        found = session_of(work, first)
        assert found is not None
        assert end_sessions(work, found.standing.person_id, by="test", only=found.session_id) == 1
    with store.work() as work:
        assert session_of(work, first) is None
        assert session_of(work, second) is not None
        revoke(work, person_named(work, ada), "client_manager", by="test")
    with store.work() as work:
        assert session_of(work, second) is None
        grant(work, person_named(work, ada), Grants(role="finance"), by="test")
    later(IDLE_LASTS)
    with store.work() as work:
        assert session_of(work, second) is None


def test_a_new_password_ends_every_session(store: Store, ada: str) -> None:
    secret = enter(store)
    with store.work() as work:
        link = new_link(work, person_named(work, ada), by="test")
        choose_password(work, link, PASSWORD + "2")
    with store.work() as work:
        assert session_of(work, secret) is None


def test_one_role_at_a_time(store: Store, ada: str) -> None:
    with store.work() as work:
        grant(work, person_named(work, ada), Grants(role="technician"), by="test")
    secret = enter(store)
    with store.work() as work:
        found = session_of(work, secret)
        assert found is not None and found.standing.role.id == "technician"
        assert found.standing.scope.technicians == frozenset({"t1"})
        choose_role(work, found, "client_manager")
        with pytest.raises(Forbidden):
            choose_role(work, found, "administrator")
    with store.work() as work:
        found = session_of(work, secret)
        assert found is not None and found.standing.scope.technicians is None
        assert found.standing.scope.clients == frozenset({"a"})


def test_a_token_is_narrower_never_wider_and_ends(store: Store, ada: str, later: Later) -> None:
    ends = clock.now() + timedelta(days=30)
    with store.work() as work:
        (standing,) = standings(work, person_named(work, ada))
        wide = new_token(work, standing, "report", ends, clients=["a", "b"])
        with pytest.raises(BadRequest, match="within a year"):
            new_token(work, standing, "for ever", clock.now() + timedelta(days=400))
    with store.work() as work:
        found = standing_of_token(work, wide)
        assert found is not None and found.scope.clients == frozenset({"a"})
        assert standing_of_token(work, wide[:-1]) is None
    later(timedelta(days=30))
    with store.work() as work:
        assert standing_of_token(work, wide) is None


def test_a_token_can_be_revoked_and_dies_with_the_role(store: Store, ada: str) -> None:
    ends = clock.now() + timedelta(days=30)
    with store.work() as work:
        (standing,) = standings(work, person_named(work, ada))
        one, two = (new_token(work, standing, n, ends) for n in ("one", "two"))
        token = next(t for t in living_tokens(work, standing.person_id) if t.name == "one")
        revoke_token(work, standing.person_id, token.id, by=ada)
        with pytest.raises(BadRequest):
            revoke_token(work, standing.person_id + 1, token.id + 1, by=ada)
    with store.work() as work:
        assert standing_of_token(work, one) is None
        assert standing_of_token(work, two) is not None
        revoke(work, person_named(work, ada), "client_manager", by="test")
    with store.work() as work:
        assert standing_of_token(work, two) is None


def test_a_viewer_makes_no_tokens(store: Store) -> None:
    with store.work() as work:
        person, _ = add_person(work, "vi@example.org", "Vi", Grants(role="client_viewer", clients=["a"]), by="test")
        (standing,) = standings(work, person)
        with pytest.raises(Forbidden, match="'export'"):
            new_token(work, standing, "x", clock.now() + timedelta(days=1))


def test_passwords_are_hashed_with_argon2id_at_its_recommended_cost() -> None:
    hashed = ORIGINAL().hash(PASSWORD)
    assert hashed.startswith("$argon2id$") and "m=65536,t=3" in hashed
