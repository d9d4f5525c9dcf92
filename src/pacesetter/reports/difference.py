"""Two answers side by side: their difference, its interval, and whether chance explains it.

Owns that arithmetic. The interval of a difference is put together from the intervals of both sides (G. Y. Zou and A.
Donner, "Construction of confidence limits about effect measures", Stat. Med. 27, 2008), which keeps the asymmetry of
shares and of skewed means; two counts differ by chance as Poisson counts do. Must not know pages.
"""

from dataclasses import dataclass
from math import sqrt

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.record import Better, Kpi
from pacesetter.reports.tiles import Verdict

_OF_MANY = 2.5758293035489004 / Z
"""By how much an interval at 99 % is wider than one at 95 %."""


@dataclass(frozen=True)
class Difference:
    """What lies between two answers of one KPI: ``step`` is the first less the second, in the KPI's unit.

    Counts over spans of different lengths are compared per day (``is_daily``). ``ci`` is its interval at 95 %, None where there
    is none to tell. The verdict is about the first side as against the second.
    """

    step: float
    ci: tuple[float, float] | None
    verdict: Verdict
    by_chance: bool | None
    is_daily: bool = False


@dataclass(frozen=True)
class Side:
    """One KPI on both sides."""

    kpi: Kpi
    first: Answer | None
    second: Answer | None
    difference: Difference | None


def difference_of(
    kpi: Kpi, first: Answer | None, second: Answer | None, days: tuple[float, float] | None = None
) -> Difference | None:
    """The difference of two answers; None where either has no value. ``days`` are the lengths of their spans where they differ."""
    if first is None or second is None or first.value is None or second.value is None:
        return None
    if days is not None and first.unit == "count" and not kpi.instant:
        return _daily(kpi, first.value, second.value, days)
    step = first.value - second.value
    return _judged(kpi, step, _interval(first, second, step))


def _judged(kpi: Kpi, step: float, ci: tuple[float, float] | None, is_daily: bool = False) -> Difference:
    by_chance = None if ci is None else ci[0] <= 0 <= ci[1]
    return Difference(step, ci, _verdict(kpi, step, by_chance), by_chance, is_daily)


def _daily(kpi: Kpi, one: float, two: float, days: tuple[float, float]) -> Difference | None:
    """Two Poisson counts by the days in which they came together."""
    if min(days) <= 0:
        return None
    step = one / days[0] - two / days[1]
    half = Z * sqrt(max(one, 0) / days[0] ** 2 + max(two, 0) / days[1] ** 2)
    return _judged(
        kpi, step, (step - half, step + half) if min(one, two) >= 0 and one + two > 0 else None, is_daily=True
    )


def stands_out(difference: Difference | None) -> bool:
    """Whether a difference lies beyond chance at 99 %, as a signal among many figures has to; False where chance cannot be told."""
    if difference is None or difference.ci is None or not difference.step:
        return False
    towards_zero = difference.ci[0] if difference.step > 0 else difference.ci[1]
    return abs(difference.step) > abs(difference.step - towards_zero) * _OF_MANY


def _interval(first: Answer, second: Answer, step: float) -> tuple[float, float] | None:
    one, two = first.value or 0.0, second.value or 0.0
    if first.ci and second.ci:
        low = step - sqrt((one - first.ci[0]) ** 2 + (second.ci[1] - two) ** 2)
        high = step + sqrt((first.ci[1] - one) ** 2 + (two - second.ci[0]) ** 2)
        return (low, high)
    if first.unit == "count" and min(one, two) >= 0 and one + two > 0:
        half = Z * sqrt(one + two)
        return (step - half, step + half)
    return None


def _verdict(kpi: Kpi, step: float, by_chance: bool | None) -> Verdict:
    if by_chance or step == 0:
        return Verdict.EVEN
    if by_chance is None or kpi.better is Better.NEITHER:
        return Verdict.OPEN
    return Verdict.BETTER if (step > 0) is (kpi.better is Better.HIGHER) else Verdict.WORSE
