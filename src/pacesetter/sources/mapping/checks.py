"""What can be wrong with a mapping before any file is seen: names, words and formats held against the model.

Owns these rules, one small function each. Must not know files or SQL.
"""

import codecs
import datetime
import re
from collections.abc import Iterator
from zoneinfo import available_timezones

from pacesetter.model.schema import Column, Kind, Table
from pacesetter.model.tables import BY_NAME
from pacesetter.model.vocabularies import EVENT_KINDS
from pacesetter.sources.mapping.definition import Condition, Format, Log, Reading, Rule, TableBlock
from pacesetter.sources.mapping.expressions import NAMED_FORMATS, PLACE, date_format_fault, pattern_fault
from pacesetter.sources.mapping.lines import Path
from pacesetter.sources.mapping.loading import Mapping, did_you_mean

_DIRECTIVES = set("aAbBcdfgGHIjmMnpSuUVwWxXyYzZ%-")
_EXTRA = re.compile(r"^x_[a-z0-9_]+$")


def check_definition(mapping: Mapping) -> None:
    """Raises BadDefinition, with its line, for the first thing that is wrong with a mapping by itself."""
    d = mapping.definition
    _check_format(mapping, ("format",), d.format)
    _check_as_of(mapping)
    for name, source in d.files.items():
        _check_format(mapping, ("files", name), source)
        for column, lookup in source.add.items():
            path = ("files", name, "add", column)
            _check_file(mapping, (*path, "file"), lookup.file)
            _check_conditions(mapping, (*path, "where"), lookup.where)
    for name, log in d.logs.items():
        _check_log(mapping, ("logs", name), log)
    for place, block in enumerate(d.table):
        _check_block(mapping, ("table", place), block)
    for place, check in enumerate(d.check):
        _check_file(mapping, ("check", place, "file"), check.file)
        _check_conditions(mapping, ("check", place, "where"), check.where)
        if "{n}" not in check.say:
            raise mapping.complaint(("check", place, "say"), "'say' has no {n} for the count")


def relation_names(mapping: Mapping) -> list[str]:
    """Everything that a table can be fed ``from``: files, and the last and first rows of logs."""
    d = mapping.definition
    return [*d.files, *(f"{log}.{end}" for log in d.logs for end in ("last", "first"))]


def _check_format(mapping: Mapping, path: Path, form: Format) -> None:
    _check_reading(mapping, path, form)
    if form.encoding is not None:
        try:
            codecs.lookup(form.encoding)
        except LookupError:
            raise mapping.complaint(
                (*path, "encoding"), f"'{form.encoding}' is no encoding", "write utf-8, cp1252, latin-1 or utf-16"
            ) from None
    if form.delimiter is not None and len(form.delimiter) != 1:
        raise mapping.complaint((*path, "delimiter"), "'delimiter' is one character", 'write ";" or "\\t"')


def _check_reading(mapping: Mapping, path: Path, reading: Reading) -> None:
    if reading.time_zone is not None and reading.time_zone not in available_timezones():
        near = did_you_mean(reading.time_zone, sorted(available_timezones()))
        raise mapping.complaint((*path, "time_zone"), f"'{reading.time_zone}' is not an IANA time zone{near}")
    for form in reading.dates or []:
        _check_date_format(mapping, (*path, "dates"), form)
    if reading.thousands and reading.thousands == (reading.decimal or "."):
        raise mapping.complaint((*path, "thousands"), f"'{reading.thousands}' is the decimal sign as well")
    both = {w.lower() for w in reading.true or []} & {w.lower() for w in reading.false or []}
    if both:
        raise mapping.complaint((*path, "true"), f"'{both.pop()}' is both true and false")


def _check_date_format(mapping: Mapping, path: Path, form: str) -> None:
    if form in NAMED_FORMATS:
        return
    used = re.findall(r"%(.?)", form.replace("%%", ""))
    wrong = next((u for u in used if u not in _DIRECTIVES or not u), None)
    if not used or wrong is not None:
        what = f"'%{wrong}' in '{form}' is no part of a date" if wrong is not None else f"'{form}' is no date format"
        raise mapping.complaint(path, what, "write such as %d/%m/%Y %H:%M, or one of " + ", ".join(NAMED_FORMATS))
    fault = date_format_fault(form)
    if fault:
        raise mapping.complaint(path, f"'{form}' cannot be used as a date format ({fault})")


def _check_as_of(mapping: Mapping) -> None:
    as_of = mapping.definition.as_of
    if as_of in (None, "latest"):
        return
    try:
        zoned = datetime.datetime.fromisoformat(str(as_of)).tzinfo is not None
    except ValueError:
        zoned = False
    if not zoned:
        raise mapping.complaint(("as_of",), f"'{as_of}' is not an instant", 'write "latest" or 2026-10-01T08:00:00Z')


def _check_file(mapping: Mapping, path: Path, name: str) -> None:
    if name not in mapping.definition.files:
        raise mapping.complaint(
            path, f"'{name}' is no file of this mapping{did_you_mean(name, list(mapping.definition.files))}"
        )


def _check_conditions(mapping: Mapping, path: Path, conditions: list[Condition]) -> None:
    for condition in conditions:
        if condition.matches is not None:
            _check_pattern(mapping, path, condition.matches)
        _check_conditions(mapping, path, condition.any or [])


