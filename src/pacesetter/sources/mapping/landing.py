"""The files of an export as tables of text in the scratch database, with the file and line of every row.

Owns reading with DuckDB, null words, blank rows, rows that do not fit the header, and columns looked up in other files.
Must not know the canonical tables.
"""

import csv
import io
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pacesetter.errors import UnreadableFile
from pacesetter.sources.mapping.definition import Format, Lookup, SourceFile
from pacesetter.sources.mapping.expressions import (
    ISO,
    conditions_sql,
    identifier,
    text_literal,
    typed_sql,
)
from pacesetter.sources.mapping.files import FoundFile, matching_files, no_match, open_file, require_root
from pacesetter.sources.mapping.loading import Mapping, did_you_mean
from pacesetter.warehouse.staging import RefusedRecord

_LONGEST = 64 << 20


@dataclass(kw_only=True)
class Landed:
    """One kind of file, landed: ``relation`` with null words applied, ``raw`` without; its columns, how it is read."""

    name: str
    relation: str
    raw: str
    columns: list[str]
    form: Format
    files: list[FoundFile]
    paths: list[Path]
    blank_rows: int = 0
    rejects: list[RefusedRecord] = field(default_factory=list)


def effective_format(outer: Format, inner: Format, time_zone: str | None = None) -> Format:
    """The format of a file: its own words, else those of ``[format]``; ``time_zone`` beats that of ``[format]``."""
    base = {name: getattr(outer, name) for name in Format.model_fields}
    if time_zone:
        base["time_zone"] = time_zone
    own = {name: getattr(inner, name) for name in Format.model_fields if getattr(inner, name) is not None}
    return Format(**(base | own))


def land(
    con: duckdb.DuckDBPyConnection,
    schema: str,
    mapping: Mapping,
    root: Path,
    scratch: Path,
    time_zone: str | None = None,
) -> dict[str, Landed]:
    """Every file that the mapping names, landed in ``schema`` (of a scratch database).

    Raises UnreadableFile for a file that is missing or cannot be read, BadDefinition for a column that it lacks.
    """
    require_root(root)
    landed: dict[str, Landed] = {}
    for name, source in mapping.definition.files.items():
        paths = matching_files(mapping, name, root)
        if not paths:
            if source.optional:
                continue
            raise no_match(mapping, name, root)
        landed[name] = _land_one(con, schema, mapping, name, paths, root, scratch, time_zone)
    _add_lookups(con, schema, mapping, landed)
    return landed


def _land_one(
    con: duckdb.DuckDBPyConnection, schema: str, mapping: Mapping, name: str, paths: list[Path], root: Path,
    scratch: Path, time_zone: str | None,
) -> Landed:  # fmt: skip
    source = mapping.definition.files[name]
    form = effective_format(mapping.definition.format, source, time_zone)
    if form.delimiter is None:
        form = form.model_copy(update={"delimiter": ","})
    files = [open_file(path, root, form, source, scratch) for path in paths]
    if any(f.excel or f.parquet for f in files) and form.dates and ISO not in form.dates:
        form = form.model_copy(update={"dates": [*form.dates, ISO]})
    columns = list(dict.fromkeys(c for f in files for c in f.header))
    raw = f"{schema}.{identifier('raw_' + name)}"
    listed = ", ".join(f"{identifier(c)} VARCHAR" for c in columns)
    con.execute(f"CREATE TABLE {raw} ({listed}, _file VARCHAR, _line BIGINT)")
    result = Landed(name=name, relation="", raw=raw, columns=columns, form=form, files=files, paths=paths)
    for file in files:
        read = _read_parquet if file.parquet else _read_text
        result.rejects += read(con, file, form, raw)
    result.relation = _with_nulls(con, schema, result, source)
    total = _count(con, raw)
    result.blank_rows = total - _count(con, result.relation)
    return result


