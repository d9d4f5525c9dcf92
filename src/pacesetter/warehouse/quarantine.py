"""Rows that were not taken: how they are kept, retried, and leave.

Owns the table ``_quarantine``. Nothing is deleted from it: an entry that left says when and why. Must not know files.
"""

import json
from datetime import datetime

import duckdb
import pyarrow as pa

from pacesetter.model.schema import Table
from pacesetter.warehouse.parsing import decode, message
from pacesetter.warehouse.staging import FILE_SPAN, SOURCE_SPAN, Intake, RefusedRecord, Source, name_columns
from pacesetter.warehouse.storage import count, key_text, literal, quoted
from pacesetter.warehouse.textfiles import lines_of

_FIELDS = "table_name, file, source_path, line, column_name, value, reason, message, row_json, key, time_zone"


def stage_retries(con: duckdb.DuckDBPyConnection, table: Table, read_again: set[str], number: int) -> list[Source]:
    """Rows that wait in the quarantine for a row they refer to, as sources, one per zone in which they are to be read.

    ``read_again`` names the files that this import reads itself. Of several rows with one key the newest counts.
    """
    skipped = ", ".join(literal(p) for p in sorted(read_again)) or "''"
    waiting = (
        f"table_name = {literal(table.name)} AND left_at IS NULL AND reason = 'unknown_reference' "
        f"AND source_path NOT IN ({skipped})"
    )
    zones = con.execute(f"SELECT DISTINCT time_zone FROM _quarantine WHERE {waiting} ORDER BY ALL").fetchall()
    sources = []
    for (zone,) in zones:
        part = f"{waiting} AND time_zone IS NOT DISTINCT FROM {literal(zone)}"
        names = con.execute(
            f"SELECT DISTINCT unnest(json_keys(row_json)) AS n FROM _quarantine WHERE {part} ORDER BY n"
        )
        originals = [str(n) for (n,) in names.fetchall()]
        columns = name_columns(table, originals, ["VARCHAR"] * len(originals), "quarantine")
        values = ", ".join(
            f"json_extract_string(row_json, {literal(_json_path(c.original))}) AS {quoted(c.name)}" for c in columns
        )
        con.execute(
            f"CREATE TABLE scratch.raw_{number} AS SELECT {values}, id AS _entry FROM _quarantine WHERE {part} "
            f"QUALIFY row_number() OVER (PARTITION BY coalesce(key, id::VARCHAR) ORDER BY id DESC) = 1 ORDER BY id"
        )
        raw = f"(SELECT * EXCLUDE (_entry), rowid AS _ord FROM scratch.raw_{number})"
        sources.append(Source(number=number, kind="retry", columns=columns, zone=zone, raw=raw))
        number += 1
    return sources


def waiting_tables(con: duckdb.DuckDBPyConnection) -> list[str]:
    """Tables with rows that wait for a row they refer to."""
    rows = con.execute(
        "SELECT DISTINCT table_name FROM _quarantine WHERE left_at IS NULL AND reason = 'unknown_reference' ORDER BY 1"
    ).fetchall()
    return [str(name) for (name,) in rows]


def _json_path(name: str) -> str:
    return '$."' + name.replace('"', '\\"') + '"'


def collect(con: duckdb.DuckDBPyConnection, intake: Intake) -> int:
    """Write the rows of this import that are out to ``scratch.refused_<table>``; returns how many. Retries stay where they are."""
    name = f"scratch.refused_{intake.table.name}"
    kinds = "VARCHAR, {f} VARCHAR, source_path VARCHAR, line BIGINT, column_name VARCHAR, value VARCHAR"
    con.execute(
        f"CREATE TABLE {name} (table_name {kinds.format(f='file')}, reason VARCHAR, message VARCHAR, row_json VARCHAR, "
        "key VARCHAR, time_zone VARCHAR)"
    )
    for source in intake.sources:
        if source.kind != "retry":
            _collect_rows(con, intake, source, name)
            _collect_rejects(con, intake.table, source, name)
            _collect_refused(con, intake.table, source, name)
    return count(con, name)


