"""The matrix of a generation as a document, as far as a scope reaches.

Owns the reading of tasks, roles and letters, and of who exists to fill a role. A role that is filled from another client's side is not
there for those who do not reach that client. Must not know faces.
"""

from collections.abc import Collection
from dataclasses import dataclass, fields
from datetime import date
from typing import Any

import duckdb

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.model.raci_document import Document, LetterRow, RoleRow, TaskRow, document_of

_TASKS = """
    SELECT task_id, name, client_id, type, category, subcategory, priority, valid_from, valid_to FROM raci_tasks"""
_ROLES = """
    SELECT r.role_id, r.name, r.client_id, r.team_id, r.technician_id, r.contact_id,
        coalesce(w.client_id, x.client_id, c.client_id) AS side
    FROM raci_roles AS r
    LEFT JOIN teams AS w ON w.team_id = r.team_id
    LEFT JOIN technicians AS t ON t.technician_id = r.technician_id
    LEFT JOIN teams AS x ON x.team_id = t.team_id
    LEFT JOIN contacts AS c ON c.contact_id = r.contact_id"""
_LETTERS = """
    SELECT task_id, role_id, letter, within_minutes, valid_from, valid_to FROM raci_assignments"""


@dataclass(frozen=True)
class Filler:
    """Who fills a role: what they are (``team``, ``technician``, ``contact``), their name and where to reach them."""

    what: str
    id: str
    name: str
    email: str | None


def read_document(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    client: str | None = None,
    *,
    clients: Collection[str] | None = None,
) -> Document:
    """The tasks, roles and letters within reach; for one client, its own tasks and those of every client.

    ``clients`` are those that the reader knows of at all, where the scope alone does not say it (somebody's own tickets).
    """

    def reaches(client_id: str) -> bool:
        return scope.reaches(client_id) and client in (None, client_id) and (clients is None or client_id in clients)

    reached = [t for t in (TaskRow(**_named(TaskRow, row)) for row in con.execute(_TASKS).fetchall())
               if t.client_id is None or reaches(t.client_id)]  # fmt: skip
    roles = []
    for *row, side in con.execute(_ROLES).fetchall():
        role = RoleRow(**_named(RoleRow, tuple(row)))
        owners = {i for i in (role.client_id, side) if i is not None}
        if all(map(reaches, owners)):
            roles.append(role)
    task_ids, role_ids = {t.task_id for t in reached}, {r.role_id for r in roles}
    letters = (LetterRow(**_named(LetterRow, row)) for row in con.execute(_LETTERS).fetchall())
    return document_of(reached, roles, (a for a in letters if a.task_id in task_ids and a.role_id in role_ids))


def _named(record: type[Any], row: tuple[Any, ...]) -> dict[str, Any]:
    return dict(zip((f.name for f in fields(record)), row, strict=True))


def own_tasks(document: Document, client: str | None) -> Document:
    """The tasks that belong to one client (to every client where None), with all roles and their letters."""
    kept = {t.task_id for t in document.tasks if t.client_id == client}
    return document_of(
        (t for t in document.tasks if t.task_id in kept),
        document.roles,
        (a for a in document.letters if a.task_id in kept),
    )


def read_employment(con: duckdb.DuckDBPyConnection) -> dict[str, tuple[date | None, date | None]]:
    """When each technician was there: first day, first day no longer."""
    rows = con.execute("SELECT technician_id, started_on, ended_on FROM technicians").fetchall()
    return {t: (first, last) for t, first, last in rows}


def read_fillers(con: duckdb.DuckDBPyConnection, scope: Scope, document: Document) -> dict[str, Filler | None]:
    """Who fills each role of a document. A technician is given by name only to those who may know names, else by team."""
    found: dict[str, Filler | None] = {r.role_id: None for r in document.roles}
    for role in document.roles:
        if role.team_id:
            found[role.role_id] = _one(con, "team", "SELECT name, NULL FROM teams WHERE team_id = ?", role.team_id)
        elif role.technician_id and scope.may(Permission.NAMES):
            query = "SELECT name, email FROM technicians WHERE technician_id = ?"
            found[role.role_id] = _one(con, "technician", query, role.technician_id)
        elif role.technician_id:
            query = """SELECT coalesce(w.name, '–'), NULL FROM technicians AS t LEFT JOIN teams AS w ON w.team_id = t.team_id
                WHERE t.technician_id = ?"""
            one = _one(con, "somebody", query, role.technician_id)
            found[role.role_id] = Filler(one.what, "", one.name, None) if one else None
        elif role.contact_id:
            query = "SELECT name, email FROM contacts WHERE contact_id = ?"
            found[role.role_id] = _one(con, "contact", query, role.contact_id)
    return found


def _one(con: duckdb.DuckDBPyConnection, what: str, query: str, key: str) -> Filler | None:
    rows = con.execute(query, [key]).fetchall()
    return Filler(what, key, str(rows[0][0] or key), rows[0][1]) if rows else None
