"""The import: one source in, the next generation out, or nothing changed.

Owns the order of the steps and the report. Must not know what a value looks like (``parsing``), what makes a row bad
(``references``) or how it is stored (``upsert``).
"""

import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from pacesetter import clock
from pacesetter.errors import BadRequest, PacesetterError, UnreadableFile
from pacesetter.model.tables import BY_NAME, TABLES
from pacesetter.warehouse import facts, finishing, quarantine, references, upsert
from pacesetter.warehouse.bundle import Bundle, find_bundle, remove_unpacked
from pacesetter.warehouse.calendarrows import mark_unreadable_hours
from pacesetter.warehouse.localtimes import local_time_notes
from pacesetter.warehouse.staging import (
    Intake,
    Progress,
    Source,
    StagedSource,
    stage_parquet,
    stage_prepared,
    stage_text,
    type_rows,
)
from pacesetter.warehouse.storage import count, write_meta
from pacesetter.warehouse.textfiles import fingerprint
from pacesetter.warehouse.workspace import Generation, Workspace


@dataclass(kw_only=True)
class TableCounts:
    """What became of the rows of one table. ``read`` = inserted + changed + unchanged + repeated + quarantined - retried,
    where ``repeated`` counts identical duplicates and ``retried`` the rows that left the quarantine by being tried again."""

    read: int = 0
    inserted: int = 0
    changed: int = 0
    unchanged: int = 0
    repeated: int = 0
    quarantined: int = 0
    retried: int = 0


@dataclass(kw_only=True)
class ImportReport:
    """What an import did. ``quarantined`` are the rows of this import, ``open_quarantine`` all that stand there now."""

    import_id: int
    source: str
    mapping: str | None
    at: datetime
    as_of: datetime
    tables: dict[str, TableCounts] = field(default_factory=dict)
    warnings: list[str] = field(default_factory=list)
    open_quarantine: int = 0

    @property
    def quarantined(self) -> int:
        """Rows of this import that were not taken."""
        return sum(t.quarantined for t in self.tables.values())


def no_progress(step: str, share: float | None) -> None:
    """Tell nobody."""


