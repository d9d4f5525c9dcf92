"""SQL that reads a source's values strictly, column by column, and says why a row cannot be taken.

Owns the text forms of every kind of column and the messages of the reasons. Must not know files or the order of imports.
A reason is stored as one integer code per row: ``column position * WIDTH + reason position``; null is a good row.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from zoneinfo import available_timezones

from pacesetter.model.schema import Column, Kind, Table
from pacesetter.warehouse.storage import TYPES, literal, quoted

WIDTH = 64
REASONS = (
    "dropped", "missing", "not_an_instant", "no_offset", "not_a_date", "not_a_number", "out_of_range",
    "not_an_amount", "too_many_decimals", "not_true_or_false", "not_in_vocabulary", "not_a_currency",
    "not_a_time_zone", "end_before_start", "duplicate", "unknown_reference", "too_many_fields", "too_few_fields", "unreadable",
)  # fmt: skip
_DAY = r"\d{4}-\d{2}-\d{2}"
_LOCAL = _DAY + r"[T ]\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?"
_WITH_OFFSET = _LOCAL + r"(Z|[+-]\d{2}(:?\d{2})?)"
_NUMBER = r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?"
_AMOUNT = r"[+-]?(\d+\.?\d*|\.\d+)"
_TEXTS = ("VARCHAR", "ENUM")
_INTEGERS = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
NAIVE_TYPES = ("TIMESTAMP", "TIMESTAMP_NS", "TIMESTAMP_MS", "TIMESTAMP_S")
_BLANKS = (32, 9, 10, 13, 160)
_NESTED = ("STRUCT", "LIST", "MAP", "UNION", "BLOB", "[]")


@dataclass(frozen=True, kw_only=True)
class SourceColumn:
    """A column as a source has it: its own name, the name it gets, and its SQL type there."""

    original: str
    name: str
    type: str


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How one column is read: SQL of the value, and (condition, reason) in the order in which they are tried."""

    value: str
    checks: tuple[tuple[str, str], ...] = ()


def code(table: Table, column: str | None, reason: str) -> int:
    """The code of a reason at a column; of the whole row where ``column`` is None."""
    position = table.names.index(column) if column else len(table.names)
    return position * WIDTH + REASONS.index(reason)


def decode(table: Table, number: int) -> tuple[str | None, str]:
    """Column (None for the whole row) and reason of a code."""
    position, reason = divmod(number, WIDTH)
    return (table.names[position] if position < len(table.names) else None), REASONS[reason]


def unusable_type(column: Column | None, kind: str, *, zoned: bool) -> str | None:
    """Why a column of SQL type ``kind`` cannot be read at all, or None. ``zoned`` where local times are allowed."""
    if any(mark in kind for mark in _NESTED):
        return f"holds {kind.lower()} values; write plain ones"
    if column is None or kind.startswith(_TEXTS) or kind == '"NULL"':
        return None
    if column.kind is Kind.INSTANT:
        if kind in NAIVE_TYPES and not zoned:
            return "holds instants without an offset; store them as UTC, or name their zone with --time-zone"
        fits = kind in NAIVE_TYPES or kind == "TIMESTAMP WITH TIME ZONE"
    elif column.kind is Kind.DATE:
        fits = kind == "DATE" or kind in NAIVE_TYPES
    elif column.kind in (Kind.NUM, Kind.MONEY):
        fits = kind in _INTEGERS or kind in ("FLOAT", "DOUBLE") or kind.startswith("DECIMAL")
    elif column.kind is Kind.BOOL:
        fits = kind == "BOOLEAN"
    else:
        fits = True
    return None if fits else f"holds {kind.lower()} values where {column.kind.value} is expected"


