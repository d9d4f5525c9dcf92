"""Writes the canonical bundle back: what was imported, as files that an import reads to the same rows.

Owns the text and Parquet forms of a bundle. Must not know how rows came in.
"""

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet

from pacesetter.errors import BadRequest
from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import TABLES
from pacesetter.warehouse import clientcut
from pacesetter.warehouse.importer import no_progress
from pacesetter.warehouse.staging import Progress
from pacesetter.warehouse.storage import count, extra_columns, quoted
from pacesetter.warehouse.workspace import Workspace

_BATCH = 100_000
_SORTED_UP_TO = 2_000_000


def export(
    ws: Workspace,
    directory: str | os.PathLike[str],
    clients: Sequence[str] | None = None,
    *,
    form: Literal["csv", "parquet"] = "csv",
    progress: Progress = no_progress,
) -> dict[str, int]:
    """Write the current generation as a bundle into ``directory``; returns the number of rows per table written.

    With ``clients``, only their rows and what is shared by all. Tables without a row have no file. Raises BadRequest
    where the directory is not empty or a client is unknown.
    """
    target = Path(directory).absolute()
    if target.is_file() or (target.is_dir() and any(target.iterdir())):
        raise BadRequest("there is something already", where=str(target), do="name a new or empty folder")
    written: dict[str, int] = {}
    with ws.reader() as con:
        if clients is not None:
            clientcut.choose(con, clients)
        try:
            target.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise BadRequest(f"cannot be written ({error.strerror})", where=str(target)) from None
        for position, table in enumerate(TABLES):
            progress(f"writing {table.name}", position / len(TABLES))
            limited = clients is not None and table.name in clientcut.limited_tables()
            relation = f"temp.kept_{table.name}" if limited else f"main.{quoted(table.name)}"
            rows = count(con, relation)
            if rows:
                query = _query(con, table, relation, rows, textual=form == "csv", limited=clients is not None)
                _write(con, query, target / f"{table.name}.{form}", form)
                written[table.name] = rows
    return written


def text_query(con: duckdb.DuckDBPyConnection, table: Table) -> str:
    """The query of all rows of a table in the text form that an import reads back, ``x_`` columns included."""
    return _query(con, table, f"main.{quoted(table.name)}", 0, textual=True, limited=False)


def _query(
    con: duckdb.DuckDBPyConnection, table: Table, relation: str, rows: int, *, textual: bool, limited: bool
) -> str:
    picked = []
    for column in table.columns:
        source = f"k.{quoted('ticket_id')}" if _joined(table, column) else f"t.{quoted(column.name)}"
        if limited:
            source = clientcut.reference(table, column.name, source)
        value = _as_text(column, source) if textual else _as_native(column, source)
        picked.append(f"{value} AS {quoted(column.name)}")
    picked += [f"t.{quoted(name)}" for name in extra_columns(con, table)]
    join = " JOIN main.tickets AS k ON k.ticket_key = t.ticket_key" if table.name == "ticket_events" else ""
    keys = [
        f"k.{quoted(n)}" if table.name == "ticket_events" and n == "ticket_id" else f"t.{quoted(n)}" for n in table.key
    ]
    order = f" ORDER BY {', '.join(keys)}" if rows <= _SORTED_UP_TO else ""
    return f"SELECT {', '.join(picked)} FROM {relation} AS t{join}{order}"


def _joined(table: Table, column: Column) -> bool:
    return table.name == "ticket_events" and column.name == "ticket_id"


def _as_text(column: Column, source: str) -> str:
    if column.kind is Kind.INSTANT:
        return f"replace(strftime({source}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')"
    if column.kind is Kind.NUM:
        whole = f"{source} = floor({source}) AND abs({source}) < 1e15"
        return f"CASE WHEN {whole} THEN CAST(CAST({source} AS BIGINT) AS VARCHAR) ELSE CAST({source} AS VARCHAR) END"
    return source if column.kind in (Kind.ID, Kind.REF, Kind.TEXT) else f"CAST({source} AS VARCHAR)"


def _as_native(column: Column, source: str) -> str:
    return f"timezone('UTC', {source})" if column.kind is Kind.INSTANT else source


def _write(con: duckdb.DuckDBPyConnection, query: str, path: Path, form: str) -> None:
    partial = path.with_name(path.name + ".partial")
    reader = con.sql(query).to_arrow_reader(_BATCH)
    if form == "parquet":
        with pyarrow.parquet.ParquetWriter(partial, reader.schema, compression="zstd") as sheet:
            for batch in reader:
                sheet.write_batch(batch)
    else:
        _write_text(reader, partial)
    partial.rename(path)


def _write_text(reader: pa.RecordBatchReader, path: Path) -> None:
    with pyarrow.csv.CSVWriter(path, reader.schema) as sheet:
        for batch in reader:
            sheet.write_batch(batch)
