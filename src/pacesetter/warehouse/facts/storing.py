"""Fact tables grow: rows of a query are added, and the first make the table.

Owns how rows reach a fact table. Must not know what they mean.
"""

import duckdb


def store(con: duckdb.DuckDBPyConnection, fact: str, relation: str) -> None:
    """Add every row of ``relation`` to the table ``fact``, by name of column; the table is made where it does not exist."""
    known = con.execute(
        "SELECT count(*) FROM duckdb_tables() WHERE database_name = current_database() AND table_name = ?", [fact]
    ).fetchall()
    verb = f"INSERT INTO {fact} BY NAME" if known[0][0] else f"CREATE TABLE {fact} AS"
    con.execute(f"{verb} SELECT * FROM {relation}")
