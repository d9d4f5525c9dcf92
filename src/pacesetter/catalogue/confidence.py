"""Confidence intervals, two-sided at 95 %.

Owns the formulas. Proportions: E. B. Wilson, "Probable inference, the law of succession, and statistical inference",
J. Am. Stat. Assoc. 22 (1927). Means of durations: log-normal, after X.-H. Zhou and S. Gao, "Confidence intervals for the log-normal mean",
Statist. Med. 16 (1997), the method that they name Cox's. NPS: the multinomial variance.
"""

from math import exp, sqrt

Z = 1.959963984540054


def wilson(hits: float, n: float, scale: float = 100.0) -> tuple[float, float] | None:
    """The Wilson score interval of the proportion ``hits / n``, times ``scale``; None where n is 0."""
    if n <= 0 or not 0 <= hits <= n:
        return None
    p = hits / n
    centre = (p + Z * Z / (2 * n)) / (1 + Z * Z / n)
    half = Z / (1 + Z * Z / n) * sqrt(p * (1 - p) / n + Z * Z / (4 * n * n))
    return (scale * max(0.0, centre - half), scale * min(1.0, centre + half))


def log_normal_mean(mean_log: float | None, variance_log: float | None, n: int) -> tuple[float, float] | None:
    """Cox's interval for the mean of values whose ``ln(1 + value)`` has that mean and sample variance; None where n is below 2."""
    if n < 2 or mean_log is None or variance_log is None:
        return None
    centre = mean_log + variance_log / 2
    half = Z * sqrt(variance_log / n + variance_log**2 / (2 * (n - 1)))
    if centre + half > 700:
        return None
    return (max(0.0, exp(centre - half) - 1), exp(centre + half) - 1)


def net_promoter(total: float, squares: float, n: int) -> tuple[float, float] | None:
    """The interval of a mean score of +1, 0 and −1 in points: ``total`` their sum, ``squares`` the sum of their squares."""
    if n <= 0:
        return None
    mean = total / n
    half = Z * sqrt(max(0.0, squares / n - mean * mean) / n)
    return (100 * max(-1.0, mean - half), 100 * min(1.0, mean + half))
