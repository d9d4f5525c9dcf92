"""The rules that a RACI matrix keeps, each with a plain message where it does not.

Owns the checks against tickets and hours of the year before an instant; what makes a row whole is in ``model.raci``. Must not know faces.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.model.raci import FOREVER, Fault, Matrix
from pacesetter.responsibility.reach import within
from pacesetter.settings import Settings
from pacesetter.warehouse.facts.raci import read_matrix

YEAR_S = 365 * 86_400
OVERLOAD = 0.5
"""Share of hours for which one may be accountable before it counts as overload."""

RULES = {
    "accountable": "every task has exactly one Accountable",
    "responsible": "every task has at least one Responsible",
    "filled": "every role is filled by someone who exists then",
    "used": "every task matches a ticket of the last 365 days",
    "covered": "every kind of work of the last 365 days has a task",
    "load": "nobody answers for too large a share of the hours",
}
_KIND = """
    LEFT JOIN {kinds} AS k
        ON k.client_id = t.client_id AND k.type IS NOT DISTINCT FROM t.type AND k.category IS NOT DISTINCT FROM t.category
        AND k.subcategory IS NOT DISTINCT FROM t.subcategory AND k.priority IS NOT DISTINCT FROM t.priority
        AND k.from_s <= t.created_s AND k.to_s > t.created_s"""


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing that breaks a rule. ``hours`` are those of the year where the rule is about work."""

    rule: str
    subject: str
    message: str
    hours: float | None = None


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """One rule and what breaks it; nothing where it is kept."""

    rule: str
    text: str
    findings: tuple[Finding, ...]


@dataclass(frozen=True, kw_only=True)
class Draft:
    """Another matrix than that of the generation, with the relation of its kinds (columns of ``f_raci_kinds``)."""

    matrix: Matrix
    kinds: str


def check_matrix(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    scope: Scope,
    *,
    as_of_s: int,
    overload: float = OVERLOAD,
    client: str | None = None,
    draft: Draft | None = None,
) -> tuple[Verdict, ...]:
    """Every rule, in order, with its findings as of an instant; ``overload`` is a share from 0 to 1.

    For one ``client``, of its tasks and those of every client, and of its tickets. A ``draft`` is checked instead of what stands.
    """
    checked = draft or Draft(matrix=read_matrix(con, settings), kinds="f_raci_kinds")
    tasks = tasks_within(checked.matrix, scope, client)
    asked = _Asked(con=con, draft=checked, scope=scope, as_of_s=as_of_s, client=client)
    found = [
        *_faults(checked.matrix, tasks, as_of_s, ZoneInfo(settings.time_zone)),
        *_unused(asked, tasks),
        *_uncovered(asked),
        *_overloaded(asked, overload),
    ]
    return tuple(
        Verdict(rule=rule, text=text, findings=tuple(f for f in found if f.rule == rule))
        for rule, text in RULES.items()
    )


@dataclass(frozen=True, kw_only=True)
class _Asked:
    """What the rules about tickets and hours are asked of."""

    con: duckdb.DuckDBPyConnection
    draft: Draft
    scope: Scope
    as_of_s: int
    client: str | None

    @property
    def kind(self) -> str:
        """The join of tickets ``t`` to their task."""
        return _KIND.format(kinds=self.draft.kinds)

    @property
    def reached(self) -> tuple[str, list[Any]]:
        """The condition on tickets ``t``, with its values."""
        return within(self.scope, "t", clients=None if self.client is None else [self.client])


def tasks_within(matrix: Matrix, scope: Scope, client: str | None = None) -> list[str]:
    """The ids of the tasks of every client and of those clients that the scope reaches.

    For one client, those of its own and those of every client that none of its own replaces.
    """
    own = {t.kind for t in matrix.tasks.values() if client is not None and t.kind.client_id == client}
    found = []
    for task_id, task in matrix.tasks.items():
        of = task.kind.client_id
        if of is None and task.kind._replace(client_id=client) not in own:
            found.append(task_id)
        if of is not None and scope.reaches(of) and client in (None, of):
            found.append(task_id)
    return found


