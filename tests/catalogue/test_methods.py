"""Computations from rows: the extra that is lacking is named; the same rows give the same clusters in any order; shrinkage."""

import random
import sys

import numpy as np
import pytest

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.methods.comparison import _often_undone, shrunk
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


def undone_cells(*listed: tuple[str, str, int, int]) -> set[tuple[str, ...]]:
    """The cells that stand out, of (technician, priority, tickets, undone), all in one category."""
    rows = [(who, ("mail", kind), float(k < hits)) for who, kind, n, hits in listed for k in range(n)]
    found = _often_undone(np.array([r[2] for r in rows]), [r[0] for r in rows], [r[1] for r in rows])
    return set(found)


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
