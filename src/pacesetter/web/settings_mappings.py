"""Mappings: the workspace's own TOML files, with the shipped ones to read and to copy; checked by line, tried on a file, then saved."""

import difflib
import hashlib
import os
import re
import tempfile
from pathlib import Path
from typing import Any

import duckdb
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access import edits
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.errors import PacesetterError
from pacesetter.insight.changes import Proposal
from pacesetter.insight.changes.record import BadField
from pacesetter.sources.mapping.importing import prepared
from pacesetter.sources.mapping.loading import Mapping, load_mapping, read_mapping, shipped_names
from pacesetter.warehouse.storage import quoted
from pacesetter.web import forms
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, opened
from pacesetter.web.settings_saving import asked_by, back_to

router = APIRouter(prefix="/settings/mappings", include_in_schema=False)
BACK = "/settings/mappings"
FOLDER = "mappings"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,59}")
_LINE = re.compile(r"line (\d+)")
FIRST_ROWS, FIRST_COLUMNS = 5, 12
START = """title = "Tickets of our help desk"

[format]
delimiter = ";"
dates = ["%d.%m.%Y %H:%M"]
time_zone = "Europe/Berlin"

[files.tickets]
match = "tickets*.csv"

[[table]]
table = "clients"
from = "tickets"
one_row_per = "Company"

[table.columns]
client_id = "Company"
name = "Company"

[[table]]
table = "tickets"
from = "tickets"

[table.columns]
ticket_id = "Number"
client_id = "Company"
created_at = "Opened"
"""


@router.get("")
def listed(request: Request, parts: Parts, asking: Configuring) -> Response:
    """The workspace's own mappings, and the shipped ones."""
    with opened(request, parts, asking) as desk:
        own = [(path.stem, *_glance(path)) for path in sorted(_folder(parts.workspace.root).glob("*.toml"))]
        shipped = [(name, load_mapping(name).definition.title) for name in shipped_names()]
        return desk.render("settings_mappings.html", section=BACK, title="Mappings", own=own, shipped=shipped)


def _folder(root: Path) -> Path:
    return root / FOLDER


def _glance(path: Path) -> tuple[str, str]:
    """Title and complaint of a mapping's file."""
    try:
        return load_mapping(path).definition.title or "", ""
    except PacesetterError as error:
        return "", error.line().replace(str(path), path.name)


def _text(root: Path, name: str) -> str | None:
    path = _folder(root) / f"{name}.toml"
    if not _NAME.fullmatch(name) or not path.is_file():
        return None
    return path.read_text("utf-8", "replace").removeprefix("\ufeff")


def _mark(text: str | None) -> str:
    return hashlib.sha256((text or "").encode()).hexdigest()[:24]


@router.get("/edit")
def edit(request: Request, parts: Parts, asking: Configuring, name: str = "", copy: str = "") -> Response:
    """The text of one mapping; without a name, of a new one, perhaps copied from a shipped one."""
    text = _text(parts.workspace.root, name) if name else None
    if name and text is None:
        raise NotFound("there is no such mapping")
    if copy and copy not in shipped_names():
        raise NotFound("there is no such mapping")
    start = text if text is not None else Path(str(_shipped(copy))).read_text("utf-8") if copy else START
    with opened(request, parts, asking) as desk:
        words = (("name", name or (f"{copy}-own" if copy else "")), ("text", start), ("new", "" if name else "1"))
        return _form(desk, Filled(Posted(words), _mark(text), {}), text)


def _shipped(name: str) -> object:
    from importlib import resources

    return resources.files("pacesetter.sources.mapping") / "shipped" / f"{name}.toml"


