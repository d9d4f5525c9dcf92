"""The state of a workspace's data: how fresh, how much, what waits in the quarantine, what disagrees.

Owns the record that the command line and the data-quality page show. Must not know KPIs or how a row was refused.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime

import duckdb

from pacesetter.model.tables import TABLES
from pacesetter.model.vocabularies import PHASES
from pacesetter.warehouse.storage import IMPORTED, count, literal, quoted, read_meta
from pacesetter.warehouse.workspace import Workspace

EXAMPLES = 3


@dataclass(frozen=True, kw_only=True)
class QuarantinedRow:
    """One row that waits in the quarantine, and since when."""

    id: int
    table: str
    file: str | None
    line: int | None
    column: str | None
    value: str | None
    reason: str
    message: str
    row: str
    since: datetime


@dataclass(frozen=True, kw_only=True)
class QuarantineGroup:
    """Rows of one table that wait for the same reason, with the first of them."""

    table: str
    reason: str
    rows: int
    examples: tuple[QuarantinedRow, ...]


@dataclass(frozen=True, kw_only=True)
class Defect:
    """One defect or disagreement of a ticket, with both values where there are two."""

    ticket_id: str
    detail: str | None
    column_value: str | None
    event_value: str | None


@dataclass(frozen=True, kw_only=True)
class DefectGroup:
    """Tickets with one kind of defect."""

    kind: str
    detail: str
    tickets: int
    rows: int
    examples: tuple[Defect, ...]


@dataclass(kw_only=True)
class DoctorReport:
    """What stands in the workspace. All instants are aware and in UTC; ``tables`` counts the rows of every table."""

    last_import_at: datetime | None = None
    last_source: str | None = None
    last_warnings: str = "[]"
    imports: int = 0
    as_of: datetime | None = None
    newest_event_at: datetime | None = None
    generation: int = 0
    tables: dict[str, int] = field(default_factory=dict)
    quarantine: tuple[QuarantineGroup, ...] = ()
    left_quarantine: int = 0
    defects: tuple[DefectGroup, ...] = ()
    unknown_statuses: tuple[tuple[str, int], ...] = ()

    @property
    def open_quarantine(self) -> int:
        """Rows that wait in the quarantine now."""
        return sum(group.rows for group in self.quarantine)

    @property
    def healthy(self) -> bool:
        """Whether nothing waits, nothing disagrees and every status has a phase."""
        return not (self.quarantine or self.defects or self.unknown_statuses)


def doctor(ws: Workspace) -> DoctorReport:
    """Examine the current generation. Raises BadWorkspace where nothing has been imported yet."""
    with ws.reader() as con:
        last = con.execute(
            f"SELECT imported_at, source, warnings FROM _imports WHERE {IMPORTED} ORDER BY id DESC LIMIT 1"
        ).fetchone()
        at, source, warnings = last or (None, None, "[]")
        as_of = read_meta(con, "as_of")
        newest = con.execute("SELECT max(occurred_at) FROM ticket_events").fetchone()
        return DoctorReport(
            last_import_at=_aware(at), last_source=source, last_warnings=warnings, imports=count(con, "_imports", IMPORTED),
            as_of=datetime.fromisoformat(as_of) if as_of else None, newest_event_at=_aware(newest[0] if newest else None),
            generation=int(read_meta(con, "generation") or 0),
            tables={t.name: count(con, quoted(t.name)) for t in TABLES},
            quarantine=tuple(_quarantine_groups(con)), left_quarantine=count(con, "_quarantine", "left_at IS NOT NULL"),
            defects=tuple(_defect_groups(con)), unknown_statuses=tuple(unknown_statuses(con)),
        )  # fmt: skip


def open_rows(
    con: duckdb.DuckDBPyConnection, table: str, reason: str, *, limit: int, offset: int = 0
) -> tuple[QuarantinedRow, ...]:
    """Rows that wait in the quarantine for one reason, in the order in which they entered."""
    rows = con.execute(
        "SELECT id, table_name, file, line, column_name, value, reason, message, row_json, entered_at FROM _quarantine "
        "WHERE left_at IS NULL AND table_name = ? AND reason = ? ORDER BY id LIMIT ? OFFSET ?",
        [table, reason, limit, offset],
    ).fetchall()
    names = ("id", "table", "file", "line", "column", "value", "reason", "message", "row")
    return tuple(QuarantinedRow(**dict(zip(names, r[:-1], strict=True)), since=r[-1].replace(tzinfo=UTC)) for r in rows)


def _quarantine_groups(con: duckdb.DuckDBPyConnection) -> list[QuarantineGroup]:
    groups = con.execute(
        "SELECT table_name, reason, count(*) FROM _quarantine WHERE left_at IS NULL GROUP BY ALL ORDER BY 3 DESC, 1, 2"
    ).fetchall()
    return [
        QuarantineGroup(table=table, reason=reason, rows=rows, examples=open_rows(con, table, reason, limit=EXAMPLES))
        for table, reason, rows in groups
    ]


def _defect_groups(con: duckdb.DuckDBPyConnection) -> list[DefectGroup]:
    found = con.execute(
        "SELECT kind, coalesce(detail, ''), count(DISTINCT ticket_id), count(*) FROM _defects"
        " GROUP BY ALL ORDER BY 1, 3 DESC, 2"
    ).fetchall()
    groups = []
    for kind, detail, tickets, rows in found:
        examples = con.execute(
            "SELECT ticket_id, detail, column_value, event_value FROM _defects"
            " WHERE kind = ? AND coalesce(detail, '') = ? ORDER BY ALL LIMIT ?",
            [kind, detail, EXAMPLES],
        ).fetchall()
        names = ("ticket_id", "detail", "column_value", "event_value")
        defects = tuple(Defect(**dict(zip(names, e, strict=True))) for e in examples)
        groups.append(DefectGroup(kind=kind, detail=detail, tickets=tickets, rows=rows, examples=defects))
    return groups


def unknown_statuses(con: duckdb.DuckDBPyConnection) -> list[tuple[str, int]]:
    """Statuses that tickets or their events name and that have no phase: (status, rows that name it), most frequent first."""
    phases = ", ".join(literal(p) for p in PHASES)
    return [
        (str(status), int(rows))
        for status, rows in con.execute(
            "SELECT status, CAST(sum(n) AS BIGINT) FROM ("
            "SELECT status, count(*) AS n FROM tickets GROUP BY 1 "
            "UNION ALL SELECT to_value, count(*) FROM ticket_events WHERE kind = 'status' GROUP BY 1 "
            "UNION ALL SELECT from_value, count(*) FROM ticket_events WHERE kind = 'status' GROUP BY 1) "
            f"WHERE status IS NOT NULL AND status NOT IN ({phases}) AND status NOT IN (SELECT status FROM ticket_statuses) "
            "GROUP BY 1 ORDER BY 2 DESC, 1"
        ).fetchall()
    ]


def _aware(instant: datetime | None) -> datetime | None:
    return None if instant is None else instant.replace(tzinfo=UTC)
