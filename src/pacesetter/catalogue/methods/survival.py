"""Time to resolution with open tickets as censored: the Kaplan–Meier estimator.

E. L. Kaplan, P. Meier, "Nonparametric estimation from incomplete observations", J. Am. Stat. Assoc. 53 (1958); the band by the log-log
transformation (J. D. Kalbfleisch, R. L. Prentice, 1980). Computed by lifelines, of the extra ``statistics``.
"""

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np

from pacesetter.catalogue.methods.record import EXTRA_MISSING, Columns, Group, Outcome, Question

CURVE_POINTS = 100
"""Points of the curve that an answer carries at most."""


def kaplan_meier(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """The median of (seconds, 1 resolved or 0 censored) of each group, its band, and the curve in ``extra``."""
    try:
        from lifelines import KaplanMeierFitter
        from lifelines.utils import median_survival_times
    except ImportError:
        return {g: [_without(len(columns[0]), EXTRA_MISSING)] for g, columns in groups.items()}
    found: dict[Group, list[Outcome]] = {}
    for group, (lived, ended) in groups.items():
        n, resolved = len(lived), int(ended.sum())
        if not n:
            found[group] = [_without(0, "no denominator: nothing to count in this period")]
            continue
        pairs, weights = np.unique(np.column_stack([lived, ended]), axis=0, return_counts=True)
        fitted = KaplanMeierFitter().fit(pairs[:, 0], pairs[:, 1], weights=weights)
        median = float(fitted.median_survival_time_)
        band = median_survival_times(fitted.confidence_interval_)
        low, high = (float(v) for v in band.to_numpy().ravel())
        extra = {
            "resolved": resolved,
            "censored": n - resolved,
            "band": [_known(low), _known(high)],
            "curve": _curve(fitted),
        }
        found[group] = [
            Outcome(
                statistic="median", value=_known(median), n=n, extra=extra,
                ci=(low, high) if isfinite(low) and isfinite(high) else None,
                reason=None if isfinite(median) else "fewer than half of the tickets are resolved: the median is not reached yet",
            )
        ]  # fmt: skip
    return found


def _without(n: int, reason: str) -> Outcome:
    return Outcome(statistic="median", value=None, n=n, reason=reason)


def _known(value: float) -> float | None:
    return value if isfinite(value) else None


def _curve(fitted: Any) -> list[list[float]]:
    """``[seconds, share still open]``, thinned to at most CURVE_POINTS points."""
    times = fitted.survival_function_.index.to_numpy()
    shares = fitted.survival_function_.iloc[:, 0].to_numpy()
    keep = np.unique(np.linspace(0, len(times) - 1, min(len(times), CURVE_POINTS)).round().astype(int))
    return [[float(times[i]), float(shares[i])] for i in keep]


METHODS = {"kaplan_meier": kaplan_meier}
