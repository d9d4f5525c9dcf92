"""Computations from rows, for what is no formula over sums; each file beside this one has a dict ``METHODS``, name to function, and perhaps
one ``TOLD``, name to what it says of each row.

A method is called once per period with the rows of every group and gives the outcomes of every group, so that it can compare
groups with each other. It sees only rows within the caller's scope.
"""

from collections.abc import Callable, Mapping
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import ModuleType

from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question, Told

__all__ = ["Columns", "Group", "Method", "Outcome", "Question", "Told", "methods", "told"]

Method = Callable[[Mapping[Group, Columns], Question], Mapping[Group, list[Outcome]]]


def methods() -> dict[str, Method]:
    """Every method by name."""
    return {name: method for module in _modules() for name, method in module.METHODS.items()}


def told() -> dict[str, Told]:
    """What methods say of each row, by their names."""
    return {name: said for module in _modules() for name, said in getattr(module, "TOLD", {}).items()}


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(m.name for m in iter_modules(__path__) if m.name != "record")
    return tuple(import_module(f"{__name__}.{name}") for name in names)
