"""Clusters of like tickets, and the hours that go into small ones that come again and again.

Owns ``repetitive_work``. Tickets whose words are the same but for numbers are one signature, so that a million tickets are some thousand
signatures; the commonest of these are clustered by the cosine distance of their words (TF-IDF, average linkage, scikit-learn), the others
join the nearest cluster that is near enough. No step draws at random. Must not know SQL.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pacesetter.catalogue.methods.record import EXTRA_MISSING, Columns, Group, Outcome, Question

SEEDS = 1_500
"""Signatures that are clustered with each other; the rest are compared with these."""
FAR = 0.6
"""Cosine distance from which on two signatures are not alike."""
REPEATED = 5
"""Tickets that a cluster needs to be called repeated."""
LISTED = 20
_NUMBERS = re.compile(r"[^\W\d_]*\d[\w]*")
_WORDS = re.compile(r"[^\W\d_]{2,}")


def repetitive_work(groups: Mapping[Group, Columns], question: Question) -> Mapping[Group, list[Outcome]]:
    """The share of hours in small repeated tickets. A row is a piece of work. Columns: its seconds, the seconds of all work on its ticket,
    the ticket's number, subject, category, resolution note."""
    try:
        import sklearn  # noqa: F401
    except ImportError:
        return {g: [Outcome(statistic="share", value=None, n=0, reason=EXTRA_MISSING)] for g in groups}
    bound = question.rules.small_effort_minutes * 60
    return {g: [_outcome(columns, bound)] for g, columns in groups.items()}


def _outcome(columns: Columns, bound: float) -> Outcome:
    seconds, totals, tickets, subjects, categories, notes = columns
    total = float(np.nansum(seconds)) if len(seconds) else 0.0
    if not total:
        return Outcome(statistic="share", value=None, n=0, reason="no denominator: no hours on tickets in this period")
    labels = clusters([*zip(subjects, categories, notes, strict=True)])
    small = totals <= bound
    of_ticket = {t: label for t, label, fits in zip(tickets.tolist(), labels, small, strict=True) if fits}
    counts = Counter(of_ticket.values())
    repeated = {label for label, n in counts.items() if n >= REPEATED}
    hours: dict[int, float] = defaultdict(float)
    first: dict[int, str] = {}
    for label, fits, worked, subject in zip(labels, small, seconds.tolist(), subjects, strict=True):
        if fits and label in repeated:
            hours[label] += worked / 3600
            first[label] = min(first.get(label, subject), subject)
    listed = sorted(hours, key=lambda k: (-hours[k], first[k]))[:LISTED]
    told = [{"like": first[k], "tickets": counts[k], "hours": round(hours[k], 3)} for k in listed]
    part = sum(hours.values()) * 3600
    return Outcome(
        statistic="share", value=100 * part / total, n=len(seconds), numerator=part / 3600, denominator=total / 3600,
        unit="percent", extra={"clusters": told},
    )  # fmt: skip


def signature(subject: str, category: str, note: str) -> str:
    """The words of a ticket without numbers; the note by its first ten words."""
    words = [_WORDS.findall(_NUMBERS.sub(" ", text.lower())) for text in (subject, category, note)]
    return " ".join([*words[0], *(f"category:{w}" for w in words[1]), *words[2][:10]])


def clusters(tickets: list[tuple[str, str, str]]) -> list[int]:
    """A cluster number for each ticket; like ones have the same. The same tickets give the same clusters, in any order."""
    signatures = [signature(*t) for t in tickets]
    counts = Counter(signatures)
    ordered = sorted(counts, key=lambda s: (-counts[s], s))
    labels = _labels(ordered)
    number = dict(zip(ordered, labels, strict=True))
    return [number[s] for s in signatures]


def _labels(ordered: list[str]) -> list[int]:
    from sklearn.cluster import AgglomerativeClustering
    from sklearn.feature_extraction.text import TfidfVectorizer

    if len(ordered) < 2 or not any(ordered):
        return list(range(len(ordered)))
    vectors = TfidfVectorizer(token_pattern=r"\S+").fit_transform(ordered)
    seeds = vectors[:SEEDS]
    near: NDArray[Any] = np.maximum(0.0, 1.0 - (seeds @ seeds.T).toarray())
    found = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average", distance_threshold=FAR)
    labels: list[int] = found.fit_predict(near).tolist()
    for start in range(SEEDS, len(ordered), 5_000):
        likeness = (vectors[start : start + 5_000] @ seeds.T).toarray()
        best = likeness.argmax(axis=1)
        for row, column in enumerate(best):
            fits = likeness[row, column] > 1 - FAR
            labels.append(labels[column] if fits else len(ordered) + start + row)
    return labels


METHODS = {"repetitive_work": repetitive_work}
