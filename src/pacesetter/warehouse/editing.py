"""The one door by which an edit on a page becomes records: changed rows in, the next generation out, or nothing changed.

Owns what sets an edit apart from an import: it is taken whole or not at all, columns that it does not name stay, it may remove rows
from tables without validity, and it does not make the data any newer. Must not know pages, people or KPIs.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

import duckdb
import pyarrow as pa

from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.model.schema import Table
from pacesetter.model.tables import BY_NAME, TABLES
from pacesetter.warehouse import quarantine
from pacesetter.warehouse.exporter import text_query
from pacesetter.warehouse.importer import ImportReport, Run, no_progress
from pacesetter.warehouse.staging import Progress, StagedTable, stage_prepared
from pacesetter.warehouse.storage import EDIT_SOURCE, create_from, extra_columns, key_text, quoted, read_meta
from pacesetter.warehouse.workspace import Generation, Workspace

Rows = Mapping[str, Sequence[Mapping[str, str | None]]]
"""Rows by canonical table, as texts in the canonical form."""

Guard = Callable[[duckdb.DuckDBPyConnection], None]
"""Looks at the generation that the edit starts from, and raises where it is not what the editor saw."""

NOT_IN_FACTS = frozenset({"targets", "benchmarks"})
"""Tables that no fact is derived from: an edit of them alone leaves the facts as they are."""

_LARGE = frozenset({"tickets", "ticket_events", "time_entries"})


@dataclass(frozen=True, kw_only=True)
class Complaint:
    """Why one row was refused: its table, its place among the rows of that table (from 0), the column, the plain message."""

    table: str
    row: int
    column: str | None
    message: str


class EditRefused(BadRequest):
    """An edit with rows that cannot be taken; nothing was changed. ``complaints`` has one entry for each of them."""

    def __init__(self, complaints: Sequence[Complaint]) -> None:
        self.complaints = tuple(complaints)
        told = "; ".join(f"{c.table}, row {c.row + 1}: {c.message}" for c in self.complaints)
        super().__init__(f"nothing was changed: {told}")


class EditedMeanwhile(BadRequest):
    """Somebody else changed the same thing since it was read; nothing was changed. Guards raise it."""


class Busy(BadRequest):
    """Another writer is at work; the same edit can be made a little later."""


def apply_edit(
    ws: Workspace,
    rows: Rows,
    *,
    remove: Rows | None = None,
    guard: Guard | None = None,
    mark: str | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Take changed and new rows of canonical tables; facts and generation follow.

    A row whose key is known changes that row: columns that it does not name keep what they hold, an empty text or None
    empties. Any other row is new. ``remove`` names rows by the columns of their keys, in tables without validity dates that
    nothing else refers to. ``guard`` is called under the writer's lock before anything changes; what it raises stops the
    edit (EditedMeanwhile). ``mark`` is kept in the record of imports: ``was_applied`` finds it. The as-of instant of the data
    stays.

    Raises EditRefused where any row is bad, Busy while an import or another edit writes, BadRequest for tables or columns
    that there are not; then nothing has changed.
    """
    _check_names(rows, remove or {})
    run = _Edit(ws, rows, remove or {}, guard, mark, progress)
    try:
        return run.go(run.stage)
    except BadWorkspace as error:
        if "is writing here" in error.what:
            raise Busy("an import or another edit is being written", do="try again in a moment") from None
        raise


def derive_anew(ws: Workspace, progress: Progress = no_progress) -> None:
    """Make a generation with the same records, all facts derived anew: what another version derived may mean something else.

    Raises Busy while an import or an edit writes, BadWorkspace where nothing has been imported.
    """
    if ws.generations.current() is None:
        raise BadWorkspace("nothing has been imported yet", where=str(ws.root), do="run 'pacesetter import'")
    run = _Anew(ws, {}, {}, None, None, progress)
    try:
        run.go(run.stage)
    except BadWorkspace as error:
        if "is writing here" in error.what:
            raise Busy("an import or another edit is being written", do="try again in a moment") from None
        raise


def was_applied(ws: Workspace, mark: str) -> bool:
    """Whether the edit with that mark stands in the current generation."""
    if ws.generations.current() is None:
        return False
    with ws.reader() as con:
        found = con.execute("SELECT count(*) FROM _imports WHERE source = ? AND mapping = ?", [EDIT_SOURCE, mark])
        return bool(found.fetchall()[0][0])