def typed_select(
    table: Table, columns: Sequence[SourceColumn], raw: str, extras: Sequence[str], *, first: int, zone: str | None,
    tidy: Collection[str] = (),
) -> str:  # fmt: skip
    """The query that reads the relation ``raw`` (columns under their new names, and ``_ord``) as rows of ``table``.

    It gives every column of the model and of ``extras``, typed; ``_rid`` (``first`` + ``_ord``) and ``_bad``, a code.
    ``zone`` names the zone of local times; None refuses them. ``tidy`` are the columns known to need no trimming.
    """
    present = {c.name: c for c in columns}
    trimmed = [
        f"{quoted(c.name) if c.name in tidy else _trimmed(c)} AS {quoted('r:' + c.name)}" for c in columns
    ]  # fmt: skip
    values, checks = [], []
    for column in table.columns:
        source = present.get(column.name)
        if source is None:
            values.append(f"CAST(NULL AS {TYPES[column.kind]}) AS {quoted(column.name)}")
            continue
        reading = read_column(column, quoted("r:" + column.name), source.type, zone)
        values.append(f"{reading.value} AS {quoted(column.name)}")
        checks += [(condition, code(table, column.name, reason)) for condition, reason in reading.checks]
    for start, end in table.spans:
        if start in present and end in present:
            checks.append((f"{quoted(end)} < {quoted(start)}", code(table, end, "end_before_start")))
    values += [
        f"{quoted('r:' + x)} AS {quoted(x)}" if x in present else f"CAST(NULL AS VARCHAR) AS {quoted(x)}"
        for x in extras
    ]
    cases = "".join(f" WHEN {condition} THEN {number}" for condition, number in checks)
    bad = f"CAST(CASE{cases} END AS INTEGER)" if cases else "CAST(NULL AS INTEGER)"
    names = ", ".join(quoted(n) for n in (*table.names, *extras))
    inner = (
        f"SELECT _ord, {', '.join(trimmed)} FROM {raw} AS raw_rows"
        if trimmed
        else f"SELECT _ord FROM {raw} AS raw_rows"
    )
    middle = f"SELECT *, {', '.join(values)} FROM ({inner}) AS trimmed_rows"
    return f"SELECT {names}, {first} + _ord AS _rid, {bad} AS _bad FROM ({middle}) AS read_rows"


def _trimmed(column: SourceColumn) -> str:
    name = quoted(column.name)
    if not column.type.startswith(_TEXTS):
        return name
    text = name if column.type == "VARCHAR" else f"CAST({name} AS VARCHAR)"
    blanks = " || ".join(f"chr({mark})" for mark in _BLANKS)
    # trimming a set of characters is slow, and most values need none
    return f"CASE WHEN {_untidy(text)} THEN nullif(trim({text}, {blanks}), '') ELSE {text} END"


def _untidy(text: str) -> str:
    """SQL: blanks stand around the text, or it is empty; what sorts below '!' begins with a blank."""
    ends = " OR ".join(f"suffix({text}, chr({mark}))" for mark in _BLANKS)
    return f"{text} < '!' OR {ends} OR prefix({text}, chr(160))"


def untidy_flags(columns: Sequence[SourceColumn]) -> dict[str, str]:
    """For each column of plain text the SQL aggregate that tells whether any of its values needs trimming."""
    return {c.name: f"coalesce(bool_or({_untidy(quoted(c.name))}), FALSE)" for c in columns if c.type == "VARCHAR"}


def read_column(column: Column, raw: str, kind: str, zone: str | None) -> Reading:
    """How a column of SQL type ``kind``, trimmed as ``raw``, is read."""
    textual = kind.startswith(_TEXTS) or kind == '"NULL"'
    readers = {
        Kind.INSTANT: lambda: _instant(raw, kind, textual, zone),
        Kind.DATE: lambda: _date(raw, kind, textual),
        Kind.NUM: lambda: _number(column, raw, textual),
        Kind.MONEY: lambda: _money(raw, kind),
        Kind.BOOL: lambda: _bool(raw, textual),
    }
    reading = readers[column.kind]() if column.kind in readers else _text(column, raw, kind)
    missing = ((f"{raw} IS NULL", "missing"),) if column.required else ()
    return Reading(value=reading.value, checks=missing + reading.checks)


