"""Names for ids: clients, teams, technicians, offerings, within what a scope may see.

Owns that reading. An id without a name within reach stays an id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from pacesetter.access.roles import Permission
from pacesetter.catalogue.desk import Desk

_TABLES = {"client": "clients", "team": "teams", "technician": "technicians", "offering": "offerings", "service": "services",
           "project": "projects", "article": "articles"}  # fmt: skip
_OF_CLIENTS = {"service", "project"}
_COLUMNS = {"article": "title"}
_KNOWN = {"organisation": {"msp": "MSP", "client": "client's own IT", "vendor": "vendor"}, "type": {}}
_WEEKDAYS = {"mon": "Monday", "tue": "Tuesday", "wed": "Wednesday", "thu": "Thursday", "fri": "Friday", "sat": "Saturday",
             "sun": "Sunday"}  # fmt: skip


@dataclass(frozen=True)
class Labels:
    """Names by dimension and id."""

    names: Mapping[str, Mapping[str, str]]

    def of(self, dimension: str, value: Any) -> str:
        """What a value of a dimension is called."""
        if value is None or value == "":
            return "(none)"
        if dimension == "weekday":
            return _WEEKDAYS.get(str(value), str(value))
        if dimension == "hour":
            return f"{int(value):02d}:00"
        if dimension == "tier":
            return f"Tier {value}"
        known = _KNOWN.get(dimension, {}).get(str(value))
        return known or self.names.get(dimension, {}).get(str(value)) or str(value).replace("_", " ")


def read_labels(desk: Desk, *dimensions: str) -> Labels:
    """The names of these dimensions' values that the desk's scope reaches."""
    return Labels({d: _read(desk, d) for d in dict.fromkeys(dimensions) if d in _TABLES})


def _read(desk: Desk, dimension: str) -> dict[str, str]:
    scope, table = desk.scope, _TABLES[dimension]
    if dimension == "technician" and not scope.may(Permission.NAMES):
        return {}
    column = _COLUMNS.get(dimension, "name")
    tests, values = ["TRUE"], list[Any]()

    def within(test: str, ids: Iterable[str]) -> None:
        tests.append(test)
        values.append(sorted(ids))

    if dimension == "technician" and scope.technicians is not None:
        within("technician_id IN (SELECT unnest(?))", scope.technicians)
    if dimension == "client" or dimension in _OF_CLIENTS:
        if scope.clients is not None:
            within("client_id IN (SELECT unnest(?))", scope.clients)
        for own, holder in ((scope.teams, "team_id"), (scope.technicians, "technician_id")):
            if own is not None:
                within(f"client_id IN (SELECT client_id FROM f_tickets WHERE {holder} IN (SELECT unnest(?)))", own)
    if dimension == "team":
        if scope.clients is not None:
            within("(client_id IS NULL OR client_id IN (SELECT unnest(?)))", scope.clients)
        if scope.technicians is not None:
            tests.append("client_id IS NULL")
    where = " AND ".join(tests)
    rows = desk.evaluator.con.execute(
        f"SELECT {dimension}_id, {column} FROM {table} WHERE {where} ORDER BY 2, 1", values
    ).fetchall()
    return {str(key): str(name) for key, name in rows if name is not None}


def clients_within(desk: Desk) -> dict[str, str]:
    """Every client that the scope reaches, id to name, by name."""
    return _read(desk, "client")
