"""The registry: every KPI by id, checked when it loads.

Owns the finding of the families and the rules that a declaration must keep. Adding a KPI touches its family's file only.
"""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from pkgutil import iter_modules
from types import MappingProxyType

from sqlglot import exp

from pacesetter.catalogue import families
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.methods import methods
from pacesetter.catalogue.needs import NEEDS
from pacesetter.catalogue.record import Definition, Formula, Kpi, Part
from pacesetter.engine import dialect
from pacesetter.engine.dialect import Type
from pacesetter.errors import BadDefinition, BadRequest

FAMILIES = {
    "A": "Speed", "B": "Quality of resolution", "C": "Volume, flow and collaboration", "D": "Service levels",
    "E": "Satisfaction and knowledge", "F": "People and improvement", "G": "Clients and revenue", "H": "Cost",
    "I": "Infrastructure and projects", "J": "Responsibility (RACI)",
}  # fmt: skip


@cache
def catalogue() -> dict[str, Kpi]:
    """Every shipped KPI by id, in the order of the families.

    Raises BadDefinition where a declaration breaks a rule.
    """
    found: list[Kpi] = []
    for module in sorted(iter_modules(families.__path__), key=lambda m: m.name):
        found.extend(import_module(f"{families.__name__}.{module.name}").KPIS)
    check_all(found)
    return {kpi.id: kpi for kpi in sorted(found, key=lambda k: k.family)}


def find(kpi_id: str, own: Mapping[str, Kpi] = MappingProxyType({})) -> Kpi:
    """The KPI of that id, shipped or the workspace's own. Raises BadRequest with near matches where there is none."""
    known = {**catalogue(), **own}
    if kpi_id not in known:
        near = get_close_matches(kpi_id, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else "see 'pacesetter kpi list'"
        raise BadRequest(f"there is no KPI '{kpi_id}'", do=hint)
    return known[kpi_id]


def check_all(kpis: Iterable[Kpi]) -> None:
    """Check every declaration, and that no id is used twice."""
    seen: set[str] = set()
    for kpi in kpis:
        if kpi.id in seen:
            raise BadDefinition("this id is declared twice", where=kpi.id)
        seen.add(kpi.id)
        check(kpi)


def check(kpi: Kpi) -> None:
    """Check one declaration. Raises BadDefinition that names the KPI and the field."""
    if not kpi.id.isidentifier() or kpi.id != kpi.id.lower():
        raise BadDefinition("an id is written in small letters, digits and _", where=kpi.id)
    if kpi.family not in FAMILIES:
        raise BadDefinition(f"there is no family '{kpi.family}'", where=kpi.id)
    for name, definition in {kpi.default_variant or "": kpi.definition, **kpi.variants}.items():
        _check_definition(kpi, definition, f"{kpi.id}{f' ({name})' if name else ''}")


def _check_definition(kpi: Kpi, definition: Definition, where: str) -> None:
    if not definition.method and (definition.denominator is None) != (definition.formula is Formula.SUM):
        raise BadDefinition("a sum has no denominator, every other formula has one", where=where)
    for need in definition.needs:
        if need not in NEEDS:
            raise BadDefinition(f"there is no need '{need}'", where=where)
    for part in definition.formula_parts():
        _check_part(kpi, part, where)
    if definition.method and definition.method not in methods():
        raise BadDefinition(f"there is no method '{definition.method}'", where=where)
    if (definition.recompute is None) is not (definition.method is None):
        raise BadDefinition("a computation, and nothing else, says how its rows give the value", where=where)
    for text, kind in (*definition.columns, *((text, fold.kind) for text, fold in definition.folded)):
        dialect.parse(text, FACTS[definition.numerator.fact].schema, kind, f"{where}: column")
    if definition.listing:
        _check_part(kpi, definition.listing.part, f"{where}: {definition.listing.name}")
        if definition.listing.column not in FACTS[definition.listing.part.fact].schema:
            raise BadDefinition(f"there is no column '{definition.listing.column}'", where=where)
    for name, companion in definition.companions.items():
        _check_definition(kpi, companion.definition, f"{where}, {name}")


def _check_part(kpi: Kpi, part: Part, where: str) -> None:
    fact = FACTS.get(part.fact)
    if fact is None:
        raise BadDefinition(f"there is no fact '{part.fact}'", where=where, do=f"choose of {', '.join(FACTS)}")
    if part.anchor not in fact.anchors:
        raise BadDefinition(
            f"'{part.fact}' has no anchor '{part.anchor}'", where=where, do=f"choose of {', '.join(fact.anchors)}"
        )
    value = dialect.parse(part.value, fact.schema, Type.NUMBER, f"{where}: value")
    dialect.parse(part.where, fact.schema, Type.TRUTH, f"{where}: where")
    if part.distinct and part.key not in fact.schema:
        raise BadDefinition(f"there is no column '{part.key}' to count by", where=where)
    if kpi.hours is None and any(c.name in fact.hours for c in value.find_all(exp.Column)):
        raise BadDefinition("a duration states its default hours", where=where)
