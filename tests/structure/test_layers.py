"""The rooms of the architecture: an import points down only."""

import ast
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "pacesetter"
LAYERS = {
    "errors": 0, "settings": 0, "access_settings": 0, "clock": 0,
    "model": 1,
    "engine": 2, "warehouse": 2,
    "access": 3,
    "catalogue": 4, "sources": 4,
    "insight": 5, "responsibility": 5,
    "reports": 6, "demo": 6,
    "cli": 7, "api": 7, "web": 7, "mcp": 7,
}  # fmt: skip
STRANGERS = {
    ("engine", "warehouse"),
    ("catalogue", "sources"),
    ("sources", "catalogue"),
    ("cli", "web"),
    ("web", "cli"),
}
"""Rooms of one layer that must not know each other."""


def room_of(module: str) -> str | None:
    parts = module.split(".")
    return parts[1] if parts[0] == "pacesetter" and len(parts) > 1 else None


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            found |= {f"{node.module}.{alias.name}" for alias in node.names} | {str(node.module)}
    return found


MODULES = sorted(SOURCE.rglob("*.py"))


@pytest.mark.parametrize("path", MODULES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path: Path) -> None:
    here = path.relative_to(SOURCE).parts[0].removesuffix(".py")
    if here == "__init__":
        return
    assert here in LAYERS, f"{here} has no layer; give it one in this test and in the architecture"
    for module in imports(path):
        room = room_of(module)
        if room is None or room == here or room.startswith("__"):
            continue
        assert room in LAYERS, f"{path.name} imports {module}, which has no layer"
        assert LAYERS[room] <= LAYERS[here], (
            f"{path.relative_to(SOURCE)} (layer {LAYERS[here]}) imports {module} above it"
        )
        assert (here, room) not in STRANGERS, f"{here} must not know {room}"


def test_only_the_clock_asks_what_time_it_is() -> None:
    offenders = []
    for path in MODULES:
        if path.name == "clock.py":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Attribute) and node.attr in ("now", "utcnow", "today"):
                owner = node.value.id if isinstance(node.value, ast.Name) else ""
                if owner in ("datetime", "date", "time"):
                    offenders.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert not offenders, offenders


def test_every_module_says_what_it_is() -> None:
    silent = [str(p.relative_to(SOURCE)) for p in MODULES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert not silent, silent


def test_scopes_are_made_in_the_access_layer_only() -> None:
    makers = []
    for path in MODULES:
        if path.relative_to(SOURCE).parts[0] == "access":
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Scope":
                makers.append(f"{path.relative_to(SOURCE)}:{node.lineno}")
    assert not makers, makers
