"""Comparisons of people and teams on the same mix of work, shrunk for small numbers.

Owns ``speed_quality`` and ``training_gap``. A time is compared with the median of its cell's other rows, as a logarithm, so that a few
very long tickets do not rule; ``speed_quality`` takes the median of these, ``training_gap`` their mean. Shrinkage is the normal-normal
empirical Bayes estimate (B. Efron and C. Morris, "Data analysis using Stein's estimator", J. Am. Stat. Assoc. 70, 1975); a share is shrunk
by the beta-binomial one, by moments (J. C. Kleinman, "Proportions with extraneous variance", J. Am. Stat. Assoc. 68, 1973). Must not
know SQL.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question

MIN_PEERS = 5
"""Rows of others that a cell needs before anything is compared with it."""
STANDS_OUT = 1.25
"""How many times the peers a cell must take, after shrinkage, to stand out."""
LISTED = 20

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean, or a median, shrunk towards 0: the estimate, its standard error, and the rows behind it."""

    value: float
    error: float
    n: int

    @property
    def interval(self) -> tuple[float, float]:
        """Two-sided at 95 %."""
        return (self.value - Z * self.error, self.value + Z * self.error)


def shrunk(samples: Mapping[Group, Floats], *, medians: bool = False) -> dict[Group, Estimate]:
    """The mean (or median) of each sample, shrunk towards 0 by how much of the spread between samples is chance.

    The variance of a mean is s² ÷ n, with s² pooled over the samples; that of a median π ÷ 2 times as much (the large-sample one under a
    normal distribution: 1.2533 s ÷ √n).
    """
    known = {g: s for g, s in samples.items() if len(s)}
    if not known:
        return {}
    pooled = np.concatenate([s - s.mean() for s in known.values()])
    freedom = max(1, len(pooled) - len(known))
    within = float((pooled**2).sum() / freedom) or 1e-12
    means = {g: float(np.median(s) if medians else s.mean()) for g, s in known.items()}
    chance = {g: within * (np.pi / 2 if medians else 1.0) / len(s) for g, s in known.items()}
    between = max(0.0, float(np.mean([means[g] ** 2 - chance[g] for g in known])))
    found = {}
    for group, sample in known.items():
        weight = between / (between + chance[group])
        found[group] = Estimate(weight * means[group], float(np.sqrt(weight * chance[group])), len(sample))
    return found


def relative_logs(seconds: Floats, cells: list[tuple[str, ...]], owners: list[Group]) -> Floats:
    """The logarithm of each time over the median of its cell's rows of other owners; NaN where there are too few."""
    by_cell: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for index, cell in enumerate(cells):
        by_cell[cell].append(index)
    found = np.full(len(seconds), np.nan)
    logs = np.log(np.maximum(seconds, 1.0))
    for rows in by_cell.values():
        values = logs[rows]
        held = np.array([hash(owners[i]) for i in rows])
        for owner in set(held.tolist()):
            peers = values[held != owner]
            if len(peers) >= MIN_PEERS:
                mine = np.array(rows)[held == owner]
                found[mine] = logs[mine] - np.median(peers)
    return found


