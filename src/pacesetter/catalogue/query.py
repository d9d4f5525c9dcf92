"""The question: which KPIs, over which span, cut how, as of when.

Owns the record of a question and the checks that need no data. Must not know engines.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from zoneinfo import ZoneInfo

from pacesetter.catalogue.facts import DIMENSIONS, TIME_DIMENSIONS
from pacesetter.catalogue.periods import Grain, Period, cut, midnight
from pacesetter.errors import BadRequest

HOURS = ("business", "calendar", "sla")
OPEN_HOURS = ("business", "sla")
"""Hours in which only the open time of a calendar counts."""


@dataclass(frozen=True, kw_only=True)
class Query:
    """One question. ``first`` and ``last`` are local days, ``[first, last)``; ``as_of_s`` is an epoch second.

    ``where`` maps a dimension to the values that it may have (None is "no value"). ``hours``, ``anchor`` and ``variant`` are None for a
    KPI's own default; ``variant`` may be ``all``. With ``main_only`` a KPI gives its first statistic alone, which spares the others' work.
    Without ``has_span`` nobody named a span and there is no ticket to begin one: nothing is answered.
    """

    first: date
    last: date
    zone: ZoneInfo
    as_of_s: int
    grain: Grain = Grain.ALL
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    anchor: str | None = None
    hours: str | None = None
    variant: str | None = None
    main_only: bool = False
    has_span: bool = True

    def __post_init__(self) -> None:
        for name in (*self.by, *self.where):
            if not is_dimension(name):
                raise BadRequest(
                    f"there is no dimension '{name}'",
                    do=f"choose of {', '.join([*DIMENSIONS, *TIME_DIMENSIONS])}, x_<name>",
                )
        if len(set(self.by)) != len(self.by):
            raise BadRequest("a dimension is named twice", where="--by")
        if self.hours is not None and self.hours not in HOURS:
            raise BadRequest(
                f"'{self.hours}' is no kind of hours", where="--hours", do="choose business, calendar or sla"
            )

    def periods(self) -> list[Period]:
        """The periods of the question, at least one."""
        return cut(self.first, self.last, self.grain, self.zone)

    @property
    def span(self) -> Period:
        """The whole span of the question."""
        return Period(midnight(self.first, self.zone), midnight(self.last, self.zone))


def is_dimension(name: str) -> bool:
    """Whether rows may be cut by that name; ``x_…`` are the attributes that a source brought along."""
    return name in DIMENSIONS or name in TIME_DIMENSIONS or (name.startswith("x_") and name.isidentifier())