def local_instant(value: str, zone: str) -> str:
    """SQL of the UTC instant of a local time: the first of a doubled one; a skipped one is shifted forward."""
    name = literal(zone)
    plain = f"timezone('UTC', timezone({name}, {value}))"
    before = f"(timezone('UTC', timezone({name}, {value} - INTERVAL 1 DAY)) + INTERVAL 1 DAY)"
    again = f"timezone({name}, timezone('UTC', {before}))"
    return f"CASE WHEN {before} < {plain} AND {again} = {value} THEN {before} ELSE {plain} END"


def odd_local(raw: str, kind: str, zone: str) -> tuple[str, str]:
    """SQL conditions: the local time was skipped; it was doubled."""
    value = (
        raw
        if kind in NAIVE_TYPES
        else f"try_cast(CASE WHEN regexp_full_match({raw}, '{_LOCAL}') THEN {raw} END AS TIMESTAMP)"
    )
    name = literal(zone)
    plain = f"timezone('UTC', timezone({name}, {value}))"
    skipped = f"timezone({name}, timezone({name}, {value})) <> {value}"
    return skipped, f"{local_instant(value, zone)} <> {plain}"


def _instant(raw: str, kind: str, textual: bool, zone: str | None) -> Reading:
    if not textual:
        naive = kind in NAIVE_TYPES
        value = f"CAST({raw} AS TIMESTAMP)"
        if naive and zone:
            value = local_instant(value, zone)
        return Reading(value=value, checks=(_years(value),))
    value = f"CAST(try_cast({raw} AS TIMESTAMPTZ) AS TIMESTAMP)"
    form = _WITH_OFFSET
    checks: tuple[tuple[str, str], ...] = ()
    if zone:
        local = local_instant(f"try_cast({raw} AS TIMESTAMP)", zone)
        value = f"CASE WHEN regexp_full_match({raw}, '{_LOCAL}') THEN {local} ELSE {value} END"
        form = f"{_LOCAL}(Z|[+-]\\d{{2}}(:?\\d{{2}})?)?"
    else:
        checks = ((f"regexp_full_match({raw}, '{_LOCAL}')", "no_offset"),)
    wrong = f"{raw} IS NOT NULL AND (NOT regexp_full_match({raw}, '{form}') OR {value} IS NULL)"
    return Reading(value=value, checks=(*checks, (wrong, "not_an_instant"), _years(value)))


def _years(value: str) -> tuple[str, str]:
    return (f"({value} < TIMESTAMP '1970-01-01' OR {value} >= TIMESTAMP '2200-01-01')", "out_of_range")


def _date(raw: str, kind: str, textual: bool) -> Reading:
    if textual:
        value = f"try_cast({raw} AS DATE)"
        wrong = f"{raw} IS NOT NULL AND (NOT regexp_full_match({raw}, '{_DAY}') OR {value} IS NULL)"
        return Reading(value=value, checks=((wrong, "not_a_date"),))
    value = f"CAST({raw} AS DATE)"
    checks = () if kind == "DATE" else ((f"{raw} <> CAST({value} AS TIMESTAMP)", "not_a_date"),)
    return Reading(value=value, checks=checks)


def _number(column: Column, raw: str, textual: bool) -> Reading:
    value = f"try_cast({raw} AS DOUBLE)"
    form = f"NOT regexp_full_match({raw}, '{_NUMBER}') OR " if textual else ""
    checks = [(f"{raw} IS NOT NULL AND ({form}{value} IS NULL OR NOT isfinite({value}))", "not_a_number")]
    if column.minimum is not None:
        checks.append((f"{value} < {column.minimum}", "out_of_range"))
    if column.maximum is not None:
        checks.append((f"{value} > {column.maximum}", "out_of_range"))
    return Reading(value=value, checks=tuple(checks))


