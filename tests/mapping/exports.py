"""Exports for the tests: the real ones where they are, small ones written on the spot."""

import os
from pathlib import Path

import pytest

from pacesetter.sources.mapping import import_with_mapping
from pacesetter.warehouse.importer import ImportReport
from pacesetter.warehouse.workspace import Workspace


def real_data(folder: str) -> Path:
    """A folder of the real records; skips the test where they are absent."""
    root = Path(__file__).resolve().parents[2]
    place = Path(os.environ.get("PACESETTER_REAL_DATA") or root.parent / "shared" / "data") / folder
    if not place.is_dir():
        pytest.skip(f"the real records are not at {place} (PACESETTER_REAL_DATA says where)")
    return place


class Imported:
    """A workspace into which an export has been imported."""

    def __init__(self, ws: Workspace, report: ImportReport) -> None:
        self.ws, self.report = ws, report

    def rows(self, sql: str) -> list[tuple]:
        with self.ws.reader() as con:
            return con.execute(sql).fetchall()

    def one(self, sql: str):
        return self.rows(sql)[0][0]


def bring_in(folder: Path, export: Path, mapping: str | Path, **options) -> Imported:
    """A new workspace in ``folder`` with the export imported."""
    ws = Workspace.create(folder)
    return Imported(ws, import_with_mapping(ws, export, mapping, **options))


def small(tmp_path: Path, mapping: str, files: dict[str, str | bytes], **options) -> Imported:
    """Import small files written here through a mapping written here."""
    export = tmp_path / "export"
    export.mkdir(exist_ok=True)
    for name, content in files.items():
        data = content.encode() if isinstance(content, str) else content
        (export / name).write_bytes(data)
    place = tmp_path / "mapping.toml"
    place.write_text(mapping, encoding="utf-8")
    return bring_in(tmp_path / "workspace", export, place, **options)


CLIENT = '[[table]]\ntable = "clients"\nrows = [{ client_id = "acme", name = "Acme" }]\n'


def tickets_mapping(columns: str = "", form: str = "", file: str = "", block: str = "", more: str = "") -> str:
    """A mapping of ``tickets.csv`` (id, opened, …) to tickets of one client."""
    return f"""
title = "small"
[format]
dates = ["%d/%m/%Y %H:%M"]
time_zone = "UTC"
{form}
[files.main]
match = "tickets*"
{file}
{CLIENT}
[[table]]
table = "tickets"
from = "main"
{block}
[table.columns]
ticket_id = "id"
client_id = {{ value = "acme" }}
created_at = "opened"
{columns}
{more}
"""