def _collect_rows(con: duckdb.DuckDBPyConnection, intake: Intake, source: Source, name: str) -> None:
    own = f"code > 0 AND _rid BETWEEN {source.first} AND {source.first + SOURCE_SPAN - 1}"
    if not count(con, intake.out, own):
        return
    con.execute(
        f"CREATE OR REPLACE TABLE scratch.refused AS SELECT o._rid, o.code, r.* FROM {source.raw} AS r "
        f"JOIN (SELECT _rid, min(code) AS code FROM {intake.out} WHERE {own} GROUP BY _rid) AS o "
        f"ON r._ord = o._rid - {source.first}"
    )
    place = _places(con, source)
    columns = source.columns
    pairs = ", ".join(f"{literal(c.original.strip())}, CAST({quoted(c.name)} AS VARCHAR)" for c in columns)
    cases = []
    for (number,) in con.execute("SELECT DISTINCT code FROM scratch.refused").fetchall():
        column, reason = decode(intake.table, number)
        present = column is not None and any(c.name == column for c in columns)
        value = f"CAST({quoted(column)} AS VARCHAR)" if present and column else "NULL"
        if reason == "duplicate":
            value = "k.key"
        text = literal(message(intake.table, column, reason))
        shown = f"replace({text}, '{{value}}', coalesce(left(trim({value}), 80), ''))"
        if reason == "unreadable":
            shown = f"(SELECT complaint FROM {intake.complaints} AS c WHERE c._rid = r._rid)"
        cases.append((number, column, value, reason, shown))
    pick = {
        part: "CASE code " + " ".join(f"WHEN {c[0]} THEN {c[index] if part in ('v', 'm') else literal(c[index])}" for c in cases) + " END"
        for part, index in (("c", 1), ("v", 2), ("r", 3), ("m", 4))
    }  # fmt: skip
    con.execute(
        f"INSERT INTO {name} SELECT {literal(intake.table.name)}, {place}, {pick['c']}, {pick['v']}, {pick['r']}, "
        f"{pick['m']}, CAST(json_object({pairs}) AS VARCHAR), k.key, {literal(source.zone)} FROM scratch.refused AS r "
        f"JOIN (SELECT _rid, {key_text(intake.table.key)} AS key FROM {intake.view} "
        f"WHERE _rid IN (SELECT _rid FROM scratch.refused)) AS k USING (_rid) ORDER BY _rid"
    )


def _places(con: duckdb.DuckDBPyConnection, source: Source) -> str:
    """SQL of file, source_path and line for the rows of ``scratch.refused``."""
    if source.kind == "prepared":
        return "_file, _file, _line"
    con.execute("CREATE OR REPLACE TABLE scratch.places (_ord BIGINT, file VARCHAR, source_path VARCHAR, line BIGINT)")
    if source.kind == "parquet":
        for index, file in enumerate(source.files):
            con.execute(
                f"INSERT INTO scratch.places SELECT _ord, {literal(file.label)}, {literal(file.identity)}, "
                f"_ord % {FILE_SPAN} + 1 FROM scratch.refused WHERE _ord // {FILE_SPAN} = {index}"
            )
    else:
        file, text = source.files[0], source.text
        assert text is not None
        ordinals = [int(o) for (o,) in con.execute("SELECT DISTINCT _ord FROM scratch.refused").fetchall()]
        lines, _ = lines_of(text, source.rows, source.rejects, set(ordinals))
        _hand_over(con, "found_lines", pa.table({"_ord": ordinals, "line": [lines[o] for o in ordinals]}))
        con.execute(
            f"INSERT INTO scratch.places SELECT _ord, {literal(file.label)}, {literal(file.identity)}, line FROM found_lines"
        ).fetchall()
        con.unregister("found_lines")
    place = "(SELECT {} FROM scratch.places AS p WHERE p._ord = r._ord)"
    return ", ".join(place.format(n) for n in ("file", "source_path", "line"))


def _hand_over(con: duckdb.DuckDBPyConnection, name: str, rows: pa.Table) -> None:
    con.execute("SELECT 1").fetchall()  # a result that was not fetched would be in the way
    con.register(name, rows)


def _collect_rejects(con: duckdb.DuckDBPyConnection, table: Table, source: Source, name: str) -> None:
    if not source.rejects or source.text is None:
        return
    file = source.files[0]
    _, lines = lines_of(source.text, source.rows, source.rejects, set())
    header = tuple(c.original.strip() for c in source.columns)
    found = [
        RefusedRecord(file=file.label, line=line, header=header, fields=reject.fields, reason=reject.reason)
        for reject, line in zip(source.rejects, lines, strict=True)
    ]
    _write_records(con, table, found, file.identity, source.zone, name)


