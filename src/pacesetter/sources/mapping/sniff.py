"""What an unknown export looks like: delimiter, encoding, header, and what each column seems to hold.

Owns guesses from a sample of rows, never more. Must not know the canonical tables.
"""

import codecs
import csv
import io
import itertools
import re
import zlib
from collections import Counter
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow.parquet

from pacesetter.errors import UnreadableFile
from pacesetter.sources.mapping.definition import Format, SourceFile
from pacesetter.sources.mapping.files import EXCEL_SUFFIXES, numbered, open_bytes, open_file

SAMPLE_ROWS = 20_000
_SAMPLE_BYTES = 16 << 20
_NULL_WORDS = (
    "?",
    "-",
    "--",
    "n/a",
    "N/A",
    "NULL",
    "null",
    "None",
    "(null)",
    "#N/A",
    "#N/B",
    "#MULTIVALUE",
    "NaN",
    "nan",
)
_MARKS = (
    (b"PAR1", "a Parquet file", "give it a name that ends in .parquet"),
    (b"PK\x03\x04", "a zip archive or an Excel workbook", "unpack the archive, or give the workbook a name that ends in .xlsx"),
    (b"\xd0\xcf\x11\xe0", "an old Excel file", "save it as .xlsx or CSV"),
    (b"\x1f\x8b", "a gzip", "give it a name that ends in .csv.gz"),
    (b"%PDF-", "a PDF", "export the rows as CSV or Excel"),
)  # fmt: skip
"""How files begin that are no text, whatever their name says; what each is, and what to do."""
_CONTROLS = bytes(sorted({*range(0x20), 0x7F} - {*b"\t\n\v\f\r\x1a\x1b"}))
_MOST_CONTROLS = 0.02
_CLOCKS = ("", " %H:%M", " %H:%M:%S", "T%H:%M:%S", "T%H:%M:%S.%f", " %H:%M:%S.%f", " %I:%M %p", " %I:%M:%S %p")
_DAYS = (
    "%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y", "%Y/%m/%d", "%d/%m/%y", "%m/%d/%y",
    "%d-%b-%Y", "%d/%b/%y", "%d/%b/%Y", "%d %b %Y", "%b %d, %Y", "%Y%m%d",
)  # fmt: skip
_FORMATS = tuple(day + clock for day in _DAYS for clock in _CLOCKS)
_ISO_ZONED = re.compile(r"^\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:?\d\d)$")


@dataclass(kw_only=True)
class Profile:
    """What a column (the ``place``-th of the file) seems to hold. ``dates`` are the formats that fit; ``rivals`` those that fit as well."""

    name: str
    place: int = 0
    filled: int = 0
    words: Counter[str] = field(default_factory=Counter)
    dates: list[str] = field(default_factory=list)
    rivals: list[str] = field(default_factory=list)
    decimal_comma: bool = False


@dataclass(kw_only=True)
class Look:
    """What a file looks like. ``rows`` is the size of the sample."""

    label: str
    delimiter: str | None
    encoding: str | None
    header_row: int
    columns: list[Profile]
    rows: int
    null_words: list[str]
    sample: list[list[str]]

    def column(self, name: str) -> Profile:
        """The profile of a column that is there."""
        return next(c for c in self.columns if c.name == name)


def look_at(path: Path) -> Look:
    """Look at a CSV (any delimiter and encoding), Excel or Parquet file. Raises UnreadableFile."""
    if path.is_dir():
        raise UnreadableFile("this is a folder", where=str(path), do="name one file of the export in it")
    if not path.is_file():
        raise UnreadableFile("no such file", where=str(path), do="name one file of the export")
    name = path.name.lower()
    if name.endswith(".parquet"):
        return _look_parquet(path)
    if name.endswith((*EXCEL_SUFFIXES, ".xls", ".xlsb")):
        with TemporaryDirectory() as scratch:
            found = open_file(path, path, Format(), SourceFile(match=[path.name]), Path(scratch))
            return _look_text(found.path, path.name, excel=True)
    return _look_text(path, path.name, excel=False)


def _look_parquet(path: Path) -> Look:
    with TemporaryDirectory() as scratch:
        header = open_file(path, path, Format(), SourceFile(match=[path.name]), Path(scratch)).header
    batches = pyarrow.parquet.ParquetFile(path).iter_batches(batch_size=SAMPLE_ROWS)
    first = next(batches, None)
    columns = [[] if first is None else ["" if v is None else str(v) for v in c.to_pylist()] for c in first or []]
    rows = [list(row) for row in zip(*columns, strict=True)]
    return _profiled(path.name, None, None, 1, list(header), rows)


