"""Integrity signs: habits that would make figures look better than the service was, as rates beside what is to be expected.

Owns which signs there are, what each is compared with, and the rule by which a line is put up for review. A sign is a question to ask,
never a verdict about people. The queries are in ``integrity_sql``, the test in ``integrity_test``. Must not know faces.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

import duckdb

from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.responsibility import integrity_sql as sql
from pacesetter.responsibility.integrity_test import benjamini_hochberg, exceeds_by_chance
from pacesetter.responsibility.reach import within

NEAR_S = 1800
"""How near to the end of a target counts as shortly before it; at most a quarter of the target (half of it for first replies)."""
CLOSE_DAYS = 3
"""A month is closed so many days after its end."""
FALSE_ALARMS = 0.05
"""Of the lines put up for review, at most this share is there by chance, in expectation."""
LEAST_CASES, LEAST_RATIO = 4, 2.0
"""A line with fewer cases, or a rate less than so many times the expected one, is not put up."""


LEAST_PEERS = 20
"""Peers with fewer moments than this are no comparison beside a team's own other times."""


class Against(StrEnum):
    """What a rate is compared with: the same team's other times and its peers, or its peers alone."""

    OWN = "own"
    PEERS = "peers"


@dataclass(frozen=True, kw_only=True)
class Sign:
    """One sign. ``moment`` names what is counted, ``shows`` what makes it a case, ``question`` what to ask then."""

    id: str
    title: str
    moment: str
    shows: str
    question: str
    against: Against
    query: str


SIGNS: Mapping[str, Sign] = {
    sign.id: sign
    for sign in (
        Sign(
            id="pauses", title="Pauses shortly before the target",
            moment="pauses for the requester that began shortly before the target",
            shows="ended without an answer",
            question="Was the requester really waited for?",
            against=Against.OWN, query=sql.PAUSES,
        ),
        Sign(
            id="priority", title="Priority lowered shortly before the target",
            moment="tickets that came close to their target", shows="got a lower priority then",
            question="What had changed about the urgency of these tickets?",
            against=Against.PEERS, query=sql.LOWERED,
        ),
        Sign(
            id="reopened", title="Resolved shortly before the target, then reopened",
            moment="resolutions shortly before the target", shows="were reopened within seven days without a word from the requester",
            question="Was the work done when these were resolved?",
            against=Against.OWN, query=sql.REOPENED,
        ),
        Sign(
            id="targets", title="Targets extended",
            moment="tickets that were resolved after their target",
            shows="carry a due date later than the policy gives",
            question="Who agreed to the later date, and is it written down?",
            against=Against.PEERS, query=sql.EXTENDED,
        ),
        Sign(
            id="replies", title="Empty first replies",
            moment="first replies shortly before the target", shows="were followed by no work in the next two hours",
            question="What did these replies tell the requester?",
            against=Against.OWN, query=sql.EMPTY,
        ),
        Sign(
            id="edits", title="Edits after the month was closed",
            moment="resolved tickets of closed months", shows="were edited after the month was closed",
            question="What was corrected, and do figures that were given out still stand?",
            against=Against.PEERS, query=sql.EDITED,
        ),
    )
}  # fmt: skip
"""Every sign by id."""

UNITS = ("team", "technician")


@dataclass(frozen=True, kw_only=True)
class Rate:
    """``cases`` of ``moments``."""

    cases: int
    moments: int

    @property
    def share(self) -> float | None:
        """From 0 to 1; None where there was no moment."""
        return self.cases / self.moments if self.moments else None


@dataclass(frozen=True, kw_only=True)
class Line:
    """One team (or technician) under one sign: its moments, beside those of its own other times and those of its peers.

    ``p`` is the larger of the two tests' (both have to find it), None where there is nothing to compare with; ``q`` is p adjusted for all
    comparisons made together.
    """

    sign: str
    unit: str | None
    seen: Rate
    own: Rate | None
    peers: Rate
    p: float | None
    q: float | None = None
    is_up: bool = False

    @property
    def expected(self) -> float | None:
        """The rate that is to be expected, 0 to 1: the larger of those that it is compared with."""
        known = [r.share for r in compared(self.own, self.peers) if r.share is not None]
        return max(known, default=None)


def compared(own: Rate | None, peers: Rate) -> list[Rate]:
    """The rates that count as a comparison."""
    found = [own] if own is not None and own.moments else []
    return [*found, peers] if peers.moments >= (LEAST_PEERS if found else 1) else found


@dataclass(frozen=True, kw_only=True)
class Signs:
    """The lines of every sign, those that are up for review first; ``comparisons`` is how many were tested together."""

    lines: tuple[Line, ...]
    comparisons: int

    def of(self, sign: str) -> tuple[Line, ...]:
        """The lines of one sign."""
        return tuple(line for line in self.lines if line.sign == sign)


@dataclass(frozen=True, kw_only=True)
class Case:
    """One moment that shows a sign."""

    ticket_id: str
    client_id: str
    team_id: str | None
    technician_id: str | None
    at_s: int
    subject: str | None


@dataclass(frozen=True, kw_only=True)
class Span:
    """When: ``[from_s, to_s)`` as of an instant, months cut in a zone."""

    from_s: int
    to_s: int
    as_of_s: int
    zone: ZoneInfo