@router.post("/edit")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Check, try or save it."""
    with opened(request, parts, asking) as desk:
        forms.check_session_form(request, asking, posted.get("token"))
        name, text, seen = posted.get("name"), posted.get("text") + "\n", posted.get("seen")
        now = _text(parts.workspace.root, name)
        try:
            _check_name(name, now, posted)
            mapping = _read(name, text)
            if now == text and not posted.files:
                raise BadField({"": "nothing is different from what stands now"})
            if _mark(now) != seen:
                raise BadField(
                    {"": "somebody else changed this since you opened it; open it again and make your change there"}
                )
            if posted.get("do") == "save" and posted.get("previewed") == _mark(text):
                number = _save(desk, name, now, text)
                return RedirectResponse(back_to(BACK, number), 303)
            return _form(
                desk, Filled(posted, seen, {}, _preview(desk, mapping, now, text, posted), previewed=_mark(text)), now
            )
        except BadField as wrong:
            return _form(desk, Filled(posted, seen, wrong.problems, status=400), now)


def _check_name(name: str, now: str | None, posted: Posted) -> None:
    if not _NAME.fullmatch(name):
        raise BadField({"name": "letters, digits, - and _ only, at most 60: helpdesk-tickets"})
    if posted.get("new") == "1" and (now is not None or name in shipped_names()):
        raise BadField({"name": "there is a mapping of that name already"})


def _read(name: str, text: str) -> Mapping:
    """The mapping in the text. Raises BadField with the complaint and the line that it is about."""
    try:
        return read_mapping(text, name=name, where=f"{name}.toml")
    except PacesetterError as error:
        told = error.line()
        found = _LINE.search(told)
        lines = text.splitlines()
        if found and 0 < int(found[1]) <= len(lines):
            told += f" ({int(found[1])}: {lines[int(found[1]) - 1].strip()[:120]})"
        raise BadField({"text": told}) from None


def _preview(desk: Desk, mapping: Mapping, now: str | None, text: str, posted: Posted) -> dict[str, Any]:
    """What the mapping fills, what differs from the stored text, and what it makes of the files that came along."""
    diff = list(difflib.unified_diff((now or "").splitlines(), text.splitlines(), "", "", lineterm="", n=2))[2:]
    tables = list(dict.fromkeys(block.table for block in mapping.definition.table))
    tried = _tried(desk, mapping, posted) if posted.files else None
    return {"diff": diff, "tables": tables, "mapping": mapping.definition, "tried": tried, "same": now == text}


def _tried(desk: Desk, mapping: Mapping, posted: Posted) -> dict[str, Any]:
    """A dry look: counts, warnings and first rows of each table, or why the files cannot be read. Nothing is kept."""
    temporary = desk.parts.workspace.generations.temporary
    temporary.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f"reader-{os.getpid()}-look-", dir=temporary) as folder:
        export = Path(folder) / "files"
        export.mkdir()
        for name, body in posted.files:
            (export / name).write_bytes(body)
        try:
            with prepared(mapping, export, Path(folder), time_zone=posted.get("time_zone") or None) as ready:
                con = duckdb.connect(str(ready.database), read_only=True)
                try:
                    tables = [
                        _first(con, t, r, ready.compiled.counts.get(t, 0)) for t, r in ready.compiled.tables.items()
                    ]
                finally:
                    con.close()
                return {"tables": tables, "warnings": ready.compiled.warnings, "error": ""}
        except PacesetterError as error:
            return {"tables": [], "warnings": (), "error": error.line().replace(str(export), "").lstrip(":/ ")}


def _first(con: duckdb.DuckDBPyConnection, table: str, relation: str, rows: int) -> dict[str, Any]:
    cursor = con.execute(
        f"SELECT * EXCLUDE (_file, _line) FROM {relation if '.' in relation else quoted(relation)} LIMIT {FIRST_ROWS}"
    )
    names = [str(c[0]) for c in cursor.description or ()]
    found = cursor.fetchall()
    kept = [n for n, name in enumerate(names) if any(row[n] is not None for row in found)]
    shown = kept[:FIRST_COLUMNS]
    return {
        "table": table, "rows": rows, "columns": [names[n] for n in shown], "more": len(kept) - len(shown),
        "first": [[row[n] for n in shown] for row in found],
    }  # fmt: skip


def _save(desk: Desk, name: str, now: str | None, text: str) -> int:
    """Write the file at once or not at all, and note it."""
    folder = _folder(desk.parts.workspace.root)
    try:
        folder.mkdir(exist_ok=True)
        fresh = folder / f".{name}.{os.getpid()}.new"
        fresh.write_text(text, "utf-8")
        fresh.replace(folder / f"{name}.toml")
    except OSError as error:
        raise BadField({"": f"it cannot be written ({error.strerror})"}) from None
    what = "mapping changed" if now is not None else "mapping added"
    told = Proposal(what=what, about=name, before={"text": now} if now is not None else {}, after={"text": text})
    with desk.parts.work() as work:
        return edits.record(work, asked_by(desk.asking, told, BACK)).id


def _form(desk: Desk, filled: Filled, now: str | None) -> Response:
    return desk.render(
        "settings_mapping.html", section=BACK, status=filled.status, title=filled.posted.get("name") or "New mapping",
        filled=filled, problems=filled.problems, preview=filled.preview, stored=now is not None,
    )  # fmt: skip
