"""Technicians and kinds of work that stand out from peers on the same work.

Owns ``training_gap``. A cell is a technician and a category. Its time is the mean logarithm of its rows' times over those of the
peers, shrunk as in ``comparison``; its share undone is shrunk by the beta-binomial estimate, by moments (J. C. Kleinman, "Proportions
with extraneous variance", J. Am. Stat. Assoc. 68, 1973). Must not know SQL.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from pacesetter.catalogue.confidence import Z
from pacesetter.catalogue.methods.comparison import (
    MIN_PEERS,
    Estimate,
    Floats,
    by_owner,
    expected_of,
    relative_logs,
    shrunk,
)
from pacesetter.catalogue.methods.record import Columns, Group, Outcome, Question, Told

STANDS_OUT = 1.25
"""How many times the peers a cell must take, after shrinkage, to stand out."""
LISTED = 20
WHOLE = frozenset({"cell_n", "stands_out"})
GAP_COLUMNS = (
    "expected_s", "times_expected", "usual_undone", "cell_times", "cell_times_low", "cell_kept", "cell_n", "cell_undone", "cell_undone_low",
    "cell_usual", "stands_out",
)  # fmt: skip


@dataclass(frozen=True)
class Undone:
    """A cell's rows with peers, its share undone drawn towards that of the peers, the lower end of its interval at 95 %, and that share of
    the peers."""

    n: int
    share: float
    low: float
    usual: float

    @property
    def stands_out(self) -> bool:
        """Whether the cell has enough rows and lies above its peers by more than chance."""
        return self.n >= MIN_PEERS and self.share >= STANDS_OUT * self.usual and self.low > self.usual


@dataclass(frozen=True)
class Gaps:
    """What training_gap finds in a group: each row's cell (technician, category), its time as a logarithm over that of its peers and the
    peers' share undone (NaN without enough of them); each cell's estimates."""

    cells: list[Group]
    logs: Floats
    usual: Floats
    times: dict[Group, Estimate]
    undone: dict[Group, Undone]

    @property
    def slow(self) -> dict[Group, Estimate]:
        """Cells that take longer than their peers."""
        return {c: e for c, e in self.times.items() if e.interval[0] > 0 and float(np.exp(e.value)) >= STANDS_OUT}

    @property
    def wrong(self) -> dict[Group, Undone]:
        """Cells whose work is undone more often than their peers'."""
        return {c: u for c, u in self.undone.items() if u.stands_out}