def speed_quality(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """Relative time, accuracy and Pareto rank of each group. Columns: seconds, type, category, priority, undone (0 or 1)."""
    if not question.by:
        reason = "a comparison needs groups: cut it by technician or by team"
        return {g: [Outcome(statistic="relative_time", value=None, n=0, reason=reason)] for g in groups}
    owners = [g for g, columns in groups.items() for _ in range(len(columns[0]))]
    seconds = np.concatenate([c[0] for c in groups.values()]) if groups else np.zeros(0)
    texts = [np.concatenate([c[i] for c in groups.values()]) for i in (1, 2, 3)] if groups else []
    logs = relative_logs(seconds, list(zip(*texts, strict=True)), owners)
    samples = _by_owner(logs, owners)
    speed = shrunk(samples, medians=True)
    undone = {g: c[4] for g, c in groups.items()}
    accuracy = _shares(undone)
    ranks = _fronts({g: (speed[g].value, -accuracy[g]) for g in speed})
    return {g: _speed_outcomes(g, speed.get(g), undone[g], accuracy, ranks) for g in groups}


def _speed_outcomes(
    group: Group, speed: Estimate | None, undone: Floats, accuracy: Mapping[Group, float], ranks: Mapping[Group, int]
) -> list[Outcome]:
    n = len(undone)
    if speed is None:
        reason = f"no peers on the same work: no cell has {MIN_PEERS} tickets of others"
        return [Outcome(statistic="relative_time", value=None, n=n, reason=reason)]
    low, high = speed.interval
    right = n - float(undone.sum())
    return [
        Outcome(statistic="relative_time", value=float(np.exp(speed.value)), n=speed.n,
                ci=(float(np.exp(low)), float(np.exp(high)))),
        Outcome(statistic="accuracy", value=100 * right / n, n=n, numerator=right, denominator=n, unit="percent",
                extra={"shrunk": 100 * accuracy[group]}),
        Outcome(statistic="pareto_rank", value=ranks[group], n=n, unit="count"),
    ]  # fmt: skip


def _by_owner(logs: Floats, owners: list[Group]) -> dict[Group, Floats]:
    found: dict[Group, list[float]] = defaultdict(list)
    for value, owner in zip(logs.tolist(), owners, strict=True):
        if not np.isnan(value):
            found[owner].append(value)
    return {g: np.array(v) for g, v in found.items()}


def _shares(undone: Mapping[Group, Floats]) -> dict[Group, float]:
    """The share not undone of each group, drawn towards that of all by ten tickets' weight."""
    total = sum(len(u) for u in undone.values())
    overall = 1 - sum(float(u.sum()) for u in undone.values()) / total if total else 1.0
    return {g: (len(u) - float(u.sum()) + 10 * overall) / (len(u) + 10) for g, u in undone.items()}


def _fronts(points: Mapping[Group, tuple[float, float]]) -> dict[Group, int]:
    """The number of the Pareto front of each point; both coordinates are better when smaller."""
    left, ranks, front = dict(points), {}, 1
    while left:
        best = [g for g, p in left.items() if not any(_beats(q, p) for q in left.values())]
        for group in best:
            ranks[group] = front
            del left[group]
        front += 1
    return ranks


def _beats(one: tuple[float, float], other: tuple[float, float]) -> bool:
    return one[0] <= other[0] and one[1] <= other[1] and one != other


def training_gap(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """Cells that stand out. Columns: seconds, technician, category, priority, undone (0 or 1). Peers are within the same group."""
    return {group: [_gap(columns, question.may_name)] for group, columns in groups.items()}


def _gap(columns: Columns, may_name: bool) -> Outcome:
    seconds, technicians, categories, priorities, undone = columns
    if not len(seconds):
        return Outcome(statistic="count", value=0, n=0)
    owners: list[Group] = [(t,) for t in technicians]
    logs = relative_logs(seconds, list(zip(categories, priorities, strict=True)), owners)
    cells = list(zip(technicians, categories, strict=True))
    slow = {
        cell: (float(np.exp(e.value)), e.n)
        for cell, e in shrunk(_by_owner(logs, cells)).items()
        if e.interval[0] > 0 and np.exp(e.value) >= STANDS_OUT
    }
    wrong = _often_undone(undone, technicians.tolist(), list(zip(categories, priorities, strict=True)))
    named = [
        {"technician": cell[0], "category": cell[1] or None, "what": "time", "times_the_peers": round(ratio, 3), "n": n}
        for cell, (ratio, n) in slow.items()
    ] + [
        {
            "technician": cell[0],
            "category": cell[1] or None,
            "what": "undone",
            "times_the_peers": round(ratio, 3),
            "n": n,
        }
        for cell, (ratio, n) in wrong.items()
    ]
    named.sort(key=lambda c: (-float(c["times_the_peers"]), str(c["technician"]), str(c["category"])))
    return Outcome(
        statistic="count",
        value=len({*slow, *wrong}),
        n=len(seconds),
        extra={"cells": named[:LISTED] if may_name else []},
    )


def _often_undone(undone: Floats, technicians: list[str], work: list[Group]) -> dict[Group, tuple[float, int]]:
    """Cells (technician, category) whose share undone, shrunk, lies above that of the peers on the same category and priority at 95 %:
    times that share, and the rows. ``work`` is (category, priority). The peers' share is (hits + ½) ÷ (rows + 1): never zero."""
    mine, all_of_them = defaultdict[Group, list[float]](list), defaultdict[Group, list[float]](list)
    for value, who, kind in zip(undone.tolist(), technicians, work, strict=True):
        mine[(who, *kind)].append(value)
        all_of_them[kind].append(value)
    rows, hits, expected = (defaultdict[Group, float](float) for _ in range(3))
    for (who, category, priority), values in mine.items():
        everybody = all_of_them[category, priority]
        others = len(everybody) - len(values)
        if others >= MIN_PEERS:
            cell = (who, category)
            rows[cell] += len(values)
            hits[cell] += sum(values)
            expected[cell] += len(values) * (sum(everybody) - sum(values) + 0.5) / (others + 1)
    usual = {cell: expected[cell] / n for cell, n in rows.items()}
    alike = _likeness(rows, hits, usual)
    found = {}
    for cell, n in rows.items():
        kept = n * alike / (n * alike + 1 - alike)
        share = kept * hits[cell] / n + (1 - kept) * usual[cell]
        error = float(np.sqrt(share * (1 - share) * alike / (n * alike + 1)))
        if n >= MIN_PEERS and share >= STANDS_OUT * usual[cell] and share - Z * error > usual[cell]:
            found[cell] = (share / usual[cell], int(n))
    return found


def _likeness(rows: Mapping[Group, float], hits: Mapping[Group, float], usual: Mapping[Group, float]) -> float:
    """How alike the rows of one cell are (0 to 1), by moments: what of the squared distances from the usual share is more than chance."""
    chance = {cell: n * usual[cell] * (1 - usual[cell]) for cell, n in rows.items()}
    most = sum(chance[cell] * (n - 1) for cell, n in rows.items())
    apart = sum((hits[cell] - n * usual[cell]) ** 2 for cell, n in rows.items())
    return min(1.0, max(0.0, (apart - sum(chance.values())) / most)) if most else 0.0


METHODS = {"speed_quality": speed_quality, "training_gap": training_gap}