def _collect_refused(con: duckdb.DuckDBPyConnection, table: Table, source: Source, name: str) -> None:
    for file in sorted({r.file for r in source.refused}):
        _write_records(con, table, [r for r in source.refused if r.file == file], file, source.zone, name)


def _write_records(
    con: duckdb.DuckDBPyConnection, table: Table, records: list[RefusedRecord], path: str, zone: str | None, name: str
) -> None:
    """Whole records whose fields nobody can name for sure."""
    rows = []
    for record in records:
        whole: dict[str, object] = dict(zip(record.header, record.fields, strict=False))
        if len(record.fields) > len(record.header):
            whole["_more"] = list(record.fields[len(record.header) :])
        rows.append([
            table.name, record.file, path, record.line, None, ",".join(record.fields),
            record.reason, message(table, None, record.reason), json.dumps(whole, ensure_ascii=False), None, zone,
        ])  # fmt: skip
    names = [str(i) for i in range(len(rows[0]))]
    _hand_over(con, "rejected", pa.table([list(column) for column in zip(*rows, strict=True)], names=names))
    con.execute(f"INSERT INTO {name} SELECT * FROM rejected").fetchall()
    con.unregister("rejected")


def settle(con: duckdb.DuckDBPyConnection, intake: Intake, import_id: int, at: datetime, read_again: set[str]) -> None:
    """Bring ``_quarantine`` up to date with what this import refused and loaded of one table.

    An entry that this import refuses again stays; one whose file was read again without it, or whose key was loaded,
    leaves; the rest of what was refused enters.
    """
    name = f"scratch.refused_{intake.table.name}"
    own = f"table_name = {literal(intake.table.name)} AND left_at IS NULL"
    identity = "row_json, reason, column_name, value"
    con.execute(
        f"CREATE OR REPLACE TABLE scratch.entries AS SELECT id, source_path, key, {identity}, "
        f"row_number() OVER (PARTITION BY {identity} ORDER BY id) AS n FROM _quarantine WHERE {own}"
    )
    con.execute(
        f"CREATE OR REPLACE TABLE scratch.refusals AS SELECT rowid AS r, *, "
        f"row_number() OVER (PARTITION BY {identity} ORDER BY rowid) AS n FROM {name}"
    )
    same = " AND ".join(f"e.{c.strip()} IS NOT DISTINCT FROM f.{c.strip()}" for c in (*identity.split(","), "n"))
    con.execute(
        f"CREATE OR REPLACE TABLE scratch.again AS SELECT e.id, f.r, f.file, f.source_path, f.line "
        f"FROM scratch.entries AS e JOIN scratch.refusals AS f ON {same}"
    )
    con.execute(
        "UPDATE _quarantine AS q SET file = a.file, source_path = a.source_path, line = a.line FROM scratch.again AS a "
        "WHERE q.id = a.id AND (q.source_path, q.line, q.file) IS DISTINCT FROM (a.source_path, a.line, a.file)"
    )
    gone = f"left_at = {literal(at.strftime('%Y-%m-%d %H:%M:%S'))}::TIMESTAMP, left_import = {import_id}"
    candidates = "SELECT id FROM scratch.entries WHERE id NOT IN (SELECT id FROM scratch.again)"
    if count(con, "scratch.entries", "id NOT IN (SELECT id FROM scratch.again)"):
        con.execute(
            f"UPDATE _quarantine SET {gone}, left_because = 'loaded in import {import_id}' WHERE id IN ({candidates}) AND key IN "
            f"(SELECT k FROM (SELECT {key_text(intake.table.key)} AS k, _rid FROM {intake.view}) "
            f"WHERE _rid NOT IN (SELECT _rid FROM {intake.out}))"
        )
        files = ", ".join(literal(p) for p in sorted(read_again)) or "''"
        con.execute(
            f"UPDATE _quarantine SET {gone}, left_because = 'no longer in the file' WHERE left_at IS NULL "
            f"AND id IN ({candidates}) AND source_path IN ({files})"
        )
    con.execute(
        f"INSERT INTO _quarantine (id, import_id, entered_at, {_FIELDS}) SELECT (SELECT coalesce(max(id), 0) FROM _quarantine) "
        f"+ row_number() OVER (ORDER BY r), {import_id}, {literal(at.strftime('%Y-%m-%d %H:%M:%S'))}::TIMESTAMP, {_FIELDS} "
        f"FROM scratch.refusals WHERE r NOT IN (SELECT r FROM scratch.again)"
    )
