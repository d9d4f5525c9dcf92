"""The second factor: a code serves once, near its half minute; recovery codes; lockout; roles that need one."""

from collections.abc import Callable
from datetime import timedelta

import pyotp
import pytest
from sqlalchemy import select

from pacesetter import clock
from pacesetter.access import audit, second_factor
from pacesetter.access.entering import STEP_LASTS, Entered, Next, at_step
from pacesetter.access.people import Grants, add_person, choose_password, grant, person_named
from pacesetter.access.sessions import session_of
from pacesetter.access.signing_in import FAILURES_BEFORE_LOCK, LOCK_LASTS, give_code, prove_again, sign_in
from pacesetter.access.store import Store
from pacesetter.access.tables import Base, SecondFactor
from pacesetter.errors import BadDefinition, BadRequest, Forbidden

PASSWORD = "correct horse battery"
Later = Callable[[timedelta], None]
HALF = timedelta(seconds=30)


@pytest.fixture
def ada(store: Store) -> str:
    """A person with a second factor in use; what its telephone would show is ``shown``."""
    with store.work() as work:
        person, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
        choose_password(work, secret, PASSWORD)
        begun = second_factor.begin(work, store.sealer, person, "Test desk")
        assert begun.address.startswith("otpauth://totp/Test%20desk:ada") and begun.seed in begun.address
        second_factor.confirm(work, store.sealer, person, pyotp.TOTP(begun.seed).at(clock.now()))
    return begun.seed


def shown(seed: str) -> str:
    return pyotp.TOTP(seed).at(clock.now())


def password(store: Store, required: tuple[str, ...] = ()) -> Entered:
    return sign_in(store, "ada@example.org", PASSWORD, address="10.0.0.1", browser="t", required=required)


def code(store: Store, step: str, text: str) -> str:
    return give_code(store, step, text, address="10.0.0.1", browser="t")


def test_after_the_password_comes_the_code(store: Store, ada: str, later: Later) -> None:
    entered = password(store)
    assert entered.next is Next.CODE
    with store.work() as work:
        assert session_of(work, entered.secret) is None, "a step is no session"
    later(HALF)
    secret = code(store, entered.secret, f" {shown(ada)[:3]} {shown(ada)[3:]} ")
    with store.work() as work:
        found = session_of(work, secret, ("finance",))
        assert found is not None and found.standing.email == "ada@example.org"


def test_a_code_serves_once(store: Store, ada: str, later: Later) -> None:
    with pytest.raises(Forbidden):
        code(store, password(store).secret, shown(ada))  # the one that confirmed it
    later(HALF)
    taken = shown(ada)
    code(store, password(store).secret, taken)
    with pytest.raises(Forbidden):
        code(store, password(store).secret, taken)
    later(HALF * 2)
    with pytest.raises(Forbidden):
        code(store, password(store).secret, taken)


def test_a_code_of_just_before_or_after_serves_and_no_other(store: Store, ada: str, later: Later) -> None:
    later(HALF * 10)
    totp, now = pyotp.TOTP(ada), clock.now()
    for off, fits in ((-2, False), (-1, True), (1, True), (0, False), (2, False)):
        step = password(store).secret
        if fits:
            code(store, step, totp.at(now + HALF * off))
        else:
            with pytest.raises(Forbidden):
                code(store, step, totp.at(now + HALF * off))


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "١٢٣٤٥٦", " " * 6, "x" * 40])
def test_nonsense_is_no_code(store: Store, ada: str, text: str) -> None:
    with pytest.raises(Forbidden):
        code(store, password(store).secret, text)


def test_wrong_codes_lock_and_the_password_does_not_start_the_count_anew(store: Store, ada: str, later: Later) -> None:
    for _ in range(FAILURES_BEFORE_LOCK):
        with pytest.raises(Forbidden):
            code(store, password(store).secret, "000000")
    with pytest.raises(Forbidden):
        password(store)
    later(LOCK_LASTS + HALF)
    assert code(store, password(store).secret, shown(ada))


