"""Rows on their way in: where each comes from, as relations that the checks and the loading can scan.

Owns sources, their numbering and their columns. Must not know what makes a row bad or how it is stored.
A row is known by ``_rid``: ``number of the source * SOURCE_SPAN + ordinal within it``, so that it also gives file order.
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from pacesetter.errors import BadRequest, UnreadableFile
from pacesetter.model.schema import Table
from pacesetter.model.tables import BY_NAME
from pacesetter.warehouse.bundle import SourceFile, TableFiles
from pacesetter.warehouse.parsing import NAIVE_TYPES, SourceColumn, typed_select, untidy_flags, unusable_type
from pacesetter.warehouse.storage import literal, quoted
from pacesetter.warehouse.textfiles import Reject, TextFile, check_text, load_text

SOURCE_SPAN = 1 << 52
FILE_SPAN = 1 << 40
SLICE_ROWS = 12_000_000
WORTH_A_LOOK = 100_000

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, kw_only=True)
class RefusedRecord:
    """A record that a mapping could not prepare: where it stands, what it says, and ``too_many_fields`` or ``too_few_fields``."""

    file: str
    line: int
    header: tuple[str, ...]
    fields: tuple[str, ...]
    reason: str


@dataclass(frozen=True, kw_only=True)
class StagedTable:
    """Rows of one canonical table that a mapping or connector has prepared.

    ``relation`` is a table in ``scratch`` (or ``main``/``temp``), or a parenthesised query, on the connection given to
    ``StagedSource.stage``. Its columns: any of the canonical ones, unknown ones, ``_file VARCHAR`` and ``_line BIGINT``.
    Values are text in the canonical form, or already of the stored type (instants naive and in UTC). ``refused`` are
    records that were meant for this table and go into quarantine as they stand.
    """

    table: str
    relation: str
    refused: Sequence[RefusedRecord] = ()


@dataclass(frozen=True, kw_only=True)
class StagedSource:
    """A source that is not a bundle. ``stage`` is called inside the import with its connection and prepares the tables.

    ``path`` names the source in the record of imports; ``files`` are those that were read, for their fingerprints.
    """

    path: str
    stage: Callable[[duckdb.DuckDBPyConnection, Progress], Sequence[StagedTable]]
    mapping: str | None = None
    files: tuple[Path, ...] = ()
    warnings: tuple[str, ...] = ()


@dataclass(kw_only=True)
class Source:
    """One relation of raw rows that feeds a table. ``raw`` has the columns under their new names, and ``_ord``."""

    number: int
    kind: str
    columns: list[SourceColumn]
    raw: str
    zone: str | None = None
    files: list[SourceFile] = field(default_factory=list)
    text: TextFile | None = None
    rejects: list[Reject] = field(default_factory=list)
    refused: Sequence[RefusedRecord] = ()
    rows: int = 0
    relation: str = ""
    whole: str = ""
    slices: list[str] = field(default_factory=list)

    @property
    def first(self) -> int:
        """``_rid`` of the first row."""
        return self.number * SOURCE_SPAN


@dataclass(kw_only=True)
class Intake:
    """Everything that is to go into one table in this import, sources in the order of their precedence."""

    table: Table
    sources: list[Source] = field(default_factory=list)

    @property
    def extras(self) -> list[str]:
        """The ``x_`` columns that the sources bring, sorted."""
        known = set(self.table.names)
        return sorted({c.name for s in self.sources for c in s.columns if c.name not in known})

    @property
    def names(self) -> list[str]:
        """All columns of the rows: the model's, then the extra ones."""
        return [*self.table.names, *self.extras]

    @property
    def view(self) -> str:
        """The relation of all typed rows, with ``_rid`` and ``_bad``."""
        return f"temp.typed_{self.table.name}"

    @property
    def out(self) -> str:
        """The scratch table (_rid, code, round) of rows that are not to be loaded."""
        return f"scratch.out_{self.table.name}"

    @property
    def complaints(self) -> str:
        """The scratch table (_rid, code, complaint) of rows with a reason of their own; it exists where there are any."""
        return f"scratch.complaints_{self.table.name}"

    @property
    def rows(self) -> int:
        """Rows of all sources, without those that were refused for their number of fields."""
        return sum(s.rows for s in self.sources)

    def slices(self) -> list[str]:
        """Relations of typed rows that together are ``view``, each of at most about SLICE_ROWS rows."""
        return [part for s in self.sources for part in (s.slices or [s.relation])]


