"""Time in hands: how long each handover waited, in each direction, and which teams play tickets back and forth.

Owns handovers and returns out of the intervals of tickets. How resolution time splits over holders, and who held a ticket when its promise
broke, are KPIs (``time_in_hands``, ``sla_breaches``). Must not know faces.
"""

from collections.abc import Iterable
from dataclasses import dataclass

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.responsibility.reach import within
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, read_business_time

_SIDE = """CASE WHEN {0}organisation = 'msp' AND {0}tier IS NOT NULL THEN 'msp tier ' || CAST({0}tier AS INTEGER)
    ELSE coalesce({0}organisation, 'nobody') END"""
_MOVES = """
    WITH touched AS (
        SELECT DISTINCT i.ticket_key FROM f_intervals AS i JOIN f_tickets AS f ON f.ticket_key = i.ticket_key
        WHERE i.start_s >= {from_s} AND i.start_s < {to_s} AND i.start_s > f.created_s
            AND (f.excluded_s IS NULL OR f.excluded_s > {as_of_s}) AND {clients}
    ),
    held AS (
        SELECT i.ticket_key, i.start_s, i.team_id, i.organisation, i.tier, i.calendar_key,
            lag(i.team_id) OVER one AS from_team_id, lag(i.organisation) OVER one AS from_organisation,
            lag(i.tier) OVER one AS from_tier
        FROM f_intervals AS i JOIN touched AS t ON t.ticket_key = i.ticket_key
        WHERE i.start_s <= {as_of_s}
        WINDOW one AS (PARTITION BY i.ticket_key ORDER BY i.start_s)
    ),
    moves AS (
        SELECT h.*, lead(h.start_s) OVER (PARTITION BY h.ticket_key ORDER BY h.start_s) AS next_s
        FROM held AS h WHERE h.from_team_id <> h.team_id
    )"""


@dataclass(frozen=True, kw_only=True)
class Span:
    """When handovers happened: ``[from_s, to_s)``, as of an instant."""

    from_s: int
    to_s: int
    as_of_s: int


@dataclass(frozen=True, kw_only=True)
class Direction:
    """Handovers from one side to another. Delays are seconds to the first action of the receiving team: median, p90 and mean.

    ``taken`` of ``count`` were acted upon before they went on to the next team; None delays where none was.
    """

    giver: str
    taker: str
    count: int
    taken: int
    business_median_s: float | None
    business_p90_s: float | None
    business_mean_s: float | None
    calendar_median_s: float | None


@dataclass(frozen=True, kw_only=True)
class Pair:
    """Two teams between which tickets return. ``returns`` are the times that one came back from the other directly to it.

    ``hours`` are calendar hours from a ticket's first handover between the two to its last.
    """

    one: str
    other: str
    tickets: int
    returns: int
    hours: float


def handovers(
    con: duckdb.DuckDBPyConnection, scope: Scope, span: Span, *, clients: Iterable[str] | None = None
) -> list[Direction]:
    """Every direction in which tickets were handed over, the most frequent first."""
    text, values = _moves(scope, span, clients)
    time = read_business_time(con)
    key = f"coalesce(d.calendar_key, {ALWAYS_OPEN_KEY})"
    start, end = time.opened("a", key, "d.start_s"), time.opened("b", key, "d.acted_s")
    rows = con.execute(
        f"""{text},
        acts AS (
            SELECT m.ticket_key, m.start_s, min(CAST(epoch_us(e.occurred_at) // 1000000 AS BIGINT)) AS acted_s
            FROM moves AS m
            JOIN ticket_events AS e ON e.ticket_key = m.ticket_key
                AND e.kind IN ('reply', 'note', 'status', 'assignment', 'article', 'resolved', 'team', 'escalation')
            JOIN f_spells AS s ON s.technician_id = e.actor_id AND s.team_id = m.team_id
                AND s.from_s <= epoch_us(e.occurred_at) // 1000000 AND epoch_us(e.occurred_at) // 1000000 < s.to_s
            WHERE epoch_us(e.occurred_at) // 1000000 >= m.start_s AND epoch_us(e.occurred_at) // 1000000 <= {span.as_of_s}
                AND (m.next_s IS NULL OR epoch_us(e.occurred_at) // 1000000 <= m.next_s)
            GROUP BY m.ticket_key, m.start_s
        ),
        delays AS (
            SELECT m.ticket_key, m.start_s, m.calendar_key, {_SIDE.format("m.from_")} AS giver, {_SIDE.format("m.")} AS taker, a.acted_s
            FROM moves AS m LEFT JOIN acts AS a ON a.ticket_key = m.ticket_key AND a.start_s = m.start_s
            WHERE m.start_s >= {span.from_s} AND m.start_s < {span.to_s}
        ),
        timed AS (
            SELECT d.giver, d.taker, d.acted_s - d.start_s AS calendar_s, {end.value} - {start.value} AS business_s
            FROM delays AS d {start.joins} {end.joins}
        )
        SELECT giver, taker, count(*), count(calendar_s), quantile_cont(business_s, 0.5), quantile_cont(business_s, 0.9),
            avg(business_s), quantile_cont(calendar_s, 0.5)
        FROM timed GROUP BY giver, taker ORDER BY count(*) DESC, giver, taker""",
        values,
    ).fetchall()
    return [
        Direction(giver=giver, taker=taker, count=n, taken=taken, business_median_s=median, business_p90_s=p90,
                  business_mean_s=mean, calendar_median_s=calendar)
        for giver, taker, n, taken, median, p90, mean, calendar in rows
    ]  # fmt: skip


def ping_pong(
    con: duckdb.DuckDBPyConnection, scope: Scope, span: Span, *, clients: Iterable[str] | None = None
) -> list[Pair]:
    """The pairs of teams with tickets that came back, the most tickets first. A return counts when it happens within the span."""
    text, values = _moves(scope, span, clients)
    rows = con.execute(
        f"""{text},
        given AS (
            SELECT ticket_key, from_team_id, team_id, min(start_s) AS first_s FROM moves GROUP BY ticket_key, from_team_id, team_id
        ),
        returns AS (
            SELECT m.ticket_key, m.start_s, g.first_s,
                CASE WHEN m.team_id < m.from_team_id THEN m.team_id ELSE m.from_team_id END AS one,
                CASE WHEN m.team_id < m.from_team_id THEN m.from_team_id ELSE m.team_id END AS other
            FROM moves AS m
            JOIN given AS g ON g.ticket_key = m.ticket_key AND g.from_team_id = m.team_id AND g.team_id = m.from_team_id
                AND g.first_s < m.start_s
            WHERE m.start_s >= {span.from_s} AND m.start_s < {span.to_s}
        ),
        tickets AS (
            SELECT one, other, ticket_key, count(*) AS returns, max(start_s) - min(first_s) AS between_s
            FROM returns GROUP BY one, other, ticket_key
        )
        SELECT one, other, count(*), CAST(sum(returns) AS BIGINT), CAST(sum(between_s) AS BIGINT)
        FROM tickets GROUP BY one, other ORDER BY count(*) DESC, one, other""",
        values,
    ).fetchall()
    return [
        Pair(one=one, other=other, tickets=n, returns=returns, hours=between_s / 3600)
        for one, other, n, returns, between_s in rows
    ]  # fmt: skip


def _moves(scope: Scope, span: Span, clients: Iterable[str] | None) -> tuple[str, list[object]]:
    condition, values = within(scope, "f", clients=clients)
    text = _MOVES.format(from_s=span.from_s, to_s=span.to_s, as_of_s=span.as_of_s, clients=condition)
    return text, values
