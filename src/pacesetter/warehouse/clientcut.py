"""Which rows belong to an export that is limited to some clients.

Owns the rule, table by table; must not know files. A row of another client never passes, nor one that cannot stand
without such a row. An optional reference to a row that is left out is emptied.
"""

from collections.abc import Sequence

import duckdb

from pacesetter.errors import BadRequest
from pacesetter.model.schema import Table
from pacesetter.model.tables import BY_NAME, TABLES
from pacesetter.warehouse.storage import quoted

_OWNED = "client_id IN (SELECT client_id FROM temp.chosen)"
_SHARED = f"(client_id IS NULL OR {_OWNED})"


def _kept(column: str, table: str) -> str:
    key = BY_NAME[table].key[0]
    return f"{column} IN (SELECT {key} FROM temp.kept_{table})"


def _none_or_kept(column: str, table: str) -> str:
    return f"({column} IS NULL OR {_kept(column, table)})"


# In this order, so that every table finds the ones it asks about. What is not listed is shared by all clients.
_RULES: tuple[tuple[str, str], ...] = (
    ("clients", _OWNED),
    ("sites", _OWNED),
    ("contacts", _OWNED),
    ("teams", _SHARED),
    ("technicians", _none_or_kept("team_id", "teams")),
    ("team_memberships", f"{_kept('technician_id', 'technicians')} AND {_kept('team_id', 'teams')}"),
    ("tickets", _OWNED),
    ("agreements", _OWNED),
    ("invoice_lines", _OWNED),
    ("costs", _OWNED),
    ("opportunities", _OWNED),
    ("services", _OWNED),
    ("projects", _OWNED),
    ("outages", _kept("service_id", "services")),
    ("ticket_events", "ticket_key IN (SELECT ticket_key FROM temp.kept_tickets)"),
    ("ticket_links", f"{_kept('ticket_id', 'tickets')} AND {_kept('other_id', 'tickets')}"),
    (
        "time_entries",
        f"{_kept('technician_id', 'technicians')} AND {_SHARED} AND {_none_or_kept('ticket_id', 'tickets')} "
        f"AND {_none_or_kept('project_id', 'projects')} AND coalesce(client_id, ticket_id, project_id) IS NOT NULL",
    ),
    ("shifts", _kept("technician_id", "technicians")),
    ("trainings", _kept("technician_id", "technicians")),
    ("improvements", _kept("technician_id", "technicians")),
    ("tool_uses", f"{_kept('technician_id', 'technicians')} AND {_none_or_kept('ticket_id', 'tickets')}"),
    ("sla_policies", f"{_SHARED} AND {_none_or_kept('agreement_id', 'agreements')}"),
    ("sla_targets", _kept("sla_policy_id", "sla_policies")),
    (
        "surveys",
        f"{_SHARED} AND {_none_or_kept('ticket_id', 'tickets')} AND {_none_or_kept('contact_id', 'contacts')} "
        "AND coalesce(client_id, ticket_id, contact_id) IS NOT NULL",
    ),
    ("article_events", _none_or_kept("contact_id", "contacts")),
    ("raci_tasks", _SHARED),
    (
        "raci_roles",
        f"{_SHARED} AND {_none_or_kept('team_id', 'teams')} AND {_none_or_kept('technician_id', 'technicians')} "
        f"AND {_none_or_kept('contact_id', 'contacts')}",
    ),
    ("raci_assignments", f"{_kept('task_id', 'raci_tasks')} AND {_kept('role_id', 'raci_roles')}"),
    ("targets", f"{_SHARED} AND {_none_or_kept('team_id', 'teams')}"),
)
_USERS_OF_CALENDARS = ("clients", "teams", "sla_policies")


def choose(con: duckdb.DuckDBPyConnection, clients: Sequence[str]) -> None:
    """Make the temporary tables ``kept_<table>`` of every table that is limited. Raises BadRequest for an unknown client."""
    con.execute("CREATE TEMP TABLE chosen (client_id VARCHAR)")
    for client in dict.fromkeys(clients):
        if not con.execute("SELECT 1 FROM main.clients WHERE client_id = ?", [client]).fetchone():
            raise BadRequest(f"no client '{client}'", where="--client", do="the ids are in 'clients'")
        con.execute("INSERT INTO temp.chosen VALUES (?)", [client])
    for table, condition in _RULES:
        _keep(con, table, condition)
    users = [f"SELECT calendar_id FROM main.{t} WHERE calendar_id IS NOT NULL" for t in _USERS_OF_CALENDARS]
    kept = [f"SELECT calendar_id FROM temp.kept_{t} WHERE calendar_id IS NOT NULL" for t in _USERS_OF_CALENDARS]
    condition = f"calendar_id IN ({' UNION '.join(kept)}) OR calendar_id NOT IN ({' UNION '.join(users)})"
    _keep(con, "calendars", condition)
    _keep(con, "calendar_exceptions", _kept("calendar_id", "calendars"))


def _keep(con: duckdb.DuckDBPyConnection, table: str, condition: str) -> None:
    con.execute(f"CREATE TEMP TABLE kept_{table} AS SELECT * FROM main.{quoted(table)} WHERE {condition}")


def limited_tables() -> frozenset[str]:
    """Tables that ``choose`` cuts."""
    return frozenset([*(name for name, _ in _RULES), "calendars", "calendar_exceptions"])


def reference(table: Table, name: str, expression: str) -> str:
    """SQL of a column of a limited export: an optional reference to a row that is left out is empty."""
    column = table.column(name)
    if column is None or column.refers_to not in limited_tables() or column.required:
        return expression
    target = BY_NAME[column.refers_to]
    key = quoted(target.key[0])
    return f"CASE WHEN {expression} IN (SELECT {key} FROM temp.kept_{target.name}) THEN {expression} END"


assert {name for name, _ in _RULES} <= {t.name for t in TABLES}
