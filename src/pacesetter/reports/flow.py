"""Inflow against outflow: created and resolved tickets day by day, as bars in a small drawing.

Owns the geometry. Must not know pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pacesetter.catalogue.answer import Answer

WIDTH, HEIGHT, GAP = 100.0, 40.0, 0.25


@dataclass(frozen=True)
class Bar:
    """One period: what came in above the middle line and what went out below it, as heights in a box of 100 × 40."""

    came: Answer
    gone: Answer | None
    x: float
    width: float
    up: float
    down: float


@dataclass(frozen=True)
class Flow:
    """The bars of a span with their sums; ``net`` is what the queue grew by."""

    bars: tuple[Bar, ...]
    came: int
    gone: int
    top: int

    @property
    def net(self) -> int:
        """Came less gone."""
        return self.came - self.gone


def flow_of(came: Sequence[Answer], gone: Sequence[Answer]) -> Flow:
    """The drawing of two courses over the same periods."""
    out = {a.from_s: a for a in gone}
    top = max((int(a.value or 0) for a in (*came, *gone)), default=0) or 1
    step = WIDTH / max(len(came), 1)
    bars = tuple(
        Bar(
            a, out.get(a.from_s), i * step + step * GAP / 2, step * (1 - GAP),
            (a.value or 0) / top * HEIGHT / 2, ((out[a.from_s].value or 0) if a.from_s in out else 0) / top * HEIGHT / 2,
        )
        for i, a in enumerate(came)
    )  # fmt: skip
    return Flow(bars, sum(int(a.value or 0) for a in came), sum(int(a.value or 0) for a in gone), top)
