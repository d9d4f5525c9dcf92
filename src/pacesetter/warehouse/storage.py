"""The canonical tables as they stand in a generation, and the tables of the warehouse beside them.

Owns column types and the definition of ``_meta``, ``_imports``, ``_quarantine`` and ``_defects``. Must not know how rows
come in.
"""

from collections.abc import Sequence

import duckdb
import pyarrow as pa

from pacesetter.errors import BadWorkspace
from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import TABLES

SCHEMA_VERSION = 1
TYPES = {
    Kind.ID: "VARCHAR",
    Kind.REF: "VARCHAR",
    Kind.TEXT: "VARCHAR",
    Kind.INSTANT: "TIMESTAMP",
    Kind.DATE: "DATE",
    Kind.NUM: "DOUBLE",
    Kind.MONEY: "DECIMAL(18,4)",
    Kind.BOOL: "BOOLEAN",
}
EDIT_SOURCE = "(edit)"
"""What ``_imports`` names as the source of an edit made on a page."""
IMPORTED = f"source <> '{EDIT_SOURCE}'"
"""SQL: an entry of ``_imports`` that brought data, not an edit."""
KEYED = ("tickets", "ticket_events")
_SYSTEM = (
    "CREATE TABLE IF NOT EXISTS _meta (key VARCHAR, value VARCHAR)",
    """CREATE TABLE IF NOT EXISTS _imports (id BIGINT, imported_at TIMESTAMP, source VARCHAR, mapping VARCHAR, time_zone VARCHAR,
       as_of TIMESTAMP, counts VARCHAR, files VARCHAR, warnings VARCHAR)""",
    """CREATE TABLE IF NOT EXISTS _quarantine (id BIGINT, import_id BIGINT, entered_at TIMESTAMP, table_name VARCHAR, file VARCHAR,
       source_path VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR, reason VARCHAR, message VARCHAR, row_json VARCHAR,
       key VARCHAR, time_zone VARCHAR, left_at TIMESTAMP, left_because VARCHAR, left_import BIGINT)""",
    """CREATE TABLE IF NOT EXISTS _defects (ticket_id VARCHAR, kind VARCHAR, detail VARCHAR, column_value VARCHAR,
       event_value VARCHAR)""",
)


def quoted(name: str) -> str:
    """A name as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str | None) -> str:
    """A text as an SQL literal."""
    return "NULL" if text is None else "'" + text.replace("'", "''") + "'"


def stored_columns(table: Table) -> list[tuple[str, str]]:
    """Name and SQL type of the columns that a canonical table has in a generation, in order."""
    own = [(c.name, TYPES[c.kind]) for c in table.columns]
    if table.name == "tickets":
        return [("ticket_key", "BIGINT"), *own]
    if table.name == "ticket_events":
        return [("ticket_key", "BIGINT") if name == "ticket_id" else (name, kind) for name, kind in own]
    return own


def key_text(columns: Sequence[str], alias: str = "") -> str:
    """SQL of the text that identifies a row by its key columns; an empty part and a missing one are the same."""
    prefix = f"{alias}." if alias else ""
    parts = [f"{prefix}{quoted(name)}" for name in columns]
    if len(parts) == 1:
        return f"CAST({parts[0]} AS VARCHAR)"
    return " || chr(31) || ".join(f"coalesce(CAST({part} AS VARCHAR), '')" for part in parts)


def create_tables(con: duckdb.DuckDBPyConnection) -> None:
    """Create whatever table is missing; raises BadWorkspace where a newer version wrote the file."""
    for statement in _SYSTEM:
        con.execute(statement)
    version = read_meta(con, "schema_version")
    if version and int(version) > SCHEMA_VERSION:
        raise BadWorkspace("it was written by a newer version of Pacesetter", do="upgrade this one")
    for table in TABLES:
        columns = ", ".join(f"{quoted(name)} {kind}" for name, kind in stored_columns(table))
        con.execute(f"CREATE TABLE IF NOT EXISTS {quoted(table.name)} ({columns})")
    write_meta(con, "schema_version", str(SCHEMA_VERSION))


def read_meta(con: duckdb.DuckDBPyConnection, key: str) -> str | None:
    """A value of ``_meta``, None where it is absent."""
    rows = con.execute("SELECT value FROM _meta WHERE key = ?", [key]).fetchall()  # all: a result left half read blocks
    return str(rows[0][0]) if rows else None


def write_meta(con: duckdb.DuckDBPyConnection, key: str, value: str) -> None:
    """Set a value of ``_meta``."""
    con.execute("DELETE FROM _meta WHERE key = ?", [key])
    con.execute("INSERT INTO _meta VALUES (?, ?)", [key, value])


def extra_columns(con: duckdb.DuckDBPyConnection, table: Table) -> list[str]:
    """The ``x_`` columns that sources have brought to a table, in the order of their arrival."""
    known = {name for name, _ in stored_columns(table)}
    rows = con.execute(
        "SELECT column_name FROM duckdb_columns() WHERE table_name = ? AND schema_name = 'main' "
        "AND database_name = current_database() ORDER BY column_index",
        [table.name],
    ).fetchall()
    return [str(name) for (name,) in rows if name not in known]


def export_columns(table: Table) -> tuple[Column, ...]:
    """The columns of a table as a bundle has them."""
    return table.columns


def create_from(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    """Create the table ``name`` from an Arrow table."""
    con.execute("SELECT 1").fetchall()  # a result that was not fetched would be in the way
    con.register("handed_over", rows)
    try:
        con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM handed_over").fetchall()
    finally:
        con.unregister("handed_over")


def count(con: duckdb.DuckDBPyConnection, relation: str, where: str = "TRUE") -> int:
    """Number of rows of a relation."""
    row = con.execute(f"SELECT count(*) FROM {relation} WHERE {where}").fetchone()
    return int(row[0]) if row else 0
