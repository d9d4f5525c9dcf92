"""A mapping and landed files become one relation per canonical table.

Owns which block reads which relation, what becomes of unused columns, and the counts that a mapping asks for. Must not
know the workspace or how rows are validated.
"""

from dataclasses import dataclass

import duckdb

from pacesetter.model.schema import Kind
from pacesetter.model.tables import BY_NAME
from pacesetter.sources.mapping.definition import Rule, TableBlock
from pacesetter.sources.mapping.expressions import (
    conditions_sql,
    identifier,
    original_sql,
    rule_sql,
    text_literal,
    typed_sql,
)
from pacesetter.sources.mapping.landing import Landed, require_column
from pacesetter.sources.mapping.lines import Path, line_of
from pacesetter.sources.mapping.loading import Mapping
from pacesetter.sources.mapping.log import events_sql, order_log
from pacesetter.sources.mapping.telling import warnings_of
from pacesetter.sources.mapping.usage import attributes, columns_of, condition_columns, homes
from pacesetter.warehouse.staging import RefusedRecord

_NOT_YET = ("due_at", "promised_at", "starts_at", "ends_at")


@dataclass(frozen=True, kw_only=True)
class Compiled:
    """The staged tables (canonical table -> relation, and -> rows), what the person who imports is to be told, and the
    records that did not fit their header, under the table in which their file is at home."""

    tables: dict[str, str]
    counts: dict[str, int]
    warnings: tuple[str, ...]
    refused: dict[str, tuple[RefusedRecord, ...]]


def compile_mapping(
    con: duckdb.DuckDBPyConnection, schema: str, mapping: Mapping, landed: dict[str, Landed]
) -> Compiled:
    """Build the staged tables in ``schema``. Raises BadDefinition for columns that the files lack."""
    selects: dict[str, list[str]] = {}
    once: set[str] = set()
    logs = {}
    for name, log in mapping.definition.logs.items():
        if log.file in landed:
            logs[name] = order_log(con, schema, mapping, name, landed[log.file])
            if log.event or log.created:
                selects.setdefault("ticket_events", []).append(events_sql(log, logs[name], landed[log.file]))
    keepers = homes(mapping)
    for place, block in enumerate(mapping.definition.table):
        select = _block_select(mapping, place, block, landed, logs, keepers)
        if select:
            selects.setdefault(block.table, []).append(select)
            once |= {block.table} if block.once else set()
    tables = {}
    for table, parts in selects.items():
        tables[table] = f"{schema}.{identifier('staged_' + table)}"
        con.execute(f"CREATE TABLE {tables[table]} AS {_union(table, parts, once=table in once)}")
    counts = {t: con.execute(f"SELECT count(*) FROM {r}").fetchall()[0][0] for t, r in tables.items()}
    told = tuple(warnings_of(con, mapping, landed, keepers))
    return Compiled(tables=tables, counts=counts, warnings=told, refused=_refused(mapping, landed, keepers))


def _refused(
    mapping: Mapping, landed: dict[str, Landed], keepers: dict[str, int]
) -> dict[str, tuple[RefusedRecord, ...]]:
    found: dict[str, tuple[RefusedRecord, ...]] = {}
    for file, place in keepers.items():
        if file in landed and landed[file].rejects:
            table = mapping.definition.table[place].table
            found[table] = (*found.get(table, ()), *landed[file].rejects)
    return found


def latest_instant(con: duckdb.DuckDBPyConnection, compiled: Compiled) -> str | None:
    """The latest instant at which something is said to have happened, as ISO text with ``Z``, or None."""
    parts = []
    for name, relation in compiled.tables.items():
        present = {row[0] for row in con.execute(f"DESCRIBE {relation}").fetchall()}
        for column in BY_NAME[name].columns:
            if column.kind is Kind.INSTANT and column.name in present and column.name not in _NOT_YET:
                parts.append(
                    f"SELECT max(TRY_CAST({identifier(column.name)} AS TIMESTAMPTZ)) AS latest FROM {relation}"
                )
    if not parts:
        return None
    union = " UNION ALL ".join(parts)
    row = con.execute(
        f"SELECT strftime(timezone('UTC', max(latest)), '%Y-%m-%dT%H:%M:%SZ') FROM ({union}) AS l"
    ).fetchone()
    return str(row[0]) if row and row[0] else None


def _union(table: str, parts: list[str], *, once: bool) -> str:
    """All parts under each other; with ``once`` the first row of each key only, parts in the order of the mapping."""
    numbered = [f"SELECT *, {place} AS _part FROM ({part}) AS part{place}" for place, part in enumerate(parts)]
    union = " UNION ALL BY NAME ".join(numbered)
    if not once:
        return f"SELECT * EXCLUDE (_part) FROM ({union}) AS parts"
    key = ", ".join(identifier(k) for k in BY_NAME[table].key)
    return (
        f"SELECT * EXCLUDE (_part) FROM ({union}) AS parts "
        f"QUALIFY row_number() OVER (PARTITION BY {key} ORDER BY _part, _file, _line) = 1"
    )