def _check_pattern(mapping: Mapping, path: Path, pattern: str) -> None:
    try:
        re.compile(pattern)
    except re.error as error:
        raise mapping.complaint(path, f"'{pattern}' is no pattern ({error})") from None
    fault = pattern_fault(pattern)
    if fault:
        raise mapping.complaint(
            path, f"'{pattern}' cannot be used ({fault})", "leave out look-around and back-references"
        )


def _check_log(mapping: Mapping, path: Path, log: Log) -> None:
    _check_file(mapping, (*path, "file"), log.file)
    for place, event in enumerate(log.event):
        here = (*path, "event", place)
        if event.kind not in EVENT_KINDS:
            near = did_you_mean(event.kind, EVENT_KINDS)
            raise mapping.complaint(
                (*here, "kind"), f"'{event.kind}' is no kind of event{near}", f"write one of {', '.join(EVENT_KINDS)}"
            )
        if event.kind == "created":
            raise mapping.complaint(
                (*here, "kind"), "a change is no 'created' event", f"write [{'.'.join(map(str, path))}.created]"
            )
        if event.column in log.final:
            raise mapping.complaint(
                (*here, "column"),
                f"'{event.column}' is final: its last value stands on every row, so it has no changes",
            )


def _check_block(mapping: Mapping, path: Path, block: TableBlock) -> None:
    table = BY_NAME.get(block.table)
    if table is None:
        near = did_you_mean(block.table, list(BY_NAME))
        raise mapping.complaint((*path, "table"), f"'{block.table}' is no table of the model{near}")
    if block.source is not None and block.source not in relation_names(mapping):
        near = did_you_mean(block.source, relation_names(mapping))
        raise mapping.complaint(
            (*path, "from"), f"'{block.source}' is no file or log of this mapping{near}",
            f"there are: {', '.join(relation_names(mapping))}",
        )  # fmt: skip
    _check_conditions(mapping, (*path, "where"), block.where)
    names = list(block.columns) if block.rows is None else list(dict.fromkeys(k for row in block.rows for k in row))
    at = (*path, "columns") if block.rows is None else (*path, "rows")
    for name in names:
        _check_target(mapping, (*at, name), table, name)
    for column in table.columns:
        if column.required and column.name not in names:
            raise mapping.complaint(
                (*path, "table"), f"{table.name} needs '{column.name}' ({column.doc})", "say where it comes from"
            )
    for name, rule in block.columns.items():
        _check_rule(mapping, (*at, name), table.column(name), rule)
    for row in block.rows or []:
        _check_row(mapping, at, table, row)


def _check_target(mapping: Mapping, path: Path, table: Table, name: str) -> None:
    if table.column(name) is None and not _EXTRA.match(name):
        near = did_you_mean(name, table.names)
        raise mapping.complaint(
            path, f"'{name}' is no column of {table.name}{near}", f"an attribute of your own is named x_{_slug(name)}"
        )


def _slug(name: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") or "name"


def _check_row(mapping: Mapping, path: Path, table: Table, row: dict[str, str | bool | int | float]) -> None:
    for column in table.columns:
        value = row.get(column.name)
        if column.required and value in (None, ""):
            raise mapping.complaint(path, f"a row of {table.name} has no '{column.name}'")
        if value is not None:
            _check_word(mapping, (*path, column.name), column, str(value))


def _check_word(mapping: Mapping, path: Path, column: Column, word: str) -> None:
    if word and column.vocabulary and word not in column.vocabulary:
        near = did_you_mean(word, column.vocabulary)
        raise mapping.complaint(
            path, f"'{word}' is no {column.name}{near}", f"write one of {', '.join(column.vocabulary)}"
        )


def _check_rule(mapping: Mapping, path: Path, column: Column | None, rule: Rule) -> None:
    _check_reading(mapping, path, rule)
    if rule.pattern is not None:
        _check_pattern(mapping, (*path, "pattern"), rule.pattern)
    if rule.template is not None and not PLACE.search(rule.template):
        raise mapping.complaint(
            (*path, "template"), f"'{rule.template}' names no column", "write {column}, or use 'value'"
        )
    if rule.number_repeats and not rule.hash_of:
        raise mapping.complaint((*path, "number_repeats"), "'number_repeats' goes with 'hash_of'")
    _check_conditions(mapping, (*path, "only_if"), rule.only_if or [])
    for inner in _inner(rule):
        _check_rule(mapping, path, column, inner)
    if column is None:
        return
    if (rule.multiply is not None or rule.divide is not None) and column.kind not in (Kind.NUM, Kind.MONEY):
        raise mapping.complaint(path, f"{column.name} is no number: nothing to multiply or divide")
    if rule.divide == 0:
        raise mapping.complaint((*path, "divide"), "division by 0")
    if rule.plus is not None and column.kind not in (Kind.INSTANT, Kind.DATE):
        raise mapping.complaint((*path, "plus"), f"{column.name} is no instant or date: 'plus' adds a time span")
    words = [str(rule.value)] if rule.value is not None else []
    for word in [*words, *(rule.map or {}).values(), rule.other or ""]:
        _check_word(mapping, path, column, word)


def _inner(rule: Rule) -> Iterator[Rule]:
    return (item for item in rule.first_of or [] if isinstance(item, Rule))
