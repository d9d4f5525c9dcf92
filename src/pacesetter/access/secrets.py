"""Secrets: made at random, shown once, kept as hashes.

Owns how a password and a random secret are hashed. Must not know people.
"""

import hashlib
import secrets
from functools import cache

from pwdlib import PasswordHash
from pwdlib.exceptions import UnknownHashError

from pacesetter.errors import BadRequest

SHORTEST_PASSWORD = 12
LONGEST_PASSWORD = 256


def new_secret() -> str:
    """256 random bits as text that is safe in an address."""
    return secrets.token_urlsafe(32)


def secret_hash(secret: str) -> str:
    """The hash under which a random secret is kept and found; no salt is needed, since nobody can guess the secret."""
    return hashlib.sha256(secret.encode("utf-8")).hexdigest()


@cache
def _passwords() -> PasswordHash:
    return PasswordHash.recommended()


def password_hash(password: str) -> str:
    """The argon2id hash of a password."""
    return _passwords().hash(password)


def password_fits(password: str, hashed: str | None) -> bool:
    """Whether a password is the one that was hashed. Takes as long where there is none, so that time tells nothing."""
    try:
        right = _passwords().verify(password[:LONGEST_PASSWORD], hashed or _nobodys())
    except UnknownHashError:
        return False
    return right and hashed is not None


@cache
def _nobodys() -> str:
    return password_hash(new_secret())


def check_password(password: str, email: str) -> None:
    """Raise BadRequest, saying what to do, where a password is too short, too long, or too easy to guess."""
    if len(password) < SHORTEST_PASSWORD:
        raise BadRequest(
            f"the password has {len(password)} characters", do=f"choose one of at least {SHORTEST_PASSWORD}"
        )
    if len(password) > LONGEST_PASSWORD:
        raise BadRequest("the password is too long", do=f"choose one of at most {LONGEST_PASSWORD} characters")
    if len(set(password)) < 5 or password.lower() in (email.lower(), email.partition("@")[0].lower() * 2):
        raise BadRequest("the password is easy to guess", do="choose one that is not")
