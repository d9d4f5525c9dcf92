"""Finds the files of a canonical bundle: a folder, a zip of one, or a single file.

Owns which file name means which table, and the safe opening of archives. Must not know what is inside a file.
"""

import re
import shutil
import zipfile
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from pacesetter.errors import UnreadableFile
from pacesetter.model.tables import BY_NAME, TABLES

_NAMES = "|".join(sorted(BY_NAME, key=len, reverse=True))
_WHOLE = re.compile(rf"^({_NAMES})\.(csv|csv\.gz|parquet)$", re.IGNORECASE)
_PART = re.compile(rf"^({_NAMES})[-.].+\.parquet$", re.IGNORECASE)
_BOMB_RATIO = 200
_BOMB_FLOOR = 1 << 30


@dataclass(frozen=True, kw_only=True)
class SourceFile:
    """One file of a bundle. ``identity`` names it across imports, ``label`` is what people are told."""

    path: Path
    label: str
    identity: str


@dataclass(kw_only=True)
class TableFiles:
    """The files that feed one table: one text file, or one or more Parquet files in the order of their names."""

    table: str
    form: str
    files: list[SourceFile] = field(default_factory=list)


@dataclass(kw_only=True)
class Bundle:
    """What was found: at most one entry per table, in the order of the model, and what was passed over."""

    path: Path
    tables: list[TableFiles]
    warnings: list[str]


def find_bundle(path: Path, scratch: Path) -> Bundle:
    """The bundle at ``path``; an archive is unpacked into ``scratch``.

    Raises UnreadableFile where there is none, an archive is damaged or unsafe, or a table comes in two forms.
    """
    path = path.absolute()
    if not path.exists():
        raise UnreadableFile("no such file or folder", where=str(path))
    if path.is_dir():
        folder, identity = path, str(path)
    elif path.suffix.lower() == ".zip":
        folder, identity = _unpack(path, scratch / "unpacked"), str(path)
    elif _WHOLE.match(path.name) or _PART.match(path.name):
        return _gather(path, [path], path.parent, str(path.parent))
    else:
        raise UnreadableFile(
            "neither a folder, a zip nor a file named after a table",
            where=str(path),
            do="name it tickets.csv or the like",
        )
    return _gather(path, sorted(folder.iterdir()), folder, identity)


def _gather(path: Path, entries: list[Path], folder: Path, identity: str) -> Bundle:
    found: dict[str, TableFiles] = {}
    warnings: list[str] = []
    for entry in entries:
        if entry.name.startswith((".", "__MACOSX")):
            continue
        name = entry.name.lower()
        if entry.is_dir() and name in BY_NAME:
            for part in sorted(entry.iterdir()):
                if part.suffix.lower() == ".parquet":
                    _add(found, name, f"{entry.name}/", part, folder, identity)
                elif not part.name.startswith((".", "_")):
                    warnings.append(f"{entry.name}/{part.name}: passed over, only .parquet files are read in a folder")
        elif entry.is_file() and (match := _WHOLE.match(entry.name)):
            _add(found, match.group(1).lower(), match.group(2).lower(), entry, folder, identity)
        elif entry.is_file() and (match := _PART.match(entry.name)):
            _add(found, match.group(1).lower(), "parts", entry, folder, identity)
        else:
            warnings.append(f"{entry.name}: passed over, its name is no table of the model")
    if not found:
        raise UnreadableFile(
            "no file here is named after a table of the model",
            where=str(path),
            do="name files tickets.csv, clients.csv …",
        )
    return Bundle(path=path, tables=[found[t.name] for t in TABLES if t.name in found], warnings=warnings)


def _add(found: dict[str, TableFiles], table: str, form: str, path: Path, folder: Path, identity: str) -> None:
    known = found.setdefault(table, TableFiles(table=table, form=form))
    relative = path.relative_to(folder).as_posix()
    if known.form != form or (known.files and form in ("csv", "csv.gz", "parquet")):
        raise UnreadableFile(
            f"two files for the table {table}: {known.files[0].label} and {relative}", where=identity, do="keep one"
        )
    known.files.append(SourceFile(path=path, label=relative, identity=f"{identity}/{relative}"))


def _unpack(archive: Path, target: Path) -> Path:
    try:
        with zipfile.ZipFile(archive) as source:
            members = [m for m in source.infolist() if not m.is_dir()]
            _check_members(archive, members)
            for member in members:
                place = target / PurePosixPath(member.filename)
                place.parent.mkdir(parents=True, exist_ok=True)
                with source.open(member) as data, place.open("wb") as out:
                    _copy_at_most(data, out, member.file_size, archive, member.filename)
    except (zipfile.BadZipFile, EOFError, zipfile.zlib.error) as error:  # type: ignore[attr-defined]
        raise UnreadableFile(f"the zip is damaged ({error})", where=str(archive), do="make it again") from None
    except (RuntimeError, NotImplementedError) as error:
        raise UnreadableFile(f"the zip cannot be opened ({error})", where=str(archive), do="make it again") from None
    entries = [e for e in target.iterdir() if not e.name.startswith((".", "__MACOSX"))] if target.exists() else []
    inner = len(entries) == 1 and entries[0].is_dir() and entries[0].name.lower() not in BY_NAME
    target.mkdir(exist_ok=True)
    return entries[0] if inner else target


def _check_members(archive: Path, members: list[zipfile.ZipInfo]) -> None:
    total = sum(m.file_size for m in members)
    for member in members:
        name = member.filename
        parts = PurePosixPath(name).parts
        linked = (member.external_attr >> 16) & 0o170000 == 0o120000
        if linked or name.startswith("/") or ".." in parts or "\\" in name or ":" in name:
            raise UnreadableFile(
                f"the zip has an entry that leads outside: {name!r}", where=str(archive), do="make it again"
            )
        if member.flag_bits & 1:
            raise UnreadableFile("the zip is encrypted", where=str(archive), do="pack it without a password")
    if total > max(_BOMB_FLOOR, _BOMB_RATIO * archive.stat().st_size):
        raise UnreadableFile(
            f"the zip unpacks to {total:,} bytes", where=str(archive), do="unpack it and import the folder"
        )


def _copy_at_most(data: object, out: object, size: int, archive: Path, name: str) -> None:
    left = size
    while chunk := data.read(1 << 20):  # type: ignore[attr-defined]
        left -= len(chunk)
        if left < 0:
            raise UnreadableFile(f"{name!r} is larger than the zip says", where=str(archive), do="make it again")
        out.write(chunk)  # type: ignore[attr-defined]


def remove_unpacked(scratch: Path) -> None:
    """Remove what an archive was unpacked to."""
    shutil.rmtree(scratch / "unpacked", ignore_errors=True)
