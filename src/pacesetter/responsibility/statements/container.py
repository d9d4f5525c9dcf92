"""The zip of a statement in its one spelling: entries in order, no gaps, no dates, no comments, nothing behind.

Owns writing it as a stream, and reading it while every byte of the container itself is held against that spelling. Must not know what
the entries mean.
"""

import os
import struct
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from pacesetter.errors import BadRequest
from pacesetter.responsibility.statements.format import CONTAINER, Finding

STORED, DEFLATED = 0, 8
METHODS = {"store": STORED, "deflate": DEFLATED}
LEVEL = 6
_LOCAL, _CENTRAL, _END = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
_VERSION, _UTF8, _TIME, _DATE = 20, 0x0800, 0, 0x21
_LIMIT = 0xFFFF_FFFE
_LOCAL_SIZE, _CENTRAL_SIZE, _END_SIZE = 30, 46, 22


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One entry: where its packed bytes begin, and its sizes in bytes."""

    name: str
    method: int
    crc: int
    packed_size: int
    size: int
    header_at: int

    @property
    def data_at(self) -> int:
        """The place of the first packed byte."""
        return self.header_at + _LOCAL_SIZE + len(self.name.encode())

    @property
    def end_at(self) -> int:
        """The place behind the last packed byte."""
        return self.data_at + self.packed_size


def local_header(e: Entry) -> bytes:
    """The header before the bytes of an entry."""
    name = e.name.encode()
    fields = struct.pack(
        "<HHHHHIIIHH", _VERSION, _UTF8, e.method, _TIME, _DATE, e.crc, e.packed_size, e.size, len(name), 0
    )
    return _LOCAL + fields + name


def central_header(e: Entry) -> bytes:
    """The record of an entry in the directory at the end."""
    name = e.name.encode()
    fields = struct.pack(
        "<HHHHHHIIIHHHHHII", _VERSION, _VERSION, _UTF8, e.method, _TIME, _DATE, e.crc, e.packed_size, e.size, len(name),
        0, 0, 0, 0, 0, e.header_at,
    )  # fmt: skip
    return _CENTRAL + fields + name


def end_record(count: int, directory_size: int, directory_at: int) -> bytes:
    """The last bytes of the file."""
    return _END + struct.pack("<HHHHIIH", 0, 0, count, count, directory_size, directory_at, 0)


class Writer:
    """Writes a container from the first byte to the last."""

    def __init__(self, out: IO[bytes]) -> None:
        self.out = out
        self.entries: list[Entry] = []

    def add(self, name: str, pieces: Iterable[bytes], method: int = DEFLATED) -> Entry:
        """Add an entry from pieces of its content. Raises BadRequest where it is too large for the format."""
        at = self.out.tell()
        self.out.write(local_header(Entry(name=name, method=method, crc=0, packed_size=0, size=0, header_at=at)))
        packer = zlib.compressobj(LEVEL, zlib.DEFLATED, -15) if method == DEFLATED else None
        crc = size = 0
        for piece in pieces:
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            self.out.write(packer.compress(piece) if packer else piece)
        if packer:
            self.out.write(packer.flush())
        packed = self.out.tell() - at - _LOCAL_SIZE - len(name.encode())
        if max(size, packed, self.out.tell()) > _LIMIT:
            raise BadRequest(f"'{name}' is beyond 4 GiB", do="issue statements of shorter periods")
        entry = Entry(name=name, method=method, crc=crc, packed_size=packed, size=size, header_at=at)
        self.out.seek(at)
        self.out.write(local_header(entry))
        self.out.seek(0, os.SEEK_END)
        self.entries.append(entry)
        return entry

    def close(self) -> None:
        """Write the directory."""
        at = self.out.tell()
        directory = b"".join(central_header(e) for e in self.entries)
        if at + len(directory) > _LIMIT:
            raise BadRequest("the statement is beyond 4 GiB", do="issue statements of shorter periods")
        self.out.write(directory + end_record(len(self.entries), len(directory), at))


class Reader:
    """A container as it stands on the disk. ``findings`` are the places at which it differs from the one spelling."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path.open("rb")
        self.size = path.stat().st_size
        self.findings: list[Finding] = []
        self.entries = self._read()
        self.by_name: dict[str, Entry] = {}
        for entry in self.entries:
            if entry.name in self.by_name:
                self._found(f"entry '{entry.name}'", "the name stands there twice")
            self.by_name.setdefault(entry.name, entry)

    def close(self) -> None:
        """Let go of the file."""
        self.file.close()

    def _found(self, place: str, what: str) -> None:
        self.findings.append(Finding(CONTAINER, place, what))

    def _bytes(self, at: int, count: int) -> bytes:
        self.file.seek(at)
        return self.file.read(count)

    def _read(self) -> list[Entry]:
        """The entries by their local headers from the first byte on; where these fail, by the directory at the end."""
        walked, at = self._walk()
        listed, listed_at = self._directory()
        if self._bytes(at, 4) in (_CENTRAL, _END):
            self._compare(at, b"".join(central_header(e) for e in walked), walked)
            return walked
        place = f"byte {at:,}" + (f", behind '{walked[-1].name}'" if walked else ", the first")
        if not listed:
            what = "the file ends here" if at >= self.size else "no entry and no directory begins here"
            self._found(place, f"{what}: the file is cut short or damaged")
            return walked
        self._found(place, "no entry begins here")
        self._match_headers(listed, listed_at)
        return listed

    def _walk(self) -> tuple[list[Entry], int]:
        found: list[Entry] = []
        at = 0
        while (entry := self._local(at)) is not None:
            if entry.end_at > self.size:
                break
            found.append(entry)
            at = entry.end_at
        return found, at

    def _local(self, at: int) -> Entry | None:
        head = self._bytes(at, _LOCAL_SIZE)
        if len(head) < _LOCAL_SIZE or head[:4] != _LOCAL:
            return None
        _, _, method, _, _, crc, packed, size, length, _ = struct.unpack("<HHHHHIIIHH", head[4:])
        return self._entry(at, method, crc, packed, size, self._bytes(at + _LOCAL_SIZE, length), report=True)

    def _entry(
        self, at: int, method: int, crc: int, packed: int, size: int, name: bytes, *, report: bool
    ) -> Entry | None:
        try:
            text = name.decode()
        except UnicodeDecodeError:
            return None
        entry = Entry(name=text, method=method, crc=crc, packed_size=packed, size=size, header_at=at)
        if report:
            spelled, there = local_header(entry), self._bytes(at, _LOCAL_SIZE + len(name))
            if spelled != there:
                self._found(f"byte {at + _differs(spelled, there):,}, header of '{text}'", "is not in the one spelling")
        return entry

    def _directory(self) -> tuple[list[Entry], int]:
        """The entries as the directory at the very end lists them; none where it cannot be read."""
        end = self._bytes(max(0, self.size - _END_SIZE), _END_SIZE)
        if len(end) < _END_SIZE or end[:4] != _END:
            return [], 0
        *_, count, directory_size, directory_at, _ = struct.unpack("<HHHHIIH", end[4:])
        data, at, found = self._bytes(directory_at, directory_size), 0, []
        for _ in range(count):
            head = data[at : at + _CENTRAL_SIZE]
            if len(head) < _CENTRAL_SIZE or head[:4] != _CENTRAL:
                return [], 0
            fields = struct.unpack("<HHHHHHIIIHHHHHII", head[4:])
            method, crc, packed, size, length = fields[3], fields[6], fields[7], fields[8], fields[9]
            name = data[at + _CENTRAL_SIZE : at + _CENTRAL_SIZE + length]
            entry = self._entry(fields[15], method, crc, packed, size, name, report=False)
            if entry is None:
                return [], 0
            found.append(entry)
            at += _CENTRAL_SIZE + sum(fields[9:12])
        return found, directory_at

    def _match_headers(self, listed: list[Entry], directory_at: int) -> None:
        at = 0
        for entry in listed:
            if entry.header_at != at:
                self._found(f"byte {min(at, entry.header_at):,}", f"'{entry.name}' does not follow without a gap")
            spelled = local_header(entry)
            there = self._bytes(entry.header_at, len(spelled))
            if spelled != there:
                place = entry.header_at + _differs(spelled, there)
                self._found(f"byte {place:,}, header of '{entry.name}'", "differs from the directory")
            at = entry.end_at
        if at != directory_at:
            self._found(f"byte {min(at, directory_at):,}", "something stands between the entries and the directory")

    def _compare(self, at: int, directory: bytes, entries: list[Entry]) -> None:
        """Hold the directory and the end against what the entries before them say."""
        tail = directory + end_record(len(entries), len(directory), at)
        there = self._bytes(at, min(len(tail) + 1, self.size - at))
        if there[: len(tail)] != tail:
            place = _differs(tail, there)
            what = "the directory at the end" if place < len(directory) else "the end record"
            if place < len(directory):
                what += f" ({_record_at(place, entries)})"
            self._found(
                f"byte {at + place:,}, {what}", "differs from the entries" if place < len(there) else "is cut short"
            )
        if self.size > at + len(tail):
            self._found(f"byte {at + len(tail):,}", f"{self.size - at - len(tail):,} bytes too many at the end")

    def packed(self, entry: Entry) -> Iterator[bytes]:
        """The packed bytes of an entry, in pieces."""
        at, left = entry.data_at, entry.packed_size
        while left > 0:
            piece = self._bytes(at, min(left, 1 << 20))
            if not piece:
                return
            at, left = at + len(piece), left - len(piece)
            yield piece

    def content(self, entry: Entry) -> Iterator[bytes]:
        """The content of an entry, in pieces. Raises ``Damaged`` where it cannot be unpacked, after what can be."""
        if entry.method == STORED:
            yield from self.packed(entry)
            return
        if entry.method != DEFLATED:
            raise Damaged(f"packed by the unknown method {entry.method}")
        unpacker = zlib.decompressobj(-15)
        made = 0
        try:
            for piece in self.packed(entry):
                while piece:
                    data = unpacker.decompress(piece, 1 << 20)
                    made += len(data)
                    if made > entry.size:
                        raise Damaged(f"unpacks to more than the {entry.size:,} bytes that its header says")
                    yield data
                    piece = unpacker.unconsumed_tail
            yield unpacker.flush()
        except zlib.error as error:
            raise Damaged(f"cannot be unpacked behind its byte {made:,} ({error})") from None
        if not unpacker.eof or unpacker.unused_data:
            raise Damaged("its packed bytes end too early or too late")


class Damaged(Exception):
    """The packed bytes of an entry cannot be read to their end; the text says how far."""


def _differs(one: bytes, other: bytes) -> int:
    """The first place at which two texts differ."""
    for at, (a, b) in enumerate(zip(one, other, strict=False)):
        if a != b:
            return at
    return min(len(one), len(other))


def _record_at(place: int, entries: list[Entry]) -> str:
    for entry in entries:
        place -= len(central_header(entry))
        if place < 0:
            return f"record of '{entry.name}'"
    return "behind its last record"
