"""Rows as the text of a row file: comma-separated values in UTF-8 after RFC 4180, quoted only where needed, lines ended by one LF.

Owns the spelling. Must not know which rows there are.
"""

import io
from collections.abc import Iterator, Sequence

import duckdb
import pyarrow as pa
import pyarrow.csv

_BATCH = 50_000
_SPECIAL = ('"', ",", "\n", "\r")
_PLAIN = pyarrow.csv.WriteOptions(include_header=False, quoting_style="none", delimiter=",", batch_size=_BATCH)


def spelled(con: duckdb.DuckDBPyConnection, query: str) -> Iterator[bytes]:
    """The rows of a query whose columns are texts, header first, in pieces. The connection is busy until the last piece."""
    reader = con.sql(query).to_arrow_reader(_BATCH)
    yield ",".join(reader.schema.names).encode() + b"\n"
    for batch in reader:
        if batch.num_rows:
            yield _batch_text(batch)


def _batch_text(batch: pa.RecordBatch) -> bytes:
    sink = io.BytesIO()
    try:
        pyarrow.csv.write_csv(batch, sink, _PLAIN)
    except pa.ArrowInvalid:  # a value holds a comma, a quote or a line end
        return b"".join(record(row) for row in zip(*(column.to_pylist() for column in batch.columns), strict=True))
    return sink.getvalue()


def record(values: Sequence[str | None]) -> bytes:
    """One record."""
    return (",".join(_cell(v) for v in values) + "\n").encode()


def _cell(value: str | None) -> str:
    if value is None:
        return ""
    return '"' + value.replace('"', '""') + '"' if any(mark in value for mark in _SPECIAL) else value
