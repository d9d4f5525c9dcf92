"""An export, a mapping and a workspace: the rows go in.

Owns the way from files to ``warehouse.importer``. Must not know what makes a row bad.
"""

import contextlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from zoneinfo import available_timezones

import duckdb

from pacesetter.errors import BadDefinition, BadRequest, PacesetterError
from pacesetter.model.schema import Kind
from pacesetter.model.tables import BY_NAME
from pacesetter.sources.mapping.compile import Compiled, compile_mapping, latest_instant
from pacesetter.sources.mapping.expressions import ISO, NAMED_FORMATS, ZONED, merged, text_literal
from pacesetter.sources.mapping.files import passed_over
from pacesetter.sources.mapping.landing import Landed, land
from pacesetter.sources.mapping.loading import Mapping, load_mapping
from pacesetter.warehouse.importer import ImportReport, import_staged
from pacesetter.warehouse.staging import StagedSource, StagedTable
from pacesetter.warehouse.workspace import Workspace, memory_limit

Progress = Callable[[str, float | None], None]


def _silent(step: str, share: float | None) -> None:
    """Report nothing."""


@dataclass(frozen=True, kw_only=True)
class Prepared:
    """An export, mapped: the DuckDB file with the staged tables, what is to be told, and the latest instant in it."""

    database: Path
    compiled: Compiled
    landed: dict[str, Landed]
    latest: str | None


def import_with_mapping(
    ws: Workspace,
    path: str | os.PathLike[str],
    mapping: str | os.PathLike[str],
    *,
    time_zone: str | None = None,
    as_of: datetime | None = None,
    progress: Progress = _silent,
) -> ImportReport:
    """Import one file or a folder of files through a mapping (a shipped name, or the path of a TOML file).

    ``time_zone`` beats the mapping's own zone of times that carry none; ``as_of`` beats the mapping's. Raises
    BadDefinition (line of the mapping, column of the file), UnreadableFile and BadWorkspace; nothing has changed then.
    """
    read = load_mapping(mapping)
    root = Path(path).absolute()
    temporary = ws.generations.temporary
    temporary.mkdir(parents=True, exist_ok=True)
    with prepared(read, root, temporary, time_zone=time_zone, progress=progress) as ready:

        def stage(con: duckdb.DuckDBPyConnection, _: Progress) -> Sequence[StagedTable]:
            con.execute(f"ATTACH {text_literal(str(ready.database))} AS mapped (READ_ONLY)")
            tables = ready.compiled.tables
            refused = ready.compiled.refused
            return [
                StagedTable(table=t, relation=f"(SELECT * FROM mapped.{r})", refused=refused.get(t, ()))
                for t, r in tables.items()
            ]

        source = StagedSource(
            path=str(root),
            stage=stage,
            mapping=read.name,
            files=tuple(p for one in ready.landed.values() for p in one.paths),
            warnings=ready.compiled.warnings,
        )
        return import_staged(ws, source, as_of=as_of or _as_of(read, ready), progress=progress)


@contextlib.contextmanager
def prepared(
    mapping: Mapping, root: Path, temporary: Path, *, time_zone: str | None = None, progress: Progress = _silent
) -> Iterator[Prepared]:
    """The export at ``root``, mapped into a DuckDB file under ``temporary``, which goes when the block ends."""
    if time_zone is not None and time_zone not in available_timezones():
        raise BadRequest(f"'{time_zone}' is not an IANA time zone", where="--time-zone", do="write Europe/Berlin")
    require_zone(mapping, time_zone)
    # The prefix and the number let the next writer remove what a killed one left.
    folder = Path(tempfile.mkdtemp(prefix=f"reader-{os.getpid()}-mapping-", dir=temporary))
    try:
        database = folder / "mapped.duckdb"
        con = duckdb.connect(str(database), config={"memory_limit": memory_limit()})
        try:
            con.execute("SET TimeZone = 'UTC'")
            con.execute("SET enable_progress_bar = false")
            con.execute(f"SET temp_directory = {text_literal(str(folder / 'spill'))}")
            progress("reading files", None)
            landed = land(con, "main", mapping, root, folder, time_zone)
            progress("mapping", None)
            compiled = compile_mapping(con, "main", mapping, landed)
            latest = latest_instant(con, compiled)
        except duckdb.OutOfMemoryException:
            raise PacesetterError(
                "there is not enough memory to map this export", where=str(root), do="set PACESETTER_MEMORY higher"
            ) from None
        except duckdb.Error as error:
            first = str(error).splitlines()[0][:300]
            raise BadDefinition(f"cannot be applied to {root.name} ({first})", where=mapping.where) from None
        finally:
            con.close()
        left = passed_over(root, [p for one in landed.values() for p in one.paths])
        told = tuple(f"{name}: passed over, no file of the mapping is named so" for name in left)
        compiled = replace(compiled, warnings=compiled.warnings + told)
        yield Prepared(database=database, compiled=compiled, landed=landed, latest=latest)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def require_zone(mapping: Mapping, time_zone: str | None) -> None:
    """Raises BadDefinition where an instant is read by a format without an offset and nobody names its zone."""
    d = mapping.definition
    if time_zone or d.format.time_zone:
        return
    for place, block in enumerate(d.table):
        name, _, end = (block.source or "").partition(".")
        file = d.logs[name].file if end else name
        if not file or d.files[file].time_zone:
            continue
        for column, rule in block.columns.items():
            known = BY_NAME[block.table].column(column)
            reading = merged(merged(d.format, d.files[file]), rule)
            naive = any(f != ISO and f not in NAMED_FORMATS[1:3] and not ZONED.search(f) for f in reading.dates or [])
            if known and known.kind is Kind.INSTANT and naive and not reading.time_zone and rule.value is None:
                raise mapping.complaint(
                    ("table", place, "columns", column),
                    f"{column} is read without a zone",
                    'write time_zone = "Europe/Berlin" under [format], or name it with --time-zone',
                )


def _as_of(mapping: Mapping, ready: Prepared) -> datetime | None:
    wanted = ready.latest if mapping.definition.as_of == "latest" else mapping.definition.as_of
    return datetime.fromisoformat(wanted) if wanted else None
