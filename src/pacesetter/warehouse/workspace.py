"""A workspace: a folder with settings and a warehouse. Gives readers and the one writer their connections.

Owns the settings of DuckDB. Must not know what an import does with a connection.
"""

import contextlib
import os
import re
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import duckdb

from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.settings import FILE_NAME, Settings, read_settings, settings_text
from pacesetter.warehouse.generations import GenerationFolder, generation_name
from pacesetter.warehouse.storage import create_tables, literal, write_meta

MEMORY_VARIABLE = "PACESETTER_MEMORY"
_ATTEMPTS = 20
_PATIENCE_S = 0.1
_OPENING = threading.Lock()


@dataclass(frozen=True, kw_only=True)
class Generation:
    """The generation being built. ``con`` writes it; the database ``scratch`` is attached for intermediates.

    ``folder`` is a scratch folder; it and ``scratch`` vanish with the writer. ``fresh`` where no generation stood before.
    """

    con: duckdb.DuckDBPyConnection
    number: int
    folder: Path
    fresh: bool


@dataclass(frozen=True, kw_only=True)
class Workspace:
    """One workspace. Make it with ``create`` or ``open``."""

    root: Path
    settings: Settings

    @classmethod
    def create(cls, path: str | os.PathLike[str], settings: Settings | None = None) -> "Workspace":
        """A new workspace in the folder ``path``, which is made where needed.

        Raises BadWorkspace where the folder is one already, or cannot be written.
        """
        root = Path(path).absolute()
        chosen = settings or Settings()
        file = root / FILE_NAME
        try:
            root.mkdir(parents=True, exist_ok=True)
            with file.open("x", encoding="utf-8") as out:
                out.write(settings_text(chosen))
            (root / "warehouse").mkdir(exist_ok=True)
        except FileExistsError:
            what = "this is a workspace already" if file.exists() else "a file of that name is in the way"
            raise BadWorkspace(what, where=str(root), do="choose another folder") from None
        except OSError as error:
            raise BadWorkspace(f"cannot be written ({error.strerror})", where=str(root)) from None
        return cls(root=root, settings=chosen)

    @classmethod
    def open(cls, path: str | os.PathLike[str]) -> "Workspace":
        """The workspace in the folder ``path``. Raises BadWorkspace where there is none, BadDefinition for bad settings."""
        root = Path(path).absolute()
        if not (root / FILE_NAME).is_file():
            raise BadWorkspace("no workspace here", where=str(root), do=f"make one with 'pacesetter init {path}'")
        return cls(root=root, settings=read_settings(root))

    @property
    def generations(self) -> GenerationFolder:
        """The folder of the serving files."""
        return GenerationFolder(self.root / "warehouse")

    @contextlib.contextmanager
    def reader(self) -> Iterator[duckdb.DuckDBPyConnection]:
        """A read-only connection on the current generation, with the session's zone UTC and no way to other files.

        Raises BadWorkspace where nothing has been imported yet.
        """
        con = self._connect_reader()
        try:
            yield con
        finally:
            con.close()

    def _connect_reader(self) -> duckdb.DuckDBPyConnection:
        folder = self.generations
        for attempt in range(_ATTEMPTS):
            current = folder.current()
            if current is None:
                raise BadWorkspace(
                    "nothing has been imported yet",
                    where=str(self.root),
                    do="run 'pacesetter import' or 'pacesetter demo'",
                )
            spill = folder.temporary / f"reader-{os.getpid()}-{current.stem}"
            try:
                with _OPENING:
                    return _open_reader(current, spill)
            except (
                duckdb.FatalException
            ) as error:  # shut after a fault of the engine, until all of this program have let go of it
                if attempt + 1 == _ATTEMPTS:
                    raise BadWorkspace(_first_line(error), where=str(current)) from None
                time.sleep(_PATIENCE_S)
            except duckdb.Error as error:  # a writer may have switched between the two steps
                if attempt + 1 == _ATTEMPTS or folder.current() == current:
                    raise BadWorkspace(_first_line(error), where=str(current)) from None
        raise BadWorkspace("the current generation cannot be opened", where=str(self.root))

    @contextlib.contextmanager
    def next_generation(self) -> Iterator[Generation]:
        """Build the next generation from a copy of the current one; it becomes current on a normal exit.

        On any exception, or when the program is killed, the current one stays. Raises BadWorkspace where another writer
        is at work.
        """
        folder = self.generations
        with folder.writing():
            number = folder.number() + 1
            built = folder.building / generation_name(number)
            fresh = not folder.copy_current(built)
            con = duckdb.connect(str(built), config={"memory_limit": memory_limit()})
            try:
                con.execute("SET GLOBAL TimeZone = 'UTC'")
                con.execute(f"SET temp_directory = {literal(str(folder.building / 'spill'))}")
                con.execute("SET enable_progress_bar = false")
                scratch = literal(str(folder.building / "scratch.duckdb"))
                con.execute(f"ATTACH {scratch} AS scratch (RECOVERY_MODE no_wal_writes)")
                create_tables(con)
                write_meta(con, "generation", str(number))
                yield Generation(con=con, number=number, folder=folder.building, fresh=fresh)
                con.execute("DETACH scratch")
                con.execute("CHECKPOINT")
            finally:
                con.close()
            folder.publish(built)


def _open_reader(file: Path, spill: Path) -> duckdb.DuckDBPyConnection:
    con = duckdb.connect(str(file), read_only=True, config={"memory_limit": memory_limit()})
    con.execute("SET enable_progress_bar = false")
    outside = con.execute("SELECT current_setting('enable_external_access')").fetchone()
    if outside and outside[0]:  # the first connection of this program on this file sets it up for all
        con.execute(f"SET temp_directory = {literal(str(spill))}")
        con.execute("SET GLOBAL TimeZone = 'UTC'")
        con.execute("SET enable_external_access = false")
    return con


def memory_limit() -> str:
    """DuckDB's memory limit: ``PACESETTER_MEMORY``, else 60 % of the machine's memory and at most 10 GB."""
    asked = os.environ.get(MEMORY_VARIABLE)
    if asked:
        if not re.fullmatch(r"\d+(\.\d+)?\s*([KMGT]i?B)", asked.strip(), re.IGNORECASE):
            raise BadRequest(f"'{asked}' is not an amount of memory", where=MEMORY_VARIABLE, do="write 4GB")
        return asked.strip()
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return f"{min(int(total * 0.6), 10 * 10**9) // 10**6}MB"


def _first_line(error: Exception) -> str:
    return str(error).splitlines()[0][:300]
