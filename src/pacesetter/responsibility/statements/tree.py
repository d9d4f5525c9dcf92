"""Hash trees over files: leaves of records or of bytes, the tree over them, and check sums that place a record.

The tree is that of RFC 6962 (Certificate Transparency): a leaf is SHA-256(0x00 ‖ data), a node SHA-256(0x01 ‖ left ‖ right), and a tree
of n leaves splits at the largest power of two below n. Owns only arithmetic on bytes.
"""

import hashlib
import struct
import zlib
from collections.abc import Sequence

from pacesetter.responsibility.statements.format import BYTES_PER_LEAF, RECORDS_PER_LEAF

EMPTY = hashlib.sha256(b"").digest()


def leaf_of(data: bytes) -> bytes:
    """The hash of a leaf."""
    return hashlib.sha256(b"\x00" + data).digest()


def root_of(leaves: Sequence[bytes]) -> bytes:
    """The root over leaf hashes; the hash of nothing for no leaf. Level by level, an odd one out moves up as it is."""
    level = list(leaves)
    if not level:
        return EMPTY
    while len(level) > 1:
        paired = [hashlib.sha256(b"\x01" + a + b).digest() for a, b in zip(level[::2], level[1::2], strict=False)]
        level = paired + level[len(level) - len(level) % 2 :]
    return level[0]


class ByteLeaves:
    """Collects the leaves of a file that is no row file, from pieces of any size."""

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self._rest = b""

    def add(self, data: bytes) -> None:
        """The next bytes of the file."""
        data = self._rest + data
        whole = len(data) - len(data) % BYTES_PER_LEAF
        self.leaves += [leaf_of(data[at : at + BYTES_PER_LEAF]) for at in range(0, whole, BYTES_PER_LEAF)]
        self._rest = data[whole:]

    def done(self) -> list[bytes]:
        """All leaves; the last may be of fewer bytes."""
        if self._rest:
            self.leaves.append(leaf_of(self._rest))
            self._rest = b""
        return self.leaves


class RecordLeaves:
    """Collects the leaves of a row file and the CRC-32 of each record, from pieces of any size.

    A record ends at a line end that does not stand within double quotes (RFC 4180).
    """

    def __init__(self) -> None:
        self.leaves: list[bytes] = []
        self.records = 0
        self.checks = bytearray()
        self._lines: list[bytes] = []
        self._broken = b""
        self._rest = b""

    def add(self, data: bytes) -> None:
        """The next bytes of the file."""
        lines = (self._rest + data).split(b"\n")
        self._rest = lines.pop()
        if self._broken or b'"' in data:
            self._take(self._whole(lines))
        else:
            self._take([line + b"\n" for line in lines])

    def _whole(self, lines: list[bytes]) -> list[bytes]:
        """Lines put together to records where a line end stands within quotes."""
        found = []
        for line in lines:
            self._broken += line + b"\n"
            if self._broken.count(b'"') % 2 == 0:
                found.append(self._broken)
                self._broken = b""
        return found

    def _take(self, records: list[bytes]) -> None:
        crc = zlib.crc32
        self.checks += struct.pack(f"<{len(records)}I", *map(crc, records))
        self.records += len(records)
        self._lines += records
        while len(self._lines) >= RECORDS_PER_LEAF:
            self.leaves.append(leaf_of(b"".join(self._lines[:RECORDS_PER_LEAF])))
            del self._lines[:RECORDS_PER_LEAF]

    def done(self) -> list[bytes]:
        """All leaves; the last may be of fewer records, and a last record without a line end is one too."""
        rest = self._broken + self._rest
        if rest:
            self._broken = self._rest = b""
            self._take([rest])
        if self._lines:
            self.leaves.append(leaf_of(b"".join(self._lines)))
            self._lines = []
        return self.leaves
