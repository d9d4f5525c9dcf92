"""Finding the files that a mapping names, and reading what they are: header, encoding, sheets.

Owns globs, encodings and Excel. Must not know tables, rules or SQL beyond a file's columns.
"""

import codecs
import csv
import datetime
import fnmatch
import gzip
import io
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import openpyxl
import pyarrow.parquet

from pacesetter.errors import UnreadableFile
from pacesetter.sources.mapping.definition import Format, SourceFile
from pacesetter.sources.mapping.loading import Mapping, did_you_mean

TEXT_SUFFIXES = (".csv", ".tsv", ".txt", ".csv.gz", ".tsv.gz", ".txt.gz")
EXCEL_SUFFIXES = (".xlsx", ".xlsm")
_CHUNK = 1 << 20


@dataclass(frozen=True, kw_only=True)
class FoundFile:
    """One file that can be read. ``header`` are its column names, empty ones numbered; ``path`` is what DuckDB reads."""

    label: str
    path: Path
    header: tuple[str, ...]
    header_row: int
    parquet: bool = False
    excel: bool = False


def matching_files(mapping: Mapping, name: str, root: Path) -> list[Path]:
    """The files under ``root`` (a folder, or the file itself) that ``files.<name>`` means, in the order of names."""
    wanted = mapping.definition.files[name]
    here = [root] if root.is_file() else sorted(p for p in root.rglob("*") if p.is_file())
    found = [p for p in here if any(_fits(p, root, glob) for glob in wanted.match)]
    if not found and root.is_file() and len(mapping.definition.files) == 1:
        return [root]  # one file given, one file meant: its name does not matter
    return found


def passed_over(root: Path, read: list[Path]) -> list[str]:
    """Names of data files under ``root`` that no part of the mapping means."""
    if root.is_file():
        return []
    suffixes = (*TEXT_SUFFIXES, *EXCEL_SUFFIXES, ".xls", ".parquet")
    found = (p for p in sorted(root.rglob("*")) if p.is_file() and p.name.lower().endswith(suffixes))
    return [p.relative_to(root).as_posix() for p in found if p not in read]


def require_root(root: Path) -> None:
    """Raises UnreadableFile where there is nothing at ``root``."""
    if not root.exists():
        raise UnreadableFile("no such file or folder", where=str(root))


def no_match(mapping: Mapping, name: str, root: Path) -> UnreadableFile:
    """The refusal for a file that the mapping needs and that is not there."""
    globs = " or ".join(mapping.definition.files[name].match)
    here = [root.name] if root.is_file() else sorted(p.name for p in root.rglob("*") if p.is_file())
    near = did_you_mean(mapping.definition.files[name].match[0].replace("*", ""), here)
    complaint = mapping.complaint(("files", name, "match"), f"no file here is named {globs}{near}")
    return UnreadableFile(complaint.what, where=f"{root} ({complaint.where})", do="name the file so, or change 'match'")


def open_file(path: Path, root: Path, form: Format, source: SourceFile, scratch: Path) -> FoundFile:
    """Look at one file; Excel sheets and other encodings than UTF-8 are written to ``scratch`` as UTF-8 CSV.

    Raises UnreadableFile where it cannot be read at all.
    """
    label = path.name if path == root else path.relative_to(root).as_posix()
    name = path.name.lower()
    if name.endswith(".parquet"):
        return _open_parquet(path, label)
    if name.endswith((".xls", ".xlsb")):
        raise UnreadableFile("an old Excel file", where=label, do="save it as .xlsx or CSV")
    if name.endswith(EXCEL_SUFFIXES):
        return _open_excel(path, label, form, source.sheet, scratch)
    return _open_text(path, label, form, scratch)


def numbered(header: list[str]) -> tuple[str, ...]:
    """Column names without blanks around them; an empty one becomes ``column N``, a doubled one gets a number."""
    names: list[str] = []
    for place, raw in enumerate(header, start=1):
        name = raw.strip().lstrip("\ufeff") or f"column {place}"
        again = 2
        while name.casefold() in (n.casefold() for n in names):
            name, again = f"{raw.strip() or 'column'} {again}", again + 1
        names.append(name)
    return tuple(names)


def _fits(path: Path, root: Path, glob: str) -> bool:
    relative = path.relative_to(root).as_posix() if root.is_dir() else path.name
    return fnmatch.fnmatch(path.name.lower(), glob.lower()) or fnmatch.fnmatch(relative.lower(), glob.lower())


def _open_text(path: Path, label: str, form: Format, scratch: Path) -> FoundFile:
    encoding = form.encoding or "utf-8"
    readable = _as_utf8(path, label, encoding, scratch)
    header_row = form.header_row or 1
    header, lines = _header(readable, label, form, header_row)
    return FoundFile(label=label, path=readable, header=numbered(header), header_row=lines)


