"""Conformance: tasks × who did them, with the hours that others took and what it did to service levels and reopening.

Owns the table behind ``raci conformance``. The facts are those of ``raci_responsible_conformance``. Must not know faces.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import duckdb

from pacesetter.access.scope import Scope


@dataclass(frozen=True, kw_only=True)
class Done:
    """Resolved tickets of a task that one role did. ``deviation`` is None where that role was Responsible.

    ``hours`` are those worked by roles that were not Responsible, on these tickets. ``judged`` tickets have an SLA verdict.
    """

    task_id: str
    done_by: str
    deviation: str | None
    tickets: int
    hours: float
    judged: int
    kept: int
    reopened: int


@dataclass(frozen=True, kw_only=True)
class TaskConformance:
    """One task with all who did it, the most tickets first."""

    task_id: str
    done: tuple[Done, ...]

    @property
    def tickets(self) -> int:
        """Resolved tickets of the task."""
        return sum(d.tickets for d in self.done)

    @property
    def conforming(self) -> int:
        """Those that a Responsible role did."""
        return sum(d.tickets for d in self.done if d.deviation is None)

    @property
    def hours_by_others(self) -> float:
        """Hours worked by roles that were not Responsible."""
        return sum(d.hours for d in self.done)


def conformance(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    *,
    from_s: int,
    to_s: int,
    as_of_s: int,
    clients: Sequence[str] = (),
    tasks: Sequence[str] = (),
) -> tuple[TaskConformance, ...]:
    """Every task with a valid row of which tickets were resolved in [``from_s``, ``to_s``), the least conforming first."""
    texts, values = ["TRUE"], []
    for column, wanted in (
        ("f.client_id", scope.clients),
        ("f.client_id", clients or None),
        ("f.task_id", tasks or None),
    ):
        if wanted is not None:
            texts.append(f"list_contains(?, {column})")
            values.append(sorted(wanted))
    rows = con.execute(
        f"""SELECT f.task_id, f.done_by, f.deviation, count(*) AS tickets, sum(f.others_worked_s) / 3600.0, count(v.is_kept),
            count(CASE WHEN v.is_kept THEN 1 END), count(CASE WHEN f.was_reopened THEN 1 END)
        FROM f_raci AS f
        LEFT JOIN (
            SELECT ticket_key, bool_and(is_kept) AS is_kept FROM f_verdicts
            WHERE CASE WHEN is_kept THEN judged_s <= {as_of_s} AND (superseded_s IS NULL OR superseded_s > {as_of_s})
                       ELSE judged_s < {as_of_s} END
            GROUP BY ticket_key
        ) AS v ON v.ticket_key = f.ticket_key
        WHERE f.is_valid AND f.basis IS NOT NULL AND f.resolved_s >= {from_s} AND f.resolved_s < {to_s} AND f.resolved_s <= {as_of_s}
            AND (f.superseded_s IS NULL OR f.superseded_s > {as_of_s}) AND (f.excluded_s IS NULL OR f.excluded_s > {as_of_s})
            AND {" AND ".join(texts)}
        GROUP BY f.task_id, f.done_by, f.deviation
        ORDER BY f.task_id, f.deviation IS NOT NULL, tickets DESC, f.done_by, f.deviation""",
        values,
    ).fetchall()
    by_task: dict[str, list[Done]] = {}
    for task, done_by, deviation, tickets, hours, judged, kept, reopened in rows:
        one = Done(
            task_id=task, done_by=done_by, deviation=deviation, tickets=tickets, hours=float(hours), judged=judged, kept=kept,
            reopened=reopened,
        )  # fmt: skip
        by_task.setdefault(task, []).append(one)
    found = [TaskConformance(task_id=task, done=tuple(done)) for task, done in by_task.items()]
    return tuple(sorted(found, key=lambda t: (t.conforming / t.tickets, t.task_id)))
