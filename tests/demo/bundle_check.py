"""Checks a canonical bundle row by row against the model in plain Python, without the importer."""

import csv
import re
from collections import Counter
from pathlib import Path

from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import BY_NAME, TABLES

_INSTANT = re.compile(r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
_DATE = re.compile(r"^\d{4}-\d\d-\d\d$")
_MONEY = re.compile(r"^-?\d+(\.\d{1,4})?$")


def read(folder: Path, table: str) -> list[dict[str, str]]:
    with (folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def complaints(folder: Path) -> list[str]:
    """Every breach of the model in the bundle, as lines; empty where it is valid."""
    rows = {t.name: read(folder, t.name) for t in TABLES}
    known = {t.name: {r[t.columns[0].name] for r in rows[t.name]} for t in TABLES if t.columns[0].kind is Kind.ID}
    found: list[str] = []
    for table in TABLES:
        found += _keys(table, rows[table.name])
        for row in rows[table.name]:
            for column in table.columns:
                why = _wrong(column, row[column.name], known)
                if why:
                    found.append(f"{table.name}.{column.name}: {why} in {row}")
            for start, end in table.spans:
                if row[start] and row[end] and row[end] < row[start]:
                    found.append(f"{table.name}: {end} before {start} in {row}")
    return found


def _keys(table: Table, rows: list[dict[str, str]]) -> list[str]:
    seen = Counter(tuple(r[k] for k in table.key) for r in rows)
    return [f"{table.name}: key {key} stands {n} times" for key, n in seen.items() if n > 1]


def _wrong(column: Column, value: str, known: dict[str, set[str]]) -> str | None:
    if value == "":
        return "empty" if column.required else None
    if column.vocabulary and value not in column.vocabulary:
        return f"'{value}' is not a word of the list"
    if column.kind is Kind.REF and value not in known[column.refers_to or ""]:
        return f"'{value}' is not in {column.refers_to}"
    form = {Kind.INSTANT: _INSTANT, Kind.DATE: _DATE, Kind.MONEY: _MONEY}.get(column.kind)
    if form and not form.match(value):
        return f"'{value}' has not the form of {column.kind}"
    if column.kind is Kind.BOOL and value not in ("true", "false"):
        return f"'{value}' is no bool"
    if column.kind is Kind.NUM:
        number = float(value)
        if (column.minimum is not None and number < column.minimum) or (
            column.maximum is not None and number > column.maximum
        ):
            return f"{number} out of bounds"
    return None


assert len(BY_NAME) == 36
