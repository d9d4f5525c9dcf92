"""Comparisons of people and teams on the same mix of work, shrunk for small numbers.

Owns ``speed_quality``, and what it shares with ``training_gap``. A time is compared with the median of its cell's other rows, as a
logarithm, so that a few very long tickets do not rule; ``speed_quality`` takes the median of these. Shrinkage is the normal-normal
empirical Bayes estimate (B. Efron and C. Morris, "Data analysis using Stein's estimator", J. Am. Stat. Assoc. 70, 1975). Must not know SQL.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question, Told

MIN_PEERS = 5
"""Rows of others that a cell needs before anything is compared with it."""

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Estimate:
    """A mean, or a median, shrunk towards 0: the estimate, its standard error, the rows behind it, and what share of it was left."""

    value: float
    error: float
    n: int
    kept: float

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
        found[group] = Estimate(weight * means[group], float(np.sqrt(weight * chance[group])), len(sample), weight)
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
    speed = shrunk(_samples(_group_logs(groups)), medians=True)
    undone = {g: c[4] for g, c in groups.items()}
    accuracy = _shares(undone)
    ranks = _fronts({g: (speed[g].value, -accuracy[g]) for g in speed})
    return {g: _speed_outcomes(g, speed.get(g), undone[g], accuracy, ranks) for g in groups}


def _group_logs(groups: Mapping[Group, Columns]) -> dict[Group, Floats]:
    """By group, each row's logarithm of its time over that of the other groups on the same type, category and priority."""
    if not groups:
        return {}
    owners = [g for g, columns in groups.items() for _ in range(len(columns[0]))]
    seconds = np.concatenate([c[0] for c in groups.values()])
    texts = [np.concatenate([c[i] for c in groups.values()]) for i in (1, 2, 3)]
    logs = relative_logs(seconds, list(zip(*texts, strict=True)), owners)
    ends = np.cumsum([len(columns[0]) for columns in groups.values()])
    return dict(zip(groups, np.split(logs, ends[:-1]), strict=True))


def _samples(logs: Mapping[Group, Floats]) -> dict[Group, Floats]:
    """What is known of them."""
    return {group: values[~np.isnan(values)] for group, values in logs.items()}


def _speed_told(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, Columns]:
    """By row: the time that the others take, how many times that this is, and the share of the group's median that shrinkage leaves."""
    logs = _group_logs(groups) if question.by else {g: np.full(len(c[0]), np.nan) for g, c in groups.items()}
    speed = shrunk(_samples(logs), medians=True)
    return {
        g: (*expected_of(groups[g][0], logs[g]), np.full(len(logs[g]), speed[g].kept if g in speed else np.nan))
        for g in groups
    }


def expected_of(seconds: Floats, logs: Floats) -> tuple[Floats, Floats]:
    """The time that the others take, and how many times that this is; NaN where there are too few of them."""
    times = np.exp(logs)
    return np.maximum(seconds, 1.0) / times, times


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


def by_owner(logs: Floats, owners: list[Group]) -> dict[Group, Floats]:
    """What is known of each owner."""
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


METHODS = {"speed_quality": speed_quality}
TOLD = {
    "speed_quality": Told(
        columns=("expected_s", "times_expected", "kept"), of=_speed_told, statistics=("accuracy", "pareto_rank"),
        among=("technician", "team"),
    )
}  # fmt: skip
