"""Answers and rows as records of plain columns, and as the bytes of a CSV or Parquet file.

Owns how a nested answer becomes flat. Must not know where the bytes go.
"""

import csv
import io
import json
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq


def flat(record: dict[str, Any]) -> dict[str, Any]:
    """One answer as columns: dimensions by name, the interval as two, whatever else is nested as JSON text."""
    found: dict[str, Any] = {}
    for name, value in record.items():
        if name == "dimensions":
            found |= value
        elif name == "ci":
            found |= {"ci_low": value[0] if value else None, "ci_high": value[1] if value else None}
        elif isinstance(value, (dict, list)):
            found[name] = json.dumps(value, ensure_ascii=False) if value else None
        else:
            found[name] = value
    return found


def csv_bytes(records: Sequence[dict[str, Any]]) -> bytes:
    """Flat records as CSV in UTF-8, with a header."""
    names = list(dict.fromkeys(name for r in records for name in r))
    out = io.StringIO()
    writer = csv.DictWriter(out, names, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _unarmed(value) for name, value in r.items()} for r in records)
    return out.getvalue().encode("utf-8")


def _unarmed(value: Any) -> Any:
    """A text that a spreadsheet would take for a formula, with an apostrophe before it."""
    return f"'{value}" if isinstance(value, str) and value[:1] in ("=", "+", "-", "@", "\t", "\r") else value


def parquet_bytes(records: Sequence[dict[str, Any]]) -> bytes:
    """Flat records as a Parquet file."""
    names = list(dict.fromkeys(name for r in records for name in r))
    columns = {name: pa.array([r.get(name) for r in records]) for name in names}
    out = io.BytesIO()
    pq.write_table(pa.table(columns), out)
    return out.getvalue()
