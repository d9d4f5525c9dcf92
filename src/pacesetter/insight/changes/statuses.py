"""Statuses: which phase each word of the source stands for, and how many tickets a change touches.

Owns that counting. A status has no validity: what it means, it means for all time, and the audit log keeps what it meant before.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import duckdb

from pacesetter.insight.changes.record import BadField, Proposal, Row, Watched
from pacesetter.model.vocabularies import PHASES
from pacesetter.warehouse.doctor import unknown_statuses
from pacesetter.warehouse.editing import canonical_rows

TABLE = "ticket_statuses"
WATCHED: Watched = [(TABLE, {})]


@dataclass(frozen=True)
class Status:
    """A status, its phase (None where nobody has said), how many tickets stand in it now and how many ever named it."""

    status: str
    phase: str | None
    tickets_now: int
    tickets_ever: int


def read_statuses(con: duckdb.DuckDBPyConnection) -> list[Status]:
    """Every status that the workspace knows or its records name, those without a phase first, then by use."""
    phases = {r["status"] or "": r["phase"] for r in canonical_rows(con, TABLE)}
    names = dict.fromkeys([*(s for s, _ in unknown_statuses(con)), *phases])
    now = dict(con.execute("SELECT status, count(*) FROM tickets WHERE status IS NOT NULL GROUP BY 1").fetchall())
    ever = _ever(con)
    found = [Status(n, phases.get(n), int(now.get(n, 0)), int(ever.get(n, 0))) for n in names]
    return sorted(found, key=lambda s: (s.phase is not None, -s.tickets_ever, s.status))


def _ever(con: duckdb.DuckDBPyConnection) -> dict[str, int]:
    rows = con.execute(
        """SELECT status, count(DISTINCT ticket_key) FROM (
            SELECT status, ticket_key FROM tickets WHERE status IS NOT NULL
            UNION ALL SELECT to_value, ticket_key FROM ticket_events WHERE kind IN ('status', 'created') AND to_value IS NOT NULL
            UNION ALL SELECT from_value, ticket_key FROM ticket_events WHERE kind IN ('status', 'created') AND from_value IS NOT NULL)
        GROUP BY 1"""
    ).fetchall()
    return {str(status): int(count) for status, count in rows}


def touched(con: duckdb.DuckDBPyConnection, names: list[str]) -> tuple[int, int]:
    """How many tickets and how many status events name one of these statuses."""
    if not names:
        return 0, 0
    row = con.execute(
        """WITH events AS (
            SELECT ticket_key FROM ticket_events
            WHERE kind IN ('status', 'created') AND (list_contains($1, to_value) OR list_contains($1, from_value)))
        SELECT (SELECT count(DISTINCT ticket_key) FROM (SELECT ticket_key FROM events UNION ALL
                SELECT ticket_key FROM tickets WHERE list_contains($1, status))), (SELECT count(*) FROM events)""",
        [names],
    ).fetchall()[0]
    return int(row[0]), int(row[1])


def propose(con: duckdb.DuckDBPyConnection, wanted: Mapping[str, str]) -> Proposal:
    """Other phases for some statuses; new statuses may be among them. An empty phase of an unknown status leaves it unknown."""
    stands = {r["status"] or "": r["phase"] for r in canonical_rows(con, TABLE)}
    problems = {
        s: f"'{p}' is no phase; choose one of {', '.join(PHASES)}" for s, p in wanted.items() if p and p not in PHASES
    }
    problems |= {s: "a status that has a phase keeps one" for s, p in wanted.items() if not p and stands.get(s)}
    if problems:
        raise BadField({f"phase:{s}": text for s, text in problems.items()})
    changed = {s.strip(): p for s, p in wanted.items() if s.strip() and p and stands.get(s.strip()) != p}
    rows: list[Row] = [{"status": s, "phase": p} for s, p in sorted(changed.items())]
    return Proposal(
        what="statuses changed", about=", ".join(sorted(changed))[:200], rows={TABLE: rows}, watched=WATCHED,
        before={s: stands.get(s) for s in sorted(changed)}, after=dict(sorted(changed.items())),
    )  # fmt: skip
