"""What the person who imports is told beside the counts: gaps, contradictions, rows and columns left out.

Owns these sentences. Must not know the canonical tables.
"""

from collections.abc import Iterator

import duckdb

from pacesetter.sources.mapping.expressions import conditions_sql, identifier
from pacesetter.sources.mapping.landing import Landed, require_column
from pacesetter.sources.mapping.loading import Mapping
from pacesetter.sources.mapping.usage import NAMELESS, condition_columns, unused


def warnings_of(
    con: duckdb.DuckDBPyConnection, mapping: Mapping, landed: dict[str, Landed], homes: dict[str, int]
) -> Iterator[str]:
    """Every sentence, in the order of the files of the mapping."""
    for name, source in landed.items():
        if source.blank_rows:
            yield f"{name}: {source.blank_rows:,} rows without any value were left out"
        for reject in source.rejects:
            more = "more" if reject.reason == "too_many_fields" else "fewer"
            yield f"{reject.file}, line {reject.line}: it has {more} fields than the header; not loaded"
        lost = [] if name in homes else unused(mapping, name, source)
        if lost:
            yield f"{name}: no table keeps the columns {', '.join(lost)}"
        nameless = [c for c in source.columns if NAMELESS.fullmatch(c) and _filled(con, source, c)]
        if nameless:
            yield f"{name}: columns without a name hold values and are not kept: {', '.join(nameless)}"
    for name, file in mapping.definition.files.items():
        if name not in landed:
            yield f"{name}: no file named {' or '.join(file.match)}; its tables are left out"
    yield from _checks(con, mapping, landed)


def _checks(con: duckdb.DuckDBPyConnection, mapping: Mapping, landed: dict[str, Landed]) -> Iterator[str]:
    """The counts that the mapping asks for, where they are not nought."""
    for place, check in enumerate(mapping.definition.check):
        if check.file not in landed:
            continue
        source = landed[check.file]
        for column in [*condition_columns(check.where), *([check.distinct] if check.distinct else [])]:
            require_column(mapping, ("check", place, "where"), column, source)
        relation = source.raw if check.raw else source.relation
        trimmed = (lambda c: f"nullif(trim({identifier(c)}), '')") if check.raw else identifier
        counted = f"count(DISTINCT {identifier(check.distinct)})" if check.distinct else "count(*)"
        row = con.execute(
            f"SELECT {counted} FROM {relation} WHERE {conditions_sql(check.where, source.form, trimmed)}"
        ).fetchone()
        if row and row[0]:
            yield check.say.replace("{n}", f"{row[0]:,}")


def _filled(con: duckdb.DuckDBPyConnection, source: Landed, column: str) -> bool:
    row = con.execute(f"SELECT count({identifier(column)}) FROM {source.relation}").fetchone()
    return bool(row and row[0])