def _with_nulls(con: duckdb.DuckDBPyConnection, schema: str, landed: Landed, source: SourceFile) -> str:
    """A table of the rows that hold anything, with blanks around values gone and null words empty."""
    words = ", ".join(text_literal(w) for w in ["", *(landed.form.null or [])])
    values = []
    for name in landed.columns:
        trimmed = f"trim({identifier(name)}, ' \t\r\n\u00a0')"
        values.append(f"CASE WHEN {trimmed} IN ({words}) THEN NULL ELSE {trimmed} END AS {identifier(name)}")
    filled = " OR ".join(f"{identifier(name)} IS NOT NULL" for name in landed.columns)
    relation = f"{schema}.{identifier('file_' + landed.name)}"
    inner = f"SELECT {', '.join(values)}, _file, _line FROM {landed.raw}"
    con.execute(f"CREATE TABLE {relation} AS SELECT * FROM ({inner}) AS trimmed WHERE {filled}")
    return relation


def _read_parquet(con: duckdb.DuckDBPyConnection, file: FoundFile, form: Format, target: str) -> list[RefusedRecord]:
    names = ", ".join(f"CAST({identifier(c)} AS VARCHAR) AS {identifier(c)}" for c in file.header)
    try:
        con.execute(
            f"INSERT INTO {target} BY NAME SELECT {names}, {text_literal(file.label)} AS _file, "
            f"file_row_number + 1 AS _line FROM read_parquet({text_literal(str(file.path))}, file_row_number = true)"
        )
    except duckdb.Error as error:
        raise UnreadableFile(f"cannot be read ({_first_line(error)})", where=file.label) from None
    return []


def _read_text(con: duckdb.DuckDBPyConnection, file: FoundFile, form: Format, target: str) -> list[RefusedRecord]:
    shape = "{" + ", ".join(f"{text_literal(c)}: 'VARCHAR'" for c in file.header) + "}"
    marks = text_literal('"' if file.excel or form.quote is None else form.quote)
    delimiter = text_literal(form.delimiter or ",")
    packed = "gzip" if file.path.suffix.lower() == ".gz" else "none"
    padding, strict = ("true", "false") if form.short_rows == "fill" else ("false", "true")
    columns = ", ".join(identifier(c) for c in file.header)
    for table in ("mapping_rejects", "mapping_scans"):
        con.execute(f"DROP TABLE IF EXISTS {table}")
    try:
        con.execute(
            f"INSERT INTO {target} BY NAME SELECT {columns}, {text_literal(file.label)} AS _file, "
            f"row_number() OVER () + {file.header_row} AS _line "
            f"FROM read_csv({text_literal(str(file.path))}, auto_detect = false, header = false, "
            f"skip = {file.header_row}, delim = {delimiter}, quote = {marks}, escape = {marks}, "
            f"columns = {shape}, compression = '{packed}', null_padding = {padding}, store_rejects = true, "
            f"rejects_table = 'mapping_rejects', rejects_scan = 'mapping_scans', rejects_limit = 0, "
            f"max_line_size = {_LONGEST}, buffer_size = {_LONGEST * 2}, strict_mode = {strict})"
        )
    except duckdb.Error as error:
        raise UnreadableFile(
            f"cannot be read with delimiter '{form.delimiter}' ({_first_line(error)})",
            where=file.label,
            do="look at 'delimiter' and 'quote' in the mapping",
        ) from None
    return _rejects(con, file, form, target)


def _rejects(con: duckdb.DuckDBPyConnection, file: FoundFile, form: Format, target: str) -> list[RefusedRecord]:
    """The rows that DuckDB left out; the lines of the others are moved by them."""
    found = con.execute(
        "SELECT line, min(CAST(error_type AS VARCHAR)), any_value(csv_line) FROM mapping_rejects "
        "GROUP BY line ORDER BY line"
    ).fetchall()
    odd = next((kind for _, kind, _ in found if kind not in ("TOO MANY COLUMNS", "MISSING COLUMNS")), None)
    if odd:
        line = next(line for line, kind, _ in found if kind == odd)
        raise UnreadableFile(
            f"around line {line}: {odd.lower()}", where=file.label, do="look at 'quote' and 'encoding' in the mapping"
        )
    rejects = []
    for line, kind, text in found:
        fields = next(csv.reader(io.StringIO(text.strip("\r\n"), newline=""), delimiter=form.delimiter or ","), [])
        reason = "too_many_fields" if kind == "TOO MANY COLUMNS" else "too_few_fields"
        if any(f.strip() for f in fields):
            rejects.append(
                RefusedRecord(file=file.label, line=line, header=file.header, fields=tuple(fields), reason=reason)
            )
    if found:
        places = ", ".join(str(line - place) for place, (line, _, _) in enumerate(found, start=1))
        con.execute(
            f"UPDATE {target} SET _line = _line + len(list_filter([{places}], lambda p: p < _line)) "
            f"WHERE _file = {text_literal(file.label)}"
        )
    return rejects


