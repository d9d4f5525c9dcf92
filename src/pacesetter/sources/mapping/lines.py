"""On which line of a TOML text a key stands, so that a complaint can say so.

Owns a scanner of tables and keys. Must not know what the keys mean; ``tomllib`` has accepted the text before.
"""

import re

Path = tuple[str | int, ...]

_KEY = re.compile(
    r"""\s*((?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+)(?:\s*\.\s*(?:"[^"]*"|'[^']*'|[A-Za-z0-9_-]+))*)\s*=(?!=)"""
)
_PART = re.compile(r""""[^"]*"|'[^']*'|[A-Za-z0-9_-]+""")
_INLINE = re.compile(r"""[{,]\s*("[^"]*"|'[^']*'|[A-Za-z0-9_-]+)\s*=""")


def key_lines(text: str) -> dict[Path, int]:
    """Every table and key of ``text`` with the line (from 1) on which it first stands."""
    found: dict[Path, int] = {(): 1}
    counts: dict[Path, int] = {}
    current: Path = ()
    last: Path = ()
    depth, open_text = 0, None
    for number, line in enumerate(text.splitlines(), start=1):
        if open_text:
            open_text = None if open_text in line else open_text
            continue
        bare = _without_texts(line)
        if depth == 0 and bare.lstrip().startswith("["):
            current = _table(line, counts)
            found.setdefault(current, number)
            continue
        match = _KEY.match(line)
        if depth == 0 and match:
            last = current + _parts(match.group(1))
            for cut in range(len(current) + 1, len(last) + 1):
                found.setdefault(last[:cut], number)
        for inline in _INLINE.finditer(line if depth == 0 else "," + line):
            found.setdefault((*last, inline.group(1).strip("\"'")), number)
        depth = max(0, depth + sum(bare.count(c) for c in "[{") - sum(bare.count(c) for c in "]}"))
        for mark in ('"""', "'''"):
            if line.count(mark) % 2:
                open_text = mark
    return found


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of ``path``, or of the nearest thing around it that has one."""
    for cut in range(len(path), -1, -1):
        if path[:cut] in lines:
            outer = path[:cut]
            names = [p for p in path[cut:] if isinstance(p, str)]
            return next((lines[(*outer, name)] for name in reversed(names) if (*outer, name) in lines), lines[outer])
    return 1


def _parts(dotted: str) -> Path:
    return tuple(part.strip("\"'") for part in _PART.findall(dotted))


def _table(line: str, counts: dict[Path, int]) -> Path:
    """The path of a ``[table]`` or ``[[array of tables]]`` line, with the index of each array that it stands in."""
    is_array = line.lstrip().startswith("[[")
    names = _parts(line.strip().split("]")[0].lstrip("["))
    path: Path = ()
    for place, name in enumerate(names):
        path = (*path, name)
        if is_array and place == len(names) - 1:
            counts[path] = counts.get(path, -1) + 1
        if path in counts:
            path = (*path, counts[path])
    return path


def _without_texts(line: str) -> str:
    """The line with quoted texts and the comment taken out."""
    bare = re.sub(r""""(?:[^"\\]|\\.)*"|'[^']*'""", "", line)
    return bare.split("#", 1)[0]
