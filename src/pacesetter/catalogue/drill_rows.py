"""The rows behind a number as a query that can be searched, sorted and read page by page.

Owns how a page of rows is read without reading all of them: what belongs to the rows' tickets is fetched for the page alone. Must not know
where the rows come from, nor faces.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sqlglot import exp

from pacesetter.errors import BadRequest

_TABLES = {"k": "f_tickets", "t": "tickets"}


@dataclass(frozen=True)
class Column:
    """A column of the rows: its name, and where it is: of the rows (``r``), of the ticket's facts (``k``) or of the ticket (``t``)."""

    name: str
    source: str
    table: str = "r"
    is_instant: bool = False

    @property
    def stored(self) -> exp.Expr:
        """The column as it is stored; an instant is its epoch second."""
        return exp.column(self.source, self.table)

    @property
    def shown(self) -> exp.Expr:
        """The column as it is handed out; an instant is ISO 8601 in UTC."""
        return exp.alias_(_instant(self.stored) if self.is_instant else self.stored, self.name)


@dataclass(frozen=True)
class Matching:
    """Which of the rows: every word is in one of their texts, or stands for one of the ids that ``ids`` gives it by column; the
    value is at least ``least`` and below ``below``."""

    words: tuple[str, ...] = ()
    ids: tuple[tuple[str, str, frozenset[str]], ...] = ()
    least: float | None = None
    below: float | None = None


@dataclass(frozen=True)
class Drill:
    """The rows behind a number, and how they are read: ``more`` are columns that may be shown besides, ``order`` is their own order."""

    raw: exp.Select
    chosen: tuple[Column, ...]
    more: tuple[Column, ...]
    order: tuple[Column, ...]
    limit: int | None = None

    @property
    def columns(self) -> tuple[str, ...]:
        """The names of the columns."""
        return tuple(c.name for c in self.chosen)

    @property
    def offered(self) -> tuple[str, ...]:
        """The names of all columns that could be shown."""
        return (*self.columns, *(c.name for c in self.more if c.name not in self.columns))

    @property
    def tree(self) -> exp.Query:
        """The query of all rows, in their own order."""
        return self.page(limit=self.limit)

    def without(self, names: Iterable[str]) -> "Drill":
        """The same rows without these columns, which can then neither be chosen, sorted by nor searched."""
        gone = set(names)
        return replace(
            self,
            chosen=tuple(c for c in self.chosen if c.name not in gone),
            more=tuple(c for c in self.more if c.name not in gone),
        )

    def choosing(self, names: Iterable[str]) -> "Drill":
        """The same rows with these columns in that order. Raises BadRequest where one is not offered."""
        every = {c.name: c for c in (*self.more, *self.chosen)}
        wanted = tuple(dict.fromkeys(names))
        for name in wanted:
            if name not in every:
                raise BadRequest(
                    f"the rows have no column '{name}'", where="columns", do=f"choose of {', '.join(self.offered)}"
                )
        rest = tuple(c for n, c in every.items() if n not in wanted)
        return replace(self, chosen=tuple(every[n] for n in wanted), more=rest)

    def column(self, name: str) -> Column | None:
        """The column of that name, shown or not."""
        return next((c for c in (*self.chosen, *self.more) if c.name == name), None)

    def count(self, matching: Matching | None = None) -> exp.Query:
        """The query of how many rows there are."""
        return self._matched(matching).select(exp.alias_(exp.Count(this=exp.Star()), "n"))

    def values(self) -> exp.Select:
        """The query of the rows' values alone, in no order."""
        return exp.select(exp.alias_(exp.cast(exp.column("value", "r"), "DOUBLE"), "value")).from_(
            self.raw.copy().subquery("r")
        )

    def page(
        self, *, sort: str | None = None, descending: bool = False, limit: int | None = None, offset: int = 0,
        matching: Matching | None = None, from_the_end: bool = False,
    ) -> exp.Query:  # fmt: skip
        """The query of some of the rows. What belongs to their tickets is fetched for these alone; equal values keep the own order.

        ``from_the_end`` counts ``offset`` from the last row backwards; the rows come in the same order as ever.
        """
        first = self.column(sort) if sort else None
        keys = [*([first] if first else []), *(c for c in self.order if c != first)]
        rows = self._matched(matching, *keys).select("r.*")
        if limit is not None:
            rows = _ordered(rows, keys, descending=descending and first is not None, backwards=from_the_end)
            rows = rows.limit(limit).offset(offset)
        select = _joined(exp.select(*(c.shown for c in self.chosen)).from_(rows.subquery("r")), (*self.chosen, *keys))
        return _ordered(select, keys, descending=descending and first is not None)

    def _matched(self, matching: Matching | None, *keys: Column) -> exp.Select:
        rows = exp.Select().from_(self.raw.copy().subquery("r"))
        if matching is None:
            return _joined(rows, keys)
        searched = (
            [c for c in (*self.chosen, *self.more) if not c.is_instant and c.name != "value"] if matching.words else []
        )
        rows = _joined(rows, (*keys, *searched))
        for word in matching.words:
            meant = {column: ids for w, column, ids in matching.ids if w == word}
            rows = rows.where(
                exp.or_(*(test for c in searched for test in _tests(c, word, meant.get(c.name, frozenset()))))
            )
        value = exp.cast(exp.column("value", "r"), "DOUBLE")
        if matching.least is not None:
            rows = rows.where(
                exp.GTE(this=value.copy(), expression=exp.cast(exp.Literal.number(repr(matching.least)), "DOUBLE"))
            )
        if matching.below is not None:
            rows = rows.where(
                exp.LT(this=value.copy(), expression=exp.cast(exp.Literal.number(repr(matching.below)), "DOUBLE"))
            )
        return rows


def _tests(column: Column, word: str, ids: frozenset[str]) -> list[exp.Expr]:
    text = exp.Anonymous(this="lower", expressions=[exp.cast(column.stored, "VARCHAR")])
    found: list[exp.Expr] = [exp.Anonymous(this="contains", expressions=[text, exp.Literal.string(word.lower())])]
    if ids:
        found.append(exp.In(this=column.stored, expressions=[exp.Literal.string(i) for i in sorted(ids)]))
    return found


def _joined(select: exp.Select, columns: Iterable[Column]) -> exp.Select:
    """The rows with the tables of their tickets that these columns need."""
    needed = {c.table for c in columns} - {"r"}
    for alias in sorted(needed):
        key = exp.EQ(this=exp.column("ticket_key", alias), expression=exp.column("ticket_key", "r"))
        select = select.join(_TABLES[alias], on=key, join_alias=alias, join_type="LEFT")
    return select


def _ordered(select: exp.Select, keys: list[Column], *, descending: bool, backwards: bool = False) -> exp.Select:
    """In the order of the keys, only the first of them perhaps from the largest on, no value last; or in the very opposite order."""
    return select.order_by(
        *(
            exp.Ordered(this=c.stored, desc=(descending and i == 0) is not backwards, nulls_first=backwards)
            for i, c in enumerate(keys)
        )
    )


def _instant(seconds: exp.Expr) -> exp.Expr:
    micros = exp.Mul(this=exp.cast(seconds, "BIGINT"), expression=exp.Literal.number(1_000_000))
    pattern = exp.Literal.string("%Y-%m-%dT%H:%M:%SZ")
    return exp.Anonymous(
        this="strftime", expressions=[exp.Anonymous(this="make_timestamp", expressions=[micros]), pattern]
    )
