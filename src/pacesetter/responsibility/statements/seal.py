"""The seal of a statement: what every entry hashes to, the root over all of them, and the signature over the root.

Owns the text of ``seal/seal.json`` and ``seal/signature.json`` and the arithmetic behind them. Must not know what is inside of an entry.
"""

import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.container import DEFLATED, STORED, Entry, Writer
from pacesetter.responsibility.statements.tree import ByteLeaves, RecordLeaves, leaf_of, root_of


@dataclass
class SealedWriter:
    """Writes entries into a container and keeps what the seal says about each; ``close`` seals and signs."""

    out: Writer
    entries: list[dict[str, Any]] = field(default_factory=list)
    _checks: list[tuple[str, bytes]] = field(default_factory=list)

    def add(self, name: str, data: bytes) -> None:
        """An entry that is no row file."""
        leaves = ByteLeaves()
        leaves.add(data)
        self._note(name, self._write(name, [data]), "bytes", leaves.done(), None)

    def add_rows(self, name: str, pieces: Iterable[bytes]) -> int:
        """A row file; its check sums follow in an entry of their own. Returns the number of rows below the header."""
        leaves = RecordLeaves()

        def watched() -> Iterator[bytes]:
            for piece in pieces:
                leaves.add(piece)
                yield piece

        packed = self._write(name, watched())
        self._note(name, packed, "records", leaves.done(), leaves.records)
        self._checks.append((check_name(name), bytes(leaves.checks)))
        return leaves.records - 1

    def close(self, key: Ed25519PrivateKey) -> str:
        """Write check sums, seal, signature and directory. Returns the root as hex text."""
        for name, data in self._checks:
            self.add(name, data)
        root = root_over(self.entries).hex()
        self.out.add(f.SEAL, [f.canonical(seal_value(self.entries, root))], STORED)
        self.out.add(f.SIGNATURE, [f.canonical(signature_value(key, root))], STORED)
        self.out.close()
        return root

    def _write(self, name: str, pieces: Iterable[bytes]) -> tuple[Entry, str]:
        entry = self.out.add(name, pieces)
        self.out.out.flush()
        return entry, _file_hash(self.out.out, entry)

    def _note(self, name: str, packed: tuple[Entry, str], kind: str, leaves: list[bytes], records: int | None) -> None:
        entry, digest = packed
        self.entries.append({
            "name": name, "method": "deflate" if entry.method == DEFLATED else "store", "size": entry.size,
            "packed_size": entry.packed_size, "packed_sha256": digest, "leaves_of": kind, "records": records,
            "root": root_of(leaves).hex(), "leaves": [leaf.hex() for leaf in leaves],
        })  # fmt: skip


def _file_hash(file: Any, entry: Entry) -> str:
    digest = hashlib.sha256()
    file.seek(entry.data_at)
    left = entry.packed_size
    while left:
        piece = file.read(min(left, 1 << 20))
        digest.update(piece)
        left -= len(piece)
    file.seek(0, 2)
    return digest.hexdigest()


def check_name(name: str) -> str:
    """The entry with the check sums of a row file."""
    return f.CHECKS + name.removeprefix(f.ROWS).removesuffix(".csv") + ".crc32"


def entry_leaf(entry: dict[str, Any]) -> bytes:
    """The leaf of an entry in the tree over all entries: what the seal says of it, without its own leaves."""
    return leaf_of(f.canonical({name: value for name, value in entry.items() if name != "leaves"}))


def root_over(entries: Iterable[dict[str, Any]]) -> bytes:
    """The root over all entries in their order."""
    return root_of([entry_leaf(entry) for entry in entries])


def seal_value(entries: list[dict[str, Any]], root: str) -> dict[str, Any]:
    """The content of ``seal/seal.json``."""
    return {
        "format": f.FORMAT, "hash": "sha-256", "records_per_leaf": f.RECORDS_PER_LEAF, "bytes_per_leaf": f.BYTES_PER_LEAF,
        "root": root, "entries": entries,
    }  # fmt: skip


def signature_value(key: Ed25519PrivateKey, root: str) -> dict[str, Any]:
    """The content of ``seal/signature.json``."""
    return {
        "algorithm": "ed25519", "public_key": key.public_key().public_bytes_raw().hex(),
        "signature": key.sign(signed_text(root)).hex(),
    }  # fmt: skip


def signed_text(root: str) -> bytes:
    """What is signed."""
    return f.SIGNED + root.encode() + b"\n"


def fingerprint_of(public_key: bytes) -> str:
    """The fingerprint of a public key: SHA-256 of its 32 bytes, as 64 hex digits."""
    return hashlib.sha256(public_key).hexdigest()


def grouped(fingerprint: str) -> str:
    """A fingerprint in groups of four, as people compare it."""
    return " ".join(fingerprint[at : at + 4] for at in range(0, len(fingerprint), 4))


def check_signature(data: bytes, root: str) -> tuple[str | None, str | None]:
    """(fingerprint of the signing key, None) where the signature over ``root`` holds, else (fingerprint or None, what is wrong)."""
    try:
        value = json.loads(data)
        public, signature = bytes.fromhex(value["public_key"]), bytes.fromhex(value["signature"])
        key = Ed25519PublicKey.from_public_bytes(public)
    except (ValueError, KeyError, TypeError):
        return None, "cannot be read"
    if value.get("algorithm") != "ed25519" or f.canonical(value) != data or len(value) != 3:
        return fingerprint_of(public), "is not in the one spelling"
    try:
        key.verify(signature, signed_text(root))
    except InvalidSignature:
        return fingerprint_of(public), "is not a signature over this root by the key that stands beside it"
    return fingerprint_of(public), None
