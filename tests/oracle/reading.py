"""A bundle folder as plain rows, and canonical text as Python values. Shares no code with the product."""

import csv
import gzip
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
Cells = dict[str, str | None]


def micros(text: str) -> int:
    """Microseconds since the epoch of an ISO 8601 instant with an offset."""
    instant = datetime.fromisoformat(text)
    assert instant.tzinfo is not None, text
    return (instant - EPOCH) // timedelta(microseconds=1)


def seconds(text: str) -> int:
    """Whole epoch seconds of an instant; the fraction is cut off."""
    return micros(text) // 1_000_000


def truth(text: str | None) -> bool | None:
    """true, false or unknown."""
    return None if text is None else {"true": True, "false": False}[text]


def number(text: str | None) -> float | None:
    """A number or unknown."""
    return None if text is None else float(text)


@dataclass
class Bundle:
    """Rows of every table that the folder holds; an empty cell is None."""

    tables: dict[str, list[Cells]]
    events_of: dict[str, list[Cells]] = field(default_factory=lambda: defaultdict(list))

    def rows(self, table: str) -> list[Cells]:
        """The rows of a table, none where there is no file."""
        return self.tables.get(table, [])

    def by_id(self, table: str, column: str) -> dict[str, Cells]:
        """The rows of a table by one column."""
        return {str(row[column]): row for row in self.rows(table)}


def read_bundle(folder: Path) -> Bundle:
    """Read ``*.csv`` and ``*.csv.gz`` of a folder."""
    tables: dict[str, list[Cells]] = {}
    for path in sorted(folder.iterdir()):
        opened = gzip.open if path.suffix == ".gz" else open
        with opened(path, "rt", encoding="utf-8", newline="") as file:
            rows = [{name: value or None for name, value in row.items()} for row in csv.DictReader(file)]
        tables[path.name.split(".")[0]] = rows
    bundle = Bundle(tables)
    for event in bundle.rows("ticket_events"):
        bundle.events_of[str(event["ticket_id"])].append(event)
    return bundle
