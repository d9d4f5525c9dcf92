"""The state database: where it is, how it is brought up to date, how a piece of work is done in it.

Owns the connection and the migrations. SQLite in the workspace by default; PostgreSQL (or another) by ``PACESETTER_STATE_URL``.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, CursorResult, Delete, Engine, Update, create_engine, event, text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, SQLAlchemyError
from sqlalchemy.orm import Session as Work

from pacesetter.access.sealing import Sealer
from pacesetter.errors import BadDefinition, BadWorkspace

URL_VARIABLE = "PACESETTER_STATE_URL"
FILE_NAME = "state.sqlite"
_MIGRATIONS = Path(__file__).parent / "migrations"
_LOCK = 7_214_309  # a number of our own, for PostgreSQL's advisory lock


class Store:
    """The state of one workspace. Threads may share it."""

    def __init__(self, engine: Engine, root: Path) -> None:
        self.engine = engine
        self.root = root

    @cached_property
    def sealer(self) -> Sealer:
        """What seals the state's seeds. Raises BadDefinition where its key cannot be read."""
        return Sealer.of(self.root)

    @classmethod
    def open(cls, root: Path, url: str | None = None) -> "Store":
        """The state of the workspace in ``root``, made or migrated where needed.

        Raises BadDefinition for an address that means nothing, BadWorkspace where the database cannot be reached or is newer.
        """
        engine = _engine(root, url or os.environ.get(URL_VARIABLE) or f"sqlite:///{root / FILE_NAME}")
        try:
            with _one_at_a_time(engine), engine.begin() as con:
                _migrate(con)
        except SQLAlchemyError as error:
            raise BadWorkspace(
                f"the state database does not answer ({_first_line(error)})", where=engine.url.render_as_string()
            ) from None
        if engine.url.get_backend_name() == "sqlite" and engine.url.database:
            os.chmod(engine.url.database, 0o600)
        return cls(engine, root)

    @contextlib.contextmanager
    def work(self) -> Iterator[Work]:
        """One piece of work: kept as a whole on a normal exit, undone on an exception."""
        with Work(self.engine, expire_on_commit=False) as session, session.begin():
            yield session

    def answers(self) -> bool:
        """Whether the database answers, for the readiness check."""
        try:
            with self.engine.connect() as con:
                return con.execute(text("SELECT 1")).scalar() == 1
        except SQLAlchemyError:
            return False

    def close(self) -> None:
        """Let go of every connection."""
        self.engine.dispose()


def _engine(root: Path, url: str) -> Engine:
    try:
        address = make_url(url)
        if address.get_backend_name() == "postgresql" and address.drivername == "postgresql":
            address = address.set(drivername="postgresql+psycopg")
        engine = create_engine(address, pool_pre_ping=True)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError):
        raise BadDefinition(
            "this is no address of a database, or its driver is not installed",
            where=URL_VARIABLE,
            do="write postgresql://user:password@host/name and install pacesetter[postgresql]",
        ) from None
    if engine.url.get_backend_name() == "sqlite":
        event.listen(engine, "connect", _set_up_sqlite)
    return engine


def _set_up_sqlite(connection: Any, _: object) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.close()


def rows_touched(work: Work, statement: Update | Delete) -> int:
    """Run a change and return how many rows it met: none where somebody was quicker."""
    result = work.execute(statement)
    assert isinstance(result, CursorResult)
    return result.rowcount


@contextlib.contextmanager
def _one_at_a_time(engine: Engine) -> Iterator[None]:
    """Several processes that start at once migrate a SQLite file one after the other; PostgreSQL has its own lock for that."""
    file = engine.url.database
    if engine.url.get_backend_name() != "sqlite" or not file or not Path(file).parent.is_dir():
        yield
        return
    descriptor = os.open(f"{file}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _migrate(con: Connection) -> None:
    """Bring the database to the newest revision."""
    if con.dialect.name == "postgresql":
        con.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = con
    script = ScriptDirectory.from_config(config)
    current = MigrationContext.configure(con).get_current_revision()
    if current == script.get_current_head():
        return
    if current is not None and current not in {r.revision for r in script.walk_revisions()}:
        raise BadWorkspace("the state database was written by a newer version of Pacesetter", do="upgrade this one")
    command.upgrade(config, "head")


def _first_line(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).splitlines()[0][:200]
