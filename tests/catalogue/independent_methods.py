"""What no SQL can say, in plain Python: clusters of like tickets by their words, merged one pair at a time."""

import re
from collections import Counter, defaultdict
from math import log, sqrt

import duckdb

WORK = """
    SELECT month_of(w.s), t.client_id, t.ticket_id, w.seconds, sum(w.seconds) OVER (PARTITION BY t.ticket_id), coalesce(t.subject, ''),
        coalesce(was(t.ticket_id, 'category', as_of()), ''), coalesce(t.resolution_note, '')
    FROM worked AS w JOIN t USING (ticket_id) WHERE NOT t.is_out"""
SMALL_S, FAR, REPEATED = 30 * 60, 0.6, 5
Words = tuple[str, ...]
Piece = tuple[str, int, int, Words]
"""Ticket, seconds, the seconds of all work on the ticket, its words."""


def repetitive_work_share(con: duckdb.DuckDBPyConnection) -> dict[tuple[str, tuple[str]], dict[str, float | None]]:
    """By month and client, of work in it: hours on small tickets that five or more small ones are like ÷ hours."""
    groups = defaultdict(list)
    for month, client, ticket, seconds, total, *texts in con.execute(WORK).fetchall():
        if "2026-05" <= month <= "2026-10":
            groups[month, (client,)].append((ticket, seconds, total, words_of(*texts)))
    return {place: {"n": len(rows), "share": share(rows)} for place, rows in groups.items()}


def words_of(subject: str, category: str, note: str) -> Words:
    """Words of two letters and more, without whatever has a digit in it; ten of the note."""
    found = [
        [w for w in re.findall(r"[^\W\d_]+", re.sub(r"[^\W\d_]*\d\w*", " ", text.lower())) if len(w) > 1]
        for text in (subject, category, note)
    ]
    return (*found[0], *(f"category:{w}" for w in found[1]), *found[2][:10])


def share(rows: list[Piece]) -> float | None:
    """The share in percent, None without any hours. A ticket is small by all the work on it, whenever that was."""
    cluster = clusters(sorted({words for *_, words in rows}))
    small = Counter(
        cluster[words] for _, words in {(ticket, words) for ticket, _, total, words in rows if total <= SMALL_S}
    )
    repeated = sum(s for _, s, total, words in rows if total <= SMALL_S and small[cluster[words]] >= REPEATED)
    hours = sum(s for _, s, *_ in rows)
    return 100 * repeated / hours if hours else None


def clusters(kinds: list[Words]) -> dict[Words, int]:
    """Average linkage: the two clusters whose members are nearest on average are merged until none are nearer than FAR."""
    vectors = [weights(words, kinds) for words in kinds]
    distance = {
        (a, b): 1 - sum(x * vectors[b].get(w, 0.0) for w, x in vectors[a].items())
        for a in range(len(kinds)) for b in range(a)
    }  # fmt: skip
    members = {n: [n] for n in range(len(kinds))}
    while len(members) > 1:
        (a, b), far = min(distance.items(), key=lambda pair: pair[1])
        if far >= FAR:
            break
        for other in members.keys() - {a, b}:
            one, two = distance.pop(_pair(a, other)), distance.pop(_pair(b, other))
            size_a, size_b = len(members[a]), len(members[b])
            distance[_pair(b, other)] = (one * size_a + two * size_b) / (size_a + size_b)
        del distance[a, b]
        members[b] += members.pop(a)
    return {kinds[n]: label for label, listed in members.items() for n in listed}


def _pair(a: int, b: int) -> tuple[int, int]:
    return (a, b) if a > b else (b, a)


def weights(words: Words, kinds: list[Words]) -> dict[str, float]:
    """How often a word stands there × how rare it is (1 + ln((1 + kinds) ÷ (1 + kinds with it))), brought to length 1."""
    raw = {w: n * (1 + log((1 + len(kinds)) / (1 + sum(w in k for k in kinds)))) for w, n in Counter(words).items()}
    length = sqrt(sum(x * x for x in raw.values())) or 1.0
    return {w: x / length for w, x in raw.items()}


METHODS = {"repetitive_work_share": repetitive_work_share}
