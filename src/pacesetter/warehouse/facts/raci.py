"""Responsibility as facts: the matrix as spans per kind of ticket, and what was done against it.

Owns ``f_raci_kinds``, ``f_raci_parts``, ``f_raci`` and ``f_raci_duties``. Must not know KPIs.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from importlib.resources import files
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.model.raci import FOREVER, Assignment, Kind, Matrix, Role, Task
from pacesetter.settings import Settings
from pacesetter.warehouse.facts.raci_changes import remember_marks, stale_keys

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

_PROVIDED = {
    "raci_tasks": "raci_tasks",
    "raci_consulted": "raci_assignments WHERE letter = 'C'",
    "raci_informed": "raci_assignments WHERE letter = 'I'",
}


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


def write_raci(con: duckdb.DuckDBPyConnection, settings: Settings, changed: str | None = None) -> None:
    """Write the facts of responsibility from the canonical tables, ``f_tickets``, ``f_intervals``, ``f_resolutions`` and ``f_spells``.

    ``changed`` names a table with the ``ticket_key`` of the tickets whose other facts were written anew, None where all were. Only what
    these tickets, their hours, the matrix and the people touch is derived again.
    """
    matrix = read_matrix(con, settings)
    write_kinds(con, "TEMP TABLE raci_new_kinds", matrix, read_kinds(con))
    write_parts(con, "TEMP TABLE raci_new_parts", matrix)
    in_part = stale_keys(con, changed, "raci_new_kinds", "raci_new_parts", "raci_stale")
    for new, fact in (("raci_new_kinds", "f_raci_kinds"), ("raci_new_parts", "f_raci_parts")):
        con.execute(f"CREATE OR REPLACE TABLE {fact} AS SELECT * FROM {new}")
        con.execute(f"DROP TABLE {new}")
    if in_part:
        which = "r.ticket_key IN (SELECT s.ticket_key FROM raci_stale AS s)"
        derive_work(con, Relations(result="TEMP TABLE raci_again", which=which))
        derive_duties(con, Relations(result="TEMP TABLE raci_duties_again"))
        for again, fact in (("raci_again", "f_raci"), ("raci_duties_again", "f_raci_duties")):
            con.execute(f"DELETE FROM {fact} WHERE ticket_key IN (SELECT ticket_key FROM raci_stale)")
            con.execute(f"INSERT INTO {fact} BY NAME SELECT * FROM {again}")
            con.execute(f"DROP TABLE {again}")
    else:
        derive_work(con, Relations(result="TABLE f_raci"))
        derive_duties(con, Relations(result="TABLE f_raci_duties"))
    remember_marks(con)
    for name, query in _PROVIDED.items():
        con.execute(f"INSERT INTO _provides SELECT 'rows', '{name}', count(*) FROM {query}")


@dataclass(frozen=True, kw_only=True)
class Relations:
    """What the derivation reads and writes: other relations than those of the facts tell what would have been.

    ``result`` is what is created (``TABLE f_raci``, ``TEMP TABLE draft``), ``which`` a condition on the resolutions ``r`` in question.
    """

    result: str
    kinds: str = "f_raci_kinds"
    parts: str = "f_raci_parts"
    roles: str = "raci_roles"
    which: str = "TRUE"


def derive_work(con: duckdb.DuckDBPyConnection, relations: Relations) -> None:
    """Who did the work of each covered ticket, as a relation of the columns of ``f_raci``."""
    _run(con, "raci", relations)


def derive_duties(con: duckdb.DuckDBPyConnection, relations: Relations) -> None:
    """Whom they were to consult and to inform. Reads what ``derive_work`` found covered just before."""
    _run(con, "raci_duties", relations)


def _run(con: duckdb.DuckDBPyConnection, name: str, relations: Relations) -> None:
    text = files(__package__).joinpath(f"{name}.sql").read_text("utf-8").format(**asdict(relations))
    for statement in duckdb.extract_statements(text):
        con.execute(statement)


def write_kinds(con: duckdb.DuckDBPyConnection, table: str, matrix: Matrix, kinds: Iterable[Kind]) -> None:
    """Write which task each kind of ticket is, with its spans, as a table (``TEMP TABLE x`` or just its name)."""
    rows = [
        {**kind._asdict(), "task_id": s.task_id, "accountable": s.accountable, "is_valid": s.is_valid, "from_s": s.from_s,
         "to_s": s.to_s}
        for kind in kinds
        for s in matrix.spans(kind)
    ]  # fmt: skip
    _store(con, table, rows, pa.schema(
        [*((name, pa.string()) for name in (*Kind._fields, "task_id", "accountable")), ("is_valid", pa.bool_()),
         ("from_s", pa.int64()), ("to_s", pa.int64())]
    ))  # fmt: skip


def write_parts(con: duckdb.DuckDBPyConnection, table: str, matrix: Matrix) -> None:
    """Write the letters with who fills their roles."""
    rows: list[dict[str, object]] = []
    for a in matrix.assignments:
        role = matrix.roles[a.role_id]
        rows.append(
            {"task_id": a.task_id, "role_id": a.role_id, "letter": a.letter, "within_s": a.within_s, "from_s": a.from_s,
             "to_s": a.to_s, "team_id": role.team_id, "technician_id": role.technician_id}
        )  # fmt: skip
    texts = ("task_id", "role_id", "letter", "team_id", "technician_id")
    numbers = ("within_s", "from_s", "to_s")
    _store(con, table, rows, pa.schema([*((n, pa.string()) for n in texts), *((n, pa.int64()) for n in numbers)]))


def write_roles(con: duckdb.DuckDBPyConnection, table: str, matrix: Matrix) -> None:
    """Write the roles as a table of the columns that the derivation reads."""
    names = ("role_id", "name", "client_id", "team_id", "technician_id", "contact_id")
    rows = [{n: getattr(r, n) for n in names} for r in matrix.roles.values()]
    _store(con, table, rows, pa.schema([(n, pa.string()) for n in names]))


def read_kinds(con: duckdb.DuckDBPyConnection) -> list[Kind]:
    """Every kind of ticket that there has been."""
    return [Kind(*row) for row in con.execute(_KINDS).fetchall()]


def _store(con: duckdb.DuckDBPyConnection, table: str, rows: list[dict[str, object]], schema: pa.Schema) -> None:
    con.register("raci_rows", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"CREATE OR REPLACE {table if ' ' in table else f'TABLE {table}'} AS SELECT * FROM raci_rows")
    con.unregister("raci_rows")


def _midnight(day: object, zone: ZoneInfo, without: int) -> int:
    if not isinstance(day, date):
        return without
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp())
