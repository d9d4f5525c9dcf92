"""What a row is put to by looking it up: the agreement of its ticket, and the shift in which something happened.

Owns the tables that are joined to the rows of a question where it names the dimension, and only then. Must not know facts or KPIs.

A ticket stands under the agreement of the SLA policy that its source names, where that agreement is with the ticket's client; else under
the one agreement of its client that was in force when it was created and is about its offering (about any, where it names none). Where none
or several fit, it is not known. An agreement begins and ends at midnight of the workspace's zone.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from itertools import pairwise
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.catalogue.periods import midnight

AGREEMENT_SPANS = "agreement_spans"
"""client_id, offering_id (null: tickets that name none), from_s, to_s, agreement_id: when one agreement alone fits; disjoint."""
NAMED_AGREEMENTS = """
    SELECT t.ticket_key, g.agreement_id
    FROM tickets AS t JOIN sla_policies AS p ON p.sla_policy_id = t.sla_policy_id
    JOIN agreements AS g ON g.agreement_id = p.agreement_id AND g.client_id = t.client_id"""
"""The tickets whose source names the policy of an agreement."""
SHIFT_CELLS = """
    SELECT shift_id, technician_id, starts_s, ends_s, unnest(range(starts_s // 86400, (ends_s - 1) // 86400 + 1)) AS cell
    FROM f_shifts"""
"""Every shift once for each UTC day that it touches."""
_ALWAYS = 1 << 60
_Span = tuple[int, int, str]


def read_agreement_spans(con: duckdb.DuckDBPyConnection, zone: ZoneInfo) -> pa.Table:
    """``agreement_spans`` of the generation that ``con`` reads."""
    held: dict[tuple[str, str | None], list[_Span]] = defaultdict(list)
    rows = con.execute("SELECT client_id, offering_id, agreement_id, starts_on, ends_on FROM agreements").fetchall()
    for client, offering, agreement, starts, ends in rows:
        span = (_midnight(starts, zone, -_ALWAYS), _midnight(ends, zone, _ALWAYS), agreement)
        for about in (offering, None):
            held[client, about].append(span)
    found = [(client, about, *span) for (client, about), spans in held.items() for span in _alone(spans)]
    names = ("client_id", "offering_id", "from_s", "to_s", "agreement_id")
    kinds = (pa.string(), pa.string(), pa.int64(), pa.int64(), pa.string())
    return pa.table({n: pa.array([row[i] for row in found], kinds[i]) for i, n in enumerate(names)})


def _midnight(day: date | None, zone: ZoneInfo, without: int) -> int:
    """The beginning of a day; a day at the very end of the calendar stands for none."""
    return midnight(day, zone) if day is not None and 1 < day.year < 9999 else without


def _alone(spans: Iterable[_Span]) -> list[_Span]:
    """When exactly one of the spans holds, and which."""
    steps: dict[int, list[tuple[bool, str]]] = defaultdict(list)
    for from_s, to_s, name in spans:
        if from_s < to_s:
            steps[from_s].append((True, name))
            steps[to_s].append((False, name))
    edges, standing, found = sorted(steps), set[str](), list[_Span]()
    for at_s, next_s in pairwise(edges):
        for begins, name in steps[at_s]:
            if begins:
                standing.add(name)
            else:
                standing.discard(name)
        if len(standing) == 1:
            found.append((at_s, next_s, next(iter(standing))))
    return found


def shift_pieces(from_s: int, to_s: int) -> str:
    """The query of the shifts that touch ``[from_s, to_s)``, cut at UTC midnights: technician_id, cell (the day's number), from_s, to_s,
    shift_id; disjoint by technician. Of shifts of one technician at the same time the one of the lowest id holds."""
    return f"""
        WITH days AS ({SHIFT_CELLS} WHERE starts_s < {to_s} AND ends_s > {from_s}),
        cells AS (
            SELECT shift_id, technician_id, cell, greatest(starts_s, cell * 86400) AS from_s,
                least(ends_s, (cell + 1) * 86400) AS to_s
            FROM days),
        edges AS (
            SELECT technician_id, cell, from_s AS at_s FROM cells UNION SELECT technician_id, cell, to_s FROM cells),
        pieces AS (
            SELECT technician_id, cell, at_s AS from_s,
                lead(at_s) OVER (PARTITION BY technician_id, cell ORDER BY at_s) AS to_s
            FROM edges)
        SELECT p.technician_id, p.cell, p.from_s, p.to_s, min(c.shift_id) AS shift_id
        FROM pieces AS p JOIN cells AS c
            ON c.technician_id = p.technician_id AND c.cell = p.cell AND c.from_s <= p.from_s AND c.to_s >= p.to_s
        GROUP BY p.technician_id, p.cell, p.from_s, p.to_s"""
