"""Sealing: what has to be read again (the seed of a second factor) is kept encrypted, under a key that is not in the database.

Owns the key: ``PACESETTER_STATE_KEY``, or a file in the workspace that its owner alone can read, made where there is none.
"""

import base64
import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken

from pacesetter.access.secrets import new_secret
from pacesetter.errors import BadDefinition

KEY_VARIABLE = "PACESETTER_STATE_KEY"
FILE_NAME = "state.key"


class Sealer:
    """Seals texts and opens them again, for one workspace."""

    def __init__(self, key: str) -> None:
        self._cipher = Fernet(base64.urlsafe_b64encode(hashlib.sha256(key.encode("utf-8")).digest()))

    @classmethod
    def of(cls, root: Path) -> "Sealer":
        """The one of the workspace in ``root``. Raises BadDefinition where its key cannot be read or made."""
        return cls(os.environ.get(KEY_VARIABLE) or _key_of(root / FILE_NAME))

    def seal(self, text: str) -> str:
        """The text, encrypted."""
        return self._cipher.encrypt(text.encode("utf-8")).decode("ascii")

    def open(self, sealed: str) -> str:
        """The text again. Raises BadDefinition where it was sealed under another key."""
        try:
            return self._cipher.decrypt(sealed.encode("ascii")).decode("utf-8")
        except InvalidToken:
            raise BadDefinition(
                "the second factors were sealed under another key", where=KEY_VARIABLE, do="give the former key again"
            ) from None


def _key_of(file: Path) -> str:
    """The key in a file; where several processes make it at once, the first one's counts."""
    try:
        if not file.exists():
            with tempfile.NamedTemporaryFile(
                "w", dir=file.parent, prefix=".key-"
            ) as fresh:  # readable by its owner only
                fresh.write(new_secret())
                fresh.flush()
                with contextlib.suppress(FileExistsError):
                    os.link(fresh.name, file)
        return file.read_text("utf-8").strip()
    except OSError as error:
        raise BadDefinition(
            f"the key of the state cannot be kept ({error.strerror})", where=str(file), do=f"set {KEY_VARIABLE}"
        ) from None
