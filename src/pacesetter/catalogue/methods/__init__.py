"""Computations from rows, for what is no formula over sums; each file beside this one has a dict ``METHODS``, name to function.

A method is called once per period with the rows of every group and gives the outcomes of every group, so that it can compare
groups with each other. It sees only rows within the caller's scope.
"""

from collections.abc import Callable, Mapping
from importlib import import_module
from pkgutil import iter_modules

from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question

__all__ = ["Columns", "Group", "Method", "Outcome", "Question", "methods"]

Method = Callable[[Mapping[Group, Columns], Question], Mapping[Group, list[Outcome]]]


def methods() -> dict[str, Method]:
    """Every method by name."""
    found: dict[str, Method] = {}
    for module in sorted(iter_modules(__path__), key=lambda m: m.name):
        if module.name != "record":
            found |= import_module(f"{__name__}.{module.name}").METHODS
    return found