def _as_utf8(path: Path, label: str, encoding: str, scratch: Path) -> Path:
    """The file itself where it is UTF-8, else a copy that is. Reads it once in any case."""
    plain = codecs.lookup(encoding).name in ("utf-8", "utf-8-sig", "ascii")
    target = scratch / f"{abs(hash(str(path)))}.csv"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = 0
    try:
        with (
            open_bytes(path) as data,
            io.StringIO() if plain else target.open("w", encoding="utf-8", newline="") as out,
        ):
            while True:
                chunk = data.read(_CHUNK)
                try:
                    text = decoder.decode(chunk, final=not chunk)
                except UnicodeDecodeError as error:
                    line = lines + bytes(error.object)[: error.start].count(b"\n") + 1
                    raise UnreadableFile(
                        f"line {line} is not {encoding}", where=label, do="name the file's 'encoding' in the mapping"
                    ) from None
                if not chunk:
                    break
                lines += text.count("\n")
                if not plain:
                    out.write(text)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UnreadableFile(f"the gzip is damaged ({error})", where=label, do="compress it again") from None
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror or error})", where=label) from None
    return path if plain else target


def _header(path: Path, label: str, form: Format, header_row: int) -> tuple[list[str], int]:
    """The header and the number of lines up to its end."""
    with open_bytes(path) as data, io.TextIOWrapper(data, encoding="utf-8-sig", newline="") as text:
        for _ in range(header_row - 1):
            text.readline()
        try:
            reader = _csv_reader(text, form)
            header: list[str] = next(reader, [])
        except csv.Error as error:
            raise UnreadableFile(
                f"line {header_row} cannot be read ({error})", where=label, do="mend the header"
            ) from None
    if not any(cell.strip() for cell in header):
        raise UnreadableFile(
            f"line {header_row} holds no column names", where=label, do="say where they stand with 'header_row'"
        )
    return header, header_row - 1 + reader.line_num


def _csv_reader(text: IO[str], form: Format) -> Any:
    quote = '"' if form.quote is None else form.quote
    if not quote:
        return csv.reader(text, delimiter=form.delimiter or ",", quotechar=None, quoting=csv.QUOTE_NONE)
    return csv.reader(text, delimiter=form.delimiter or ",", quotechar=quote)


def open_bytes(path: Path) -> IO[bytes]:
    """The bytes of a file, unpacked where its name ends in .gz."""
    return gzip.open(path, "rb") if path.suffix.lower() == ".gz" else path.open("rb")  # type: ignore[return-value]


def _open_parquet(path: Path, label: str) -> FoundFile:
    try:
        schema = pyarrow.parquet.read_schema(path)
    except (OSError, ValueError) as error:  # pyarrow's errors are ValueErrors
        raise UnreadableFile(f"not a whole Parquet file ({str(error).splitlines()[0][:120]})", where=label) from None
    return FoundFile(label=label, path=path, header=tuple(schema.names), header_row=0, parquet=True)


def _open_excel(path: Path, label: str, form: Format, sheet: str | None, scratch: Path) -> FoundFile:
    """Write one sheet of a workbook as CSV with the mapping's decimal sign and ISO dates."""
    try:
        book = openpyxl.load_workbook(path, read_only=True, data_only=True)
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, TypeError) as error:
        raise UnreadableFile(
            f"not a readable Excel workbook ({error})", where=label, do="save it again as .xlsx"
        ) from None
    try:
        if sheet is not None and sheet not in book.sheetnames:
            near = did_you_mean(sheet, book.sheetnames)
            raise UnreadableFile(f"no sheet '{sheet}' (there are: {', '.join(book.sheetnames)}){near}", where=label)
        page = book[sheet] if sheet is not None else book.worksheets[0]
        target = scratch / f"{abs(hash((str(path), sheet)))}.csv"
        with target.open("w", encoding="utf-8", newline="") as out:
            csv.writer(out, delimiter=form.delimiter or ",").writerows(_rectangle(page, form))
    finally:
        book.close()
    header_row = form.header_row or 1
    header, lines = _header(target, label, form.model_copy(update={"quote": '"'}), header_row)
    return FoundFile(label=label, path=target, header=numbered(header), header_row=lines, excel=True)


def _rectangle(page: Any, form: Format) -> Iterator[list[str]]:
    """The cells of a sheet as text, every row as wide as the header row; rows past it are cut only where empty."""
    width = 0
    for number, row in enumerate(page.iter_rows(values_only=True), start=1):
        cells = [_cell(value, form.decimal or ".") for value in row]
        if number == (form.header_row or 1):
            while cells and not cells[-1]:
                cells.pop()
            width = len(cells)
        while len(cells) > width > 0 and not cells[-1]:
            cells.pop()
        yield cells + [""] * (width - len(cells))


def _cell(value: Any, decimal: str) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime.datetime):
        return value.replace(microsecond=0).isoformat(sep=" ")
    if isinstance(value, datetime.date | datetime.time):
        return value.isoformat()
    if isinstance(value, float):
        text = repr(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return text.replace(".", decimal)
    return str(value).replace("\r\n", "\n")
