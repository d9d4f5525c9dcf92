"""Reads ``.csv`` and ``.csv.gz`` into scratch tables of text, with every line accounted for.

Owns encodings, headers, line numbers and records with too many or too few fields. Must not know what a column means.
"""

import bisect
import codecs
import csv
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import duckdb

from pacesetter.errors import UnreadableFile
from pacesetter.warehouse.bundle import SourceFile
from pacesetter.warehouse.storage import literal, quoted

HASH_BOUND = 1 << 30
_CHUNK = 1 << 20
_LONGEST = 64 << 20
csv.field_size_limit(_LONGEST)


@dataclass(frozen=True, kw_only=True)
class TextFile:
    """A text file that can be read: its header and how many line ends it has."""

    source: SourceFile
    header: tuple[str, ...]
    line_ends: int


@dataclass(frozen=True, kw_only=True)
class Reject:
    """A record whose number of fields is not that of the header. ``record`` counts from 1, the header being 1."""

    record: int
    fields: tuple[str, ...]
    reason: str


def fingerprint(path: Path) -> str:
    """SHA-256 of a file, or its size and time where it is larger than a gigabyte."""
    stat = path.stat()
    if stat.st_size > HASH_BOUND:
        return f"size={stat.st_size} mtime={int(stat.st_mtime)}"
    with path.open("rb") as data:
        return "sha256=" + hashlib.file_digest(data, "sha256").hexdigest()


def check_text(source: SourceFile) -> TextFile:
    """Read the bytes once: the compression is whole, the encoding is UTF-8, there is a header with distinct names.

    Raises UnreadableFile with the line otherwise.
    """
    decoder = codecs.getincrementaldecoder("utf-8")()
    line_ends = carriage = 0
    try:
        with _open_bytes(source.path) as data:
            while True:
                chunk = data.read(_CHUNK)
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    line = line_ends + error.object[: error.start].count(b"\n") + 1
                    raise UnreadableFile(
                        f"line {line} is not UTF-8", where=source.label, do="save the file as UTF-8"
                    ) from None
                if not chunk:
                    break
                if "\0" in text:
                    line = line_ends + text[: text.index("\0")].count("\n") + 1
                    raise UnreadableFile(
                        f"line {line} holds a zero byte", where=source.label, do="save it as UTF-8 text"
                    )
                line_ends += text.count("\n")
                carriage += text.count("\r")
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"the gzip is damaged ({error})", where=source.label, do="compress it again") from None
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror or error})", where=source.label) from None
    return TextFile(source=source, header=_header(source), line_ends=line_ends or carriage)


def _header(source: SourceFile) -> tuple[str, ...]:
    try:
        first = next((record for _, record in records(source.path)), None)
    except csv.Error as error:
        raise UnreadableFile(f"line 1 cannot be read ({error})", where=source.label, do="mend the header") from None
    if not first:
        raise UnreadableFile("the file is empty", where=source.label, do="write the column names into its first line")
    if len(first) == 1 and any(mark in first[0] for mark in ";\t|"):
        raise UnreadableFile(
            "line 1 holds one column only",
            where=source.label,
            do="separate the columns by commas, or import with a mapping",
        )
    return tuple(first)


def records(path: Path) -> Iterator[tuple[int, list[str]]]:
    """Every record of a file with the line on which it begins, blank lines left out."""
    with _open_bytes(path) as data, io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text:
        reader = csv.reader(text, strict=True)
        begin = 1
        for record in reader:
            if record:
                yield begin, record
            begin = reader.line_num + 1


