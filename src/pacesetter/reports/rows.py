"""Pages of the rows behind a number: searched, sorted, cut, counted; and all of them as a file.

Owns the paging and the reading of a search. The rows themselves, and which columns may be seen, come from the catalogue.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
from sqlglot import exp

from pacesetter.catalogue.drill_rows import Drill, Matching
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadRequest
from pacesetter.reports.labels import Labels

MOST_EXPORTED = 200_000
MOST_IN_A_FILE = 5_000_000
"""Rows that a file which is written by the engine itself may have."""
BATCH = 50_000
_MOST_WORDS = 6
_NAMED = ("client", "team", "technician", "offering", "service", "project", "article")


@dataclass(frozen=True)
class PageQuery:
    """One page to be read: the drill, the column to sort by (None for the drill's own order), its direction, and where it begins."""

    drill: Drill
    sort: str | None
    descending: bool
    limit: int
    offset: int
    matching: Matching | None = None


@dataclass(frozen=True)
class Page:
    """Rows ``[offset, offset + len(rows))`` of ``total``."""

    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    total: int
    offset: int

    def records(self) -> list[dict[str, Any]]:
        """The rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def page_of(drill: Drill, sort: str | None, limit: int, offset: int, matching: Matching | None = None) -> PageQuery:
    """A page sorted by a column, ``-`` before it for largest first. Raises BadRequest where there is no such column."""
    name = (sort or "").removeprefix("-")
    if name and drill.column(name) is None:
        raise BadRequest(f"the rows have no column '{name}'", where="sort", do=f"choose of {', '.join(drill.columns)}")
    return PageQuery(drill, name or None, (sort or "").startswith("-"), limit, offset, matching)


def matching_of(drill: Drill, labels: Labels, search: str, least: str = "", below: str = "") -> Matching | None:
    """What a search field says: every word has to be found; a word of a client's, team's or technician's name stands for their ids.

    ``least`` and ``below`` bound the value. None where nothing is asked. Raises BadRequest for what is no number.
    """
    words = tuple(dict.fromkeys(search.lower().split()))
    if len(words) > _MOST_WORDS:
        raise BadRequest(f"{len(words)} words are too many to search for", where="q", do=f"name at most {_MOST_WORDS}")
    if not (words or least or below):
        return None
    visible = {name for name in _NAMED if drill.column(name) is not None}
    ids = [
        (word, column, frozenset(i for i, name in labels.names.get(column, {}).items() if word in name.lower()))
        for word in words
        for column in sorted(visible)
    ]
    return Matching(words, tuple(i for i in ids if i[2]), _bound(least, "least"), _bound(below, "below"))


def _bound(text: str, where: str) -> float | None:
    if not text:
        return None
    try:
        found = float(text)
    except ValueError:
        found = float("nan")
    if not abs(found) < 1e18:
        raise BadRequest(f"'{text[:20]}' is no number", where=where, do="write it as 3600")
    return found


def read_page(con: duckdb.DuckDBPyConnection, page: PageQuery) -> Page:
    """Read a page. Equal values keep the drill's own order, so that pages never overlap.

    A page of the second half is read from the end, so that the last one costs no more than the first.
    """
    count = page.drill.count(page.matching)
    total = int(con.execute(count.sql(dialect=DIALECT)).fetchall()[0][0])
    limit = max(0, min(page.limit, total - page.offset))
    from_the_end = page.offset > total // 2
    tree = page.drill.page(
        sort=page.sort, descending=page.descending, limit=limit, matching=page.matching, from_the_end=from_the_end,
        offset=total - page.offset - limit if from_the_end else page.offset,
    )  # fmt: skip
    rows = con.execute(tree.sql(dialect=DIALECT)).fetchall() if limit else []
    return Page(page.drill.columns, [tuple(_plain(v) for v in row) for row in rows], total, page.offset)


def write_file(con: duckdb.DuckDBPyConnection, page: PageQuery, form: str, path: Path) -> int:
    """All rows that match, as a CSV or Parquet file; how many. In a CSV an apostrophe disarms what a spreadsheet would take for a formula.

    Raises BadRequest where there are more than ``MOST_IN_A_FILE``.
    """
    total = int(con.execute(page.drill.count(page.matching).sql(dialect=DIALECT)).fetchall()[0][0])
    if total > MOST_IN_A_FILE:
        raise BadRequest(f"these are {total} rows", where="format", do=f"narrow them to {MOST_IN_A_FILE} at a time")
    whole = replace(page, limit=total, offset=0)
    query = whole.drill.page(sort=whole.sort, descending=whole.descending, matching=whole.matching).sql(dialect=DIALECT)
    if form == "csv":
        query = f"SELECT {', '.join(_unarmed(con, query, page.drill.columns))} FROM ({query})"
    reader: pa.RecordBatchReader = con.sql(query).to_arrow_reader(BATCH)
    file = (
        pa.csv.CSVWriter(str(path), reader.schema)
        if form == "csv"
        else pa.parquet.ParquetWriter(str(path), reader.schema)
    )
    with file as out:
        for batch in reader:
            out.write_batch(batch)
    return total


def _unarmed(con: duckdb.DuckDBPyConnection, query: str, columns: Sequence[str]) -> list[str]:
    kinds = {row[0]: row[1] for row in con.execute(f"DESCRIBE {query}").fetchall()}
    names = [exp.to_identifier(name, quoted=True).sql(dialect=DIALECT) for name in columns]
    return [
        f"CASE WHEN regexp_matches({n}, '^[=+@\\t\\r-]') THEN '''' || {n} ELSE {n} END AS {n}" if kinds[name] == "VARCHAR" else n
        for name, n in zip(columns, names, strict=True)
    ]  # fmt: skip


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
