"""The facts as KPIs see them; each file beside this one has a tuple ``FACTS``."""

from importlib import import_module
from pkgutil import iter_modules

from pacesetter.catalogue.facts.record import DIMENSIONS, TICKET_COLUMNS, TIME_DIMENSIONS, Fact

__all__ = ["DIMENSIONS", "FACTS", "TICKET_COLUMNS", "TIME_DIMENSIONS", "Fact"]

FACTS: dict[str, Fact] = {
    fact.name: fact
    for module in sorted(iter_modules(__path__), key=lambda m: m.name)
    if module.name != "record"
    for fact in import_module(f"{__name__}.{module.name}").FACTS
}
