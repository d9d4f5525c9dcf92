"""Tiles: KPIs at a glance, each with its value, what it was before, its course, and whether the change says anything.

Owns the comparison of two answers. Must not know pages.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Better, Kpi
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.reports.cuts import can_answer

Ask = Callable[[Sequence[str], Query], list[Answer]]


class Verdict(StrEnum):
    """What a change means."""

    BETTER = "better"
    WORSE = "worse"
    EVEN = "even"
    OPEN = "open"


@dataclass(frozen=True)
class Change:
    """A change between two answers: which way, by how much in words, and what it means.

    ``size`` is the change relative to the value before (0.1 is a tenth). The verdict is ``even`` where chance explains
    it (the two confidence intervals overlap), ``open`` where neither way is better.
    """

    up: bool
    text: str
    verdict: Verdict
    size: float


@dataclass(frozen=True)
class Tile:
    """One KPI at a glance. ``course`` are the values of its recent periods, the last one's the newest."""

    kpi: Kpi
    now: Answer
    before: Answer | None
    course: tuple[float | None, ...]
    change: Change | None


def change_of(now: Answer, before: Answer | None, better: Better, locale: str) -> Change | None:
    """The change from one answer to another, None where either has no value."""
    if before is None or now.value is None or before.value is None:
        return None
    step = now.value - before.value
    size = abs(step) / abs(before.value) if before.value else (1.0 if step else 0.0)
    return Change(step > 0, _step_text(now, before, step, size, locale), _verdict(now, before, step, better), size)


def _step_text(now: Answer, before: Answer, step: float, size: float, locale: str) -> str:
    if now.unit in ("percent", "points"):
        return f"{wording.number(abs(step), '#,##0.0', locale)} points"
    if before.value and size < 10:
        return f"{wording.number(size * 100, '#,##0' if size >= 0.1 else '#,##0.0', locale)} %"
    return wording.value_text(abs(step), wording.told_unit(now), locale, now.extra.get("currency"))


def _verdict(now: Answer, before: Answer, step: float, better: Better) -> Verdict:
    by_chance = _by_chance(now, before, step)
    if step == 0 or by_chance:
        return Verdict.EVEN
    if better is Better.NEITHER or by_chance is None:
        return Verdict.OPEN
    return Verdict.BETTER if (step > 0) is (better is Better.HIGHER) else Verdict.WORSE


def _by_chance(now: Answer, before: Answer, step: float) -> bool | None:
    """Whether the intervals overlap; two counts differ by chance up to 1.96 times the root of their sum (Poisson). None where chance
    cannot be told: no interval, and neither a count nor an amount of money, which is exact."""
    if now.ci and before.ci:
        return now.ci[0] <= before.ci[1] and before.ci[0] <= now.ci[1]
    if now.unit == "currency":
        return False
    if now.unit != "count" or min(now.value or 0, before.value or 0) < 0:
        return None
    return bool(step * step < 1.96**2 * ((now.value or 0) + (before.value or 0)))


def ask_each(ask: Ask, kpis: Iterable[Kpi], query: Query) -> dict[str, list[Answer]]:
    """The answers by KPI, of its first statistic alone; one whose rows do not have a dimension of the question is left out."""
    query = replace(query, main_only=True)
    ids = [k.id for k in kpis if can_answer(k, query)]
    try:
        found = ask(ids, query)
    except BadRequest:  # one refuses for a reason of its own; the others are still answered
        found = [a for i in ids for a in _ask_one(ask, i, query)]
    by_id: dict[str, list[Answer]] = {}
    for answer in found:
        by_id.setdefault(answer.kpi, []).append(answer)
    return by_id


def _ask_one(ask: Ask, kpi_id: str, query: Query) -> list[Answer]:
    try:
        return ask([kpi_id], query)
    except BadRequest:
        return []


def main_answers(kpi: Kpi, answers: Iterable[Answer]) -> list[Answer]:
    """The answers of the KPI's first statistic."""
    own = [a for a in answers if a.kpi == kpi.id]
    return [a for a in own if a.statistic == own[0].statistic] if own else []


def read_tiles(ask: Ask, kpis: Iterable[Kpi], now: Query, before: Query, course: Query, locale: str) -> list[Tile]:
    """A tile for each KPI that can be answered at all within the question."""
    listed = list(kpis)
    simple = [
        k for k in listed if k.definition.method is None
    ]  # a method over rows is too slow to be asked for every period
    asked = ((listed, now), (listed, before), (simple, course))
    found = [ask_each(ask, some, query) for some, query in asked]
    tiles = []
    for kpi in listed:
        present, past, series = (main_answers(kpi, answers.get(kpi.id, [])) for answers in found)
        if not present:
            continue
        last = past[0] if past else None
        values = tuple(a.value for a in series)
        tiles.append(Tile(kpi, present[0], last, values, change_of(present[0], last, kpi.better, locale)))
    return tiles


def notable(tiles: Iterable[Tile], most: int = 5) -> list[Tile]:
    """The changes that mean something, the largest first: not by chance, and for better or worse."""
    meant = [
        t
        for t in tiles
        if t.change and t.change.verdict in (Verdict.BETTER, Verdict.WORSE) and not t.now.small_n and t.change.size >= 0.02
        and (t.now.ci or t.now.unit == "count")
    ]  # fmt: skip
    return sorted(meant, key=lambda t: -t.change.size if t.change else 0)[:most]
