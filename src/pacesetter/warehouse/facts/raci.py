"""Responsibility as facts: the matrix as spans per kind of ticket, and what was done against it.

Owns ``f_raci_kinds``, ``f_raci_parts``, ``f_raci`` and ``f_raci_duties``, built whole: they touch covered tickets only. Must not know KPIs.
"""

from datetime import date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.model.raci import FOREVER, Assignment, Kind, Matrix, Role, Task
from pacesetter.settings import Settings

_KINDS = """
    SELECT DISTINCT t.client_id, t.type, i.category, t.subcategory, i.priority
    FROM f_intervals AS i JOIN f_tickets AS t ON t.ticket_key = i.ticket_key
    WHERE EXISTS (SELECT 1 FROM raci_tasks)"""
_ROLES = """
    SELECT r.role_id, r.name, r.client_id, r.team_id, r.technician_id, r.contact_id, t.started_on, t.ended_on
    FROM raci_roles AS r LEFT JOIN technicians AS t ON t.technician_id = r.technician_id ORDER BY r.role_id"""
_ASSIGNMENTS = """
    SELECT task_id, role_id, letter, within_minutes, valid_from, valid_to FROM raci_assignments
    ORDER BY task_id, role_id, letter, valid_from"""
_TASKS = """
    SELECT task_id, name, client_id, type, category, subcategory, priority, valid_from, valid_to FROM raci_tasks"""


def read_matrix(con: duckdb.DuckDBPyConnection, settings: Settings) -> Matrix:
    """The matrix of a generation; a validity date begins at midnight of the workspace's zone."""
    zone = ZoneInfo(settings.time_zone)

    def span(first: object, last: object) -> tuple[int, int]:
        return _midnight(first, zone, -FOREVER), _midnight(last, zone, FOREVER)

    tasks = []
    for task_id, name, *kind, first, last in con.execute(_TASKS).fetchall():
        start, end = span(first, last)
        tasks.append(Task(task_id=task_id, name=name, kind=Kind(*kind), from_s=start, to_s=end))
    roles = []
    for role_id, name, client, team, technician, contact, first, last in con.execute(_ROLES).fetchall():
        start, end = span(first, last)
        roles.append(
            Role(role_id=role_id, name=name, client_id=client, team_id=team, technician_id=technician, contact_id=contact,
                 from_s=start, to_s=end)
        )  # fmt: skip
    held = []
    for task_id, role_id, letter, within, first, last in con.execute(_ASSIGNMENTS).fetchall():
        start, end = span(first, last)
        seconds = None if within is None else round(within * 60)
        held.append(
            Assignment(task_id=task_id, role_id=role_id, letter=letter, within_s=seconds, from_s=start, to_s=end)
        )
    return Matrix(tasks, roles, held)


def write_raci(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write the facts of responsibility from the canonical tables, ``f_tickets``, ``f_intervals``, ``f_resolutions`` and ``f_spells``."""
    matrix = read_matrix(con, settings)
    kinds = [
        {**Kind(*row)._asdict(), "task_id": s.task_id, "accountable": s.accountable, "is_valid": s.is_valid,
         "from_s": s.from_s, "to_s": s.to_s}
        for row in con.execute(_KINDS).fetchall()
        for s in matrix.spans(Kind(*row))
    ]  # fmt: skip
    _store(con, "f_raci_kinds", kinds, pa.schema(
        [*((name, pa.string()) for name in (*Kind._fields, "task_id", "accountable")), ("is_valid", pa.bool_()),
         ("from_s", pa.int64()), ("to_s", pa.int64())]
    ))  # fmt: skip
    parts: list[dict[str, object]] = []
    for a in matrix.assignments:
        role = matrix.roles[a.role_id]
        parts.append(
            {"task_id": a.task_id, "role_id": a.role_id, "letter": a.letter, "within_s": a.within_s, "from_s": a.from_s,
             "to_s": a.to_s, "team_id": role.team_id, "technician_id": role.technician_id}
        )  # fmt: skip
    texts = ("task_id", "role_id", "letter", "team_id", "technician_id")
    numbers = ("within_s", "from_s", "to_s")
    schema = pa.schema([*((n, pa.string()) for n in texts), *((n, pa.int64()) for n in numbers)])
    _store(con, "f_raci_parts", parts, schema)
    for name in ("raci", "raci_duties"):
        for statement in duckdb.extract_statements(files(__package__).joinpath(f"{name}.sql").read_text("utf-8")):
            con.execute(statement)


def _store(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    con.register("raci_rows", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"CREATE OR REPLACE TABLE {table} AS SELECT * FROM raci_rows")
    con.unregister("raci_rows")


def _midnight(day: object, zone: ZoneInfo, without: int) -> int:
    if not isinstance(day, date):
        return without
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
