"""The Kaplan–Meier estimator against lifelines, and against arithmetic by hand; thousands of groups at once."""

import time
from fractions import Fraction
from math import inf

import numpy as np
import pytest
from numpy.typing import NDArray

from pacesetter.catalogue.methods.record import Question
from pacesetter.catalogue.methods.survival import curve_of, kaplan_meier
from pacesetter.settings import RuleSettings

QUESTION = Question(from_s=0, to_s=1, as_of_s=1, months=1, by=(), hours="calendar", rules=RuleSettings())


def drawn(seed: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Durations with many ties (some 0) and a share of censored ones that differs from seed to seed."""
    rng = np.random.default_rng(seed)
    n = int(rng.integers(1, 400))
    coarse = (1, 60, 3_600)[seed % 3]
    lived = np.floor(rng.lognormal(9, 1.5, n) / coarse) * coarse
    return lived, (rng.random(n) < rng.random()).astype(float)


@pytest.mark.parametrize("seed", range(40))
def test_the_curve_and_its_band_are_those_of_lifelines(seed: int) -> None:
    lifelines = pytest.importorskip("lifelines")
    from lifelines.utils import median_survival_times

    lived, ended = drawn(seed)
    fitted = lifelines.KaplanMeierFitter().fit(lived, ended)
    ours = curve_of(lived, ended)
    assert ours.times.tolist() == fitted.survival_function_.index.tolist()
    assert ours.shares == pytest.approx(fitted.survival_function_.to_numpy()[:, 0], rel=1e-9, abs=1e-12)
    band = fitted.confidence_interval_.to_numpy()
    assert ours.low == pytest.approx(band[:, 0], rel=1e-9, abs=1e-12)
    assert ours.high == pytest.approx(band[:, 1], rel=1e-9, abs=1e-12)
    if not (abs(fitted.survival_function_.to_numpy() - 0.5) < 1e-12).any():
        assert ours.median == fitted.median_survival_time_
    assert ours.median_band == tuple(median_survival_times(fitted.confidence_interval_).to_numpy().ravel())


def by_hand(lived: NDArray[np.float64], ended: NDArray[np.float64]) -> float:
    """The median with exact fractions, one time after the other."""
    left = Fraction(1)
    for at in sorted(set(lived.tolist())):
        risk = sum(v >= at for v in lived.tolist())
        deaths = sum(v == at and e == 1 for v, e in zip(lived.tolist(), ended.tolist(), strict=True))
        left *= 1 - Fraction(deaths, risk)
        if left <= Fraction(1, 2):
            return float(at)
    return inf


@pytest.mark.parametrize("seed", range(0, 40, 2))
def test_the_median_is_exact_also_where_exactly_half_is_left(seed: int) -> None:
    lived, ended = drawn(seed)
    assert curve_of(lived, ended).median == by_hand(lived, ended)
    for n in range(2, 60, 2):
        all_resolved = np.arange(1.0, n + 1)
        assert curve_of(all_resolved, np.ones(n)).median == n / 2


def test_thousands_of_groups_take_no_minutes() -> None:
    rng = np.random.default_rng(1)
    groups = {(n,): (rng.integers(0, 1_000_000, 60).astype(float), np.ones(60)) for n in range(3_000)}
    began = time.process_time()
    found = kaplan_meier(groups, QUESTION)
    assert len(found) == 3_000 and all(o.value is not None for [o] in found.values())
    assert time.process_time() - began < 10, "a minute and a half with a general package"
