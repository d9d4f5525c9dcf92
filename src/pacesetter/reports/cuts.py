"""Cuts: by which dimensions a KPI can be cut or filtered, known without asking.

Owns that test over the declared facts. Whether the scope may see a dimension's values is the guard's business.
"""

from pacesetter.catalogue.facts import DIMENSIONS, FACTS, TIME_DIMENSIONS
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi


def can_cut(kpi: Kpi, dimension: str) -> bool:
    """Whether every row that the KPI reads, its further statistics' among them, has the dimension."""
    return all(FACTS[part.fact].has_dimension(dimension) for part in kpi.definition.parts())


def can_answer(kpi: Kpi, query: Query) -> bool:
    """Whether the KPI's rows have every dimension by which the question cuts or filters."""
    return all(can_cut(kpi, name) for name in (*query.by, *query.where))


def dimensions_of(kpi: Kpi) -> list[str]:
    """Every dimension by which the KPI can be cut."""
    return [d for d in (*DIMENSIONS, *TIME_DIMENSIONS) if can_cut(kpi, d)]
