"""Two clocks: the same case in the MSP's system and in the client's, both clocks from both logs, the difference by cause.

Owns which tickets are twins, whose system is whose, the reading of their lives and the sums. A side without a target counts all the
same, in business hours of its calendar. Must not know faces. What counts where is ``two_clocks_spans``.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import duckdb
import numpy as np

from pacesetter.access.scope import Scope
from pacesetter.errors import BadRequest
from pacesetter.responsibility.two_clocks_spans import RESOLVE, RESPOND, Cause, Piece, Side, pieces
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, read_arrays
from pacesetter.warehouse.storage import quoted

CLOCKS = (RESOLVE, RESPOND)


@dataclass(frozen=True, kw_only=True)
class Told:
    """One system's side of a pair, for people: which ticket, by what it is judged, how it stands, and its life."""

    ticket_id: str
    source: str | None
    created_s: int
    ended_s: int | None
    policy: str | None
    calendar: str | None
    calendar_key: int
    hours: str
    target_s: int | None
    outcome: str | None
    used_s: int
    side: Side = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A case in both systems. ``difference_s`` = ours − theirs, in the hours of each clock; ``causes`` sum to it."""

    client: str
    clock: str
    ours: Told
    theirs: Told
    causes: Mapping[Cause, int]
    pieces: Sequence[tuple[Piece, int, int]] = field(repr=False)

    @property
    def difference_s(self) -> int:
        """Seconds that our clock counted more (less where negative)."""
        return self.ours.used_s - self.theirs.used_s

    @property
    def verdict_differs(self) -> bool:
        """Whether one clock was met and the other broken."""
        return {self.ours.outcome, self.theirs.outcome} == {"met", "breached"}


@dataclass(frozen=True, kw_only=True)
class Total:
    """Seconds of difference by cause: how many cases have it, counted without sign and with."""

    cases: int
    seconds: int
    net_s: int


def two_clocks(
    con: duckdb.DuckDBPyConnection, settings: Settings, scope: Scope, *, as_of_s: int, clock: str = RESOLVE,
    client: str | None = None, ticket: str | None = None, first_s: int | None = None, last_s: int | None = None,
) -> list[Pair]:  # fmt: skip
    """Every case that lives in both systems, within the scope, the largest difference first.

    ``ticket`` keeps the pairs of that ticket; ``first_s`` and ``last_s`` those of which our ticket was created in ``[first_s, last_s)``.
    Raises BadRequest for an unknown clock or a column of ``two_clocks.keys`` that tickets do not have.
    """
    if clock not in CLOCKS:
        raise BadRequest(
            f"two clocks are not compared for '{clock}'", where="--clock", do=f"choose {' or '.join(CLOCKS)}"
        )
    _write_pairs(con, settings, scope, as_of_s, client, ticket, first_s, last_s)
    sides = _sides(con, clock, as_of_s)
    rows = con.execute("SELECT ours, theirs, client_id FROM twin_pairs ORDER BY ours, theirs").fetchall()
    known = [(client_id, sides[a], sides[b]) for a, b, client_id in rows if a in sides and b in sides]
    found = _compared(con, clock, known)
    return sorted(found, key=lambda p: (-abs(p.difference_s), p.ours.ticket_id, p.theirs.ticket_id))


def by_cause(pairs: Iterable[Pair]) -> dict[Cause, Total]:
    """Totals by cause, the largest first."""
    seconds: dict[Cause, list[int]] = defaultdict(list)
    for pair in pairs:
        for cause, amount in pair.causes.items():
            seconds[cause].append(amount)
    totals = {c: Total(cases=len(s), seconds=sum(map(abs, s)), net_s=sum(s)) for c, s in seconds.items()}
    return dict(sorted(totals.items(), key=lambda item: (-item[1].seconds, item[0])))


def by_client(pairs: Iterable[Pair]) -> dict[str, dict[Cause, Total]]:
    """Totals by client and cause."""
    grouped: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        grouped[pair.client].append(pair)
    return {client: by_cause(grouped[client]) for client in sorted(grouped)}


# -- which tickets are twins ----------------------------------------------------------------------------------------------


def _write_pairs(
    con: duckdb.DuckDBPyConnection, settings: Settings, scope: Scope, as_of_s: int, client: str | None, ticket: str | None,
    first_s: int | None, last_s: int | None,
) -> None:  # fmt: skip
    """``twin_pairs`` (ours, theirs: ticket keys, client_id): each case once, our system's ticket first, both within the scope."""
    own = ["TRUE"]
    values: list[Any] = []
    for column, ids in (("client_id", scope.clients), ("team_id", scope.teams), ("technician_id", scope.technicians)):
        if ids is not None:
            own += [f"list_contains(?, o.{column})", f"list_contains(?, t.{column})"]
            values += [sorted(ids), sorted(ids)]
    for text, value in (("o.client_id = ?", client), ("o.created_s >= ?", first_s), ("o.created_s < ?", last_s)):
        if value is not None:
            own.append(text)
            values.append(value)
    if ticket is not None:
        own.append("? IN (o.ticket_id, t.ticket_id)")
        values.append(ticket)
    con.execute(f"CREATE OR REPLACE TEMP TABLE twin_links AS {_links(con, settings)}")
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE twin_pairs AS
        WITH sizes AS (SELECT source, count(*) AS n FROM tickets GROUP BY source),
        sided AS (
            SELECT l.a, l.b, CASE
                WHEN list_contains(?, x.source) <> list_contains(?, y.source) THEN list_contains(?, x.source)
                WHEN p.n <> q.n THEN p.n < q.n
                ELSE coalesce(x.source, '') > coalesce(y.source, '') OR (x.source IS NOT DISTINCT FROM y.source AND l.a > l.b) END AS swap
            FROM twin_links AS l
            JOIN tickets AS x ON x.ticket_key = l.a JOIN tickets AS y ON y.ticket_key = l.b
            LEFT JOIN sizes AS p ON p.source IS NOT DISTINCT FROM x.source
            LEFT JOIN sizes AS q ON q.source IS NOT DISTINCT FROM y.source),
        placed AS (SELECT DISTINCT CASE WHEN swap THEN b ELSE a END AS ours, CASE WHEN swap THEN a ELSE b END AS theirs FROM sided)
        SELECT p.ours, p.theirs, o.client_id
        FROM placed AS p JOIN f_tickets AS o ON o.ticket_key = p.ours JOIN f_tickets AS t ON t.ticket_key = p.theirs
        WHERE o.created_s <= {as_of_s} AND t.created_s <= {as_of_s} AND o.client_id = t.client_id AND {" AND ".join(own)}""",
        [*([sorted(settings.two_clocks.client_sources)] * 3), *values],
    )


def _links(con: duckdb.DuckDBPyConnection, settings: Settings) -> str:
    """The query of twins (a, b: ticket keys): links of kind twin, and what the declared keys match."""
    queries = [
        """SELECT a.ticket_key AS a, b.ticket_key AS b FROM ticket_links AS l
        JOIN tickets AS a ON a.ticket_id = l.ticket_id JOIN tickets AS b ON b.ticket_id = l.other_id WHERE l.kind = 'twin'"""
    ]
    known = {
        r[0] for r in con.execute("SELECT column_name FROM duckdb_columns() WHERE table_name = 'tickets'").fetchall()
    }
    for number, key in enumerate(settings.two_clocks.keys):
        for column in (key.column, key.other_column):
            if column not in known:
                raise BadRequest(
                    f"tickets have no column '{column}'", where=f"pacesetter.toml: two_clocks.keys, entry {number + 1}",
                    do="name a column of tickets, or an attribute as x_name",
                )  # fmt: skip
        one, other = (source.replace("'", "''") for source in (key.source, key.other_source))
        queries.append(
            f"""SELECT a.ticket_key, b.ticket_key FROM tickets AS a JOIN tickets AS b
            ON CAST(a.{quoted(key.column)} AS VARCHAR) = CAST(b.{quoted(key.other_column)} AS VARCHAR) AND a.ticket_key <> b.ticket_key
            WHERE a.source = '{one}' AND b.source = '{other}'"""
        )
    return " UNION ".join(queries)


# -- their lives ----------------------------------------------------------------------------------------------------------


def _sides(con: duckdb.DuckDBPyConnection, clock: str, as_of_s: int) -> dict[int, Told]:
    """What each log tells, by ticket key; ``used_s`` comes later."""
    keys = "(SELECT ours FROM twin_pairs UNION SELECT theirs FROM twin_pairs)"
    phases: dict[int, list[tuple[int, int, int]]] = defaultdict(list)
    for key, start, end, phase in con.execute(
        f"""SELECT ticket_key, start_s, end_s, phase_code FROM f_intervals
        WHERE ticket_key IN {keys} AND start_s <= {as_of_s} ORDER BY ticket_key, start_s"""
    ).fetchall():
        until = as_of_s if end is None or end > as_of_s else end
        if until > start:
            _extend(phases[key], start, until, phase)
    clocks = {row[0]: row[1:] for row in con.execute(_CLOCKS.format(as_of=as_of_s, clock=clock, keys=keys)).fetchall()}
    found = {}
    for row in con.execute(_TICKETS.format(as_of=as_of_s, keys=keys)).fetchall():
        key, ticket, source, created, responded, policy, calendar, calendar_key, on_reopen, on_priority, history = row
        if key not in phases:
            continue
        hours, target, cycle, outcome = clocks.get(key, ("business", None, created, None))
        side = Side(
            created_s=created, phases=tuple(phases[key]), cycle_s=cycle, responded_s=responded, hours=hours,
            rules=(on_reopen, on_priority), has_history=history,
        )  # fmt: skip
        counted = ALWAYS_OPEN_KEY if hours == "calendar" or calendar_key is None else calendar_key
        found[key] = Told(
            ticket_id=ticket, source=source, created_s=created, ended_s=side.ended_s, policy=policy, calendar=calendar,
            calendar_key=counted, hours=hours, target_s=target, outcome=outcome, used_s=0, side=side,
        )  # fmt: skip
    return found


_TICKETS = """
    SELECT f.ticket_key, f.ticket_id, f.source, f.created_s, CASE WHEN f.responded_s <= {as_of} THEN f.responded_s END, f.sla_policy_id,
        f.calendar_id, f.calendar_key, coalesce(p.on_reopen, 'resume'), coalesce(p.on_priority_change, 'retarget'),
        EXISTS (SELECT 1 FROM ticket_events AS e WHERE e.ticket_key = f.ticket_key AND e.kind = 'status')
    FROM f_tickets AS f LEFT JOIN sla_policies AS p ON p.sla_policy_id = f.sla_policy_id WHERE f.ticket_key IN {keys}"""
_CLOCKS = """
    SELECT f.ticket_key, f.hours, f.target_s, f.started_s,
        CASE WHEN f.due_s < {as_of} AND (f.stopped_s IS NULL OR f.due_s < f.stopped_s)
                AND (f.cancelled_s IS NULL OR f.due_s < f.cancelled_s) THEN 'breached'
             WHEN f.due_reason IS NOT NULL THEN NULL WHEN f.stopped_s <= {as_of} THEN 'met'
             WHEN f.cancelled_s <= {as_of} THEN 'cancelled' WHEN f.is_running THEN 'running' ELSE 'paused' END
    FROM f_clocks AS f
    WHERE f.ticket_key IN {keys} AND f.clock = '{clock}' AND f.hours IS NOT NULL AND f.valid_from_s <= {as_of}
        AND (f.superseded_s IS NULL OR f.superseded_s > {as_of})
    ORDER BY f.ticket_key, f.cycle"""


def _extend(spans: list[tuple[int, int, int]], start: int, end: int, phase: int) -> None:
    if spans and spans[-1][1] == start and spans[-1][2] == phase:
        spans[-1] = (spans[-1][0], end, phase)
    else:
        spans.append((start, end, phase))


# -- the difference -------------------------------------------------------------------------------------------------------


def _compared(con: duckdb.DuckDBPyConnection, clock: str, known: Sequence[tuple[str, Told, Told]]) -> list[Pair]:
    """The pairs with their pieces measured: open seconds of both calendars, for all pieces at once."""
    cut = [pieces(ours.side, theirs.side, clock) for _, ours, theirs in known]
    sides = ([ours for _, ours, _ in known], [theirs for _, _, theirs in known])
    mine_all, theirs_all = (
        _open_seconds(
            con, [(told.calendar_key, p.start_s, p.end_s) for told, own in zip(side, cut, strict=True) for p in own]
        )
        for side in sides
    )
    found, at = [], 0
    for (client, ours, theirs), own in zip(known, cut, strict=True):
        measured = [
            (p, mine_all[at + n] if p.ours else 0, theirs_all[at + n] if p.theirs else 0) for n, p in enumerate(own)
        ]
        at += len(own)
        causes: dict[Cause, int] = defaultdict(int)
        for piece, mine, yours in measured:
            causes[piece.cause] += mine - yours
        found.append(Pair(
            client=client, clock=clock, ours=_with_used(ours, sum(m for _, m, _ in measured)),
            theirs=_with_used(theirs, sum(y for _, _, y in measured)), causes={c: s for c, s in causes.items() if s},
            pieces=tuple(measured),
        ))  # fmt: skip
    return found


def _with_used(told: Told, used_s: int) -> Told:
    return Told(**{**told.__dict__, "used_s": used_s})


def _open_seconds(con: duckdb.DuckDBPyConnection, asked: Sequence[tuple[int, int, int]]) -> list[int]:
    if not asked:
        return []
    calendar, start, end = (np.array(column, dtype=np.int64) for column in zip(*asked, strict=True))
    found: list[int] = read_arrays(con).open_seconds(calendar, start, end).tolist()
    return found
