"""Reading a mapping file: from the shipped ones or from a path, with complaints that name the line.

Owns the way from TOML text to a checked ``Mapping``. Must not know the files that a mapping is applied to.
"""

import difflib
import os
import tomllib
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from pacesetter.errors import BadDefinition
from pacesetter.sources.mapping import definition
from pacesetter.sources.mapping.definition import Definition
from pacesetter.sources.mapping.lines import Path as KeyPath
from pacesetter.sources.mapping.lines import key_lines, line_of


@dataclass(frozen=True, kw_only=True)
class Mapping:
    """A mapping that has been read and checked against the canonical model. ``where`` is its name or path."""

    name: str
    where: str
    definition: Definition
    lines: dict[KeyPath, int]

    def complaint(self, path: KeyPath, what: str, do: str | None = None) -> BadDefinition:
        """A refusal that names the line of the mapping on which ``path`` stands."""
        return BadDefinition(what, where=f"{self.where}, line {line_of(self.lines, path)}", do=do)


def shipped_names() -> list[str]:
    """Names of the mappings that come with Pacesetter."""
    folder = resources.files("pacesetter.sources.mapping") / "shipped"
    return sorted(entry.name.removesuffix(".toml") for entry in folder.iterdir() if entry.name.endswith(".toml"))


def load_mapping(name_or_path: str | os.PathLike[str]) -> Mapping:
    """The shipped mapping of that name, or the one in the file at that path.

    Raises BadDefinition with the line of the mapping where it cannot be used, or with near names where there is none.
    """
    text = os.fspath(name_or_path)
    if text in shipped_names():
        source = resources.files("pacesetter.sources.mapping") / "shipped" / f"{text}.toml"
        return read_mapping(source.read_text(encoding="utf-8"), name=text, where=text)
    path = Path(text)
    if not path.is_file():
        names = ", ".join(shipped_names())
        raise BadDefinition(
            f"no mapping of that name and no such file{did_you_mean(text, shipped_names())}",
            where=text,
            do=f"write one with 'pacesetter mapping draft', or take one of: {names}",
        )
    try:
        content = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise BadDefinition("not a UTF-8 text", where=text, do="save the mapping as UTF-8") from None
    except OSError as error:
        raise BadDefinition(f"cannot be read ({error.strerror})", where=text) from None
    return read_mapping(content, name=path.stem, where=text)


def read_mapping(text: str, *, name: str, where: str) -> Mapping:
    """The mapping in ``text``, checked against itself and the canonical model. Raises BadDefinition with the line."""
    from pacesetter.sources.mapping.checks import check_definition

    try:
        parsed = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadDefinition(f"not valid TOML: {error}", where=where) from None
    lines = key_lines(text)
    try:
        found = Definition.model_validate(parsed)
    except ValidationError as error:
        raise _complaint(error, lines, where) from None
    mapping = Mapping(name=name, where=where, definition=found, lines=lines)
    check_definition(mapping)
    return mapping


def did_you_mean(word: str, known: list[str] | tuple[str, ...]) -> str:
    """``; did you mean 'x'?`` where something like ``word`` is known, else nothing."""
    folded = {k.casefold(): k for k in known}
    close = difflib.get_close_matches(word.casefold(), list(folded), n=1, cutoff=0.6)
    return f"; did you mean '{folded[close[0]]}'?" if close else ""


def _complaint(error: ValidationError, lines: dict[KeyPath, int], where: str) -> BadDefinition:
    """The first complaint of the validation as a refusal with its line."""
    first = _most_telling(error.errors(include_url=False))
    path: KeyPath = tuple(part for part in first["loc"] if isinstance(part, int) or part.islower() or "-" not in part)
    line = line_of(lines, path)
    key = ".".join(str(part) for part in path if isinstance(part, str) and part not in ("Rule", "str", "function"))
    message = first["msg"].removeprefix("Value error, ")
    if first["type"] == "extra_forbidden":
        message = f"unknown key '{path[-1]}'{did_you_mean(str(path[-1]), _known_keys())}"
    elif first["type"] == "missing":
        message = f"'{path[-1]}' is missing"
    elif key:
        message = f"'{key}': {message}"
    return BadDefinition(message, where=f"{where}, line {line}")


def _most_telling(errors: list[Any]) -> Any:
    """A union reports every alternative; the deepest complaint is about what was meant."""
    return max(errors, key=lambda e: (e["type"] == "extra_forbidden", -errors.index(e)))


def _known_keys() -> list[str]:
    records = [r for r in vars(definition).values() if isinstance(r, type) and issubclass(r, definition.Record)]
    return sorted({field.alias or name for record in records for name, field in record.model_fields.items()})
