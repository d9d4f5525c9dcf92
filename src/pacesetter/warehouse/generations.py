"""Generations of the serving file: names, the pointer, the writer's lock and what a killed writer leaves.

Owns the layout of the folder ``warehouse/``. Must not know the tables inside a generation or what an import is.
"""

import contextlib
import fcntl
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from pacesetter.errors import BadWorkspace

POINTER = "CURRENT"
_NAME = re.compile(r"^generation-(\d{6,})\.duckdb$")


class GenerationFolder:
    """The folder ``warehouse/`` of one workspace."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.building = folder / "building"
        self.temporary = folder / "temp"

    def current(self) -> Path | None:
        """The file that readers are to open, or None before the first import."""
        try:
            name = (self.folder / POINTER).read_text(encoding="ascii").strip()
        except FileNotFoundError:
            return None
        if not _NAME.match(name):
            raise BadWorkspace(f"'{name[:60]}' names no generation", where=str(self.folder / POINTER))
        return self.folder / name

    def number(self) -> int:
        """Number of the current generation, 0 before the first."""
        current = self.current()
        match = _NAME.match(current.name) if current else None
        return int(match.group(1)) if match else 0

    @contextlib.contextmanager
    def writing(self) -> Iterator[None]:
        """Hold the writer's lock; the leftovers of a killed writer are removed first.

        Raises BadWorkspace where another import or sync holds it.
        """
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self.folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            try:
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise BadWorkspace(
                    "another import or sync is writing here", where=str(self.folder.parent), do="wait until it is done"
                ) from None
            try:
                self.clean()
                self.building.mkdir()
                yield
            finally:
                shutil.rmtree(self.building, ignore_errors=True)
        finally:
            os.close(descriptor)

    def clean(self) -> None:
        """Remove whatever neither the pointer nor a living reader needs. Only under the lock."""
        shutil.rmtree(self.building, ignore_errors=True)
        current = self.current()
        for path in self.folder.iterdir():
            stale = path.name.startswith("generation-") and path != current
            if stale or path.name.startswith(f"{POINTER}."):
                path.unlink(missing_ok=True)
        for path in self.temporary.glob("reader-*"):
            owner = path.name.split("-")[1]
            if not (owner.isdigit() and Path("/proc", owner).exists()) and Path("/proc").exists():
                shutil.rmtree(path, ignore_errors=True)

    def copy_current(self, target: Path) -> bool:
        """Copy the current generation to ``target`` (inside the kernel where it can); False where there is none."""
        current = self.current()
        if current is None:
            return False
        with current.open("rb") as source, target.open("wb") as copy:
            left = os.fstat(source.fileno()).st_size
            try:
                while left > 0:
                    done = os.copy_file_range(source.fileno(), copy.fileno(), left)
                    if done == 0:
                        break
                    left -= done
            except OSError:
                source.seek(0)
                copy.seek(0)
                copy.truncate()
                shutil.copyfileobj(source, copy, 1 << 24)
        return True

    def publish(self, built: Path) -> Path:
        """Make the file ``built`` the current generation and remove the older ones; returns its final path.

        The file is on the disk before the pointer names it, so that a crash at any moment leaves a whole generation.
        """
        final = self.folder / built.name
        _sync(built)
        built.rename(final)
        pointer = self.folder / f"{POINTER}.new"
        pointer.write_text(final.name + "\n", encoding="ascii")
        _sync(pointer)
        _sync(self.folder)
        pointer.rename(self.folder / POINTER)
        _sync(self.folder)
        self.clean()
        return final


def generation_name(number: int) -> str:
    """File name of a generation."""
    return f"generation-{number:06d}.duckdb"


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
