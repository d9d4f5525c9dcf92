"""Sparklines as SVG paths: the course of a value in the smallest space.

Owns the geometry. The line scales from its lowest to its highest value, never by less than a tenth of the highest, so that a
flat course looks flat.
"""

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, PAD = 200.0, 40.0, 4.0


@dataclass(frozen=True)
class Spark:
    """A line and the area below it as path data in a box of 200 × 40, and the last point, None where the last value is unknown."""

    line: str
    area: str
    last: tuple[float, float] | None


def spark(values: Sequence[float | None]) -> Spark | None:
    """The sparkline of a course; None where fewer than two values are known."""
    known = [v for v in values if v is not None]
    if len(known) < 2:
        return None
    low, high = min(known), max(known)
    room = max(high - low, abs(high) * 0.1, 1e-9)
    middle = (high + low) / 2
    step = (WIDTH - 2 * PAD) / (len(values) - 1)
    points = [
        None if v is None else (PAD + i * step, HEIGHT / 2 - (v - middle) / room * (HEIGHT - 2 * PAD))
        for i, v in enumerate(values)
    ]
    line, area, run = "", "", list[tuple[float, float]]()
    for point in [*points, None]:
        if point is not None:
            run.append(point)
            continue
        if run:
            path = "L".join(f"{x:.1f},{y:.1f}" for x, y in run)
            line += f"M{path}"
            area += f"M{run[0][0]:.1f},{HEIGHT:.1f}L{path}L{run[-1][0]:.1f},{HEIGHT:.1f}Z"
        run = []
    return Spark(line, area, points[-1])
