"""Clusters of like tickets, and the hours that go into small ones that come again and again.

Owns ``repetitive_work``. Tickets whose words are the same but for numbers are one signature (the facts keep each ticket's words, the engine
folds the pieces of work), so that a million tickets are some ten thousand signatures; the commonest of these are clustered by the cosine
distance of their words (TF-IDF, average linkage, scikit-learn), the others join the nearest cluster that is near enough. No step draws at
random, and nothing is kept from one question to the next: labels that are kept would depend on which tickets came first. Must not know SQL.

A million pieces of work with 80,000 signatures take 3.3 s of processor time (``python -m bench --only clusters``): a good second each
for the engine's joins and folding, for the weights of the words, and for the comparison with the seeds. Only what is compared with them
is dense, and only over their words; a product of two sparse matrices is slower the more words the tickets share.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.methods.record import EXTRA_MISSING, Columns, Group, Outcome, Question, Told

SEEDS = 1_500
"""Signatures that are clustered with each other; the rest are compared with these."""
FAR = 0.6
"""Cosine distance from which on two signatures are not alike."""
REPEATED = 5
"""Tickets that a cluster needs to be called repeated."""
LISTED = 20
PIECE = 4_000
"""Signatures that are compared with the seeds at a time; bounds memory."""


@dataclass(frozen=True)
class Clusters:
    """The clusters of small tickets: the number of each row's cluster, by number the tickets, seconds and least subject of what is small in
    it, and which are repeated. Clusters are numbered by their seconds, then by their subjects and words."""

    of_row: NDArray[np.int64]
    tickets: NDArray[Any]
    seconds: NDArray[Any]
    subjects: list[str]

    @property
    def repeated(self) -> NDArray[np.bool_]:
        """Whether a cluster has as many tickets as it needs to be called repeated."""
        return self.tickets >= REPEATED


NONE = Clusters(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), [])
"""Where too few tickets are small for any cluster to be repeated, none needs to be found."""


def repetitive_work(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """The share of hours in small repeated tickets. A row is the work on tickets of one signature that are all small or all not. Columns:
    the signature, small (0 or 1), seconds, tickets, pieces of work, the least subject."""
    if not _can_cluster():
        return {g: [Outcome(statistic="share", value=None, n=0, reason=EXTRA_MISSING)] for g in groups}
    return {g: [_outcome(columns)] for g, columns in groups.items()}


def _can_cluster() -> bool:
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return False
    return True


def _outcome(columns: Columns) -> Outcome:
    seconds, pieces = columns[2], columns[4]
    total = float(np.nansum(seconds))
    if not total:
        return Outcome(statistic="share", value=None, n=0, reason="no denominator: no hours on tickets in this period")
    found = found_in(columns) if float(columns[3][columns[1] == 1].sum()) >= REPEATED else NONE
    told = [
        {"like": found.subjects[k], "tickets": int(found.tickets[k]), "hours": round(float(found.seconds[k]) / 3600, 3)}
        for k in np.flatnonzero(found.repeated)[:LISTED].tolist()
    ]
    part = float(found.seconds[found.repeated].sum())
    return Outcome(
        statistic="share", value=100 * part / total, n=int(pieces.sum()), numerator=part / 3600, denominator=total / 3600,
        unit="percent", extra={"clusters": told},
    )  # fmt: skip


def found_in(columns: Columns) -> Clusters:
    """The clusters of one group's rows."""
    words, small, seconds, tickets, pieces, subjects = columns
    fits, seconds = small == 1, np.nan_to_num(seconds)
    weights: dict[str, float] = defaultdict(float)
    for text, many in zip(words.tolist(), pieces.tolist(), strict=True):
        weights[text] += many
    label_of = clusters(weights)
    labels = np.array([label_of[text] for text in words.tolist()], dtype=np.int64)
    many = max(label_of.values(), default=-1) + 1
    in_tickets = np.bincount(labels[fits], weights=tickets[fits], minlength=many)
    in_seconds = np.bincount(labels[fits], weights=seconds[fits], minlength=many)
    first: dict[int, tuple[str, str]] = {}
    for label, mine in zip(labels[fits].tolist(), zip(subjects[fits], words[fits], strict=True), strict=True):
        first[label] = min(first.get(label, mine), mine)
    order = sorted(range(many), key=lambda k: (-in_seconds[k], first.get(k, ("", "")), k))
    place = np.empty(many, dtype=np.int64)
    place[order] = np.arange(many)
    names = [first[k][0] if k in first else "" for k in order]
    return Clusters(place[labels], in_tickets[order], in_seconds[order], names)


def clusters(weights: Mapping[str, float]) -> dict[str, int]:
    """A cluster number for each signature, from 0 on; like ones have the same. ``weights`` are the pieces of work of each. The same
    weights give the same clusters, in any order."""
    ordered = sorted(weights, key=lambda s: (-weights[s], s))
    _, numbers = np.unique(_labels(ordered), return_inverse=True)
    return dict(zip(ordered, numbers.tolist(), strict=True))


def _labels(ordered: list[str]) -> NDArray[np.int64]:
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(ordered) < 2 or not any(ordered):
        return np.arange(len(ordered), dtype=np.int64)
    vectors = TfidfVectorizer(analyzer=str.split).fit_transform(ordered)
    seeds = vectors[:SEEDS]
    near: NDArray[Any] = np.maximum(0.0, 1.0 - (seeds @ seeds.T).toarray())
    found = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average", distance_threshold=FAR)
    labels: NDArray[np.int64] = found.fit_predict(near).astype(np.int64)
    used = np.unique(seeds.indices)  # words that no seed has make nothing nearer
    rest, towards = vectors[SEEDS:, used], np.ascontiguousarray(seeds[:, used].T.toarray())
    joined = [labels]
    for start in range(0, rest.shape[0], PIECE):
        likeness = rest[start : start + PIECE] @ towards
        best = likeness.argmax(axis=1)
        rows = np.arange(len(best))
        alone = len(ordered) + start + rows
        joined.append(np.where(likeness[rows, best] > 1 - FAR, labels[best], alone))
    return np.concatenate(joined)


def _told(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, Columns]:
    """By row: the number of its cluster from 1 on, the small tickets in that, whether its seconds count; nothing where the extra lacks."""
    said: dict[Group, Columns] = {}
    for group, columns in groups.items():
        if not _can_cluster():
            said[group] = (np.full(len(columns[0]), np.nan),) * 3
            continue
        found = found_in(columns)
        counted = (columns[1] == 1) & found.repeated[found.of_row]
        said[group] = (found.of_row + 1, found.tickets[found.of_row].astype(np.int64), counted.astype(np.int64))
    return said


METHODS = {"repetitive_work": repetitive_work}
TOLD = {
    "repetitive_work": Told(
        columns=("cluster", "small_tickets_in_cluster", "is_counted"), of=_told, counted="is_counted"
    )
}