def _block_select(
    mapping: Mapping,
    place: int,
    block: TableBlock,
    landed: dict[str, Landed],
    logs: dict[str, str],
    keepers: dict[str, int],
) -> str | None:
    if block.rows is not None:
        return _constant_rows(mapping, place, block)
    name, _, end = (block.source or "").partition(".")
    file = mapping.definition.logs[name].file if end else name
    if file not in landed:
        return None
    source = landed[file]
    path: Path = ("table", place)
    _require(mapping, path, block, source)
    relation, where = source.relation, [conditions_sql(block.where, source.form)]
    if end:
        relation = logs[name]
        where.append("_last" if end == "last" else "_row = 1")
    values = _values(mapping, block, source)
    where += [f"{identifier(k)} IS NOT NULL" for k in block.one_row_per or []]
    kept, qualify = " AND ".join(where), _one_row(block, source) if block.one_row_per else ""
    if keepers.get(file) == place:
        values |= attributes(mapping, file, source, set(values))
    listed = ", ".join(f"{expression} AS {identifier(column)}" for column, expression in values.items())
    return f"SELECT {listed}, _file, _line FROM {relation} WHERE {kept} {qualify}"


def _values(mapping: Mapping, block: TableBlock, source: Landed) -> dict[str, str]:
    """Column -> SQL, with the source's own words beside those that a map changed."""
    table = BY_NAME[block.table]
    values: dict[str, str] = {}
    for name, rule in block.columns.items():
        column = table.column(name)
        values[name] = rule_sql(rule, _kind(name, rule, column.kind if column else Kind.TEXT), source.form)
        original = original_sql(rule, source.form)
        if original and column:
            values[f"x_original_{name}"] = original
    if table.name == "tickets" and mapping.definition.source and "source" not in values:
        values["source"] = text_literal(mapping.definition.source)
    return values


def _kind(name: str, rule: Rule, kind: Kind) -> Kind:
    """An attribute is text, unless its name or its rule says that it is an instant, a date or a number."""
    if not name.startswith("x_"):
        return kind
    if rule.multiply is not None or rule.divide is not None:
        return Kind.NUM
    endings = {"_at": Kind.INSTANT, "_on": Kind.DATE, "_minutes": Kind.NUM, "_hours": Kind.NUM, "_count": Kind.NUM}
    return next((k for ending, k in endings.items() if name.endswith(ending)), Kind.TEXT)


def _one_row(block: TableBlock, source: Landed) -> str:
    keys = [identifier(k) for k in block.one_row_per or []]
    way = "DESC NULLS LAST" if block.keep == "last" else "ASC NULLS LAST"
    order = [f"{typed_sql(identifier(o.column), o.kind, source.form)} {way}" for o in block.order]
    lines = "_file DESC, _line DESC" if block.keep == "last" and not block.order else "_file, _line"
    parts = ", ".join(keys)
    return f"QUALIFY row_number() OVER (PARTITION BY {parts} ORDER BY {', '.join([*order, lines])}) = 1"


def _constant_rows(mapping: Mapping, place: int, block: TableBlock) -> str:
    names = list(dict.fromkeys(k for row in block.rows or [] for k in row))
    line = line_of(mapping.lines, ("table", place, "rows"))
    selects = []
    for row in block.rows or []:
        values = [_constant(row.get(name)) for name in names]
        listed = ", ".join(f"{value} AS {identifier(name)}" for name, value in zip(names, values, strict=True))
        selects.append(f"SELECT {listed}, {text_literal(mapping.where)} AS _file, CAST({line} AS BIGINT) AS _line")
    return " UNION ALL ".join(selects)


def _constant(value: str | bool | int | float | None) -> str:
    if value is None or value == "":
        return "CAST(NULL AS VARCHAR)"
    return text_literal(str(value).lower() if isinstance(value, bool) else str(value))


def _require(mapping: Mapping, path: Path, block: TableBlock, source: Landed) -> None:
    for name, rule in block.columns.items():
        for column in columns_of(rule):
            require_column(mapping, (*path, "columns", name), column, source)
    for column in condition_columns(block.where):
        require_column(mapping, (*path, "where"), column, source)
    for column in block.one_row_per or []:
        require_column(mapping, (*path, "one_row_per"), column, source)
    for order in block.order:
        require_column(mapping, (*path, "order"), order.column, source)
