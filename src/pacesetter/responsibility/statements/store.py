"""Statements that a workspace has issued, kept so that a later one can say what changed since.

Owns the folder ``statements/``. Must not know what is inside of a statement.
"""

import os
import shutil
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from pacesetter.errors import PacesetterError

FOLDER = "statements"


@dataclass(frozen=True)
class Kept:
    """A statement that was issued and kept: for which period, when, the beginning of its root, and the file."""

    period: str
    issued_at: datetime
    root: str
    path: Path


def folder_of(root: Path, client_id: str, period: str) -> Path:
    """Where the statements of a client and period are kept; any id makes a safe name."""
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in client_id)[:60]
    return root / FOLDER / f"{plain}-{sha256(client_id.encode()).hexdigest()[:8]}" / period


def kept(root: Path, client_id: str, period: str) -> list[Path]:
    """The statements kept for a client and period, the earliest first."""
    folder = folder_of(root, client_id, period)
    return sorted(folder.glob("*.zip")) if folder.is_dir() else []


def kept_for(root: Path, client_id: str) -> list[Kept]:
    """Every statement kept for a client, the latest issued first."""
    found = []
    for path in folder_of(root, client_id, "any").parent.glob("*/*.zip"):
        stamp, _, rest = path.stem.partition("-")
        found.append(Kept(path.parent.name, datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z"), rest, path))
    return sorted(found, key=lambda k: (k.issued_at, k.root), reverse=True)


def keep(root: Path, path: Path, *, client_id: str, period: str, issued_at: datetime, root_hash: str) -> Path:
    """Keep a copy of an issued statement. Raises PacesetterError where it cannot be written."""
    folder = folder_of(root, client_id, period)
    place = folder / f"{issued_at:%Y%m%dT%H%M%SZ}-{root_hash[:12]}.zip"
    partial = place.with_suffix(f".{os.getpid()}.partial")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, partial)
        os.replace(partial, place)
    except OSError as error:
        partial.unlink(missing_ok=True)
        raise PacesetterError(f"the statement cannot be kept ({error.strerror})", where=str(place)) from None
    return place
