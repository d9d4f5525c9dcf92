"""The matrix as a file: CSV, an Excel workbook or TOML. What is written reads back to the very same document.

Owns the bytes. Must not know the layout of the sheet (``matrix_grid``) or what is done with a document.
"""

import csv
import io
import json
import zipfile
from collections import defaultdict
from enum import StrEnum

from openpyxl import Workbook, load_workbook
from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE
from openpyxl.styles import Alignment, Font
from openpyxl.utils import get_column_letter
from openpyxl.utils.exceptions import InvalidFileException

from pacesetter.errors import BadRequest
from pacesetter.model.raci_document import Document, LetterRow
from pacesetter.responsibility.matrix_grid import FIXED, ROLE_ROWS, TASK_COLUMNS, Cells, document_of_grid, grid_of
from pacesetter.responsibility.matrix_toml import document_of_toml

LARGEST = 8 * 2**20
"""Bytes of a file that is read."""
_ARMED = ("=", "+", "-", "@", "\t", "\r", "'")


class MatrixForm(StrEnum):
    """Forms of file, named by their ending."""

    CSV = "csv"
    XLSX = "xlsx"
    TOML = "toml"


def form_of(name: str) -> MatrixForm:
    """The form of a file by its ending. Raises BadRequest for any other."""
    ending = name.rpartition(".")[2].lower()
    if ending not in set(MatrixForm):
        raise BadRequest(f"'{name[-60:]}' is neither CSV, Excel nor TOML", do="name it .csv, .xlsx or .toml")
    return MatrixForm(ending)


def written(document: Document, form: MatrixForm) -> bytes:
    """A document as a file; the same document gives the same text."""
    if form is MatrixForm.TOML:
        return toml_text(document).encode("utf-8")
    cells = grid_of(document)
    if form is MatrixForm.XLSX:
        return _workbook(cells)
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerows([[_unarmed(text) for text in row] for row in cells])
    return out.getvalue().encode("utf-8")


def read(content: bytes, form: MatrixForm) -> Document:
    """The document in a file. Raises BadRequest: what is wrong, in which row and column or under which name, what to do."""
    if len(content) > LARGEST:
        raise BadRequest(f"the file is larger than {LARGEST // 2**20} MiB", do="leave out what is no matrix")
    if form is MatrixForm.XLSX:
        cells = _sheet(content)
        return document_of_grid(cells, lambda y, x: f"cell {get_column_letter(x + 1)}{y + 1}{_head(cells, x)}")
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadRequest("the file is not UTF-8 text", do="save it as 'CSV UTF-8'") from None
    if form is MatrixForm.TOML:
        return document_of_toml(text)
    rows = _rows(text)
    return document_of_grid(rows, lambda y, x: f"row {y + 1}, column {x + 1}{_head(rows, x)}")


def _head(cells: Cells, x: int) -> str:
    return f" ({cells[0][x][:40]})" if cells and x < len(cells[0]) and cells[0][x] else ""


def _rows(text: str) -> Cells:
    """Rows of a CSV file; a spreadsheet in some countries parts by semicolons."""
    first = text.split("\n", 1)[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    try:
        found = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True))
    except csv.Error as error:
        raise BadRequest(f"the file is not CSV ({error})", do="save it as CSV again") from None
    return [[_bare(cell) for cell in row] for row in found]


def _unarmed(text: str) -> str:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it, which reading takes away."""
    return f"'{text}" if text.startswith(_ARMED) else text


def _bare(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_ARMED) else text


def _workbook(cells: Cells) -> bytes:
    book = Workbook()
    sheet = book.active
    sheet.title = "RACI"
    for y, row in enumerate(cells, 1):
        for x, text in enumerate(row, 1):
            if ILLEGAL_CHARACTERS_RE.search(text):
                what = f"'{ILLEGAL_CHARACTERS_RE.sub('?', text)[:40]}' has a character that Excel cannot hold"
                raise BadRequest(what, do="export it as CSV or TOML")
            if text:
                cell = sheet.cell(row=y, column=x)
                cell.value = text
                cell.data_type = "s"
                cell.font = Font(bold=y == 1 or x == 1)
                cell.alignment = Alignment(wrap_text=y <= 2, horizontal="center" if x > FIXED and y > 2 else None)
    for x, name in enumerate(("row", *TASK_COLUMNS), 1):
        sheet.column_dimensions[get_column_letter(x)].width = 28 if name in ("task_id", "name") else 14
    for x in range(FIXED + 1, len(cells[0]) + 1):
        sheet.column_dimensions[get_column_letter(x)].width = 18
    sheet.freeze_panes = sheet.cell(row=2 + len(ROLE_ROWS), column=4)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _sheet(content: bytes) -> Cells:
    try:
        book = load_workbook(io.BytesIO(content), read_only=False, data_only=True)
    except (InvalidFileException, zipfile.BadZipFile, KeyError, ValueError, OSError):
        raise BadRequest("the file is no Excel workbook", do="save it as .xlsx") from None
    sheet = book.worksheets[0]
    return [["" if v is None else _cell_text(v) for v in row] for row in sheet.iter_rows(values_only=True)]


def _cell_text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value)


def toml_text(document: Document) -> str:
    """A document as TOML: roles, then tasks, each letter with the roles that have it."""
    lines = ["# RACI matrix. Times (within) are in minutes; from = first day, to = first day no longer."]
    for r in document.roles:
        lines += ["", f"[roles.{_key(r.role_id)}]", f"name = {_string(r.name)}"]
        pairs = (
            ("client", r.client_id),
            ("team", r.team_id),
            ("technician", r.technician_id),
            ("contact", r.contact_id),
        )
        lines += [f"{name} = {_string(value)}" for name, value in pairs if value is not None]
    held: dict[tuple[str, str], list[LetterRow]] = defaultdict(list)
    for a in document.letters:
        held[a.task_id, a.letter].append(a)
    for t in document.tasks:
        lines += ["", f"[tasks.{_key(t.task_id)}]", f"name = {_string(t.name)}"]
        kind = ("client", "type", "category", "subcategory", "priority")
        lines += [f"{name} = {_string(value)}" for name, value in zip(kind, t.kind, strict=True) if value is not None]
        lines += [f"{name} = {day}" for name, day in (("from", t.valid_from), ("to", t.valid_to)) if day is not None]
        for letter in "RACI":
            if held[t.task_id, letter]:
                lines.append(f"{letter} = [{', '.join(map(_held_text, held[t.task_id, letter]))}]")
    return "\n".join(lines) + "\n"


def _held_text(a: LetterRow) -> str:
    if a.within_minutes is None and a.valid_from is None and a.valid_to is None:
        return _string(a.role_id)
    parts = [f"role = {_string(a.role_id)}"]
    if a.within_minutes is not None:
        parts.append(f"within = {a.within_minutes!r}")
    parts += [f"{name} = {day}" for name, day in (("from", a.valid_from), ("to", a.valid_to)) if day is not None]
    return f"{{ {', '.join(parts)} }}"


def _string(text: str) -> str:
    """A basic string of TOML: JSON's escapes are among its own, except that DEL has to be escaped too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _key(text: str) -> str:
    return text if text and all(c.isascii() and (c.isalnum() or c in "-_") for c in text) else _string(text)
