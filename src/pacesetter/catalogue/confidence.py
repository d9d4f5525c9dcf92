"""Confidence intervals, two-sided at 95 %.

Owns the formulas. Proportions: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
J. Am. Stat. Assoc. 22 (1927). Means of durations: N. J. Johnson, "Modified t tests and confidence intervals for asymmetrical
populations", J. Am. Stat. Assoc. 73 (1978); see decision 0003. Quantiles: the order statistics whose ranks enclose the quantile (the
binomial's normal approximation; H. A. David, "Order Statistics"), read off the sample's quantile function, which is interpolated
between fixed fractions. NPS: the multinomial variance.
"""

from collections.abc import Sequence
from math import sqrt

Z = 1.959963984540054


def wilson(hits: float, n: float, scale: float = 100.0) -> tuple[float, float] | None:
    """The Wilson score interval of the proportion ``hits / n``, times ``scale``; None where n is 0."""
    if n <= 0 or not 0 <= hits <= n:
        return None
    p = hits / n
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (scale * max(0.0, centre - half), scale * min(1.0, centre + half))


def skewed_mean(mean: float, deviation: float | None, skewness: float | None, n: int) -> tuple[float, float] | None:
    """Johnson's interval for the mean of skewed values, from their mean, sample standard deviation and skewness; None where n < 3.

    The second-order approximation of the bootstrap's, without the resampling; its lower end is cut at 0, as durations are.
    """
    if n < 3 or deviation is None:
        return None
    centre = mean + (skewness or 0.0) * deviation / (6 * n)
    half = _student(n - 1) * deviation / sqrt(n)
    return (max(0.0, centre - half), centre + half)


def _student(degrees: int) -> float:
    """The 97.5 % point of Student's t, by the Cornish–Fisher expansion about the normal (within 1 % from 4 degrees on)."""
    first = (Z**3 + Z) / (4 * degrees)
    second = (5 * Z**5 + 16 * Z**3 + 3 * Z) / (96 * degrees**2)
    third = (3 * Z**7 + 19 * Z**5 + 17 * Z**3 - 15 * Z) / (384 * degrees**3)
    return Z + first + second + third


def quantile(p: float, fractions: Sequence[float], values: Sequence[float], n: int) -> tuple[float, float] | None:
    """The interval of the ``p`` quantile of ``n`` values, whose quantile function is ``values`` at ``fractions``.

    None where the sample has no order statistic as far out as an end of the interval needs.
    """
    half = Z * sqrt(p * (1 - p) / n)
    low, high = p - half, p + half
    if low < max(fractions[0], 1 / n) or high > 1 - 1 / (n + 1):
        return None
    return (_at(low, fractions, values), _at(high, fractions, values))


def _at(fraction: float, fractions: Sequence[float], values: Sequence[float]) -> float:
    after = next(i for i, f in enumerate(fractions) if f >= fraction)
    if after == 0:
        return float(values[0])
    low, high = fractions[after - 1], fractions[after]
    share = (fraction - low) / (high - low)
    return float(values[after - 1]) + share * (float(values[after]) - float(values[after - 1]))


def net_promoter(total: float, squares: float, n: int) -> tuple[float, float] | None:
    """The interval of a mean score of +1, 0 and −1 in points: ``total`` their sum, ``squares`` the sum of their squares."""
    if n <= 0:
        return None
    mean = total / n
    half = Z * sqrt(max(0.0, squares / n - mean * mean) / n)
    return (100 * max(-1.0, mean - half), 100 * min(1.0, mean + half))