def load_text(
    con: duckdb.DuckDBPyConnection, file: TextFile, columns: list[str], target: str, folder: Path
) -> list[Reject]:
    """Load a file into the scratch table ``target``, every column text, in file order; returns the records left out.

    Raises UnreadableFile for a quote that is never closed and the like.
    """
    try:
        return _load(con, file.source.path, file, columns, target)
    except (duckdb.Error, _Unclosed):
        pass  # mixed line ends or stray quotes: the slow reader decides whether the file can be read
    con.execute(f"DROP TABLE IF EXISTS {target}")
    rewritten = folder / "rewritten.csv"
    begin = 1
    try:
        with rewritten.open("w", encoding="utf-8", newline="") as out:
            writer = csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n")
            for begin, record in records(file.source.path):  # noqa: B007 - named in the refusal
                writer.writerow(record)
    except csv.Error as error:
        raise UnreadableFile(
            f"after line {begin}: a quote is not closed, or text stands beside it ({error})",
            where=file.source.label,
            do="put the field in double quotes and double those within",
        ) from None
    try:
        return _load(con, rewritten, file, columns, target)
    except (duckdb.Error, _Unclosed) as error:
        first = str(error).splitlines()[0]
        raise UnreadableFile(f"cannot be read as CSV ({first})", where=file.source.label) from None
    finally:
        rewritten.unlink(missing_ok=True)


class _Unclosed(Exception):
    """The fast reader met something else than a wrong number of fields."""


def _load(con: duckdb.DuckDBPyConnection, path: Path, file: TextFile, columns: list[str], target: str) -> list[Reject]:
    con.execute("DROP TABLE IF EXISTS reject_errors")
    con.execute("DROP TABLE IF EXISTS reject_scans")
    shape = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in columns) + "}"
    packed = "gzip" if _is_packed(file.source.path) and path == file.source.path else "none"
    names = ", ".join(quoted(name) for name in columns)
    con.execute(
        f"CREATE TABLE {target} AS SELECT {names} FROM read_csv({literal(str(path))}, auto_detect = false, header = true, "
        f"delim = ',', quote = '\"', escape = '\"', columns = {shape}, compression = '{packed}', store_rejects = true, "
        f"rejects_limit = 0, max_line_size = {_LONGEST}, buffer_size = {_LONGEST * 2}, strict_mode = true)"
    )
    found = con.execute(
        "SELECT DISTINCT line, error_type, csv_line FROM reject_errors ORDER BY line, error_type"
    ).fetchall()
    con.execute("DROP TABLE IF EXISTS reject_errors")
    con.execute("DROP TABLE IF EXISTS reject_scans")
    kinds = {"TOO MANY COLUMNS": "too_many_fields", "MISSING COLUMNS": "too_few_fields"}
    if any(kind not in kinds for _, kind, _ in found):
        raise _Unclosed(found[0][1])
    rejects: dict[int, Reject] = {}
    for record, kind, text in found:
        fields = next(csv.reader(io.StringIO(text, newline="")), [])
        rejects.setdefault(record, Reject(record=record, fields=tuple(fields), reason=kinds[kind]))
    return list(rejects.values())


def lines_of(file: TextFile, rows: int, rejects: list[Reject], wanted: set[int]) -> tuple[dict[int, int], list[int]]:
    """The lines on which rows and rejects begin: by ordinal of the row (from 0) for those ``wanted``, and per reject.

    Where every record is one line they follow from the order; otherwise the file is read once more.
    """
    if file.line_ends - (rows + len(rejects) + 1) in (0, -1):
        before = [reject.record - 2 - index for index, reject in enumerate(rejects)]  # rows that stand before each
        return {o: o + 2 + bisect.bisect_right(before, o) for o in wanted}, [r.record for r in rejects]
    places: dict[int, int] = {}
    rejected: list[int] = []
    ordinal, last = 0, max(wanted, default=-1)
    for number, (line, fields) in enumerate(records(file.source.path)):
        if number == 0:
            continue
        if len(fields) != len(file.header):
            rejected.append(line)
            continue
        if ordinal in wanted:
            places[ordinal] = line
        ordinal += 1
        if ordinal > last and len(rejected) == len(rejects):
            break
    return places, rejected


def _is_packed(path: Path) -> bool:
    return path.suffix.lower() == ".gz"


def _open_bytes(path: Path) -> IO[bytes]:
    return gzip.open(path, "rb") if _is_packed(path) else path.open("rb")  # type: ignore[return-value]
