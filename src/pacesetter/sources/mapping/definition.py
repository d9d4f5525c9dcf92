"""The shape of a mapping file: what a data person writes, as records.

Owns names, defaults and what contradicts itself within one record. Must not know files, SQL or the canonical model.
"""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator


def _as_list(value: Any) -> Any:
    return [value] if isinstance(value, str | dict) else value


Words = Annotated[list[str], BeforeValidator(_as_list)]


class Record(BaseModel):
    """A part of a mapping; a key that it does not know is refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reading(Record):
    """How text is read: of a file, or of one column where it differs. None takes what stands further out."""

    dates: Words | None = None
    time_zone: str | None = None
    decimal: Literal[".", ","] | None = None
    thousands: Literal[".", ",", " ", "'", ""] | None = None
    true: Words | None = None
    false: Words | None = None


class Format(Reading):
    """How a file is written."""

    delimiter: str | None = Field(default=None, min_length=1, max_length=4)
    encoding: str | None = None
    quote: str | None = Field(default=None, max_length=1)
    null: Words | None = None
    header_row: int | None = Field(default=None, ge=1)
    short_rows: Literal["quarantine", "fill"] | None = None


class Condition(Record):
    """What must hold of a row. All that is stated must hold; ``any`` holds where one of its conditions does."""

    column: str | None = None
    equals: Words | None = Field(default=None, alias="is")
    is_not: Words | None = None
    empty: bool | None = None
    matches: str | None = None
    same_as: str | None = None
    not_same_as: str | None = None
    before: str | None = None
    kind: Literal["text", "instant", "num"] = Field(default="text", alias="as")
    any: list["Condition"] | None = None

    @model_validator(mode="after")
    def _states_something(self) -> "Condition":
        tests = (self.equals, self.is_not, self.empty, self.matches, self.same_as, self.not_same_as, self.before)
        stated = [t for t in tests if t is not None]
        if self.any is not None and (self.column or stated):
            raise ValueError("'any' stands alone; put the other tests into a condition of their own")
        if self.any is None and not self.column:
            raise ValueError("a condition needs 'column' (or 'any')")
        if self.any is None and not stated:
            raise ValueError("a condition needs a test: is, is_not, empty, matches, same_as, not_same_as or before")
        return self


Conditions = Annotated[list[Condition], BeforeValidator(_as_list)]


class Shift(Record):
    """A time span to be added to an instant: the number in ``column`` times ``unit``."""

    column: str
    unit: Literal["seconds", "minutes", "hours", "days"]


class Rule(Reading):
    """How one canonical column is filled, and what is then done to the value.

    It starts from exactly one of ``column``, ``value``, ``first_of``, ``template``, ``hash_of``, ``counter``.
    """

    column: str | None = None
    value: str | bool | int | float | None = None
    first_of: list["str | Rule"] | None = None
    template: str | None = None
    hash_of: Words | None = None
    counter: bool | None = None
    prefix: str | None = None
    number_repeats: bool = False
    pattern: str | None = None
    map: dict[str, str] | None = None
    other: str | None = None
    multiply: float | None = None
    divide: float | None = None
    plus: Shift | None = None
    only_if: Conditions | None = None
    keep_original: bool | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> "Rule":
        origins = ("column", "value", "first_of", "template", "hash_of", "counter")
        given = [name for name in origins if getattr(self, name) is not None]
        if len(given) != 1:
            heard = " and ".join(given) if given else "none"
            raise ValueError(f"exactly one of {', '.join(origins)} is needed, not {heard}")
        if self.other is not None and self.map is None:
            raise ValueError("'other' says what becomes of words that 'map' does not list; there is no 'map'")
        return self


def _as_rule(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


RuleOrColumn = Annotated[Rule, BeforeValidator(_as_rule)]


class Lookup(Record):
    """A column added to a file from the rows of another one that match it."""

    file: str
    match: dict[str, str] = Field(min_length=1)
    take: Literal["count", "first", "last", "min", "max", "any"] = "first"
    column: str | None = None
    by: str | None = None
    kind: Literal["text", "instant", "num"] = Field(default="text", alias="as")
    where: Conditions = []

    @model_validator(mode="after")
    def _column_unless_count(self) -> "Lookup":
        if self.take != "count" and not self.column:
            raise ValueError(f"take = '{self.take}' needs the 'column' to take")
        return self


class SourceFile(Format):
    """One kind of file of the export: which files they are, and what differs in how they are written."""

    match: Words
    sheet: str | None = None
    optional: bool = False
    ignore: Words = []
    add: dict[str, Lookup] = {}


class OrderColumn(Record):
    """A column that orders the rows of a log, and how it is compared."""

    column: str
    kind: Literal["text", "instant", "num"] = Field(default="text", alias="as")


def _as_order(value: Any) -> Any:
    return {"column": value} if isinstance(value, str) else value


class LogEvent(Record):
    """Which change of which column is an event of which kind."""

    kind: str
    column: str
    when: Literal["changes", "rises", "becomes"] = "changes"
    value: str | None = None
    first: str | None = None
    keep_values: bool = True

    @model_validator(mode="after")
    def _becomes_what(self) -> "LogEvent":
        if (self.when == "becomes") != (self.value is not None):
            raise ValueError("'value' goes with when = \"becomes\", and only with it")
        return self


class CreatedEvent(Record):
    """The event that begins a ticket: at the instant of the first row, or at another column of it."""

    at: str | None = None
    to: str | None = None


class Log(Record):
    """A file with one row per update of a ticket."""

    file: str
    key: str
    at: str
    order: list[Annotated[OrderColumn, BeforeValidator(_as_order)]] = Field(min_length=1)
    final: Words = []
    no_value: dict[str, Words] = {}
    actor_id: str | None = None
    created: CreatedEvent | None = None
    event: list[LogEvent] = []


class TableBlock(Record):
    """One canonical table fed from one file (or from rows written here)."""

    table: str
    source: str | None = Field(default=None, alias="from")
    rows: list[dict[str, str | bool | int | float]] | None = None
    where: Conditions = []
    one_row_per: Words | None = None
    order: list[Annotated[OrderColumn, BeforeValidator(_as_order)]] = []
    keep: Literal["first", "last"] = "first"
    once: bool = False
    columns: dict[str, RuleOrColumn] = {}

    @model_validator(mode="after")
    def _rows_or_source(self) -> "TableBlock":
        if (self.rows is None) == (self.source is None):
            raise ValueError("a table needs either 'from' (a file) or 'rows' written here")
        if self.source is not None and not self.columns:
            raise ValueError("a table that is fed from a file needs 'columns'")
        return self


class Check(Record):
    """A contradiction or gap that is counted in every import and reported where it occurs. ``{n}`` is the count."""

    say: str
    file: str
    where: Conditions = Field(min_length=1)
    raw: bool = False
    distinct: str | None = None


class Definition(Record):
    """A whole mapping file."""

    title: str
    source: str | None = None
    as_of: str | None = None
    notes: list[str] = []
    format: Format = Format()
    files: dict[str, SourceFile] = Field(min_length=1)
    logs: dict[str, Log] = {}
    table: list[TableBlock] = Field(min_length=1)
    check: list[Check] = []
