"""Clusters of like tickets over all work of the workspace, beside the same in plain Python and scikit-learn over the rows of a query."""

import re
import resource
import time
from collections import Counter, defaultdict
from collections.abc import Callable
from typing import Any

import duckdb
import numpy as np
from sklearn.cluster import AgglomerativeClustering
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.neighbors import NearestNeighbors

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.methods.likeness import FAR, REPEATED, SEEDS
from pacesetter.warehouse.workspace import Workspace
from tables import show

ROWS = """
    SELECT w.ticket_key, w.worked_s, sum(w.worked_s) OVER (PARTITION BY w.ticket_key), coalesce(t.subject, ''), coalesce(f.category, ''),
        coalesce(t.resolution_note, '')
    FROM f_work AS w JOIN f_tickets AS f USING (ticket_key) JOIN tickets AS t USING (ticket_key)
    WHERE w.superseded_s IS NULL AND f.excluded_as IS NULL"""
"""The work as it stands at the end of the bundle."""


def by_hand(con: duckdb.DuckDBPyConnection, bound_s: float) -> tuple[int, int, float]:
    """Pieces of work, signatures and the share in percent: every text taken apart in Python, all of it by scikit-learn's own means."""
    rows = con.execute(ROWS).fetchall()
    signatures = [signature(*row[3:]) for row in rows]
    counts = Counter(signatures)
    ordered = sorted(counts, key=lambda s: (-counts[s], s))
    vectors = TfidfVectorizer(token_pattern=r"\S+").fit_transform(ordered)
    seeds, rest = vectors[:SEEDS], vectors[SEEDS:]
    near = np.maximum(0.0, 1.0 - (seeds @ seeds.T).toarray())
    found = AgglomerativeClustering(n_clusters=None, metric="precomputed", linkage="average", distance_threshold=FAR)
    labels = found.fit_predict(near).tolist()
    if rest.shape[0]:
        far, place = NearestNeighbors(n_neighbors=1, metric="cosine").fit(seeds).kneighbors(rest)
        labels += [
            labels[p] if d < FAR else -1 - n for n, (d, p) in enumerate(zip(far[:, 0], place[:, 0], strict=True))
        ]
    label_of = dict(zip(ordered, labels, strict=True))
    small = {row[0]: label_of[s] for row, s in zip(rows, signatures, strict=True) if row[2] <= bound_s}
    tickets = Counter(small.values())
    seconds: dict[int, float] = defaultdict(float)
    for row, s in zip(rows, signatures, strict=True):
        if row[2] <= bound_s:
            seconds[label_of[s]] += row[1]
    counted = sum(s for label, s in seconds.items() if tickets[label] >= REPEATED)
    return len(rows), len(ordered), 100 * counted / sum(row[1] for row in rows)


def signature(subject: str, category: str, note: str) -> str:
    """The words of two letters and more without what has a digit in it; ten of the note."""
    words = [
        re.findall(r"[^\W\d_]{2,}", re.sub(r"[^\W\d_]*\d\w*", " ", text.lower())) for text in (subject, category, note)
    ]
    return " ".join([*words[0], *(f"category:{w}" for w in words[1]), *words[2][:10]])


def bench_clusters(ws: Workspace) -> None:
    """The question over the whole span, of all clients and by client, and the baseline."""
    with open_desk(ws, operator_scope()) as desk:
        whole, by_client = (desk.query(by=by) for by in ((), ("client",)))
        desk.ask(["tickets_created"], whole)  # begins with warm files
        kpi = ["repetitive_work_share"]
        [answer], ours, used = timed(lambda: desk.ask(kpi, whole))
        _, cut, cut_used = timed(lambda: desk.ask(kpi, by_client))
        bound_s = ws.settings.rules.small_effort_minutes * 60
        (pieces, signatures, share), hand, hand_used = timed(lambda: by_hand(desk.evaluator.con, bound_s))
    rows = [
        {"what": "all work", "seconds": ours, "processor": used, "share, %": answer.value},
        {"what": "all work by client", "seconds": cut, "processor": cut_used},
        {"what": "all work, in Python and scikit-learn", "seconds": hand, "processor": hand_used, "share, %": share},
    ]
    for row in rows:
        row["processor / by hand"] = row["processor"] / hand_used
    note = f"{pieces:,} pieces of work, {signatures:,} different signatures; ours counted {answer.n:,} pieces."
    show("Clusters of like tickets", rows, note)


def timed(work: Callable[[], Any]) -> tuple[Any, float, float]:
    """What it gives, the seconds, and the processor time of the program in them."""
    begin, used = time.perf_counter(), _processor()
    found = work()
    return found, time.perf_counter() - begin, _processor() - used


def _processor() -> float:
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime
