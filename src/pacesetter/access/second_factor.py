"""The second factor: codes that change every half minute (RFC 6238), and codes for the day on which the telephone is lost.

Owns their rules: a code serves once, half a minute before and after, and a recovery code once for good. Must not know HTTP.
"""

import secrets as randomness
from dataclasses import dataclass

import pyotp
from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.sealing import Sealer
from pacesetter.access.secrets import secret_hash
from pacesetter.access.store import rows_touched
from pacesetter.access.tables import Person, RecoveryCode, SecondFactor
from pacesetter.errors import BadRequest

STEP_S = 30
NEAR_STEPS = (0, -1, 1)
RECOVERY_CODES = 10
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # without those that look alike


@dataclass(frozen=True, kw_only=True)
class Enrolment:
    """What a telephone is told: the seed to type, or the whole address as a picture."""

    seed: str
    address: str


def has_factor(work: Work, person_id: int) -> bool:
    """Whether a person has a second factor in use."""
    found = work.get(SecondFactor, person_id)
    return found is not None and found.confirmed_at is not None


def begin(work: Work, sealer: Sealer, person: Person, workspace: str) -> Enrolment:
    """A new seed for a person; it is in use only when a code of it has been given. Raises BadRequest where one is in use already."""
    held = work.get(SecondFactor, person.id)
    if held is not None and held.confirmed_at is not None:
        raise BadRequest("you have a second factor already", do="take it away first")
    if held is None:
        held = SecondFactor(person_id=person.id, sealed_seed="", created_at=clock.now(), last_step=0)
        work.add(held)
    seed = pyotp.random_base32()
    held.sealed_seed, held.created_at = sealer.seal(seed), clock.now()
    return _enrolment(person, seed, workspace)


def pending(work: Work, sealer: Sealer, person: Person, workspace: str) -> Enrolment:
    """The seed that waits for its first code, or a new one."""
    held = work.get(SecondFactor, person.id)
    if held is None or held.confirmed_at is not None:
        return begin(work, sealer, person, workspace)
    return _enrolment(person, sealer.open(held.sealed_seed), workspace)


def _enrolment(person: Person, seed: str, workspace: str) -> Enrolment:
    return Enrolment(seed=seed, address=pyotp.TOTP(seed).provisioning_uri(name=person.email, issuer_name=workspace))


def confirm(work: Work, sealer: Sealer, person: Person, code: str) -> list[str]:
    """Take the second factor into use; returns the recovery codes, which are shown this once. Raises BadRequest for a wrong code."""
    held = work.get(SecondFactor, person.id)
    if held is None or held.confirmed_at is not None or not _fits(work, sealer, held, code):
        raise BadRequest("the code does not fit", do="wait for the next one and type its six digits")
    held.confirmed_at = clock.now()
    audit.note(work, person.email, "second factor added", person.email)
    return new_recovery_codes(work, person)


def new_recovery_codes(work: Work, person: Person) -> list[str]:
    """Ten new recovery codes; older ones stop working."""
    work.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    codes = [_recovery_code() for _ in range(RECOVERY_CODES)]
    work.add_all(RecoveryCode(person_id=person.id, code_hash=_recovery_hash(code)) for code in codes)
    return codes


def check_code(work: Work, sealer: Sealer, person: Person, code: str) -> bool:
    """Whether a code is a person's, of their telephone or for recovery. It is used up thereby."""
    held = work.get(SecondFactor, person.id)
    if held is None or held.confirmed_at is None:
        return False
    return _fits(work, sealer, held, code) or _recovers(work, person, code)


def take_away(work: Work, person: Person, *, by: str) -> bool:
    """End a person's second factor and its recovery codes; returns whether there was one in use."""
    held = work.get(SecondFactor, person.id)
    work.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))
    if held is None:
        return False
    in_use = held.confirmed_at is not None
    work.delete(held)
    if in_use:
        audit.note(work, by, "second factor removed", person.email)
    return in_use


def recovery_codes_left(work: Work, person_id: int) -> int:
    """How many recovery codes of a person have not been used."""
    unused = select(func.count()).select_from(RecoveryCode)
    return work.scalar(unused.where(RecoveryCode.person_id == person_id, RecoveryCode.used_at.is_(None))) or 0


def _fits(work: Work, sealer: Sealer, held: SecondFactor, code: str) -> bool:
    """Whether the six digits are of now, give or take one step, and newer than any that was taken before."""
    digits = "".join(code.split())
    if len(digits) != 6 or not digits.isascii() or not digits.isdigit():
        return False
    totp = pyotp.TOTP(sealer.open(held.sealed_seed))
    step = int(clock.now().timestamp()) // STEP_S
    fitting = [step + near for near in NEAR_STEPS if randomness.compare_digest(totp.generate_otp(step + near), digits)]
    if not fitting:
        return False
    taken = (
        update(SecondFactor)
        .where(SecondFactor.person_id == held.person_id, SecondFactor.last_step < fitting[0])
        .values(last_step=fitting[0])
    )
    return rows_touched(work, taken) == 1  # a code that was taken already is refused, at the same instant too


def _recovers(work: Work, person: Person, code: str) -> bool:
    used = (
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id, RecoveryCode.code_hash == _recovery_hash(code), RecoveryCode.used_at.is_(None)
        )
        .values(used_at=clock.now())
    )  # fmt: skip
    if rows_touched(work, used) != 1:
        return False
    left = recovery_codes_left(work, person.id)
    audit.note(work, person.email, "recovery code used", person.email, after={"left": left})
    return True


def _recovery_code() -> str:
    letters = "".join(randomness.choice(_LETTERS) for _ in range(16))  # 79 bits
    return "-".join(letters[i : i + 4] for i in range(0, 16, 4))


def _recovery_hash(code: str) -> str:
    return secret_hash("".join(c for c in code.lower() if c.isalnum()))
