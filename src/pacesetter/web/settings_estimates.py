"""What the clocks of recent tickets would have done: the bounded replay behind the previews of calendars and policies.

Owns its bounds and the sums that a preview shows. Nothing is written.
"""

from dataclasses import dataclass
from datetime import timedelta

from pacesetter.access.scope import Scope
from pacesetter.catalogue.desk import Desk
from pacesetter.errors import BadDefinition
from pacesetter.insight.what_if import Change, Report, WhatIf, replay

DAYS = 90
MOST_TICKETS = 60_000


@dataclass(frozen=True)
class Side:
    """One clock: how many were met and broken then and now, and the shares that were met, in percent."""

    clock: str
    met_then: int
    broken_then: int
    met_now: int
    broken_now: int

    @property
    def share_then(self) -> float | None:
        """The share met as it was."""
        return _share(self.met_then, self.broken_then)

    @property
    def share_now(self) -> float | None:
        """The share met as it would have been."""
        return _share(self.met_now, self.broken_now)


@dataclass(frozen=True)
class Estimate:
    """The last ``days`` of tickets under other rules, or in ``reason`` why that was not worked out."""

    days: int
    tickets: int = 0
    changed: int = 0
    sides: tuple[Side, ...] = ()
    changes: tuple[Change, ...] = ()
    reason: str | None = None


def estimate(desk: Desk, scope: Scope, what_if: WhatIf | None) -> Estimate:
    """Replay the last DAYS of tickets, fewer where there are more than MOST_TICKETS."""
    if what_if is None:
        return Estimate(days=DAYS, reason="no policy and no client is judged by it, so no clock changes")
    con, to_s = desk.evaluator.con, desk.as_of_s
    for days in (DAYS, 30, 7):
        from_s = to_s - int(timedelta(days=days).total_seconds())
        count = con.execute(
            "SELECT count(*) FROM f_tickets WHERE created_s >= ? AND created_s < ?", [from_s, to_s]
        ).fetchall()[0][0]
        if count <= MOST_TICKETS:
            break
    else:
        return Estimate(
            days=7, reason="there are too many tickets for a quick look; 'pacesetter sla what-if' works it out"
        )
    try:
        report = replay(con, desk.settings, scope, what_if, from_s=from_s, to_s=to_s, as_of_s=to_s, limit=8)
    except BadDefinition as error:
        return Estimate(days=days, reason=error.line())
    return Estimate(days, report.tickets, report.changed, _sides(report), report.changes)


def _sides(report: Report) -> tuple[Side, ...]:
    sums: dict[str, list[int]] = {}
    for row in report.rows:
        found = sums.setdefault(row.clock, [0, 0, 0, 0])
        for place, value in enumerate((row.met_then, row.broken_then, row.met_now, row.broken_now)):
            found[place] += value
    order = {"respond": 0, "plan": 1, "update": 2, "resolve": 3, "all": 4}
    return tuple(Side(clock, *counts) for clock, counts in sorted(sums.items(), key=lambda item: order.get(item[0], 9)))


def _share(met: int, broken: int) -> float | None:
    return met / (met + broken) * 100 if met + broken else None
