"""Computations from rows: the extra that is lacking is named; the same rows give the same clusters in any order; shrinkage."""

import random
import sys

import numpy as np
import pytest

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.methods.comparison import shrunk
from pacesetter.catalogue.methods.likeness import clusters, signature


@pytest.mark.parametrize(
    ("package", "kpi", "statistic"),
    [("sklearn", "repetitive_work_share", "share")],
)
def test_the_lacking_extra_is_named(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, package: str, kpi: str, statistic: str
) -> None:
    monkeypatch.setitem(sys.modules, package, None)
    [found] = [a for a in desk.ask([kpi], desk.query()) if a.statistic == statistic]
    assert found.value is None and "pip install 'pacesetter[statistics]'" in (found.reason or "")


def test_clusters_do_not_depend_on_the_order() -> None:
    tickets = [(f"Password reset for user {n}", "access", "reset done") for n in range(30)]
    tickets += [(f"Printer {n} is jammed again", "print", "") for n in range(20)]
    tickets += [(f"{word} project planning", "", "") for word in ("Roof", "Harbour", "Orchard")]
    labels = clusters(tickets)
    assert len(set(labels[:30])) == len(set(labels[30:50])) == 1 and labels[0] != labels[30]
    order = list(range(len(tickets)))
    random.Random(3).shuffle(order)
    again = clusters([tickets[i] for i in order])
    assert [again[order.index(i)] for i in range(len(tickets))] == labels
    assert signature("Reset PC-0042 (again)", "Access", "") == "reset pc again category:access"


def test_shrinkage_draws_small_samples_in() -> None:
    rng = np.random.default_rng(5)
    samples = {
        (g,): rng.normal(mean, 1.0, n)
        for g, mean, n in (("a", 1.0, 400), ("b", -1.0, 400), ("c", 1.0, 2), ("d", 0.0, 400))
    }
    found = shrunk(samples)
    for group, sample in samples.items():
        assert abs(found[group].value) <= abs(sample.mean())
    pull = {g: found[g].value / samples[g].mean() for g in samples}
    assert pull[("a",)] > 0.98 and pull[("c",)] < 0.8 and found[("c",)].error > found[("a",)].error


def test_nothing_but_chance_is_shrunk_to_nothing() -> None:
    rng = np.random.default_rng(6)
    found = shrunk({(g,): rng.normal(0.0, 1.0, 50) for g in range(12)})
    assert max(abs(e.value) for e in found.values()) < 0.12