def name_columns(table: Table, originals: Sequence[str], types: Sequence[str], where: str) -> list[SourceColumn]:
    """Give the columns of a source their names: the model's, or ``x_<name>``.

    Raises UnreadableFile for columns without a name, twice the same, or missing though required.
    """
    known = {name.lower() for name in table.names}
    columns: list[SourceColumn] = []
    taken: set[str] = set()
    seen: set[str] = set()
    for position, (original, kind) in enumerate(zip(originals, types, strict=True), start=1):
        clean = original.strip().strip("\ufeff").strip()
        if not clean:
            raise UnreadableFile(f"line 1: column {position} has no name", where=where, do="name it or remove it")
        name = clean.lower()
        if name not in known:
            body = re.sub(r"[^a-z0-9_]+", "_", name).strip("_") or f"column_{position}"
            name = body if body.startswith("x_") else f"x_{body}"
        if name in taken and (name in known or clean.lower() in seen):
            raise UnreadableFile(f"line 1: the column '{clean}' stands there twice", where=where, do="keep one")
        while name in taken:
            name += "_2"
        taken.add(name)
        seen.add(clean.lower())
        columns.append(SourceColumn(original=original, name=name, type=kind))
    for column in table.columns:
        if column.required and column.name not in taken:
            raise UnreadableFile(f"line 1: no column '{column.name}'", where=where, do="add it, every row needs it")
    return columns


def stage_text(
    con: duckdb.DuckDBPyConnection, files: TableFiles, number: int, zone: str | None, folder: Path
) -> Source:
    """Load a text file as a source of rows, all text. Raises UnreadableFile."""
    checked = check_text(files.files[0])
    columns = name_columns(
        BY_NAME[files.table], checked.header, ["VARCHAR"] * len(checked.header), checked.source.label
    )
    target = f"scratch.raw_{number}"
    rejects = load_text(con, checked, [c.name for c in columns], target, folder)
    return Source(
        number=number, kind="text", columns=columns, zone=zone, files=files.files, text=checked, rejects=rejects,
        raw=f"(SELECT *, rowid AS _ord FROM {target})",
    )  # fmt: skip


def stage_parquet(con: duckdb.DuckDBPyConnection, files: TableFiles, number: int, zone: str | None) -> Source:
    """Open Parquet files as a source of rows, read where they lie. Raises UnreadableFile."""
    table = BY_NAME[files.table]
    sizes = []
    for file in files.files:
        try:
            row = con.execute(f"SELECT num_rows FROM parquet_file_metadata({literal(str(file.path))})").fetchone()
            con.execute(f"DESCRIBE FROM read_parquet({literal(str(file.path))})").fetchall()
        except duckdb.Error as error:
            first = str(error).splitlines()[0][:200]
            raise UnreadableFile(
                f"not a readable Parquet file ({first})", where=file.label, do="write it again"
            ) from None
        sizes.append(int(row[0]) if row else 0)
    paths = [str(f.path) for f in files.files]
    try:
        described = con.execute(f"DESCRIBE FROM {_parquet(paths)}").fetchall()
    except duckdb.Error as error:
        raise UnreadableFile(
            f"the parts do not fit together ({str(error).splitlines()[0]})", where=files.table
        ) from None
    label = files.files[0].label
    columns = name_columns(table, [r[0] for r in described], [r[1] for r in described], label)
    for column in columns:
        wrong = unusable_type(table.column(column.name), column.type, zoned=zone is not None)
        if wrong:
            raise UnreadableFile(f"column '{column.original}' {wrong}", where=label)
    source = Source(
        number=number, kind="parquet", columns=columns, zone=zone, files=files.files, raw="", rows=sum(sizes)
    )
    source.raw = _parquet_rows(columns, paths, 0, "TRUE")
    source.slices = [_parquet_rows(columns, *piece) for piece in _pieces(paths, sizes)]
    return source


def _parquet(paths: Sequence[str]) -> str:
    return f"read_parquet([{', '.join(literal(p) for p in paths)}], union_by_name = true, hive_partitioning = false)"


def _parquet_rows(columns: Sequence[SourceColumn], paths: Sequence[str], base: int, where: str) -> str:
    names = ", ".join(f"{quoted(c.original)} AS {quoted(c.name)}" for c in columns)
    order = f"CAST((file_index + {base}) * {FILE_SPAN} + file_row_number AS BIGINT) AS _ord"
    return f"(SELECT {names}, {order} FROM {_parquet(paths)} WHERE {where})"