def _faults(matrix: Matrix, tasks: Iterable[str], as_of_s: int, zone: ZoneInfo) -> Iterator[Finding]:
    """Faults of rows in the last year and from now on, each with the time in which it holds."""
    for task_id in tasks:
        task, open_faults = matrix.tasks[task_id], dict[Fault, int]()
        first, last = max(task.from_s, as_of_s - YEAR_S), task.to_s
        if first >= last:
            continue
        edges = sorted({first, last, *(e for e in matrix.edges([task_id]) if first < e < last)})
        for start, _ in pairwise(edges):
            now = set(matrix.faults(task_id, start))
            for fault in [f for f in open_faults if f not in now]:
                yield _fault(task_id, fault, open_faults.pop(fault), start, first, zone)
            for fault in sorted(now - set(open_faults)):
                open_faults[fault] = start
        for fault, since in open_faults.items():
            yield _fault(task_id, fault, since, last, first, zone)


def _fault(task_id: str, fault: Fault, start: int, end: int, first: int, zone: ZoneInfo) -> Finding:
    since = f" from {datetime.fromtimestamp(start, zone):%Y-%m-%d}" if start > first else ""
    until = f" until {datetime.fromtimestamp(end, zone):%Y-%m-%d}" if end < FOREVER else ""
    return Finding(rule=fault.rule, subject=task_id, message=f"{fault.text}{since}{until}")


def _unused(asked: _Asked, tasks: Iterable[str]) -> Iterator[Finding]:
    condition, values = asked.reached
    used = {
        row[0]
        for row in asked.con.execute(
            f"""SELECT DISTINCT k.task_id FROM f_tickets AS t {asked.kind}
            WHERE t.created_s > {asked.as_of_s - YEAR_S} AND t.created_s <= {asked.as_of_s} AND k.task_id IS NOT NULL
                AND {condition}""",
            values,
        ).fetchall()
    }
    for task_id in tasks:
        task = asked.draft.matrix.tasks[task_id]
        elsewhere = asked.client is not None and task.kind.client_id is None
        if task.from_s <= asked.as_of_s < task.to_s and task_id not in used and not elsewhere:
            yield Finding(rule="used", subject=task_id, message="no ticket of the last 365 days is this task")


def _uncovered(asked: _Asked) -> Iterator[Finding]:
    (condition, values), at = asked.reached, asked.as_of_s
    for category, subcategory, tickets, hours in asked.con.execute(
        f"""SELECT t.category, t.subcategory, count(DISTINCT t.ticket_key), coalesce(sum(w.worked_s), 0) / 3600.0 AS hours
        FROM f_tickets AS t {asked.kind}
        LEFT JOIN (SELECT ticket_key, sum(worked_s) AS worked_s FROM f_work WHERE started_s <= {at} GROUP BY ticket_key) AS w
            ON w.ticket_key = t.ticket_key
        WHERE t.created_s > {at - YEAR_S} AND t.created_s <= {at} AND k.task_id IS NULL AND t.excluded_as IS NULL AND {condition}
        GROUP BY ALL ORDER BY hours DESC, 3 DESC, 1, 2""",
        values,
    ).fetchall():
        kind = " · ".join(w for w in (category, subcategory) if w) or "(no category)"
        yield Finding(
            rule="covered", subject=kind, hours=float(hours), message=f"{tickets:,} tickets belong to no task"
        )


def _overloaded(asked: _Asked, limit: float) -> Iterator[Finding]:
    by_holder: dict[str, float] = {}
    (condition, values), at, matrix = asked.reached, asked.as_of_s, asked.draft.matrix
    for role_id, hours in asked.con.execute(
        f"""SELECT k.accountable, sum(w.worked_s) / 3600.0 FROM f_work AS w JOIN f_tickets AS t ON t.ticket_key = w.ticket_key
        {asked.kind}
        WHERE w.started_s > {at - YEAR_S} AND w.started_s <= {at} AND k.accountable IS NOT NULL AND {condition}
        GROUP BY ALL""",
        values,
    ).fetchall():
        role = matrix.roles.get(role_id)
        holder = role_id if role is None else role.technician_id or role_id
        by_holder[holder] = by_holder.get(holder, 0.0) + float(hours)
    whole = sum(by_holder.values())
    for holder, hours in sorted(by_holder.items(), key=lambda pair: (-pair[1], pair[0])):
        if hours > limit * whole:
            roles = ", ".join(sorted(_roles_of(matrix, holder)))
            text = f"answers for {100 * hours / whole:.0f} % of the hours that somebody answers for ({roles}); at most {100 * limit:.0f} %"
            yield Finding(rule="load", subject=holder, message=text, hours=hours)


def _roles_of(matrix: Matrix, holder: str) -> Iterable[str]:
    return (r.name for r in matrix.roles.values() if holder in (r.technician_id, r.role_id))
