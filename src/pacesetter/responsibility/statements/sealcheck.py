"""The seal held against the file: which entry, and in it which row or byte, is not the one that was sealed.

Owns the finding of places. Must not know what rows mean.
"""

import hashlib
import json
import struct
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements import seal
from pacesetter.responsibility.statements.container import METHODS, Damaged, Entry, Reader
from pacesetter.responsibility.statements.format import Finding
from pacesetter.responsibility.statements.tree import ByteLeaves, RecordLeaves, root_of

Progress = Callable[[str, float | None], None]
_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError)
"""What reading a seal raises that was altered: it may hold anything."""
PLACED = 20
"""Rows of one file that are named one by one."""


@dataclass
class Checked:
    """What the check of the seal gave."""

    findings: list[Finding] = field(default_factory=list)
    fingerprint: str | None = None

    def add(self, kind: str, place: str, what: str) -> None:
        """One more finding."""
        self.findings.append(Finding(kind, place, what))


def check_seal(reader: Reader, progress: Progress) -> Checked:
    """Hold every entry against the seal, the seal against itself and its signature."""
    checked = Checked()
    sealed = _read_seal(reader, checked)
    root = sealed.get("root") if sealed else None
    _check_signature(reader, checked, root if isinstance(root, str) else None)
    if sealed is None:
        return checked
    entries = sealed["entries"]
    _check_names(reader, checked, [e["name"] for e in entries])
    for number, entry in enumerate(entries):
        progress(f"checking {entry['name']}", number / len(entries))
        there = reader.by_name.get(entry["name"])
        if there is None:
            continue
        try:
            _check_entry(reader, checked, entry, there)
        except _UNREADABLE as error:
            checked.add(f.SEALED, f"{f.SEAL}, '{there.name}'", f"cannot be read ({_why(error)})")
    return checked


def _why(error: Exception) -> str:
    """What an exception says of a seal, in words."""
    return f"it lacks '{error.args[0]}'" if isinstance(error, KeyError) and error.args else str(error)


def _read_seal(reader: Reader, checked: Checked) -> dict[str, Any] | None:
    """The seal, None where nothing can be held against it."""
    entry = reader.by_name.get(f.SEAL)
    if entry is None:
        checked.add(f.SEALED, f.SEAL, "is missing")
        return None
    data = b"".join(reader.packed(entry))
    try:
        value: dict[str, Any] = json.loads(data)
        again = f.canonical(seal.seal_value(value["entries"], value["root"]))
        root = seal.root_over(value["entries"]).hex()
        for one in value["entries"]:
            if not isinstance(one["name"], str):
                raise ValueError("an entry has no name")
            leaves = [bytes.fromhex(leaf) for leaf in one["leaves"]]
            if root_of(leaves).hex() != one["root"]:
                checked.add(f.SEALED, f"{f.SEAL}, '{one['name']}'", "its leaves do not hash to its root")
    except _UNREADABLE as error:
        checked.add(f.SEALED, f.SEAL, f"cannot be read ({_why(error)})")
        return None
    if again != data:
        place = next(
            (n for n, (a, b) in enumerate(zip(again, data, strict=False)) if a != b), min(len(again), len(data))
        )
        checked.add(f.SEALED, f"{f.SEAL}, byte {place:,}", "is not in the one spelling")
    if root != value["root"]:
        checked.add(f.SEALED, f"{f.SEAL}, root", "is not the root over the entries that it lists")
    return value


def _check_signature(reader: Reader, checked: Checked, root: str | None) -> None:
    entry = reader.by_name.get(f.SIGNATURE)
    if entry is None:
        checked.add(f.SIGNED_BY, f.SIGNATURE, "is missing")
        return
    checked.fingerprint, wrong = seal.check_signature(b"".join(reader.packed(entry)), root or "")
    if wrong:
        checked.add(f.SIGNED_BY, f.SIGNATURE, wrong)


def _check_names(reader: Reader, checked: Checked, sealed: list[str]) -> None:
    """The entries that there are, in their order, against those that were sealed."""
    wanted = [*sealed, f.SEAL, f.SIGNATURE]
    there = [e.name for e in reader.entries]
    for name in there:
        if name not in wanted:
            checked.add(f.CONTAINER, f"entry '{name}'", "was not sealed")
    for name in wanted:
        if name not in there:
            checked.add(f.CONTAINER, f"entry '{name}'", "was sealed and is missing")
    known, expected = [n for n in there if n in wanted], [n for n in wanted if n in there]
    if known != expected and sorted(known) == sorted(expected):
        moved = next(a for a, b in zip(known, expected, strict=True) if a != b)
        checked.add(f.CONTAINER, f"entry '{moved}'", "does not stand in its place: the entries are in another order")
    if len(set(sealed)) != len(sealed):
        checked.add(f.SEALED, f.SEAL, "lists an entry twice")