def _look_text(path: Path, label: str, *, excel: bool) -> Look:
    try:
        with open_bytes(path) as data:
            start = data.read(_SAMPLE_BYTES)
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror or error})", where=label) from None
    except (EOFError, zlib.error) as error:
        raise UnreadableFile(f"the gzip is damaged ({error})", where=label, do="compress it again") from None
    if not start.strip():
        raise UnreadableFile("the file is empty", where=label)
    _check_text(start, label)
    encoding, text = _decoded(start)
    lines = text[: text.rfind("\n") + 1] if len(start) == _SAMPLE_BYTES else text
    delimiter = "," if excel else _delimiter(lines)
    try:
        records = itertools.islice(csv.reader(io.StringIO(lines, newline=""), delimiter=delimiter), SAMPLE_ROWS)
        rows = [list(record) for record in records]
    except csv.Error as error:
        raise UnreadableFile(f"no table of text ({error})", where=label) from None
    header_row = _header_row(rows)
    header = list(numbered(rows[header_row - 1]))
    body = [row for row in rows[header_row:] if any(cell.strip() for cell in row)]
    return _profiled(label, None if excel else delimiter, None if excel else encoding, header_row, header, body)


def _check_text(start: bytes, label: str) -> None:
    """Raise UnreadableFile where a file is no text: by how it begins, else by bytes that no text has."""
    for mark, what, do in _MARKS:
        if start.startswith(mark):
            raise UnreadableFile(f"this is {what} and no text", where=label, do=do)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return
    if len(start) - len(start.translate(None, _CONTROLS)) > _MOST_CONTROLS * len(start):
        raise UnreadableFile("this is no text", where=label, do="export the rows as CSV, Excel or Parquet")


def _decoded(start: bytes) -> tuple[str, str]:
    """Encoding and text: by its byte order mark, else UTF-8 where it is, else the one of Western Windows."""
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", start.decode("utf-16", errors="replace")
    try:
        return "utf-8", codecs.getincrementaldecoder("utf-8-sig")().decode(start)
    except UnicodeDecodeError:
        return "cp1252", start.decode("cp1252", errors="replace")


def _delimiter(text: str) -> str:
    """The mark that cuts the first lines into the most fields, equally many on most lines."""
    head = "\n".join(text.splitlines()[:200])
    best, most = ",", (0.0, 0)
    for mark in ",;\t|":
        try:
            widths = Counter(len(r) for r in csv.reader(io.StringIO(head), delimiter=mark) if r)
        except csv.Error:
            continue
        width, lines = max(widths.items(), key=lambda w: (w[1], w[0]))
        score = (lines / max(1, widths.total()), width)
        if width > 1 and score > most:
            best, most = mark, score
    return best


def _header_row(rows: list[list[str]]) -> int:
    """The first row that is as full as the rows usually are."""
    usual = Counter(len(r) for r in rows[:200]).most_common(1)[0][0] if rows else 0
    for number, row in enumerate(rows[:50], start=1):
        if len(row) >= usual and sum(bool(cell.strip()) for cell in row) > len(row) / 4:
            return number
    return 1


def _profiled(
    label: str, delimiter: str | None, encoding: str | None, header_row: int, header: list[str], rows: list[list[str]]
) -> Look:
    cells = [c.strip() for row in rows for c in row]
    null_words = [word for word in _NULL_WORDS if word in set(cells)]
    columns = [_profile(name, place, rows, null_words) for place, name in enumerate(header)]
    columns = [c for c in columns if c.filled or not re.fullmatch(r"column \d+", c.name)]
    return Look(
        label=label, delimiter=delimiter, encoding=encoding, header_row=header_row, columns=columns, rows=len(rows),
        null_words=null_words, sample=rows,
    )  # fmt: skip


def _profile(name: str, place: int, rows: list[list[str]], null_words: list[str]) -> Profile:
    values = [row[place].strip() for row in rows if place < len(row)]
    values = [v for v in values if v and v not in null_words]
    profile = Profile(name=name, place=place, filled=len(values), words=Counter(values))
    distinct = list(profile.words)[:2000]
    if not distinct:
        return profile
    if all(_ISO_ZONED.match(v) for v in distinct):
        profile.dates = ["iso"]
    elif all(re.search(r"\d", v) for v in distinct[:50]):
        fitting = [form for form in _FORMATS if _fits(form, distinct)]
        profile.dates, profile.rivals = fitting[:1], fitting[1:]
    with_comma = [v for v in distinct if re.fullmatch(r"[+-]?\d+,\d+", v)]
    profile.decimal_comma = bool(with_comma) and all(re.fullmatch(r"[+-]?[\d.]*\d(,\d+)?", v) for v in distinct)
    return profile


def _fits(form: str, values: list[str]) -> bool:
    """Whether every value can be read so; the first few decide quickly."""
    try:
        for value in values:
            if not 1970 <= datetime.strptime(value, form).year < 2200:
                return False
    except ValueError:
        return False
    return True
