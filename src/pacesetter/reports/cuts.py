"""Cuts: by which dimensions a KPI can be cut or filtered, known without asking.

Owns that test over the declared facts. Whether the scope may see a dimension's values is the guard's business.
"""

from pacesetter.catalogue.facts import DIMENSIONS, FACTS, TICKET_COLUMNS, TIME_DIMENSIONS
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Part


def can_cut(kpi: Kpi, dimension: str) -> bool:
    """Whether every row that the KPI reads, its further statistics' among them, has the dimension."""
    return all(_has(part, dimension) for part in kpi.definition.parts())


def can_answer(kpi: Kpi, query: Query) -> bool:
    """Whether the KPI's rows have every dimension by which the question cuts or filters."""
    return all(can_cut(kpi, name) for name in (*query.by, *query.where))


def dimensions_of(kpi: Kpi) -> list[str]:
    """Every dimension by which the KPI can be cut."""
    return [d for d in (*DIMENSIONS, *TIME_DIMENSIONS) if can_cut(kpi, d)]


def _has(part: Part, dimension: str) -> bool:
    fact = FACTS[part.fact]
    if dimension in TIME_DIMENSIONS:
        return fact.has_hour
    if dimension.startswith("x_") and fact.has_ticket:
        return True
    column = DIMENSIONS.get(dimension)
    if column == "age_band" and fact.instant:
        return True
    return column in fact.columns or (fact.has_ticket and column in TICKET_COLUMNS)