def _add_lookups(con: duckdb.DuckDBPyConnection, schema: str, mapping: Mapping, landed: dict[str, Landed]) -> None:
    """Give each file the columns that ``add`` looks up for it."""
    bare = {name: one.relation for name, one in landed.items()}
    for name, source in mapping.definition.files.items():
        if name not in landed or not source.add:
            continue
        one = landed[name]
        joins, values = [], []
        for place, (column, lookup) in enumerate(source.add.items()):
            path = ("files", name, "add", column)
            if lookup.file not in landed:
                empty = "'0'" if lookup.take == "count" else "NULL"
                values.append(f"CAST({empty} AS VARCHAR) AS {identifier(column)}")
                continue
            other = landed[lookup.file]
            wanted = [*lookup.match.values(), *(c for c in (lookup.column, lookup.by) if c)]
            wanted += [c.column for c in lookup.where if c.column]
            for need in wanted:
                require_column(mapping, (*path, "column"), need, other)
            for need in lookup.match:
                require_column(mapping, (*path, "match"), need, one)
            joins.append(_lookup_join(lookup, other, bare[lookup.file], place))
            fallback = "'0'" if lookup.take == "count" else "NULL"
            values.append(f"coalesce(look{place}.found, {fallback}) AS {identifier(column)}")
        relation = f"{schema}.{identifier('with_' + name)}"
        con.execute(
            f"CREATE TABLE {relation} AS SELECT own.*, {', '.join(values)} FROM {one.relation} AS own {' '.join(joins)}"
        )
        one.relation = relation
        one.columns = [*one.columns, *source.add]


def _lookup_join(lookup: Lookup, other: Landed, relation: str, place: int) -> str:
    order = typed_sql(identifier(lookup.by or lookup.column or ""), lookup.kind, other.form)
    value = identifier(lookup.column or "")
    taken = {
        "count": "CAST(count(*) AS VARCHAR)",
        "any": f"any_value({value})",
        "first": f"arg_min({value}, {order})" if lookup.by else f"arg_min({value}, (_file, _line))",
        "last": f"arg_max({value}, {order})" if lookup.by else f"arg_max({value}, (_file, _line))",
        "min": f"arg_min({value}, {order})",
        "max": f"arg_max({value}, {order})",
    }[lookup.take]
    keys = ", ".join(f"{identifier(theirs)} AS key{i}" for i, theirs in enumerate(lookup.match.values()))
    named = ", ".join(f"key{i}" for i in range(len(lookup.match)))
    on = " AND ".join(f"own.{identifier(mine)} = look{place}.key{i}" for i, mine in enumerate(lookup.match))
    rows = f"SELECT {keys}, * FROM {relation} WHERE {conditions_sql(lookup.where, other.form)}"
    return f"LEFT JOIN (SELECT {named}, {taken} AS found FROM ({rows}) AS rows GROUP BY {named}) AS look{place} ON {on}"


def require_column(mapping: Mapping, path: tuple[str | int, ...], name: str, landed: Landed) -> None:
    """Raises BadDefinition where a file lacks a column that the mapping names."""
    if name in landed.columns:
        return
    labels = ", ".join(sorted({f.label for f in landed.files})[:3])
    near = did_you_mean(name, landed.columns)
    listed = ", ".join(landed.columns[:12]) + (" …" if len(landed.columns) > 12 else "")
    hint = None if near else f"its columns are: {listed}"
    raise mapping.complaint(path, f"column '{name}' is not in {labels}{near}", do=hint)


def _count(con: duckdb.DuckDBPyConnection, relation: str) -> int:
    row = con.execute(f"SELECT count(*) FROM {relation}").fetchone()
    return int(row[0]) if row else 0


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:200]
