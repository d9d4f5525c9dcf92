"""Which rows cannot be taken: what the reading says, duplicates, and references that lead nowhere.

Owns the order of these checks and their fixed point. Must not know how rows are read or stored. Every step is a query
over whole columns; the rows that are out stand in ``Intake.out`` with a code (0: an identical duplicate, dropped).
"""

from collections.abc import Mapping

import duckdb
import numpy as np
import numpy.typing as npt
import pyarrow as pa

from pacesetter.model.schema import Column, Table
from pacesetter.model.tables import BY_NAME
from pacesetter.warehouse.parsing import code
from pacesetter.warehouse.staging import Intake
from pacesetter.warehouse.storage import count, create_from, key_text, quoted

Intakes = Mapping[str, Intake]
HASHES_AT_ONCE = 120_000_000
"""Hashes of keys that are sorted together: a gigabyte, twice."""


def mark_unreadable(con: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Put the rows out whose values cannot be read. One scan."""
    con.execute(f"INSERT INTO {intake.out} SELECT _rid, _bad, 0 FROM {intake.view} WHERE _bad IS NOT NULL")


def mark_duplicates(con: duckdb.DuckDBPyConnection, intake: Intake) -> int:
    """Put out all but the first of the rows with one key; returns how many of them were identical to the first.

    Keys are compared by a 64-bit hash first, exactly only where hashes meet.
    """
    key = key_text(intake.table.key)
    good = "TRUE" if not count(con, intake.out) else f"_rid NOT IN (SELECT _rid FROM {intake.out})"
    repeated = _repeated_hashes(con, f"SELECT hash({key}) AS h FROM {intake.view} WHERE {good}", intake.rows)
    if not repeated.size:
        return 0
    meeting = f"scratch.meeting_{intake.table.name}"
    create_from(con, meeting, pa.table({"h": repeated}))
    names = ", ".join(quoted(n) for n in intake.names)
    clash = code(intake.table, None, "duplicate")
    retried = " OR ".join(
        f"_rid BETWEEN {s.first} AND {s.first + (1 << 52) - 1}" for s in intake.sources if s.kind == "retry"
    )
    con.execute(
        f"INSERT INTO {intake.out} SELECT _rid, CASE WHEN same OR ({retried or 'FALSE'}) THEN 0 ELSE {clash} END, 0 FROM ("
        f"SELECT _rid, row_number() OVER w AS place, content IS NOT DISTINCT FROM first_value(content) OVER w AS same "
        f"FROM (SELECT _rid, {key} AS k, row({names}) AS content FROM {intake.view} "
        f"WHERE {good} AND hash({key}) IN (SELECT h FROM {meeting})) WINDOW w AS (PARTITION BY k ORDER BY _rid)) WHERE place > 1"
    )
    dropped = "code = 0"
    if retried:
        dropped += f" AND NOT ({retried})"
    return count(con, intake.out, dropped)


def _repeated_hashes(con: duckdb.DuckDBPyConnection, query: str, rows: int) -> npt.NDArray[np.uint64]:
    """The values of ``h`` that ``query`` gives more than once; sorting them is ten times as fast as grouping by them."""
    parts = 1 + rows // HASHES_AT_ONCE
    found = []
    for part in range(parts):
        some = query if parts == 1 else f"SELECT h FROM ({query}) AS hashed WHERE h % {parts} = {part}"
        hashes: npt.NDArray[np.uint64] = con.execute(some).fetchnumpy()["h"]
        hashes.sort()
        found.append(np.unique(hashes[1:][hashes[1:] == hashes[:-1]]))
    return np.concatenate(found)


def mark_references(con: duckdb.DuckDBPyConnection, intakes: Intakes) -> None:
    """Put out the rows that refer to no row, neither of this import nor loaded before, until nothing more follows.

    A row that is put out takes its id with it, and so the rows that refer to it, round after round.
    """
    for intake in intakes.values():
        for column in intake.table.refs:
            _mark_unknown(con, intakes, intake, column)
    step = 0
    while True:
        lost = [t for t in intakes.values() if _collect_lost(con, t, step)]
        marked = 0
        for target in lost:
            for intake in intakes.values():
                for column in intake.table.refs:
                    if column.refers_to == target.table.name:
                        marked += _mark_lost(con, intake, column, target, step + 1)
        if not marked:
            return
        step += 1


def _mark_unknown(con: duckdb.DuckDBPyConnection, intakes: Intakes, intake: Intake, column: Column) -> None:
    if all(column.name not in {c.name for c in s.columns} for s in intake.sources):
        return
    target = BY_NAME[column.refers_to or ""]
    key = quoted(target.key[0])
    known = f"SELECT {key} AS id FROM main.{quoted(target.name)}"
    if target.name in intakes:
        known += f" UNION ALL SELECT {key} FROM {intakes[target.name].view} WHERE {key} IS NOT NULL"
    name = quoted(column.name)
    number = code(intake.table, column.name, "unknown_reference")
    con.execute(
        f"CREATE OR REPLACE TABLE scratch.unknown AS SELECT _rid FROM {intake.view} AS t "
        f"WHERE {name} IS NOT NULL AND NOT EXISTS (SELECT 1 FROM ({known}) AS known WHERE known.id = t.{name})"
    )
    if count(con, "scratch.unknown"):
        con.execute(
            f"INSERT INTO {intake.out} SELECT _rid, {number}, 0 FROM scratch.unknown "
            f"WHERE _rid NOT IN (SELECT _rid FROM {intake.out})"
        )


def _collect_lost(con: duckdb.DuckDBPyConnection, intake: Intake, step: int) -> int:
    """Ids that the rows put out in this round take with them; how many."""
    if not _is_target(intake.table) or not count(con, intake.out, f"round = {step} AND code > 0"):
        return 0
    key = quoted(intake.table.key[0])
    lost = f"scratch.lost_{intake.table.name}"
    con.execute(
        f"CREATE OR REPLACE TABLE {lost} AS SELECT DISTINCT {key} AS id FROM {intake.view} WHERE {key} IS NOT NULL "
        f"AND _rid IN (SELECT _rid FROM {intake.out} WHERE round = {step} AND code > 0)"
    )
    con.execute(f"DELETE FROM {lost} WHERE id IN (SELECT {key} FROM main.{quoted(intake.table.name)})")
    con.execute(
        f"DELETE FROM {lost} WHERE id IN (SELECT {key} FROM {intake.view} WHERE {key} IN (SELECT id FROM {lost}) "
        f"AND _rid NOT IN (SELECT _rid FROM {intake.out}))"
    )
    return count(con, lost)


def _mark_lost(con: duckdb.DuckDBPyConnection, intake: Intake, column: Column, target: Intake, step: int) -> int:
    number = code(intake.table, column.name, "unknown_reference")
    before = count(con, intake.out)
    con.execute(
        f"INSERT INTO {intake.out} SELECT _rid, {number}, {step} FROM {intake.view} "
        f"WHERE {quoted(column.name)} IN (SELECT id FROM scratch.lost_{target.table.name}) "
        f"AND _rid NOT IN (SELECT _rid FROM {intake.out})"
    )
    return count(con, intake.out) - before


def _is_target(table: Table) -> bool:
    return any(c.refers_to == table.name for t in BY_NAME.values() for c in t.refs)