def canonical_rows(con: duckdb.DuckDBPyConnection, table_name: str) -> list[dict[str, str | None]]:
    """Every row of a table as canonical text, ordered by key; with the ``x_`` columns. Only for small tables."""
    table = BY_NAME[table_name]
    cursor = con.execute(text_query(con, table))
    names = [str(column[0]) for column in cursor.description or ()]
    found = [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
    return sorted(found, key=lambda row: _key(table, row))


def removable(table: Table) -> bool:
    """Whether single rows may be removed: no validity dates (those are closed instead) and no table refers to it."""
    referred = any(column.refers_to == table.name for other in TABLES for column in other.refs)
    return not table.spans and not referred and table.name not in _LARGE


class _Edit(Run):
    """One edit under way."""

    def __init__(
        self, ws: Workspace, rows: Rows, remove: Rows, guard: Guard | None, mark: str | None, progress: Progress
    ) -> None:
        super().__init__(ws, EDIT_SOURCE, mark, None, None, progress)
        self.rows, self.remove, self.guard = rows, remove, guard
        self.fresh = False

    def stage(self, generation: Generation) -> None:
        """Put the rows into scratch, the unnamed columns filled with what stands."""
        con = generation.con
        self.fresh = generation.fresh
        if self.guard is not None:
            self.guard(con)
        stored = read_meta(con, "as_of")
        if stored:
            self.report.as_of = datetime.fromisoformat(stored).astimezone(UTC)
        self._remove(con)
        for name, rows in self.rows.items():
            if rows:
                relation = f"scratch.edited_{name}"
                create_from(con, relation, _arrow(BY_NAME[name], _filled(con, BY_NAME[name], rows)))
                staged = StagedTable(table=name, relation=relation)
                self._take(name, stage_prepared(con, staged, self._next_number(), None))

    def _remove(self, con: duckdb.DuckDBPyConnection) -> None:
        for name, rows in self.remove.items():
            table = BY_NAME[name]
            target = f"main.{quoted(name)}"
            keys = [_key(table, row) for row in rows]
            con.execute(f"DELETE FROM {target} WHERE list_contains(?, {key_text(table.key)})", [keys]).fetchall()

    def _check(self, con: duckdb.DuckDBPyConnection) -> None:
        super()._check(con)
        complaints: list[Complaint] = []
        for name in self.rows:
            intake = self.intakes.get(name)
            if intake is None:
                continue
            found = con.execute(f"SELECT count(*) FROM {intake.out} WHERE code > 0").fetchall()[0][0]
            if not found:
                continue
            quarantine.collect(con, intake)
            complaints += [
                Complaint(table=name, row=int(line), column=column, message=_plain(reason, text))
                for line, column, reason, text in con.execute(
                    f"SELECT line, column_name, reason, message FROM scratch.refused_{name} ORDER BY line"
                ).fetchall()
            ]
            con.execute(f"DROP TABLE scratch.refused_{name}")
        if complaints:
            raise EditRefused(complaints)

    def _build_facts(self, con: duckdb.DuckDBPyConnection, changed: str | None) -> str | None:
        touched = {*self.intakes, *self.remove}
        if touched <= NOT_IN_FACTS and not self.fresh:
            self._write_as_of(con)
            con.execute("CREATE OR REPLACE TEMP TABLE untouched (ticket_key BIGINT)")
            return "untouched"
        return super()._build_facts(con, changed)


class _Anew(_Edit):
    """No change of any record, and all facts derived."""

    def _build_facts(self, con: duckdb.DuckDBPyConnection, changed: str | None) -> str | None:
        return Run._build_facts(self, con, None)


def _check_names(rows: Rows, remove: Rows) -> None:
    for name, given in [*rows.items(), *remove.items()]:
        table = BY_NAME.get(name)
        if table is None:
            raise BadRequest(f"'{name}' is no table of the model")
        wanted = set(table.key)
        for row in given:
            unknown = [c for c in row if table.column(c) is None and not c.startswith("x_")]
            if unknown:
                raise BadRequest(f"{name} has no column '{unknown[0]}'")
        if name in remove and not removable(table):
            raise BadRequest(f"rows of {name} are not removed", do="close them with a date, or change them")
        if name in remove and any(not wanted <= set(row) for row in remove[name]):
            raise BadRequest(f"a row of {name} is known by {', '.join(table.key)}", do="name them all")


def _filled(
    con: duckdb.DuckDBPyConnection, table: Table, rows: Sequence[Mapping[str, str | None]]
) -> list[dict[str, str | None]]:
    """The rows with every column of the table: what they do not name comes from the stored row of the same key."""
    names = [*table.names, *extra_columns(con, table)]
    keys = [_key(table, row) for row in rows]
    cursor = con.execute(
        f"SELECT * FROM ({text_query(con, table)}) AS known WHERE list_contains(?, {key_text(table.key)})", [keys]
    )
    columns = [str(column[0]) for column in cursor.description or ()]
    stored = {}
    for values in cursor.fetchall():
        row = dict(zip(columns, values, strict=True))
        stored[_key(table, row)] = row
    return [
        {**dict.fromkeys(names), **stored.get(key, {}), **row}
        for key, row in zip(keys, rows, strict=True)
    ]  # fmt: skip


def _key(table: Table, row: Mapping[str, str | None]) -> str:
    """The same text that ``storage.key_text`` makes of a row in the database."""
    return "\x1f".join((row.get(name) or "").strip() for name in table.key)


def _arrow(table: Table, rows: Sequence[Mapping[str, str | None]]) -> pa.Table:
    names = list(dict.fromkeys(name for row in rows for name in row))
    columns: dict[str, pa.Array] = {name: pa.array([row.get(name) for row in rows], pa.string()) for name in names}
    columns["_file"] = pa.array([EDIT_SOURCE] * len(rows), pa.string())
    columns["_line"] = pa.array(range(len(rows)), pa.int64())
    return pa.table(columns)


def _plain(reason: str, message: str) -> str:
    return "the same row stands there twice with different content" if reason == "duplicate" else message
