"""Notes on local times that a zone skips or has twice, in sources whose zone was named.

Owns the notes only; the reading itself is in ``parsing``. Must not know anything else of an import.
"""

import duckdb

from pacesetter.model.schema import Kind
from pacesetter.warehouse.parsing import NAIVE_TYPES, odd_local
from pacesetter.warehouse.staging import Intake
from pacesetter.warehouse.storage import quoted


def local_time_notes(con: duckdb.DuckDBPyConnection, intake: Intake) -> list[str]:
    """One line per column with skipped local times (moved forward) or doubled ones (the first was taken)."""
    notes = []
    for source in intake.sources:
        zone = source.zone
        if zone is None or source.kind == "retry":
            continue
        for column in source.columns:
            known = intake.table.column(column.name)
            if known is None or known.kind is not Kind.INSTANT or column.type not in ("VARCHAR", *NAIVE_TYPES):
                continue
            raw = f"trim({quoted(column.name)})" if column.type == "VARCHAR" else quoted(column.name)
            skipped, doubled = odd_local(raw, column.type, zone)
            row = con.execute(
                f"SELECT count(CASE WHEN {skipped} THEN 1 END), count(CASE WHEN {doubled} THEN 1 END) FROM {source.raw} AS r"
            ).fetchone()
            gaps, twice = row or (0, 0)
            place = f"{intake.table.name}.{column.name}"
            if gaps:
                notes.append(f"{place}: local times that {zone} skips, moved forward: {gaps}")
            if twice:
                notes.append(f"{place}: local times that {zone} has twice, the first was taken: {twice}")
    return notes
