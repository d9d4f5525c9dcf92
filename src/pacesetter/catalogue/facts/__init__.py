"""The facts as KPIs see them; each file beside this one has a tuple ``FACTS``."""

from importlib import import_module
from pkgutil import iter_modules

from pacesetter.catalogue.facts.record import CREATED, DIMENSIONS, TICKET_COLUMNS, TIME_DIMENSIONS, Fact
from pacesetter.errors import BadDefinition

__all__ = ["CREATED", "DIMENSIONS", "FACTS", "TICKET_COLUMNS", "TIME_DIMENSIONS", "Fact"]


def _all_facts() -> dict[str, Fact]:
    found: dict[str, Fact] = {}
    for module in sorted(iter_modules(__path__), key=lambda m: m.name):
        if module.name == "record":
            continue
        for fact in import_module(f"{__name__}.{module.name}").FACTS:
            if fact.name in found:
                raise BadDefinition("this fact is declared twice", where=fact.name)
            found[fact.name] = fact
    return found


FACTS: dict[str, Fact] = _all_facts()
