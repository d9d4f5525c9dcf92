"""Pages of the rows behind a number: sorted, cut, counted.

Owns the paging. The rows themselves, and which columns may be seen, come from the catalogue.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb
from sqlglot import exp

from pacesetter.catalogue.drill import Drill
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadRequest

MOST_EXPORTED = 200_000


@dataclass(frozen=True)
class PageQuery:
    """One page to be read: the drill, the column to sort by (None for the drill's own order), its direction, and where it begins."""

    drill: Drill
    sort: str | None
    descending: bool
    limit: int
    offset: int


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


def page_of(drill: Drill, sort: str | None, limit: int, offset: int) -> PageQuery:
    """A page sorted by a column, ``-`` before it for largest first. Raises BadRequest where there is no such column."""
    name = (sort or "").removeprefix("-")
    if name and name not in drill.columns:
        raise BadRequest(f"the rows have no column '{name}'", where="sort", do=f"choose of {', '.join(drill.columns)}")
    return PageQuery(drill, name or None, (sort or "").startswith("-"), limit, offset)


def read_page(con: duckdb.DuckDBPyConnection, page: PageQuery) -> Page:
    """Read a page. Equal values keep the order of the rows' first column, so that pages never overlap."""
    columns = page.drill.columns
    unordered = page.drill.tree.copy()
    unordered.set("order", None)
    counted = exp.select(exp.Count(this=exp.Star())).from_(unordered.subquery("r"))
    total = con.execute(counted.sql(dialect=DIALECT)).fetchall()[0][0]
    tree: exp.Query = page.drill.tree.copy()
    if page.sort is not None:
        tree = exp.select("*").from_(unordered.subquery("r"))
        assert isinstance(tree, exp.Select)
        tree = tree.order_by(exp.Ordered(this=exp.column(page.sort, "r"), desc=page.descending, nulls_first=False))
        tree = tree.order_by(*(exp.column(name, "r") for name in columns if name != page.sort))
    tree = tree.limit(page.limit).offset(page.offset)
    rows = con.execute(tree.sql(dialect=DIALECT)).fetchall()
    return Page(columns, [tuple(_plain(v) for v in row) for row in rows], int(total), page.offset)


def _plain(value: Any) -> Any:
    return float(value) if isinstance(value, Decimal) else value
