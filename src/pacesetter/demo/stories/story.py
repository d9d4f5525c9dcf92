"""What a planted story is: words for people, a query that measures it, and the sizes that it must reach.

Owns the record, and opening a bundle for measuring. Must not know the simulation.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pacesetter.model.schema import Kind
from pacesetter.model.tables import TABLES

Parts = dict[str, str]
Figures = dict[str, float]

_TYPES = {Kind.INSTANT: "TIMESTAMPTZ", Kind.DATE: "DATE", Kind.NUM: "DOUBLE", Kind.MONEY: "DECIMAL(18,4)",
          Kind.BOOL: "BOOLEAN"}  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Story:
    """One planted story.

    ``tells`` says in a sentence what there is to find, ``planted`` how it got there, ``where`` its place with names of
    parts in braces. ``sql`` gives one row of named figures and takes named parameters of the parts; ``uses`` are those.
    ``holds`` says whether the figures show the story, in worlds ``from_size`` on.
    """

    name: str
    title: str
    tells: str
    planted: str
    where: str
    look_at: str
    sql: str
    uses: tuple[str, ...]
    holds: Callable[[Figures], bool]
    from_size: str = "small"

    def measure(self, con: duckdb.DuckDBPyConnection, parts: Parts) -> Figures:
        """The figures of this story in the bundle that ``con`` has opened."""
        asked = con.execute(self.sql, {k: parts[k] for k in self.uses})
        names = [d[0] for d in asked.description or []]
        row = asked.fetchone()
        assert row is not None
        return {n: float(v) if v is not None else float("nan") for n, v in zip(names, row, strict=True)}


def open_bundle(folder: Path) -> duckdb.DuckDBPyConnection:
    """A connection with one view per table of a canonical bundle, typed, with the session's zone UTC."""
    con = duckdb.connect()
    con.execute("SET TimeZone = 'UTC'")
    for table in TABLES:
        columns = ", ".join(f"'{c.name}': '{_TYPES.get(c.kind, 'VARCHAR')}'" for c in table.columns)
        csv, parquet, parts = folder / f"{table.name}.csv", folder / f"{table.name}.parquet", folder / table.name
        if csv.exists():
            source = f"read_csv('{csv}', header = true, columns = {{{columns}}}, delim = ',', quote = '\"')"
        else:
            source = f"read_parquet('{parquet if parquet.exists() else parts / '*.parquet'}')"
        con.execute(f"CREATE VIEW {table.name} AS SELECT * FROM {source}")
    con.execute(_RESOLVED)
    return con


_RESOLVED = """
CREATE VIEW resolved AS
SELECT *, date_diff('second', created_at, resolved_at) / 3600.0 AS hours
FROM tickets
WHERE resolved_at IS NOT NULL AND excluded_as IS NULL AND type <> 'alert' AND source = 'simulated-psa'
"""
