"""Reading a matrix out of TOML, with a message that names the key where something is wrong."""

import tomllib
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any

from pacesetter.errors import BadRequest
from pacesetter.model.raci_document import Document, LetterRow, RoleRow, TaskRow, document_of

_ROLE = {
    "name": "name",
    "client": "client_id",
    "team": "team_id",
    "technician": "technician_id",
    "contact": "contact_id",
}
_TASK = {"name": "name", "client": "client_id", "type": "type", "category": "category", "subcategory": "subcategory",
         "priority": "priority", "from": "valid_from", "to": "valid_to"}  # fmt: skip
_HELD = ("role", "within", "from", "to")
_INFORM = "inform_within_minutes"
_DATES = ("from", "to")


def document_of_toml(text: str) -> Document:
    """The document in a TOML text. Raises BadRequest."""
    try:
        given = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadRequest(f"the file is not TOML ({error})", do="mend it there") from None
    for name in given:
        if name not in ("roles", "tasks"):
            raise BadRequest(
                f"'{name[:40]}' is neither roles nor tasks", where=name[:40], do="write [roles.…] and [tasks.…]"
            )
    roles = [
        _role(i, _table(row, f"roles.{i}", short="name")) for i, row in _table(given.get("roles", {}), "roles").items()
    ]
    tasks, letters = [], list[LetterRow]()
    for task_id, row in _table(given.get("tasks", {}), "tasks").items():
        where = f"tasks.{task_id}"
        fields = _table(row, where)
        known = {*_TASK, *"RACI", _INFORM}
        tasks.append(TaskRow(task_id=task_id, **_fields(fields, {k: v for k, v in _TASK.items()}, known, where)))
        letters += _letters(task_id, fields, where)
    missing = {a.role_id for a in letters} - {r.role_id for r in roles}
    if missing:
        first = min(missing)
        at = next(f"tasks.{a.task_id}.{a.letter}" for a in letters if a.role_id == first)
        raise BadRequest(f"there is no role '{first}'", where=at, do=f"add [roles.{first}]")
    return document_of(tasks, roles, letters)


def _table(value: Any, where: str, short: str | None = None) -> dict[str, Any]:
    if short is not None and isinstance(value, str):
        return {short: value}
    if not isinstance(value, dict):
        raise BadRequest("this is no table", where=where, do="see an exported matrix")
    return value


def _role(role_id: str, row: Mapping[str, Any]) -> RoleRow:
    return RoleRow(role_id=role_id, **_fields(row, _ROLE, set(_ROLE), f"roles.{role_id}"))


def _fields(row: Mapping[str, Any], names: Mapping[str, str], known: set[str], where: str) -> dict[str, Any]:
    for name in row:
        if name not in known:
            raise BadRequest(
                f"'{name[:40]}' is not known here", where=where, do=f"known are {', '.join(sorted(known))}"
            )
    if not isinstance(row.get("name"), str) or not row["name"].strip():
        raise BadRequest("it has no name", where=where, do='write name = "…"')
    return {field: _value(row[name], name, where) for name, field in names.items() if name in row}


def _value(value: Any, name: str, where: str) -> Any:
    if name in _DATES:
        if isinstance(value, date) and not isinstance(value, datetime):
            return value
        raise BadRequest(
            f"'{str(value)[:40]}' is no date", where=f"{where}.{name}", do="write it as 2026-12-31, without quotes"
        )
    if not isinstance(value, str):
        raise BadRequest(f"'{str(value)[:40]}' is no text", where=f"{where}.{name}", do="put it in quotes")
    return value


def _letters(task_id: str, row: Mapping[str, Any], where: str) -> Iterator[LetterRow]:
    seen = set()
    for letter in "RACI":
        given = row.get(letter, [])
        if not isinstance(given, list):
            raise BadRequest("this is no list of roles", where=f"{where}.{letter}", do='write ["role"]')
        for one in given:
            place = f"{where}.{letter}"
            fields = {"role": one} if isinstance(one, str) else _table(one, place)
            for name in fields:
                if name not in _HELD:
                    raise BadRequest(
                        f"'{name[:40]}' is not known here", where=place, do=f"known are {', '.join(_HELD)}"
                    )
            within = fields.get("within", row.get(_INFORM) if letter == "I" else None)
            if within is not None and (isinstance(within, bool) or not isinstance(within, (int, float)) or within < 0):
                raise BadRequest(f"'{str(within)[:40]}' are no minutes", where=place, do="write a number")
            if within is not None and letter not in "CI":
                raise BadRequest("only C and I have a time", where=place, do="leave 'within' out")
            first, last = (_value(fields[n], n, place) if n in fields else None for n in _DATES)
            if first is not None and last is not None and last < first:
                raise BadRequest(f"{last} is before {first}", where=place, do="write the later date as 'to'")
            found = LetterRow(task_id=task_id, role_id=_value(fields.get("role"), "role", place), letter=letter,
                              within_minutes=None if within is None else float(within), valid_from=first, valid_to=last)  # fmt: skip
            if found.key in seen:
                raise BadRequest(
                    f"the role '{found.role_id}' stands twice from the same day", where=place, do="write it once"
                )
            seen.add(found.key)
            yield found
