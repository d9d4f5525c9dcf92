"""Time to resolution with open tickets as censored: the Kaplan–Meier estimator.

E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc. 53 (1958); the band by the log-log
transformation with Greenwood's variance (J. D. Kalbfleisch, R. L. Prentice, 1980). Computed here, in one pass over sorted arrays,
because a general package took milliseconds for each of thousands of groups; a test holds it to lifelines (decision 0007).
Must not know SQL.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question

CURVE_POINTS = 100
"""Points of the curve that an answer carries at most."""
ROUNDING = 1e-12
"""How far above a half a share still counts as a half: the product of ratios is rounded."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Curve:
    """A survival curve: from each of ``times`` (ascending, from 0 on) the share still there, with its 95 % band."""

    times: Floats
    shares: Floats
    low: Floats
    high: Floats

    @property
    def median(self) -> float:
        """The first time at which no more than half is left; infinite where that is not reached."""
        return _halved(self.times, self.shares)

    @property
    def median_band(self) -> tuple[float, float]:
        """The times at which the ends of the band come down to a half; infinite where they do not."""
        return _halved(self.times, self.low), _halved(self.times, self.high)


def curve_of(lived: NDArray[Any], ended: NDArray[Any]) -> Curve:
    """The curve of at least one duration ``lived`` (0 or more), ``ended`` (1) or censored (0). Ties end before they are censored."""
    times, place = np.unique(lived, return_inverse=True)
    gone = np.bincount(place, minlength=len(times))
    deaths = np.bincount(place, weights=ended, minlength=len(times))
    if times[0] > 0:
        times, gone, deaths = (np.concatenate([np.zeros(1), a]) for a in (times, gone, deaths))
    risk = len(lived) - np.concatenate([np.zeros(1), np.cumsum(gone)[:-1]])
    left = risk - deaths
    shares = np.cumprod(left / risk)
    with np.errstate(divide="ignore", invalid="ignore"):
        steps = np.where(left > 0, deaths / (risk * left), 0.0)
        log = np.log(shares)
        lean = Z * np.sqrt(np.cumsum(steps)) / log
        low, high = (np.exp(-np.exp(np.log(-log) + way * lean)) for way in (-1, 1))
    return Curve(times.astype(np.float64), shares, np.nan_to_num(low, nan=1.0), np.nan_to_num(high, nan=1.0))


def _halved(times: Floats, shares: Floats) -> float:
    half = 0.5 + ROUNDING
    return float("inf") if shares[-1] > half else float(times[int(np.argmax(shares <= half))])


def kaplan_meier(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """The median of (seconds, 1 resolved or 0 censored) of each group, its band, and the curve in ``extra``."""
    return {group: [_outcome(*columns)] for group, columns in groups.items()}


def _outcome(lived: NDArray[Any], ended: NDArray[Any]) -> Outcome:
    n, resolved = len(lived), int(ended.sum())
    if not n:
        return Outcome(statistic="median", value=None, n=0, reason="no denominator: nothing to count in this period")
    curve = curve_of(lived, ended)
    median, (low, high) = curve.median, curve.median_band
    extra = {
        "resolved": resolved,
        "censored": n - resolved,
        "band": [_known(low), _known(high)],
        "curve": _points(curve),
    }
    return Outcome(
        statistic="median", value=_known(median), n=n, extra=extra,
        ci=(low, high) if isfinite(low) and isfinite(high) else None,
        reason=None if isfinite(median) else "fewer than half of the tickets are resolved: the median is not reached yet",
    )  # fmt: skip


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _points(curve: Curve) -> list[list[float]]:
    """``[seconds, share still open]``, thinned to at most CURVE_POINTS points."""
    n = len(curve.times)
    thinned = np.unique(np.linspace(0, n - 1, min(n, CURVE_POINTS)).round().astype(int))
    found: list[list[float]] = np.column_stack([curve.times[thinned], curve.shares[thinned]]).tolist()
    return found


METHODS = {"kaplan_meier": kaplan_meier}
