"""Computations from rows: the extra that is lacking is named; the same rows give the same clusters in any order; shrinkage."""

import random
import sys

import numpy as np
import pytest
from sklearn.feature_extraction.text import TfidfVectorizer

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.methods.comparison import shrunk
from pacesetter.catalogue.methods.gaps import often_undone
from pacesetter.catalogue.methods.likeness import FAR, SEEDS, clusters


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
    rng = random.Random(3)
    words = [f"{w}{n}" for n in range(60) for w in ("mail", "disk", "share", "phone")]
    weights = {"password reset for user category:access reset done": 30.0, "printer is jammed again category:print": 20.0,
               "roof project planning": 1.0, "harbour project planning": 1.0}  # fmt: skip
    weights |= {" ".join(rng.choices(words, k=5)): float(rng.randint(1, 3)) for _ in range(2 * SEEDS)}
    weights |= {f"password reset for user category:access {w}": 1.0 for w in words}
    labels = clusters(weights)
    assert sorted(set(labels.values())) == list(range(len(set(labels.values()))))
    for _ in range(3):
        order = list(weights)
        rng.shuffle(order)
        assert clusters({s: weights[s] for s in order}) == labels
    reset = labels["password reset for user category:access reset done"]
    assert {labels[f"password reset for user category:access {w}"] for w in words} == {reset}, (
        "those beyond the seeds join"
    )
    assert labels["printer is jammed again category:print"] != reset


def test_labels_are_those_of_a_dense_comparison() -> None:
    """Beyond the seeds each signature joins its nearest seed, where that is near enough: by a matrix of all distances."""
    rng = random.Random(4)
    words = [f"w{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(200)]
    ordered = sorted(
        {" ".join(rng.choices(words, weights=[1 / (n + 20) for n in range(200)], k=6)) for _ in range(SEEDS + 900)}
    )
    weights = {s: float(len(ordered) - n) for n, s in enumerate(ordered)}
    found = clusters(weights)
    vectors = TfidfVectorizer(analyzer=str.split).fit_transform(ordered).toarray()
    alike = vectors[SEEDS:] @ vectors[:SEEDS].T
    joined = 0
    for row, signature in enumerate(ordered[SEEDS:]):
        best = int(alike[row].argmax())
        if abs(alike[row, best] - (1 - FAR)) < 1e-9 or np.sum(alike[row] > alike[row, best] - 1e-9) > 1:
            continue
        near = alike[row, best] > 1 - FAR
        joined += near
        assert (found[signature] == found[ordered[best]]) == near
    assert 100 < joined < 800


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


def undone_cells(*listed: tuple[str, str, int, int]) -> set[tuple[str, ...]]:
    """The cells that stand out, of (technician, priority, tickets, undone), all in one category."""
    rows = [(who, ("mail", kind), float(k < hits)) for who, kind, n, hits in listed for k in range(n)]
    _, found = often_undone(np.array([r[2] for r in rows]), [r[0] for r in rows], [r[1] for r in rows])
    return {cell for cell, undone in found.items() if undone.stands_out}


def test_failures_stand_out_from_peers_who_have_none() -> None:
    others = [(f"p{n}", "P3", 20, 0) for n in range(10)]
    assert undone_cells(("ann", "P3", 40, 40), *others) == {("ann", "mail")}
    assert undone_cells(("ann", "P3", 4, 4), *others) == set(), "too few of her own"
    assert undone_cells(("ann", "P3", 40, 0), *others) == set()


def test_failures_are_held_against_the_same_priority() -> None:
    """Half of all P1 come back, whoever does them; ann does most of them, and no worse than the others."""
    p1 = [(f"p{n}", "P1", 10, 5) for n in range(6)]
    p3 = [(f"p{n}", "P3", 60, 0) for n in range(6)]
    assert undone_cells(("ann", "P1", 80, 40), *p1, *p3) == set()


def test_chance_lets_no_share_stand_out() -> None:
    rng = np.random.default_rng(8)
    draws = [undone_cells(*((f"p{n}", "P3", 12, int(rng.binomial(12, 0.1))) for n in range(20))) for _ in range(20)]
    assert sum(map(len, draws)) <= 8


def test_a_few_very_long_tickets_do_not_make_the_median() -> None:
    """Fourteen tickets at the peers' time and six at a hundred times that: the median ratio is 1, the mean of logarithms is not."""
    logs = np.array([0.0] * 14 + [float(np.log(100))] * 6)
    samples = {("ann",): logs, ("ned",): np.full(20, float(np.log(2)))}
    assert shrunk(samples, medians=True)[("ann",)].value == 0 < shrunk(samples)[("ann",)].value
    alone = shrunk({("ned",): np.array([1.0, 1.2, 1.4])}, medians=True)[("ned",)]
    between = 1.2**2 - np.pi / 2 * 0.04 / 3
    kept = between / 1.2**2
    assert alone.value == pytest.approx(1.2 * kept) and alone.error == pytest.approx(
        (kept * np.pi / 2 * 0.04 / 3) ** 0.5
    )
