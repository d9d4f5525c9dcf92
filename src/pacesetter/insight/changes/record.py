"""A proposed change: rows to be written and removed, what the audit log will say, and the mark by which a meanwhile is noticed.

Owns the record and the mark. Must not know pages or what a table means.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb

from pacesetter.errors import BadRequest
from pacesetter.warehouse.editing import EditedMeanwhile, Guard, Rows, canonical_rows

Watched = Sequence[tuple[str, Mapping[str, str | None]]]
"""Rows that an editor looked at: tables, with the values that columns of the rows have."""
Row = dict[str, str | None]


class BadField(BadRequest):
    """A form that cannot be taken. ``problems`` are messages by the name of the field; the empty name is the whole form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        self.problems = dict(problems)
        super().__init__("; ".join(f"{name}: {text}" if name else text for name, text in self.problems.items()))


@dataclass(frozen=True, kw_only=True)
class Proposal:
    """A change that can be made: ``what`` happens to ``about`` in the words of the audit log, with the values before and after."""

    what: str
    about: str
    rows: Rows = field(default_factory=dict)
    remove: Rows = field(default_factory=dict)
    before: Mapping[str, Any] = field(default_factory=dict)
    after: Mapping[str, Any] = field(default_factory=dict)
    watched: Watched = ()

    @property
    def changes_nothing(self) -> bool:
        """Whether there is nothing to write."""
        return not any(self.rows.values()) and not any(self.remove.values())

    @property
    def digest(self) -> str:
        """A mark of what it would write: equal for the same change, however its form was filled in."""
        return digest_of([self.what, self.about, self.rows, self.remove])


def rows_where(con: duckdb.DuckDBPyConnection, table: str, **values: str | None) -> list[Row]:
    """The rows of a small table with these values, as canonical text, in order of key; an empty value and none are the same."""
    return [r for r in canonical_rows(con, table) if all((r.get(k) or "") == (v or "") for k, v in values.items())]


def stamp(con: duckdb.DuckDBPyConnection, watched: Watched) -> str:
    """A mark of these rows' contents: it differs where any of them changed, left or joined."""
    return digest_of([(table, rows_where(con, table, **values)) for table, values in watched])


def digest_of(content: Any) -> str:
    """A short mark of a content."""
    return hashlib.sha256(json.dumps(content, sort_keys=True, default=list).encode()).hexdigest()[:24]


def guard_of(watched: Watched, seen: str) -> Guard:
    """A guard that stops the edit where the watched rows are not those of the mark ``seen``."""

    def guard(con: duckdb.DuckDBPyConnection) -> None:
        if stamp(con, watched) != seen:
            raise EditedMeanwhile(
                "somebody else changed this since you opened it, and nothing of yours was written",
                do="look at what stands now and make your change again",
            )

    return guard


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """The entries that differ, on either side."""
    names = [n for n in {**before, **after} if before.get(n) != after.get(n)]
    return {n: before.get(n) for n in names}, {n: after.get(n) for n in names}
