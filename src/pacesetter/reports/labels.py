"""Names for ids: clients, teams, technicians, offerings, within what a scope may see.

Owns that reading. An id without a name within reach stays an id.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from babel.dates import get_day_names

from pacesetter.access.roles import Permission
from pacesetter.catalogue.desk import Desk
from pacesetter.reports.wording import Say, as_written

_TABLES = {"client": "clients", "team": "teams", "technician": "technicians", "offering": "offerings", "service": "services",
           "project": "projects", "article": "articles"}  # fmt: skip
_OF_CLIENTS = {"service", "project"}
_COLUMNS = {"article": "title"}
_KNOWN = {"organisation": {"msp": "MSP", "client": "client's own IT", "vendor": "vendor"}}
_VOCABULARIES = frozenset(
    {"type", "channel", "phase", "opened_by", "age_band", "handled_by", "holder", "clock", "cost_kind", "deviation"}
)
"""Dimensions whose values are the product's own words, which can be translated; other values are the source's."""
_WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")


@dataclass(frozen=True)
class Labels:
    """Names by dimension and id, in the words of ``say`` and the forms of ``locale``."""

    names: Mapping[str, Mapping[str, str]]
    locale: str = "en"
    say: Say = as_written

    def of(self, dimension: str, value: Any) -> str:
        """What a value of a dimension is called."""
        text = str(value)
        if value is None or value == "":
            return self.say("(none)")
        if dimension == "weekday" and text in _WEEKDAYS:
            return str(get_day_names("wide", locale=self.locale)[_WEEKDAYS.index(text)])
        if dimension == "hour":
            return f"{int(value):02d}:00"
        if dimension == "tier":
            return self.say("Tier %(number)s") % {"number": text}
        known = _KNOWN.get(dimension, {}).get(text) or (text.replace("_", " ") if dimension in _VOCABULARIES else None)
        if known is not None:
            return self.say(known)
        return self.names.get(dimension, {}).get(text) or text.replace("_", " ")


def read_labels(desk: Desk, *dimensions: str, locale: str = "en", say: Say = as_written) -> Labels:
    """The names of these dimensions' values that the desk's scope reaches."""
    return Labels({d: _read(desk, d) for d in dict.fromkeys(dimensions) if d in _TABLES}, locale, say)


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
