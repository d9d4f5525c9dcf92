"""The key that signs a workspace's statements: made on first use, readable by its owner only, outside of the warehouse.

Owns the file ``keys/statements.pem``. Must not know statements.
"""

import os
from hashlib import sha256
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, load_pem_private_key

from pacesetter.errors import BadWorkspace
from pacesetter.responsibility.statements.seal import fingerprint_of

FOLDER, FILE = "keys", "statements.pem"


def signing_key(root: Path) -> Ed25519PrivateKey:
    """The key of the workspace in ``root``, made where there is none.

    Raises BadWorkspace where the file cannot be read, is no Ed25519 key, or may be read by others.
    """
    path = root / FOLDER / FILE
    if not path.exists():
        _make(path)
    try:
        if path.stat().st_mode & 0o077:
            raise BadWorkspace("others may read the signing key", where=str(path), do=f"run chmod 600 {path}")
        key = load_pem_private_key(path.read_bytes(), password=None)
    except (OSError, ValueError, TypeError) as error:
        raise BadWorkspace(f"the signing key cannot be read ({error})", where=str(path)) from None
    if not isinstance(key, Ed25519PrivateKey):
        raise BadWorkspace("this is no Ed25519 key", where=str(path), do="move it away; a new one is made")
    return key


def key_fingerprint(root: Path) -> str:
    """The fingerprint of the workspace's key."""
    return fingerprint_of(signing_key(root).public_key().public_bytes_raw())


def salt_of(key: Ed25519PrivateKey) -> str:
    """What ids of technicians are mixed with where they are not to be known: as secret as the key, the same as long as it is."""
    return sha256(b"technicians" + key.private_bytes_raw()).hexdigest()


def _make(path: Path) -> None:
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    try:
        path.parent.mkdir(mode=0o700, exist_ok=True)
        place = path.with_name(f".{FILE}.{os.getpid()}")
        with os.fdopen(os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as out:
            out.write(pem)
        try:
            os.link(place, path)  # whoever is first makes the key; nobody's is written over
        except FileExistsError:
            pass
        finally:
            place.unlink()
    except OSError as error:
        raise BadWorkspace(f"no signing key can be made ({error.strerror})", where=str(path)) from None