def _check_entry(reader: Reader, checked: Checked, sealed: Mapping[str, Any], there: Entry) -> None:
    name = there.name
    digest = hashlib.sha256()
    for piece in reader.packed(there):
        digest.update(piece)
    same = digest.hexdigest() == sealed["packed_sha256"]
    leaves = RecordLeaves() if sealed["leaves_of"] == "records" else ByteLeaves()
    size = 0
    damage = None
    crc = 0
    try:
        for piece in reader.content(there):
            size += len(piece)
            crc = zlib.crc32(piece, crc)
            leaves.add(piece)
    except Damaged as error:
        damage = str(error)
    got = leaves.done()
    wanted = [bytes.fromhex(leaf) for leaf in sealed["leaves"]]
    before = len(checked.findings)
    if got != wanted:
        checked.findings += _places(reader, name, leaves, got, wanted)
    if damage:
        checked.add(f.CONTENT, name, damage)
    if (size, there.packed_size, there.method) != (
        sealed["size"],
        sealed["packed_size"],
        METHODS.get(sealed["method"]),
    ):
        checked.add(
            f.CONTENT, name, f"is of other sizes than were sealed ({size:,} instead of {sealed['size']:,} bytes)"
        )
    if not damage and crc != there.crc:
        checked.add(f.CONTAINER, f"header of '{name}'", "its check sum is not that of the content")
    if not same and len(checked.findings) == before:
        checked.add(
            f.CONTAINER,
            f"packed bytes of '{name}'",
            "are other bytes than were sealed, although they unpack to the same",
        )


def _places(
    reader: Reader, name: str, leaves: RecordLeaves | ByteLeaves, got: list[bytes], wanted: list[bytes]
) -> Iterator[Finding]:
    """Where the content of an entry differs: rows by the check sums of rows, other files by their leaves."""
    if isinstance(leaves, RecordLeaves):
        rows = list(_differing_rows(reader, name, leaves))
        yield from rows[:PLACED]
        if len(rows) > PLACED:
            yield Finding(f.CONTENT, name, f"and {len(rows) - PLACED:,} more rows")
        if rows:
            return
    spans = [n for n, (a, b) in enumerate(zip(got, wanted, strict=False)) if a != b]
    if len(got) != len(wanted) or not spans:
        spans.append(min(len(got), len(wanted)))
    for n in spans[:PLACED]:
        if isinstance(leaves, RecordLeaves):
            place = f"{name}, rows {n * f.RECORDS_PER_LEAF} to {(n + 1) * f.RECORDS_PER_LEAF - 1}"
        else:
            place = f"{name}, bytes {n * f.BYTES_PER_LEAF:,} to {(n + 1) * f.BYTES_PER_LEAF - 1:,}"
        yield Finding(f.CONTENT, place, "differs from what was sealed")


def _differing_rows(reader: Reader, name: str, leaves: RecordLeaves) -> Iterator[Finding]:
    """Row 0 is the header. Where rows came or went, the first place at which the two part and whether rows came or went."""
    entry = reader.by_name.get(seal.check_name(name))
    if entry is None:
        return
    try:
        sums = b"".join(reader.content(entry))
    except Damaged:
        return
    count = len(sums) // 4
    sealed = struct.unpack(f"<{count}I", sums[: 4 * count])
    there = struct.unpack(f"<{leaves.records}I", bytes(leaves.checks))
    differing = [n for n, (a, b) in enumerate(zip(there, sealed, strict=False)) if a != b]
    if len(there) == len(sealed):
        moved = {sealed[m]: m for m in differing}
        for n in differing:
            swapped = moved.get(there[n])
            what = "differs from the row that was sealed" if swapped is None else f"is what was sealed as row {swapped}"
            yield Finding(f.CONTENT, f"{name}, row {n}" if n else f"{name}, header", what)
        return
    first = differing[0] if differing else min(len(there), len(sealed))
    what = f"{abs(len(there) - len(sealed)):,} rows {'too many' if len(there) > len(sealed) else 'are missing'} from here on or later"
    yield Finding(f.CONTENT, f"{name}, row {first}", what)
