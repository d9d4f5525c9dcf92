"""One KPI in one variant, made ready for a question.

Owns the choice of variant, anchor and hours. Must not know SQL.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from pacesetter.catalogue import needs
from pacesetter.catalogue.aggregate import is_timed
from pacesetter.catalogue.facts import CREATED, FACTS
from pacesetter.catalogue.frame import Place
from pacesetter.catalogue.proportion import is_proportion
from pacesetter.catalogue.query import OPEN_HOURS, Query
from pacesetter.catalogue.record import Definition, Formula, Kpi, Part, Unit
from pacesetter.errors import BadRequest


@dataclass(frozen=True)
class Asked:
    """One KPI in one variant, with the anchor and hours that the answer will name; ``companion`` names the further statistic, and
    ``refused`` says why that one cannot be known by the anchor that is asked for."""

    kpi: Kpi
    variant: str | None
    definition: Definition
    hours: str | None
    people: bool
    parts: tuple[Part, ...]
    unit: Unit
    companion: str | None = None
    refused: str | None = None

    @property
    def where(self) -> str:
        """The place to name when the declaration is wrong."""
        names = [n for n in (self.variant, self.companion) if n]
        return f"{self.kpi.id} ({', '.join(names)})" if names else self.kpi.id

    @property
    def statistics(self) -> tuple[str, ...]:
        """The names of what it gives."""
        return (self.companion,) if self.companion else self.definition.statistics

    @cached_property
    def is_proportion(self) -> bool:
        """Whether it is rows for which a condition is true ÷ the same rows."""
        is_ratio = self.definition.formula is Formula.RATIO and not self.definition.method and len(self.parts) == 2
        return is_ratio and is_proportion(*self.parts)

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """The anchors of the parts by side, where they differ."""
        named = dict(zip(("numerator", "denominator"), (p.anchor for p in self.parts), strict=False))
        return named if len(set(named.values())) > 1 else {}

    @property
    def without_calendar(self) -> Part | None:
        """The rows of its duration for which no calendar is known, so that their open hours are calendar hours; None where it has no
        duration or is not asked in open hours."""
        if self.hours not in OPEN_HOURS:
            return None
        timed = next((p for p in self.parts if is_timed(p, FACTS[p.fact])), None)
        if timed is None:
            return None
        return replace(
            timed,
            value="1",
            where=f"({timed.where}) AND ({timed.value}) IS NOT NULL AND calendar_id IS NULL",
            distinct=False,
        )

    def place(self, part: Part, provided: needs.Provided) -> Place:
        """The rows of a part: those of tickets whose sources do not provide what the definition needs are out."""
        about_tickets = FACTS[part.fact].has_ticket
        return Place(part.fact, part.anchor, needs.lacking(self.definition.needs, provided) if about_tickets else ())

    def unmet(self, provided: needs.Provided, until_s: int | None = None) -> str | None:
        """Why it is not available up to an instant, or cannot be asked by this anchor; None where it is. What divides by something that is
        not of tickets (costs, shifts) is not where some sources do not provide it: the tickets of the others are not what the whole
        belongs to."""
        if provided.by_source and any(not FACTS[p.fact].has_ticket for p in self.parts):
            then = provided.seen(until_s=until_s)
            if needs.lacking(self.definition.needs, then):
                return needs.not_provided(self.definition.needs, then)
        return needs.unmet(self.definition.needs, provided) or self.refused

    def companions(self, query: Query) -> Iterator["Asked"]:
        """The further statistics that stand beside this one."""
        for name, companion in self.definition.companions.items():
            yield asked(self.kpi, self.variant, companion.definition, query, companion.unit, name)


def variants_asked(kpi: Kpi, query: Query) -> list[Asked]:
    """The KPI in the variant that is asked for, or in all of them."""
    if query.variant == "all":
        names: list[str | None] = [kpi.default_variant, *kpi.variants]
    else:
        names = [query.variant]
    found = []
    for name in names:
        definition = kpi.definition_of(name)
        if definition is None:
            offered = ", ".join(n for n in (kpi.default_variant, *kpi.variants) if n) or "none"
            raise BadRequest(f"{kpi.id} has no variant '{name}'", where="--variant", do=f"choose of {offered}")
        found.append(asked(kpi, name, definition, query, kpi.unit))
    return found


def asked(
    kpi: Kpi, variant: str | None, definition: Definition, query: Query, unit: Unit, companion: str | None = None
) -> Asked:
    """One definition with the question's anchor and hours in it. Raises BadRequest for an anchor that its rows do not have; a further
    statistic is refused alone."""
    if query.main_only and companion is None:
        first = definition.statistics[:1]
        definition = replace(definition, statistics=first, companions={}, listing=None)
    refused = why_not_by(kpi, definition, query.anchor) if query.anchor else None
    if refused and companion is None:
        offered = ", ".join(anchors_of(kpi, definition))
        do = f"choose of {offered}" if offered else "leave it out"
        raise BadRequest(f"{kpi.id} {refused}", where="--anchor", do=do)
    parts = list(definition.formula_parts())
    if query.anchor:
        parts = [_taken_by(part, query.anchor) for part in parts]
        if definition.listing:
            listed = replace(definition.listing, part=_taken_by(definition.listing.part, query.anchor))
            definition = replace(definition, listing=listed)
    hours = (query.hours or kpi.hours) if kpi.hours else None
    people = kpi.people and "type" not in query.where
    return Asked(kpi, variant, definition, hours, people, tuple(parts), unit, companion, refused)


def anchors_of(kpi: Kpi, definition: Definition) -> list[str]:
    """The anchors by which all rows of a definition can be taken, so that the question may name them."""
    first = FACTS[definition.numerator.fact]
    known = dict.fromkeys([*first.anchors, *([CREATED] if first.cohort else [])])
    return [anchor for anchor in known if why_not_by(kpi, definition, anchor) is None]


def why_not_by(kpi: Kpi, definition: Definition, anchor: str) -> str | None:
    """Why the rows of a definition, its companions aside, cannot be taken by an anchor, in words; None where they can."""
    listed = [definition.listing.part] if definition.listing else []
    facts = [FACTS[part.fact] for part in (*definition.formula_parts(), *listed)]
    lacking = next((fact for fact in facts if fact.on(anchor) is None), None)
    if anchor != CREATED:
        return f"cannot be anchored on '{anchor}'" if lacking else None
    if kpi.not_by_creation:
        return f"cannot be asked by creation: {kpi.not_by_creation}"
    if lacking is None:
        return None
    name = lacking.name.replace("_", " ")
    why = "stand for a whole period" if lacking.has_ticket else "are not of single tickets"
    return f"cannot be asked by creation: its rows ({name}) {why}"


def _taken_by(part: Part, anchor: str) -> Part:
    """The part with its rows taken by an anchor; one that has none such is named by it, and never read."""
    fact, at = FACTS[part.fact].on(anchor) or (part.fact, anchor)
    return replace(part, fact=fact, anchor=at)
