"""A log of one row per update, turned into ticket events and into first and last rows.

Owns the order of a log's rows and what a change is. Must not know other tables than ``ticket_events``.
"""

import duckdb

from pacesetter.model.schema import Kind
from pacesetter.sources.mapping.definition import Log, LogEvent
from pacesetter.sources.mapping.expressions import canonical_sql, identifier, text_literal, typed_sql
from pacesetter.sources.mapping.landing import Landed, require_column
from pacesetter.sources.mapping.loading import Mapping


def order_log(con: duckdb.DuckDBPyConnection, schema: str, mapping: Mapping, name: str, landed: Landed) -> str:
    """A table of the log's rows with ``_row`` (from 1, within its key) and ``_last``; gives its name.

    A value that ``no_value`` lists is replaced by the one of the row before.
    """
    log = mapping.definition.logs[name]
    _require(mapping, name, log, landed)
    key = identifier(log.key)
    order = ", ".join(f"{typed_sql(identifier(o.column), o.kind, landed.form)} NULLS LAST" for o in log.order)
    numbered = (
        f"SELECT *, row_number() OVER (PARTITION BY {key} ORDER BY {order}, _file, _line) AS _row, "
        f"count(*) OVER (PARTITION BY {key}) AS _rows FROM {landed.relation} WHERE {key} IS NOT NULL"
    )
    carried = ", ".join(
        f"{_carried(key, column, words)} AS {identifier(column)}" for column, words in log.no_value.items()
    )
    replace = f" REPLACE ({carried})" if carried else ""
    relation = f"{schema}.{identifier('log_' + name)}"
    con.execute(f"CREATE TABLE {relation} AS SELECT *{replace}, _row = _rows AS _last FROM ({numbered}) AS numbered")
    return relation


def events_sql(log: Log, relation: str, landed: Landed) -> str:
    """The query that gives the rows of ``ticket_events`` that the log tells of.

    ``event_id`` is key/row/event, so that events of one instant keep the order of rows, then that of the mapping.
    """
    previous = {event.column for event in log.event}
    window = f"OVER (PARTITION BY {identifier(log.key)} ORDER BY _row)"
    lagged = "".join(f", lag({identifier(c)}) {window} AS {identifier('before ' + c)}" for c in sorted(previous))
    selects = [_event_select(log, place, event, landed) for place, event in enumerate(log.event, start=1)]
    if log.created:
        selects.insert(0, _created_select(log, landed))
    return f"WITH steps AS (SELECT *{lagged} FROM {relation}) " + " UNION ALL ".join(selects)


def _require(mapping: Mapping, name: str, log: Log, landed: Landed) -> None:
    path = ("logs", name)
    for key, column in (("key", log.key), ("at", log.at), ("actor_id", log.actor_id)):
        if column:
            require_column(mapping, (*path, key), column, landed)
    for order in log.order:
        require_column(mapping, (*path, "order"), order.column, landed)
    for column in log.final:
        require_column(mapping, (*path, "final"), column, landed)
    for column in log.no_value:
        require_column(mapping, (*path, "no_value"), column, landed)
    if log.created and log.created.at:
        require_column(mapping, (*path, "created"), log.created.at, landed)
    for place, event in enumerate(log.event):
        require_column(mapping, (*path, "event", place, "column"), event.column, landed)


def _carried(key: str, column: str, words: list[str]) -> str:
    """The value, or that of the last row before whose value is one. Empty is a value and is carried as such."""
    listed = ", ".join(text_literal(w) for w in words)
    none = f"coalesce({identifier(column)} IN ({listed}), FALSE)"
    held = f"CASE WHEN NOT {none} THEN struct_pack(held := {identifier(column)}) END"
    window = f"OVER (PARTITION BY {key} ORDER BY _row ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)"
    return f"struct_extract(last_value({held} IGNORE NULLS) {window}, 'held')"


def _created_select(log: Log, landed: Landed) -> str:
    assert log.created is not None
    at = canonical_sql(identifier(log.created.at or log.at), Kind.INSTANT, landed.form)
    to = text_literal(log.created.to) if log.created.to else "NULL"
    return _select(log, "'/000000/00'", at, "'created'", "CAST(NULL AS VARCHAR)", f"CAST({to} AS VARCHAR)", "_row = 1")


def _event_select(log: Log, place: int, event: LogEvent, landed: Landed) -> str:
    after = identifier(event.column)
    before = identifier("before " + event.column)
    if event.first is not None:
        before = f"CASE WHEN _row = 1 THEN {text_literal(event.first)} ELSE {before} END"
    if event.when == "changes":
        changed = f"{before} IS DISTINCT FROM {after}"
    elif event.when == "rises":
        changed = f"{typed_sql(after, 'num', landed.form)} > {typed_sql(before, 'num', landed.form)}"
    else:
        value = text_literal(event.value or "")
        changed = f"coalesce({after} = {value}, FALSE) AND {before} IS DISTINCT FROM {value}"
    since = "" if event.first is not None else "_row > 1 AND "
    ident = f"format('/{{:06d}}/{place:02d}', _row)"
    at = canonical_sql(identifier(log.at), Kind.INSTANT, landed.form)
    values = (before, after) if event.keep_values else ("CAST(NULL AS VARCHAR)", "CAST(NULL AS VARCHAR)")
    return _select(log, ident, at, text_literal(event.kind), *values, f"{since}{changed}")


def _select(log: Log, ident: str, at: str, kind: str, before: str, after: str, where: str) -> str:
    key = identifier(log.key)
    actor = identifier(log.actor_id) if log.actor_id else "CAST(NULL AS VARCHAR)"
    return (
        f"SELECT {key} || {ident} AS event_id, {key} AS ticket_id, {at} AS occurred_at, {kind} AS kind, "
        f"{actor} AS actor_id, {before} AS from_value, {after} AS to_value, _file, _line FROM steps WHERE {where}"
    )