def _money(raw: str, kind: str) -> Reading:
    text = f"CAST({raw} AS VARCHAR)"
    value = f"try_cast({raw} AS DECIMAL(18,4))"
    form = f"{raw} IS NOT NULL AND NOT regexp_full_match({text}, '{_AMOUNT}')"
    fine = f"regexp_matches({text}, '\\.\\d{{4}}\\d*[1-9]')"
    return Reading(value=value, checks=((form, "not_an_amount"), (fine, "too_many_decimals"),
                                        (f"{raw} IS NOT NULL AND {value} IS NULL", "out_of_range")))  # fmt: skip


def _bool(raw: str, textual: bool) -> Reading:
    if not textual:
        return Reading(value=raw)
    value = f"CASE lower({raw}) WHEN 'true' THEN TRUE WHEN 'false' THEN FALSE END"
    return Reading(value=value, checks=((f"{raw} IS NOT NULL AND {value} IS NULL", "not_true_or_false"),))


def _text(column: Column, raw: str, kind: str) -> Reading:
    value = raw if kind.startswith(_TEXTS) else f"CAST({raw} AS VARCHAR)"
    if column.vocabulary:
        words = ", ".join(literal(word) for word in column.vocabulary)
        return Reading(value=value, checks=((f"{value} NOT IN ({words})", "not_in_vocabulary"),))
    if column.name == "currency":
        return Reading(value=value, checks=((f"NOT regexp_full_match({value}, '[A-Z]{{3}}')", "not_a_currency"),))
    if column.name == "time_zone":
        zones = ", ".join(literal(name) for name in sorted(available_timezones()))
        return Reading(value=value, checks=((f"{value} NOT IN ({zones})", "not_a_time_zone"),))
    return Reading(value=value)


def message(table: Table, column_name: str | None, reason: str) -> str:
    """What a person is told; ``{value}`` stands for the value, ``{complaint}`` for what was said of this one row."""
    column = table.column(column_name) if column_name else None
    name = column_name or "the row"
    start = next((s for s, e in table.spans if e == column_name), "its start")
    bounds = []
    if column and column.minimum is not None:
        bounds.append(f"not below {column.minimum:g}")
    if column and column.maximum is not None:
        bounds.append(f"not above {column.maximum:g}")
    if column and column.kind is Kind.INSTANT:
        bounds = ["within the years 1970 to 2199"]
    if column and column.kind is Kind.MONEY:
        bounds = ["of at most 14 digits before the point"]
    return {
        "missing": f"{name} is missing",
        "not_an_instant": f"{name} is '{{value}}', which is not an instant; write 2026-10-01T08:00:00Z",
        "no_offset": f"{name} is '{{value}}', without an offset; add Z or +02:00, or name the zone with --time-zone",
        "not_a_date": f"{name} is '{{value}}', which is not a date; write 2026-10-01",
        "not_a_number": f"{name} is '{{value}}', which is not a number; write 12.5",
        "out_of_range": f"{name} is '{{value}}'; it must be {' and '.join(bounds) or 'within bounds'}",
        "not_an_amount": f"{name} is '{{value}}', which is not an amount; write 1234.50",
        "too_many_decimals": f"{name} is '{{value}}'; an amount has at most 4 decimals",
        "not_true_or_false": f"{name} is '{{value}}'; write true or false",
        "not_in_vocabulary": f"{name} is '{{value}}'; write one of {', '.join(column.vocabulary) if column else ''}",
        "not_a_currency": f"{name} is '{{value}}', which is not a currency code; write EUR, USD …",
        "not_a_time_zone": f"{name} is '{{value}}', which is not an IANA time zone; write Europe/Berlin",
        "end_before_start": f"{name} ({{value}}) lies before {start}",
        "duplicate": f"{' and '.join(table.key)} stood already in this import with other content; the first row was taken",
        "unknown_reference": f"{name} is '{{value}}', which is no row of {column.refers_to if column else ''}",
        "unreadable": "{complaint}",
        "too_many_fields": "the row has more fields than the header has columns",
        "too_few_fields": "the row has fewer fields than the header has columns",
    }[reason]
