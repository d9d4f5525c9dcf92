"""The distribution of a KPI's rows: how many have which value, as bars that open into their rows.

Owns where the bars begin and end. Steps widen to the right for durations and amounts (said in words beside the chart), because a few long
rows would flatten all others; whole numbers have a bar each. Must not know pages.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import duckdb

from pacesetter.catalogue.drill_rows import Drill
from pacesetter.catalogue.record import Definition, Kpi, Unit
from pacesetter.engine.dialect import DIALECT
from pacesetter.reports.wording import Say, step_text, value_text

_STEPS_S = (
    60,
    300,
    900,
    1800,
    3600,
    7200,
    14_400,
    28_800,
    86_400,
    172_800,
    345_600,
    604_800,
    1_209_600,
    2_419_200,
    4_838_400,
    9_676_800,
)
MOST_WHOLE = 12
"""Bars of single whole numbers; larger ones are in the last bar together."""
WIDENING, SINGLE, SHARE, SCORE = "widening", "single", "share", "score"
NOTES = {
    WIDENING: "The steps widen to the right: each bar covers about twice the span of the one before it, so that short and long rows "
    "are both in sight.",
    SINGLE: "One bar for each number; the last one holds all larger ones.",
    SHARE: "Each row either counts towards the share or does not.",
    SCORE: "Each answer counts as promoter, passive or detractor.",
}
_SHARES = {1.0: "counts towards it", 0.0: "does not count towards it"}
_SCORES = {1.0: "promoter", 0.0: "passive", -1.0: "detractor"}


@dataclass(frozen=True)
class Bar:
    """Rows with ``least`` ≤ value < ``below`` (None: no bound), how many, and their share of all (0–1)."""

    least: float | None
    below: float | None
    label: str
    count: int
    share: float


@dataclass(frozen=True)
class Distribution:
    """The bars from the smallest value to the largest, of ``total`` rows; ``kind`` says how the axis is cut (see ``NOTES``)."""

    kind: str
    bars: tuple[Bar, ...]
    total: int

    @property
    def note(self) -> str:
        """How the axis is cut, in words."""
        return NOTES[self.kind]


def kind_of(kpi: Kpi, definition: Definition) -> str | None:
    """How the rows of a KPI can be shown by value; None where each row adds the same, or something that is not the KPI's own unit."""
    if kpi.unit is Unit.SECONDS or (kpi.unit is Unit.CURRENCY and definition.method is None):
        return WIDENING
    if definition.statistics == ("share",) and definition.denominator is not None and definition.method is None:
        return SHARE
    if kpi.unit is Unit.POINTS:
        return SCORE
    return (
        SINGLE if kpi.unit is Unit.RATIO and definition.numerator.value != "1" and definition.method is None else None
    )


def read_distribution(
    con: duckdb.DuckDBPyConnection,
    drill: Drill,
    kpi: Kpi,
    definition: Definition,
    locale: str,
    say: Say,
    currency: str,
    *,
    days: bool = False,
) -> Distribution | None:
    """The distribution of the rows of a drill; None where there is none to show. Amounts are in ``currency``, times round the clock
    in ``days``."""
    kind = kind_of(kpi, definition)
    if kind is None:
        return None
    values = drill.values().sql(dialect=DIALECT)
    if kind in (SHARE, SCORE, SINGLE):
        found = con.execute(
            f"SELECT floor(value), count(*) FROM ({values}) WHERE value IS NOT NULL GROUP BY 1 ORDER BY 1"
        ).fetchall()
        return _single(kind, [(float(v), int(n)) for v, n in found], locale, say)
    top = con.execute(f"SELECT min(value), max(value), count(value) FROM ({values})").fetchall()[0]
    if not top[2]:
        return None
    edges = _edges(float(top[0]), float(top[1])) if kpi.unit is Unit.CURRENCY else list(_STEPS_S)
    counts = ", ".join(f"count(CASE WHEN value < {edge!r} THEN 1 END)" for edge in edges)
    below = [*con.execute(f"SELECT {counts} FROM ({values})").fetchall()[0], top[2]]
    timed = kpi.unit is Unit.SECONDS

    def text(value: float) -> str:
        return step_text(value, locale, days=days) if timed else value_text(value, "currency", locale, currency)

    return _bars(edges, [int(n) for n in below], text, say)


def _edges(low: float, high: float) -> list[float]:
    """1, 2 and 5 times the powers of ten between the smallest and the largest amount, on both sides of zero."""
    found = [0.0]
    for sign, most in ((1, high), (-1, -low)):
        if most > 0:
            last = math.ceil(math.log10(most))
            found += [sign * step * 10.0**power for power in range(max(last - 4, -2), last + 1) for step in (1, 2, 5)]
    return sorted(e for e in found if low < e <= high)


def _bars(edges: Sequence[float], below: Sequence[int], text: Callable[[float], str], say: Say) -> Distribution:
    """Bars between edges, from the numbers of rows below each; empty ones at both ends are left out."""
    bounds: list[float | None] = [None, *edges, None]
    counts = [n - (below[i - 1] if i else 0) for i, n in enumerate(below)]
    total = below[-1]
    first = next(i for i, n in enumerate(counts) if n)
    last = max(i for i, n in enumerate(counts) if n)
    bars = []
    for i in range(first, last + 1):
        least, under = bounds[i], bounds[i + 1]
        if least is None:
            label = say("under %(to)s") % {"to": text(under or 0)} if under is not None else say("all")
        elif under is None:
            label = say("%(from)s and more") % {"from": text(least)}
        else:
            label = f"{text(least)} – {text(under)}"
        bars.append(Bar(least, under, label, counts[i], counts[i] / total))
    return Distribution(WIDENING, tuple(bars), total)


def _single(kind: str, found: list[tuple[float, int]], locale: str, say: Say) -> Distribution | None:
    total = sum(n for _, n in found)
    if not total:
        return None
    names = {SHARE: _SHARES, SCORE: _SCORES}.get(kind, {})
    bars = [
        Bar(v, v + 1, say(names[v]) if v in names else value_text(v, "count", locale), n, n / total)
        for v, n in found[: MOST_WHOLE - 1]
    ]
    rest = found[MOST_WHOLE - 1 :]
    if rest:
        n = sum(count for _, count in rest)
        label = say("%(from)s and more") % {"from": value_text(rest[0][0], "count", locale)}
        bars.append(Bar(rest[0][0], None, label, n, n / total))
    return Distribution(kind, tuple(bars), total)
