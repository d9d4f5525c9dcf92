"""Passwords are hashed slowly on purpose; tests that sign in hundreds of times hash them as safely as they need, which is hardly."""

from contextlib import AbstractContextManager
from unittest.mock import patch

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from pacesetter.access import secrets

ORIGINAL = secrets._passwords
QUICK = PasswordHash((Argon2Hasher(time_cost=1, memory_cost=64, parallelism=1),))


def quick_hashes() -> AbstractContextManager[object]:
    """While this is open, hashing is quick."""
    return patch.object(secrets, "_passwords", lambda: QUICK)
