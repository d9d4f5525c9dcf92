"""A record among peers: one technician's or one team's figures with n and interval, drawn towards those of all where n is small.

Owns the rule by which somebody is compared with others without anything being told of another: only the group's own
values, and those of all together, and nothing where fewer than ``FEWEST`` do the same work. Those who lead may see
every group anyway, and are told ranks. Must not know pages.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from math import sqrt

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Better, Kpi
from pacesetter.reports.tiles import Ask, Verdict, ask_each, main_answers

FEWEST = 5
"""Groups that a comparison needs where its reader may see one only, so that no other can be worked out of the figure of all."""

RELATIVE = "relative_time"
"""A statistic that is a comparison already, shrunk by its method: times the usual time on the same mix of work."""


@dataclass(frozen=True)
class Line:
    """One KPI of a record. ``shrunk`` is the value drawn towards ``pooled``, that of all ``of`` groups; None where it is not compared.

    ``place`` is 1 for the best by shrunk value. The verdict compares the shrunk value with that of all: ``even`` where its
    interval holds it.
    """

    kpi: Kpi
    own: Answer
    before: Answer | None
    shrunk: float | None
    pooled: float | None
    place: int | None
    of: int
    verdict: Verdict


def record_of(
    ask: Ask, kpis: Iterable[Kpi], dimension: str, group: str, now: Query, before: Query, *, tell_place: bool
) -> list[Line]:
    """The record of one group. ``now`` and ``before`` are about all groups; without ``tell_place`` nobody learns a rank."""
    listed = list(kpis)
    by = (dimension,)
    found = ask_each(ask, listed, _cut(now, by))
    past = ask_each(ask, listed, _cut(before, by))
    pooled = ask_each(ask, listed, _cut(now, ()))
    lines = []
    for kpi in listed:
        cells = main_answers(kpi, found.get(kpi.id, []))
        own = _of(cells, dimension, group)
        if own is not None:
            whole = next(iter(main_answers(kpi, pooled.get(kpi.id, []))), None)
            earlier = _of(main_answers(kpi, past.get(kpi.id, [])), dimension, group)
            lines.append(_line(kpi, own, earlier, whole, cells, tell_place))
    return lines


def _cut(query: Query, by: Sequence[str]) -> Query:
    return replace(query, by=tuple(by))


def _of(answers: Iterable[Answer], dimension: str, group: str) -> Answer | None:
    return next((a for a in answers if a.dimensions.get(dimension) == group), None)


def _line(
    kpi: Kpi, own: Answer, before: Answer | None, whole: Answer | None, cells: Sequence[Answer], tell_place: bool
) -> Line:
    if own.statistic == RELATIVE and own.value is not None and own.ci is not None:
        verdict = Verdict.EVEN if own.ci[0] <= 1 <= own.ci[1] else Verdict.BETTER if own.value < 1 else Verdict.WORSE
        return Line(kpi, own, before, own.value, 1.0, None, len(cells), verdict)
    ranking: Mapping[str, float] | None = own.extra.get("ranking")
    count = sum(1 for a in cells if a.value is not None and next(iter(a.dimensions.values())) is not None)
    if ranking is None or whole is None or whole.value is None or count < (2 if tell_place else FEWEST):
        return Line(kpi, own, before, None, None, None, count, Verdict.OPEN)
    shrunk = float(ranking["shrunk"])
    place = int(ranking["place"]) if tell_place and is_ranked(cells) else None
    return Line(kpi, own, before, shrunk, whole.value, place, count, _verdict(kpi, own, shrunk, whole.value))


def is_ranked(cells: Iterable[Answer]) -> bool:
    """Whether more than chance lies between the groups, so that there are places to tell: else all share the first."""
    return any(a.extra["ranking"]["place"] > 1 for a in cells if a.extra.get("ranking"))


def _verdict(kpi: Kpi, own: Answer, shrunk: float, pooled: float) -> Verdict:
    """Better or worse where the interval of the shrunk value leaves out that of all (the posterior of the normal-normal model)."""
    if kpi.better is Better.NEITHER or own.value is None or own.ci is None:
        return Verdict.OPEN
    if own.small_n or own.value == pooled:
        return Verdict.EVEN
    kept = min(1.0, max(0.0, (shrunk - pooled) / (own.value - pooled)))
    towards = own.value - own.ci[0] if own.value > pooled else own.ci[1] - own.value
    if abs(shrunk - pooled) <= sqrt(kept) * towards:
        return Verdict.EVEN
    return Verdict.BETTER if (shrunk > pooled) is (kpi.better is Better.HIGHER) else Verdict.WORSE