def training_gap(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """Cells that stand out. Columns: seconds, technician, category, priority, undone (0 or 1). Peers are within the same group."""
    return {group: [_gap(columns, question.may_name)] for group, columns in groups.items()}


def _gaps(columns: Columns) -> Gaps:
    seconds, technicians, categories, priorities, undone = columns
    work: list[Group] = list(zip(categories, priorities, strict=True))
    logs = relative_logs(seconds, work, [(t,) for t in technicians])
    cells: list[Group] = list(zip(technicians, categories, strict=True))
    usual, undone_of = often_undone(undone, technicians.tolist(), work)
    return Gaps(cells, logs, usual, shrunk(by_owner(logs, cells)), undone_of)


def _gap(columns: Columns, may_name: bool) -> Outcome:
    if not len(columns[0]):
        return Outcome(statistic="count", value=0, n=0)
    found = _gaps(columns)
    slow, wrong = found.slow, found.wrong
    told = [(cell, "time", float(np.exp(e.value)), e.n) for cell, e in slow.items()]
    told += [(cell, "undone", u.share / u.usual, u.n) for cell, u in wrong.items()]
    named = [
        {"technician": cell[0], "category": cell[1] or None, "what": what, "times_the_peers": round(ratio, 3), "n": n}
        for cell, what, ratio, n in told
    ]
    named.sort(key=lambda c: (-float(c["times_the_peers"]), str(c["technician"]), str(c["category"])))
    return Outcome(
        statistic="count",
        value=len({*slow, *wrong}),
        n=len(columns[0]),
        extra={"cells": named[:LISTED] if may_name else []},
    )


def _gap_told(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, Columns]:
    """By row, as ``GAP_COLUMNS`` names it: the peers' time, times that, their share undone; of its cell the shrunk times, its lower end
    and the share left by shrinkage; rows with peers, the share undone, its lower end and the usual one; whether the cell stands out."""
    said: dict[Group, Columns] = {}
    for group, columns in groups.items():
        found = _gaps(columns)
        out = {*found.slow, *found.wrong}
        of_cell = {
            cell: (
                *((float(np.exp(e.value)), float(np.exp(e.interval[0])), e.kept) if e else (np.nan,) * 3),
                *((u.n, u.share, u.low, u.usual) if u else (0, *(np.nan,) * 3)),
                int(cell in out),
            )
            for cell in set(found.cells)
            for e, u in [(found.times.get(cell), found.undone.get(cell))]
        }
        width = len(GAP_COLUMNS) - 3
        by_row = np.array([of_cell[cell] for cell in found.cells], dtype=np.float64).reshape(-1, width).T
        told = (
            values.astype(np.int64) if name in WHOLE else values
            for name, values in zip(GAP_COLUMNS[3:], by_row, strict=True)
        )
        said[group] = (*expected_of(columns[0], found.logs), found.usual, *told)
    return said


def often_undone(undone: Floats, technicians: list[str], work: list[Group]) -> tuple[Floats, dict[Group, Undone]]:
    """By row, the share undone of the others on the same work, (hits + ½) ÷ (rows + 1) and so never zero; NaN where they are few. By cell
    (technician, category) its share, shrunk, beside theirs. ``work`` is (category, priority)."""
    mine, all_of_them = defaultdict[Group, list[float]](list), defaultdict[Group, list[float]](list)
    for value, who, kind in zip(undone.tolist(), technicians, work, strict=True):
        mine[(who, *kind)].append(value)
        all_of_them[kind].append(value)
    rows, hits, expected = (defaultdict[Group, float](float) for _ in range(3))
    theirs: dict[Group, float] = {}
    for (who, category, priority), values in mine.items():
        everybody = all_of_them[category, priority]
        others = len(everybody) - len(values)
        if others >= MIN_PEERS:
            cell = (who, category)
            theirs[who, category, priority] = share = (sum(everybody) - sum(values) + 0.5) / (others + 1)
            rows[cell] += len(values)
            hits[cell] += sum(values)
            expected[cell] += len(values) * share
    usual = {cell: expected[cell] / n for cell, n in rows.items()}
    alike = _likeness(rows, hits, usual)
    found = {}
    for cell, n in rows.items():
        kept = n * alike / (n * alike + 1 - alike)
        share = kept * hits[cell] / n + (1 - kept) * usual[cell]
        error = float(np.sqrt(share * (1 - share) * alike / (n * alike + 1)))
        found[cell] = Undone(int(n), share, share - Z * error, usual[cell])
    return np.array([theirs.get((who, *kind), np.nan) for who, kind in zip(technicians, work, strict=True)]), found


def _likeness(rows: Mapping[Group, float], hits: Mapping[Group, float], usual: Mapping[Group, float]) -> float:
    """How alike the rows of one cell are (0 to 1), by moments: what of the squared distances from the usual share is more than chance."""
    chance = {cell: n * usual[cell] * (1 - usual[cell]) for cell, n in rows.items()}
    most = sum(chance[cell] * (n - 1) for cell, n in rows.items())
    apart = sum((hits[cell] - n * usual[cell]) ** 2 for cell, n in rows.items())
    return min(1.0, max(0.0, (apart - sum(chance.values())) / most)) if most else 0.0


METHODS = {"training_gap": training_gap}
TOLD = {"training_gap": Told(columns=GAP_COLUMNS, of=_gap_told)}
