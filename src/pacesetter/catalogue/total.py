"""A part over one period and group: what was summed, and what follows from the sums.

Owns the moments of a spread. Must not know SQL.
"""

from collections.abc import Sequence
from decimal import Decimal
from math import sqrt
from typing import Any, NamedTuple


class Total(NamedTuple):
    """One part over one period and group: sum, how many rows, and where asked for the quantile function and the sums of squares and
    cubes (exact for whole numbers, so that they add up). ``lacking`` names currencies without a rate."""

    sum: int | float | Decimal | None = 0
    n: int = 0
    quantiles: Sequence[float] | None = None
    squares: int | float | None = None
    cubes: int | float | None = None
    lacking: str | None = None

    @property
    def deviation(self) -> float | None:
        """The sample standard deviation, None for fewer than two values."""
        moment = self._second()
        return None if moment is None else sqrt(moment / (self.n * (self.n - 1)))

    @property
    def skewness(self) -> float | None:
        """The adjusted Fisher–Pearson skewness, None for fewer than three values or where all are equal."""
        moment = self._second()
        if not moment or self.n < 3 or self.cubes is None:
            return None
        n, total, squares, cubes = self.n, *(_number(v) for v in (self.sum, self.squares, self.cubes))
        third = n * n * cubes - 3 * n * total * squares + 2 * total**3
        return float(float(third) / float(moment) ** 1.5 * sqrt(n * (n - 1)) / (n - 2))

    def _second(self) -> int | float | None:
        """n² times the variance of the values, exact where they are whole numbers."""
        if self.squares is None or self.n < 2:
            return None
        total = _number(self.sum)
        found: int | float = max(0, self.n * _number(self.squares) - total * total)
        return found


def _number(value: int | float | Decimal | None) -> Any:
    return float(value) if isinstance(value, Decimal) else value or 0
