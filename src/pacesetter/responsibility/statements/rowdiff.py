"""Two row files of a table compared by key: what came, what went, what is different, column by column.

Owns the comparison. Must not know statements beyond their row files.
"""

import filecmp
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb

from pacesetter.model.tables import BY_NAME
from pacesetter.warehouse.storage import literal, quoted

LISTED = 1_000
"""Rows of a table that are listed one by one; all are counted."""


@dataclass(frozen=True)
class RowChanges:
    """Changes of one table. ``listed`` has at most LISTED rows: key, what happened, and the columns that differ with both values."""

    added: int = 0
    removed: int = 0
    changed: int = 0
    listed: list[dict[str, Any]] = field(default_factory=list)

    @property
    def total(self) -> int:
        """How many rows differ."""
        return self.added + self.removed + self.changed

    def as_json(self) -> dict[str, Any]:
        """For ``changes.json``."""
        return {"added": self.added, "removed": self.removed, "changed": self.changed, "listed": self.listed}


def row_changes(then: Path, now: Path, table: str) -> RowChanges:
    """The changes of a table between two folders of row files."""
    paths = [folder / f"{table}.csv" for folder in (then, now)]
    if not any(path.exists() for path in paths) or (
        all(path.exists() for path in paths) and filecmp.cmp(paths[0], paths[1], shallow=False)
    ):
        return RowChanges()
    with duckdb.connect() as con:
        con.execute("SET memory_limit = '2GB'")
        con.execute(f"SET temp_directory = {literal(str(then.parent / 'spill'))}")
        columns = [_load(con, name, path) for name, path in zip(("before", "after"), paths, strict=True)]
        return _compared(con, table, *columns)


def _load(con: duckdb.DuckDBPyConnection, name: str, path: Path) -> list[str]:
    source = (
        f"read_csv({literal(str(path))}, all_varchar = true, header = true, delim = ',', quote = '\"', escape = '\"', auto_detect = false,"
        f" columns = {_columns(path)})"
    )
    con.execute(f"CREATE TABLE {name} AS SELECT * FROM {source}")
    return _header(path)


def _header(path: Path) -> list[str]:
    with path.open(encoding="utf-8") as file:
        return file.readline().rstrip("\n").split(",")


def _columns(path: Path) -> str:
    return "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in _header(path)) + "}"


def _compared(con: duckdb.DuckDBPyConnection, table: str, before: list[str], after: list[str]) -> RowChanges:
    key = BY_NAME[table].key
    names = [n for n in dict.fromkeys([*before, *after]) if n not in key]
    sides = {"b": before, "a": after}

    def column(side: str, name: str) -> str:
        return f"{side}.{quoted(name)}" if name in sides[side] else "NULL"

    joined = " AND ".join(f"b.{quoted(k)} IS NOT DISTINCT FROM a.{quoted(k)}" for k in key)
    differs = " OR ".join(f"{column('b', n)} IS DISTINCT FROM {column('a', n)}" for n in names) or "FALSE"
    con.execute(
        f"""CREATE TABLE differences AS
        SELECT {", ".join(f"coalesce(b.{quoted(k)}, a.{quoted(k)}) AS {quoted(k)}" for k in key)},
            CASE WHEN b.present IS NULL THEN 'added' WHEN a.present IS NULL THEN 'removed' ELSE 'changed' END AS what,
            {", ".join(f"{column('b', n)} AS {quoted('then ' + n)}, {column('a', n)} AS {quoted('now ' + n)}" for n in names)}
        FROM (SELECT *, 1 AS present FROM before) AS b FULL JOIN (SELECT *, 1 AS present FROM after) AS a ON {joined}
        WHERE b.present IS NULL OR a.present IS NULL OR {differs}"""
    )
    counts = dict(con.execute("SELECT what, count(*) FROM differences GROUP BY what").fetchall())
    order = ", ".join(quoted(k) for k in key)
    rows = con.execute(f"SELECT * FROM differences ORDER BY {order} LIMIT {LISTED}").fetchall()
    listed = [_row(row, key, names) for row in rows]
    return RowChanges(counts.get("added", 0), counts.get("removed", 0), counts.get("changed", 0), listed)


def _row(row: tuple[Any, ...], key: tuple[str, ...], names: list[str]) -> dict[str, Any]:
    what, values = row[len(key)], row[len(key) + 1 :]
    found: dict[str, Any] = {"key": " ".join(part or "" for part in row[: len(key)]), "what": what}
    if what == "changed":
        found["columns"] = {
            name: {"then": values[2 * n], "now": values[2 * n + 1]}
            for n, name in enumerate(names) if values[2 * n] != values[2 * n + 1]
        }  # fmt: skip
    return found
