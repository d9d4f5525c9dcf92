"""Writes the canonical bundle: one CSV or Parquet file per table, or Parquet in parts, byte for byte the same each time.

Owns the files. Must not know what is simulated.
"""

import csv
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any, TextIO

import pyarrow as pa
import pyarrow.parquet as pq

from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import BY_NAME, TABLES

_TYPES = {
    Kind.INSTANT: pa.timestamp("us", tz="UTC"), Kind.DATE: pa.date32(), Kind.NUM: pa.float64(),
    Kind.MONEY: pa.decimal128(18, 4), Kind.BOOL: pa.bool_(),
}  # fmt: skip


def arrow_type(column: Column) -> pa.DataType:
    """The Arrow type in which a column is written."""
    return _TYPES.get(column.kind, pa.string())


def rows_table(name: str, rows: Iterable[dict[str, object]]) -> pa.Table:
    """Canonical rows, given as dictionaries with any subset of the columns, as an Arrow table."""
    listed = list(rows)
    return pa.table({c.name: pa.array([r.get(c.name) for r in listed], arrow_type(c)) for c in BY_NAME[name].columns})


def conformed(name: str, given: pa.Table) -> pa.Table:
    """All canonical columns in their order; those that ``given`` lacks are empty."""
    n, columns = given.num_rows, {}
    for column in BY_NAME[name].columns:
        if column.name not in given.column_names:
            columns[column.name] = pa.nulls(n, arrow_type(column))
        else:
            found = given[column.name]
            keep = pa.types.is_dictionary(found.type) or found.type == arrow_type(column)
            columns[column.name] = found if keep else found.cast(arrow_type(column))
    return pa.table(columns)


class BundleWriter:
    """Writes tables as they come. ``form`` is ``csv``, ``parquet`` or ``parts``; only the last can have several writers."""

    def __init__(self, folder: Path, form: str) -> None:
        self.folder, self.form = folder, form
        self.rows: dict[str, int] = {}
        self._csv: dict[str, TextIO] = {}
        self._parquet: dict[str, pq.ParquetWriter] = {}
        folder.mkdir(parents=True, exist_ok=True)

    def write(self, name: str, given: pa.Table, part: int = 1) -> None:
        """Append rows to a table; in parts, write them as the part of that number."""
        rows = conformed(name, given)
        self.rows[name] = self.rows.get(name, 0) + rows.num_rows
        if self.form == "csv":
            self._write_csv(BY_NAME[name], rows)
        elif self.form == "parquet":
            if name not in self._parquet:
                self._parquet[name] = self._open_parquet(self.folder / f"{name}.parquet", rows.schema)
            self._parquet[name].write_table(rows.cast(self._parquet[name].schema))
        else:
            target = self.folder / name / f"part-{part:05d}.parquet"
            target.parent.mkdir(exist_ok=True)
            with self._open_parquet(target, rows.schema) as writer:
                writer.write_table(rows)

    def _open_parquet(self, path: Path, schema: pa.Schema) -> pq.ParquetWriter:
        words = [f.name for f in schema if pa.types.is_dictionary(f.type)]
        encodings = {f.name: "DELTA_BYTE_ARRAY" for f in schema if f.type == pa.string()}
        encodings |= {f.name: "DELTA_BINARY_PACKED" for f in schema if pa.types.is_timestamp(f.type)}
        return pq.ParquetWriter(
            path, schema, compression="zstd", compression_level=1, use_dictionary=words, column_encoding=encodings,
            store_schema=False,
        )  # fmt: skip

    def _write_csv(self, table: Table, rows: pa.Table) -> None:
        if table.name not in self._csv:
            self._csv[table.name] = (self.folder / f"{table.name}.csv").open("w", encoding="utf-8", newline="")
            csv.writer(self._csv[table.name], lineterminator="\n").writerow(table.names)
        columns = [[_text(v) for v in rows[c.name].to_pylist()] for c in table.columns]
        csv.writer(self._csv[table.name], lineterminator="\n").writerows(zip(*columns, strict=True))

    def close(self, complete: bool = True) -> None:
        """Close every file; where ``complete``, tables without rows are written empty."""
        if complete:
            for table in TABLES:
                if table.name not in self.rows:
                    self.write(table.name, rows_table(table.name, []))
        for handle in (*self._csv.values(), *self._parquet.values()):
            handle.close()


def _text(value: Any) -> str:
    """A value in the canonical text form."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
