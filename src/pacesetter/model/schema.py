"""The words in which a canonical table is declared: kinds of column, columns, tables.

Owns no table; those are in ``tables``. From these records come the import checks, the engine's schemas, the
reference page and the bundle writer.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What a column holds."""

    ID = "id"
    REF = "ref"
    INSTANT = "instant"
    DATE = "date"
    TEXT = "text"
    NUM = "num"
    MONEY = "money"
    BOOL = "bool"


@dataclass(frozen=True, kw_only=True)
class Column:
    """One column of a canonical table.

    ``refers_to`` names the table whose id a ``ref`` column holds. ``vocabulary`` is the closed list of words that a
    text column accepts, empty for any text. ``minimum`` and ``maximum`` bound a number, both inclusive.
    """

    name: str
    kind: Kind
    required: bool
    doc: str
    refers_to: str | None = None
    vocabulary: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None


@dataclass(frozen=True, kw_only=True)
class Table:
    """One canonical table. ``key`` identifies a row: at the next import a row with the same key replaces it.

    ``spans`` are pairs (start, end) of columns whose end may not lie before its start.
    """

    name: str
    family: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    spans: tuple[tuple[str, str], ...] = ()

    def column(self, name: str) -> Column | None:
        """The column of that name, or None where the table has none."""
        return next((c for c in self.columns if c.name == name), None)

    @property
    def names(self) -> tuple[str, ...]:
        """Column names in their canonical order."""
        return tuple(c.name for c in self.columns)

    @property
    def refs(self) -> tuple[Column, ...]:
        """The columns that hold an id of another table."""
        return tuple(c for c in self.columns if c.kind is Kind.REF)


def table(
    name: str, family: str, doc: str, *columns: Column, key: Iterable[str] = (), spans: Iterable[tuple[str, str]] = ()
) -> Table:
    """Declare a table; where no key is given it is the id column, which must then be the first."""
    own_key = tuple(key) or (columns[0].name,)
    known = {c.name for c in columns}
    missing = [n for n in own_key if n not in known] + [n for pair in spans for n in pair if n not in known]
    if missing:
        raise ValueError(f"{name}: key or span names no column: {missing}")
    return Table(name=name, family=family, doc=doc, columns=columns, key=own_key, spans=tuple(spans))