def _pieces(paths: Sequence[str], sizes: Sequence[int]) -> list[tuple[list[str], int, str]]:
    """Cut files into pieces of about SLICE_ROWS rows: (files, index of the first, condition on the row number)."""
    pieces: list[tuple[list[str], int, str]] = []
    group: list[str] = []
    base = rows = 0
    for index, (path, size) in enumerate(zip(paths, sizes, strict=True)):
        if group and rows + size > SLICE_ROWS:
            pieces.append((group, base, "TRUE"))
            group, rows = [], 0
        if size > SLICE_ROWS * 3 // 2:
            for low in range(0, size, SLICE_ROWS):
                pieces.append(([path], index, f"file_row_number BETWEEN {low} AND {low + SLICE_ROWS - 1}"))
            continue
        if not group:
            base = index
        group.append(path)
        rows += size
    if group:
        pieces.append((group, base, "TRUE"))
    return pieces


def stage_prepared(con: duckdb.DuckDBPyConnection, staged: StagedTable, number: int, zone: str | None) -> Source:
    """Take over the rows that a mapping has prepared. Raises BadRequest for a table that the model has not."""
    table = BY_NAME.get(staged.table)
    if table is None:
        raise BadRequest(f"'{staged.table}' is no table of the model")
    target = f"scratch.raw_{number}"
    con.execute(f"CREATE TABLE {target} AS SELECT * FROM {staged.relation} AS prepared")
    described = [r for r in con.execute(f"DESCRIBE {target}").fetchall() if r[0] not in ("_file", "_line")]
    types = ["TIMESTAMP WITH TIME ZONE" if r[1] in NAIVE_TYPES else str(r[1]) for r in described]  # they are in UTC
    columns = name_columns(table, [r[0] for r in described], types, staged.table)
    for column in columns:
        wrong = unusable_type(table.column(column.name), column.type, zoned=True)
        if wrong:
            raise UnreadableFile(f"column '{column.original}' {wrong}", where=staged.table)
    names = ", ".join(f"{quoted(c.original)} AS {quoted(c.name)}" for c in columns)
    return Source(
        number=number, kind="prepared", columns=columns, zone=zone, refused=staged.refused,
        raw=f"(SELECT {names}, _file, _line, rowid AS _ord FROM {target})",
    )  # fmt: skip


def _tidy_columns(con: duckdb.DuckDBPyConnection, source: Source) -> frozenset[str]:
    """The text columns of a large source that is scanned several times in which no value needs trimming. One scan."""
    flags = untidy_flags(source.columns)
    if source.kind != "parquet" or source.rows < WORTH_A_LOOK or not flags:
        return frozenset()
    found = con.execute(f"SELECT {', '.join(flags.values())} FROM {source.raw} AS raw_rows").fetchall()[0]
    return frozenset(name for name, untidy in zip(flags, found, strict=True) if not untidy)


def type_rows(con: duckdb.DuckDBPyConnection, intake: Intake) -> None:
    """Make the typed relations of an intake: a table in scratch for text, a query over the files for Parquet."""
    for source in intake.sources:
        tidy = _tidy_columns(con, source)

        def select(raw: str, source: Source = source, tidy: frozenset[str] = tidy) -> str:
            return typed_select(
                intake.table, source.columns, raw, intake.extras, first=source.first, zone=source.zone, tidy=tidy
            )

        if source.kind == "parquet":
            source.relation = f"({select(source.raw)})"
            source.slices = [f"({select(piece)})" for piece in source.slices]
            continue
        name = f"scratch.typed_{source.number}"
        con.execute(f"CREATE TABLE {name} AS {select(source.raw)}")
        row = con.execute(f"SELECT count(*) FROM {name}").fetchone()
        source.rows = int(row[0]) if row else 0
        source.relation = name
        source.slices = [
            f"(SELECT * FROM {name} WHERE rowid BETWEEN {low} AND {low + SLICE_ROWS - 1})"
            for low in range(0, source.rows, SLICE_ROWS)
        ] or [name]
    names = ", ".join(quoted(n) for n in intake.names)
    union = " UNION ALL ".join(f"SELECT {names}, _rid, _bad FROM {s.relation} AS typed_rows" for s in intake.sources)
    con.execute(f"CREATE OR REPLACE TEMP VIEW typed_{intake.table.name} AS {union}")
    con.execute(f"CREATE TABLE {intake.out} (_rid BIGINT, code INTEGER, round INTEGER)")
