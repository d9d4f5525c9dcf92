"""Changes of the matrix as rows of canonical tables, and their saving.

Owns the turning of records into the texts that ``warehouse.editing`` takes. What is wrong with a row is said there. Must not know faces.
"""

from collections.abc import Iterable
from dataclasses import dataclass, fields
from datetime import date

import duckdb

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.errors import Forbidden
from pacesetter.model.raci_document import LetterRow, RoleRow, TaskRow, minutes_text
from pacesetter.warehouse.editing import EditedMeanwhile, apply_edit
from pacesetter.warehouse.workspace import Workspace

AUDITED_AS = "RACI matrix"
"""How the audit log names a change of the matrix."""


@dataclass(frozen=True, kw_only=True)
class Changes:
    """Rows to write, by table. Falsy where there is nothing to write."""

    tasks: tuple[TaskRow, ...] = ()
    roles: tuple[RoleRow, ...] = ()
    letters: tuple[LetterRow, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.tasks or self.roles or self.letters)

    def rows(self) -> dict[str, list[dict[str, str | None]]]:
        """The rows as texts, tables without a row left out."""
        tables: dict[str, Iterable[TaskRow | RoleRow | LetterRow]] = {
            "raci_tasks": self.tasks, "raci_roles": self.roles, "raci_assignments": self.letters
        }  # fmt: skip
        found = {name: [_texts(row) for row in rows] for name, rows in tables.items()}
        return {name: rows for name, rows in found.items() if rows}


def _texts(row: TaskRow | RoleRow | LetterRow) -> dict[str, str | None]:
    return {f.name: _text(getattr(row, f.name)) for f in fields(row)}


def _text(value: object) -> str | None:
    if value is None:
        return None
    if isinstance(value, date):
        return value.isoformat()
    return minutes_text(value) if isinstance(value, float) else str(value)


def letter_words(a: LetterRow) -> str:
    """One letter in a line: ``task-x / role-y: R from 2026-01-01``."""
    within = "" if a.within_minutes is None else f" {minutes_text(a.within_minutes)}"
    first = f" from {a.valid_from}" if a.valid_from else ""
    last = f" until {a.valid_to}" if a.valid_to else ""
    return f"{a.task_id} / {a.role_id}: {a.letter}{within}{first}{last}"


def may_change(scope: Scope, changes: Changes) -> None:
    """Raise Forbidden where the scope may not configure, or a task lies beyond its clients; rows of every client need the whole."""
    scope.need(Permission.CONFIGURE, "changing the matrix")
    touched = {t.client_id for t in changes.tasks} | {r.client_id for r in changes.roles}
    if scope.clients is not None and any(c is None or not scope.reaches(c) for c in touched):
        raise Forbidden("the matrix of that client is not within what you may change")


def save(ws: Workspace, scope: Scope, changes: Changes, *, seen: str | None = None) -> None:
    """Write the changes as the next generation. ``seen`` is the ``fingerprint`` of the matrix on which they were made.

    Raises Forbidden, EditedMeanwhile where somebody else changed the matrix since, EditRefused where a row cannot be taken.
    """
    may_change(scope, changes)

    def guard(con: duckdb.DuckDBPyConnection) -> None:
        if seen and fingerprint(con) != seen:
            raise EditedMeanwhile(
                "somebody changed the matrix since you opened it; nothing was changed", do="open it again"
            )

    if changes:
        apply_edit(ws, changes.rows(), guard=guard)


def fingerprint(con: duckdb.DuckDBPyConnection) -> str:
    """A text that changes whenever the matrix does."""
    rows = con.execute(
        """SELECT string_agg(h, '' ORDER BY h) FROM (
            SELECT md5(CAST(t AS VARCHAR)) AS h FROM raci_tasks AS t
            UNION ALL SELECT md5(CAST(r AS VARCHAR)) FROM raci_roles AS r
            UNION ALL SELECT md5(CAST(a AS VARCHAR)) FROM raci_assignments AS a)"""
    ).fetchall()
    folded = con.execute("SELECT md5(?)", [rows[0][0] or ""]).fetchall()
    return str(folded[0][0])