def import_bundle(
    ws: Workspace,
    path: str | os.PathLike[str],
    *,
    time_zone: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import a canonical bundle (folder, zip, or one file) into the workspace.

    ``time_zone`` is the IANA zone of instants that have no offset; without it they are quarantined. ``as_of`` (aware)
    is the instant up to which the source is complete, the present where None. Raises UnreadableFile where a file cannot
    be read at all, BadWorkspace where another writer is at work; then nothing has changed.
    """
    place = Path(path).absolute()
    run = Run(ws, str(place), None, time_zone, as_of, progress)

    def stage(generation: Generation) -> None:
        bundle = find_bundle(place, generation.folder)
        run.take_bundle(generation, bundle)

    return run.go(stage)


def import_staged(
    ws: Workspace,
    staged: StagedSource,
    *,
    time_zone: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = no_progress,
) -> ImportReport:
    """Import what a mapping or connector prepares. Arguments and errors as ``import_bundle``."""
    run = Run(ws, staged.path, staged.mapping, time_zone, as_of, progress)

    def stage(generation: Generation) -> None:
        run.take_staged(generation, staged)

    return run.go(stage)


class Run:
    """One import under way; an edit is one with stricter checks (``editing``)."""

    def __init__(
        self,
        ws: Workspace,
        source: str,
        mapping: str | None,
        zone: str | None,
        as_of: datetime | None,
        progress: Progress,
    ) -> None:
        if zone is not None and zone not in available_timezones():
            raise BadRequest(f"'{zone}' is not an IANA time zone", where="--time-zone", do="write Europe/Berlin")
        if as_of is not None and as_of.tzinfo is None:
            raise BadRequest("the as-of instant has no offset", where="--as-of", do="add Z or +02:00")
        now = clock.now()
        self.ws, self.zone, self.progress = ws, zone, progress
        self.intakes: dict[str, Intake] = {}
        self.read_again: dict[str, set[str]] = {}
        self.files: dict[str, str] = {}
        self.report = ImportReport(
            import_id=0, source=source, mapping=mapping, at=now, as_of=(as_of or now).astimezone(UTC)
        )

    def go(self, stage: Callable[[Generation], None]) -> ImportReport:
        try:
            with self.ws.next_generation() as generation:
                con = generation.con
                stage(generation)
                self._add_retries(con)
                self._check(con)
                changed = self._store(con)
                self._record(generation)
                finishing.finish(finishing.Finished(self.ws, generation, changed, self.progress))
                self.progress("closing the generation", None)
        except duckdb.OutOfMemoryException:
            raise PacesetterError(
                "the import ran out of memory, nothing was changed",
                where=self.report.source,
                do="set PACESETTER_MEMORY higher",
            ) from None
        except duckdb.Error as error:
            first = str(error).splitlines()[0][:300]
            raise UnreadableFile(
                f"the import stopped, nothing was changed ({first})", where=self.report.source
            ) from None
        except OSError as error:
            raise PacesetterError(
                f"the import stopped, nothing was changed ({error.strerror or error})", where=error.filename
            ) from None
        return self.report

    def take_bundle(self, generation: Generation, bundle: Bundle) -> None:
        con = generation.con
        self.report.warnings += bundle.warnings
        for position, files in enumerate(bundle.tables):
            self.progress(f"reading {files.table}", position / len(bundle.tables))
            number = self._next_number()
            if files.form.startswith("csv"):
                source = stage_text(con, files, number, self.zone, generation.folder)
            else:
                source = stage_parquet(con, files, number, self.zone)
            self._take(files.table, source)
            for file in files.files:
                self.files[file.label] = fingerprint(file.path)
                self.read_again.setdefault(files.table, set()).add(file.identity)
        if all(f.form.startswith("csv") for f in bundle.tables):
            remove_unpacked(generation.folder)

    def take_staged(self, generation: Generation, staged: StagedSource) -> None:
        con = generation.con
        self.report.warnings += staged.warnings
        for path in staged.files:
            self.files[str(path)] = fingerprint(path)
        for table in staged.stage(con, self.progress):
            source = stage_prepared(con, table, self._next_number(), self.zone)
            self._take(table.table, source)
            again = con.execute(
                f"SELECT DISTINCT _file FROM scratch.raw_{source.number} WHERE _file IS NOT NULL"
            ).fetchall()
            self.read_again.setdefault(table.table, set()).update(
                {str(f) for (f,) in again} | {str(p) for p in staged.files} | {r.file for r in table.refused}
            )

    def _next_number(self) -> int:
        return sum(len(i.sources) for i in self.intakes.values())

    def _take(self, table: str, source: Source) -> None:
        self.intakes.setdefault(table, Intake(table=BY_NAME[table])).sources.append(source)

    def _add_retries(self, con: duckdb.DuckDBPyConnection) -> None:
        for name in quarantine.waiting_tables(con):
            again = self.read_again.get(name, set())
            for source in quarantine.stage_retries(con, BY_NAME[name], again, self._next_number()):
                self._take(name, source)
        self.intakes = {t.name: self.intakes[t.name] for t in TABLES if t.name in self.intakes}

    def _check(self, con: duckdb.DuckDBPyConnection) -> None:
        for position, (name, intake) in enumerate(self.intakes.items()):
            self.progress(f"checking {name}", position / len(self.intakes))
            type_rows(con, intake)
            self.report.warnings += local_time_notes(con, intake)
            references.mark_unreadable(con, intake)
            mark_unreadable_hours(con, intake)
            repeated = references.mark_duplicates(con, intake)
            self.report.tables[name] = TableCounts(repeated=repeated)
        self.progress("checking references", None)
        references.mark_references(con, self.intakes)

    def _store(self, con: duckdb.DuckDBPyConnection) -> str | None:
        upsert.prepare_changes(con)
        row = con.execute("SELECT coalesce(max(id), 0) + 1 FROM _imports").fetchone()
        self.report.import_id = int(row[0]) if row else 1
        everything = not count(con, "main.ticket_events") or not count(con, "main.tickets")
        order = sorted(self.intakes.values(), key=lambda i: i.table.name == "ticket_events")
        for position, intake in enumerate(order):
            name = intake.table.name
            self.progress(f"storing {name}", position / len(order))
            counts = self.report.tables[name]
            retried_bad = self._retried_out(con, intake)
            counts.quarantined = quarantine.collect(con, intake)
            stored = upsert.store(con, intake)
            counts.inserted, counts.changed, counts.unchanged = stored.inserted, stored.changed, stored.unchanged
            retried = sum(s.rows for s in intake.sources if s.kind == "retry")
            counts.retried = retried - retried_bad
            counts.read = intake.rows - retried + sum(len(s.rejects) + len(s.refused) for s in intake.sources)
            quarantine.settle(con, intake, self.report.import_id, self.report.at, self.read_again.get(name, set()))
        return self._build_facts(con, None if everything else upsert.CHANGED_TICKETS)

    def _retried_out(self, con: duckdb.DuckDBPyConnection, intake: Intake) -> int:
        ranges = [
            f"_rid >= {s.first} AND _rid < {s.first} + (1::BIGINT << 52)" for s in intake.sources if s.kind == "retry"
        ]
        return count(con, f"(SELECT DISTINCT _rid FROM {intake.out})", " OR ".join(f"({r})" for r in ranges) or "FALSE")

    def _build_facts(self, con: duckdb.DuckDBPyConnection, changed: str | None) -> str | None:
        self._write_as_of(con)
        self.progress("building facts", None)
        if changed:
            con.execute(
                f"CREATE OR REPLACE TABLE {changed} AS SELECT DISTINCT ticket_key FROM {changed} WHERE ticket_key IS NOT NULL"
            )
        con.execute("SET preserve_insertion_order = false")  # facts have no order, and so they come in parallel
        try:
            return facts.build(con, self.ws.settings, changed, self.progress)
        finally:
            con.execute("SET preserve_insertion_order = true")

    def _write_as_of(self, con: duckdb.DuckDBPyConnection) -> None:
        write_meta(con, "as_of", self.report.as_of.strftime("%Y-%m-%dT%H:%M:%S.%fZ").replace(".000000Z", "Z"))

    def _record(self, generation: Generation) -> None:
        con, report = generation.con, self.report
        report.open_quarantine = count(con, "_quarantine", "left_at IS NULL")
        counts = {name: asdict(table) for name, table in report.tables.items()}
        con.execute(
            "INSERT INTO _imports VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
            [
                report.import_id, report.at.replace(tzinfo=None), report.source, report.mapping, self.zone,
                report.as_of.replace(tzinfo=None), json.dumps(counts), json.dumps(self.files), json.dumps(report.warnings),
            ],
        )  # fmt: skip