def read_signs(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    span: Span,
    *,
    clients: Iterable[str] | None = None,
    by: str = "team",
    signs: Iterable[str] = SIGNS,
) -> Signs:
    """Every sign within reach, by team or, for those who may know names, by technician. Raises Forbidden."""
    if by == "technician":
        scope.need(Permission.NAMES, "signs by technician")
        scope.need(Permission.PEOPLE, "signs by technician")
    chosen, narrowed = list(signs), None if clients is None else sorted(clients)
    lines = [line for name in chosen for line in _lines(con, scope, span, SIGNS[name], narrowed, by)]
    tested = [i for i, line in enumerate(lines) if line.p is not None]
    adjusted = dict(zip(tested, benjamini_hochberg([lines[i].p or 0.0 for i in tested]), strict=True))
    judged = [_judged(line, adjusted.get(i)) for i, line in enumerate(lines)]
    order = {name: n for n, name in enumerate(chosen)}
    judged.sort(key=lambda x: (order[x.sign], not x.is_up, -x.seen.cases, -x.seen.moments, x.unit or ""))
    return Signs(lines=tuple(judged), comparisons=len(tested))


def read_cases(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    span: Span,
    sign: str,
    *,
    unit: str | None,
    by: str = "team",
    clients: Iterable[str] | None = None,
    limit: int = 200,
    offset: int = 0,
) -> list[Case]:
    """The cases of one sign at one team or technician, the newest first."""
    if by == "technician":
        scope.need(Permission.NAMES, "signs by technician")
    text, values = _moments(con, scope, span, SIGNS[sign], None if clients is None else sorted(clients))
    rows = con.execute(
        f"""SELECT t.ticket_id, m.client_id, m.team_id, m.technician_id, m.at_s, t.subject
        FROM ({text}) AS m JOIN tickets AS t ON t.ticket_key = m.ticket_key
        WHERE m.is_exposed AND m.is_hit AND m.{by}_id IS NOT DISTINCT FROM ?
        ORDER BY m.at_s DESC, t.ticket_id LIMIT {int(limit)} OFFSET {int(offset)}""",
        [*values, unit],
    ).fetchall()
    names = scope.may(Permission.NAMES)
    return [
        Case(ticket_id=i, client_id=c, team_id=w, technician_id=p if names else None, at_s=at, subject=s)
        for i, c, w, p, at, s in rows
    ]  # fmt: skip


def _lines(
    con: duckdb.DuckDBPyConnection, scope: Scope, span: Span, sign: Sign, clients: list[str] | None, by: str
) -> Iterator[Line]:
    text, values = _moments(con, scope, span, sign, clients)
    counts = con.execute(
        f"""SELECT {by}_id, sum(CASE WHEN is_exposed THEN 1 ELSE 0 END), sum(CASE WHEN is_exposed AND is_hit THEN 1 ELSE 0 END),
            sum(CASE WHEN is_exposed THEN 0 ELSE 1 END), sum(CASE WHEN NOT is_exposed AND is_hit THEN 1 ELSE 0 END)
        FROM ({text}) AS m GROUP BY {by}_id ORDER BY {by}_id""",
        values,
    ).fetchall()
    whole, all_cases = sum(int(r[1]) for r in counts), sum(int(r[2]) for r in counts)
    for unit, moments, cases, others, other_cases in counts:
        if not moments:
            continue
        seen = Rate(cases=int(cases), moments=int(moments))
        own = Rate(cases=int(other_cases), moments=int(others)) if sign.against is Against.OWN else None
        peers = Rate(cases=all_cases - seen.cases, moments=whole - seen.moments)
        tests = [exceeds_by_chance(seen.cases, seen.moments, r.cases, r.moments) for r in compared(own, peers)]
        yield Line(sign=sign.id, unit=unit, seen=seen, own=own, peers=peers, p=max(tests, default=None))


def _judged(line: Line, q: float | None) -> Line:
    enough = line.seen.cases >= LEAST_CASES and (line.seen.share or 0.0) >= LEAST_RATIO * (line.expected or 0.0)
    return replace(line, q=q, is_up=q is not None and q <= FALSE_ALARMS and enough)


def _moments(
    con: duckdb.DuckDBPyConnection, scope: Scope, span: Span, sign: Sign, clients: list[str] | None
) -> tuple[str, list[object]]:
    if sign.query is sql.EDITED:
        _write_months(con, span)
    given = sign.query.format(from_s=span.from_s, to_s=span.to_s, as_of_s=span.as_of_s, near_s=NEAR_S)
    condition, values = within(scope, "x", clients=clients)
    return f"SELECT x.* FROM ({given}) AS x WHERE {condition}", values


def _write_months(con: duckdb.DuckDBPyConnection, span: Span) -> None:
    """``sign_months``: the months that the span touches, in the zone, with the instant at which each is closed."""
    start = (
        datetime.fromtimestamp(span.from_s, UTC)
        .astimezone(span.zone)
        .replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    )
    rows = []
    while start.timestamp() < span.to_s:
        following = (start.replace(day=1, tzinfo=None) + timedelta(days=32)).replace(day=1)
        end = following.replace(tzinfo=span.zone)
        closed = (following + timedelta(days=CLOSE_DAYS)).replace(tzinfo=span.zone)
        rows.append((int(start.timestamp()), int(end.timestamp()), int(closed.timestamp())))
        start = end
    con.execute("CREATE OR REPLACE TEMP TABLE sign_months (from_s BIGINT, to_s BIGINT, closed_s BIGINT)")
    con.executemany("INSERT INTO sign_months VALUES (?, ?, ?)", rows)