def test_a_step_does_not_wait_for_ever_and_serves_its_own_purpose(store: Store, ada: str, later: Later) -> None:
    step = password(store).secret
    with store.work() as work, pytest.raises(Forbidden):
        at_step(work, step, Next.ENROL)
    with store.work() as work, pytest.raises(BadRequest):
        choose_password(work, step, PASSWORD + "2")
    later(STEP_LASTS)
    with pytest.raises(Forbidden, match="too long"):
        code(store, step, shown(ada))


def test_recovery_codes_serve_once_each_and_new_ones_end_the_old(store: Store, ada: str) -> None:
    with store.work() as work:
        codes = second_factor.new_recovery_codes(work, person_named(work, "ada@example.org"))
    assert len(set(codes)) == second_factor.RECOVERY_CODES
    assert code(store, password(store).secret, codes[0].upper().replace("-", " "))
    with pytest.raises(Forbidden):
        code(store, password(store).secret, codes[0])
    with store.work() as work:
        person = person_named(work, "ada@example.org")
        assert second_factor.recovery_codes_left(work, person.id) == second_factor.RECOVERY_CODES - 1
        assert "recovery code used" in [e.what for e in audit.latest(work, 5)]
        second_factor.new_recovery_codes(work, person)
    with pytest.raises(Forbidden):
        code(store, password(store).secret, codes[1])


def test_a_role_can_need_one_and_is_not_there_without(store: Store) -> None:
    needed = ("finance",)
    with store.work() as work:
        _, secret = add_person(work, "ada@example.org", "Ada", Grants(role="finance"), by="test")
        choose_password(work, secret, PASSWORD)
    without = password(store).secret
    with store.work() as work:
        assert session_of(work, without) is not None
        assert session_of(work, without, needed) is None
        grant(work, person_named(work, "ada@example.org"), Grants(role="client_viewer", clients=["a"]), by="test")
        found = session_of(work, without, needed)
        assert found is not None and found.others == ("client_viewer",), "the other role is there"
    assert password(store, needed).next is Next.ENROL


def test_it_can_be_taken_away_and_chosen_anew(store: Store, ada: str) -> None:
    with store.work() as work:
        person = person_named(work, "ada@example.org")
        with pytest.raises(BadRequest, match="already"):
            second_factor.begin(work, store.sealer, person, "Test desk")
        assert second_factor.take_away(work, person, by="boss")
        assert second_factor.recovery_codes_left(work, person.id) == 0
    assert password(store).next is Next.SESSION
    with store.work() as work:
        person = person_named(work, "ada@example.org")
        seed = second_factor.begin(work, store.sealer, person, "Test desk").seed
        assert second_factor.pending(work, store.sealer, person, "Test desk").seed == seed != ada
        assert not second_factor.has_factor(work, person.id), "not before its first code"
        with pytest.raises(BadRequest, match="does not fit"):
            second_factor.confirm(work, store.sealer, person, "000000")


def test_a_found_session_can_not_try_codes_for_ever(store: Store, ada: str, later: Later) -> None:
    with store.work() as work:
        person_id = person_named(work, "ada@example.org").id
    for _ in range(FAILURES_BEFORE_LOCK):
        with pytest.raises(Forbidden):
            prove_again(store, person_id, "000000", address="10.0.0.1")
    later(HALF)
    with pytest.raises(Forbidden):
        prove_again(store, person_id, shown(ada), address="10.0.0.1")


def test_the_seed_is_sealed_and_the_codes_are_hashed(store: Store, ada: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with store.work() as work:
        codes = second_factor.new_recovery_codes(work, person_named(work, "ada@example.org"))
        sealed = work.scalar(select(SecondFactor.sealed_seed))
        assert sealed is not None and store.sealer.open(sealed) == ada
    with store.engine.connect() as con:
        everything = repr([con.execute(t.select()).all() for t in Base.metadata.sorted_tables])
    assert ada not in everything and not any(c in everything or c.replace("-", "") in everything for c in codes)
    assert (store.root / "state.key").stat().st_mode & 0o077 == 0
    monkeypatch.setenv("PACESETTER_STATE_KEY", "another one")
    other = Store(store.engine, store.root)
    with pytest.raises(BadDefinition, match="another key"):
        code(other, password(store).secret, shown(ada))
