"""Conformance: tasks × who did them, with the hours that others took and what it did to service levels and reopening.

Owns the tables behind ``raci conformance``. The facts are those of ``raci_responsible_conformance``. Must not know faces.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.responsibility.reach import Values, listed, within


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


@dataclass(frozen=True, kw_only=True)
class Effect:
    """What one kind of deviation (and one role that stepped in) came to, beside the same tasks done by the Responsible.

    ``kept_share`` and ``reopened_share`` are from 0 to 1; the ``expected_…`` ones are those of the tickets that the Responsible did,
    task by task weighed as the deviations are. None where nothing can be compared. ``kept_n`` and ``reopened_n``: of how many tickets the
    share is, and of how many the one that it is held against.
    """

    deviation: str
    done_by: str | None
    tickets: int
    hours: float
    kept_share: float | None
    expected_kept_share: float | None
    reopened_share: float | None
    expected_reopened_share: float | None
    kept_n: tuple[int, int]
    reopened_n: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Which:
    """The tickets in question: resolved in ``[from_s, to_s)`` as of an instant, of some clients and tasks (all where None)."""

    from_s: int
    to_s: int
    as_of_s: int
    clients: tuple[str, ...] | None = None
    tasks: tuple[str, ...] | None = None

    def condition(self, scope: Scope, alias: str) -> tuple[str, Values]:
        """The condition on a fact of resolutions that makes a row one of them."""
        reached, values = within(scope, alias, clients=self.clients)
        tasks, more = listed(f"{alias}.task_id", self.tasks)
        return (
            f"""{alias}.is_valid AND {alias}.resolved_s >= {self.from_s} AND {alias}.resolved_s < {self.to_s}
            AND {alias}.resolved_s <= {self.as_of_s} AND ({alias}.superseded_s IS NULL OR {alias}.superseded_s > {self.as_of_s})
            AND ({alias}.excluded_s IS NULL OR {alias}.excluded_s > {self.as_of_s}) AND {reached} AND {tasks}""",
            [*values, *more],
        )


def conformance(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    *,
    from_s: int,
    to_s: int,
    as_of_s: int,
    clients: Sequence[str] = (),
    tasks: Sequence[str] = (),
    relation: str = "f_raci",
) -> tuple[TaskConformance, ...]:
    """Every task with a valid row of which tickets were resolved in [``from_s``, ``to_s``), the least conforming first.

    ``relation`` has the columns of ``f_raci``; another one than that tells what would have been.
    """
    which = Which(from_s=from_s, to_s=to_s, as_of_s=as_of_s, clients=tuple(clients) or None, tasks=tuple(tasks) or None)
    condition, values = which.condition(scope, "f")
    rows = con.execute(
        f"""SELECT f.task_id, f.done_by, f.deviation, count(*) AS tickets, sum(f.others_worked_s) / 3600.0, count(v.is_kept),
            count(CASE WHEN v.is_kept THEN 1 END), count(CASE WHEN f.was_reopened THEN 1 END)
        FROM {relation} AS f
        LEFT JOIN ({_verdicts(as_of_s)}) AS v ON v.ticket_key = f.ticket_key
        WHERE f.basis IS NOT NULL AND {condition}
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


def _verdicts(as_of_s: int) -> str:
    return f"""SELECT ticket_key, bool_and(is_kept) AS is_kept FROM f_verdicts
            WHERE CASE WHEN is_kept THEN judged_s <= {as_of_s} AND (superseded_s IS NULL OR superseded_s > {as_of_s})
                       WHEN NOT is_kept THEN judged_s < {as_of_s} ELSE FALSE END
            GROUP BY ticket_key"""


def effects(found: Iterable[TaskConformance], *, by_role: bool = False) -> list[Effect]:
    """The deviations by kind, or by kind and who stepped in, those with most hours first."""
    groups: dict[tuple[str, str | None], list[tuple[TaskConformance, Done]]] = {}
    for task in found:
        for d in task.done:
            if d.deviation is not None:
                groups.setdefault((d.deviation, d.done_by if by_role else None), []).append((task, d))
    made = [_effect(kind, role, pairs) for (kind, role), pairs in groups.items()]
    return sorted(made, key=lambda e: (-e.hours, -e.tickets, e.deviation, e.done_by or ""))


def _effect(kind: str, role: str | None, pairs: list[tuple[TaskConformance, Done]]) -> Effect:
    kept, usual_kept = _compared((d.kept, d.judged, _own(t, "kept", "judged")) for t, d in pairs)
    again, usual_again = _compared((d.reopened, d.tickets, _own(t, "reopened", "tickets")) for t, d in pairs)
    return Effect(
        deviation=kind, done_by=role, tickets=sum(d.tickets for _, d in pairs), hours=sum(d.hours for _, d in pairs),
        kept_share=kept, expected_kept_share=usual_kept, reopened_share=again, expected_reopened_share=usual_again,
        kept_n=_counts(pairs, "judged"), reopened_n=_counts(pairs, "tickets"),
    )  # fmt: skip


def _counts(pairs: list[tuple[TaskConformance, Done]], whole: str) -> tuple[int, int]:
    """Of how many tickets the share of deviations is, and that of the Responsible on the same tasks."""
    tasks = {t.task_id: t for t, _ in pairs}
    return sum(getattr(d, whole) for _, d in pairs), sum(_own(t, whole, whole)[1] for t in tasks.values())


def _own(task: TaskConformance, part: str, whole: str) -> tuple[int, int]:
    own = [d for d in task.done if d.deviation is None]
    return sum(getattr(d, part) for d in own), sum(getattr(d, whole) for d in own)


def _compared(rows: Iterable[tuple[int, int, tuple[int, int]]]) -> tuple[float | None, float | None]:
    """The share of what happened, and the share that the Responsible have on the same mix of tasks."""
    listed_rows = list(rows)
    whole = sum(n for _, n, _ in listed_rows)
    known = [(n, part / n_own) for _, n, (part, n_own) in listed_rows if n and n_own]
    weight = sum(n for n, _ in known)
    share = sum(part for part, _, _ in listed_rows) / whole if whole else None
    return share, sum(n * usual for n, usual in known) / weight if weight else None


@dataclass(frozen=True, kw_only=True)
class Reached:
    """One task and role to consult (C) or inform (I): how many times due, and how many of those in time."""

    task_id: str
    role_id: str
    letter: str
    due: int
    in_time: int
    late: int


def reached(con: duckdb.DuckDBPyConnection, scope: Scope, which: Which) -> list[Reached]:
    """Whether the Consulted were reached before the resolution and the Informed within their time, by task and role."""
    condition, values = which.condition(scope, "f")
    at = which.as_of_s
    rows = con.execute(
        f"""SELECT f.task_id, f.role_id, f.letter, count(*),
            count(CASE WHEN f.reached_s <= {at} AND (f.due_s IS NULL OR f.reached_s <= f.due_s) THEN 1 END),
            count(CASE WHEN f.reached_s <= {at} AND f.reached_s > f.due_s THEN 1 END)
        FROM f_raci_duties AS f
        WHERE {condition} AND (f.due_s IS NULL OR f.due_s <= {at} OR f.reached_s <= {at})
        GROUP BY f.task_id, f.role_id, f.letter ORDER BY f.task_id, f.letter, f.role_id""",
        values,
    ).fetchall()
    return [
        Reached(task_id=task, role_id=role, letter=letter, due=due, in_time=good, late=late)
        for task, role, letter, due, good, late in rows
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Approved:
    """How many tickets of a task were first approved, before their resolution, by one role. ``role_id`` is None where the one who
    approved fills none; ``actor_kind`` says what they are then. ``is_accountable``: that role answers for the task."""

    task_id: str
    role_id: str | None
    actor_kind: str | None
    is_accountable: bool
    tickets: int


def approved(con: duckdb.DuckDBPyConnection, scope: Scope, which: Which) -> list[Approved]:
    """Who approved: by task and role, the most tickets first."""
    condition, values = which.condition(scope, "f")
    rows = con.execute(
        f"""WITH asked AS (
            SELECT f.ticket_key, f.task_id, f.accountable, f.client_id, f.resolved_s FROM f_raci AS f WHERE {condition}
        ),
        given AS (
            SELECT a.ticket_key, a.task_id, a.accountable, a.client_id, e.actor_id, e.actor_kind,
                row_number() OVER (PARTITION BY a.ticket_key ORDER BY e.occurred_at, e.event_id) AS place
            FROM asked AS a JOIN ticket_events AS e ON e.ticket_key = a.ticket_key AND e.kind = 'approval'
            WHERE epoch_us(e.occurred_at) // 1000000 <= a.resolved_s
        ),
        named AS (
            SELECT g.ticket_key, g.task_id, g.accountable, g.actor_kind,
                (SELECT min(CASE WHEN r.role_id = g.accountable THEN '0' ELSE '1' END || r.role_id) FROM raci_roles AS r
                    WHERE (r.technician_id = g.actor_id OR r.contact_id = g.actor_id)
                        AND (r.client_id IS NULL OR r.client_id = g.client_id)) AS role_word
            FROM given AS g WHERE g.place = 1
        )
        SELECT task_id, substr(role_word, 2), CASE WHEN role_word IS NULL THEN actor_kind END,
            coalesce(substr(role_word, 2) = accountable, FALSE), count(*)
        FROM named GROUP BY ALL ORDER BY task_id, count(*) DESC, 2, 3""",
        values,
    ).fetchall()
    return [
        Approved(task_id=task, role_id=role, actor_kind=kind, is_accountable=own, tickets=n)
        for task, role, kind, own, n in rows
    ]  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class Behind:
    """One ticket behind a figure of conformance."""

    ticket_id: str
    client_id: str
    subject: str | None
    task_id: str
    done_by: str | None
    deviation: str | None
    resolved_s: int
    basis: str | None
    worked_s: int
    others_worked_s: int
    is_kept: bool | None
    was_reopened: bool


def tickets_behind(
    con: duckdb.DuckDBPyConnection,
    scope: Scope,
    which: Which,
    *,
    done_by: str | None = None,
    deviation: str | None = None,
    limit: int = 100,
    offset: int = 0,
) -> Iterator[Behind]:
    """The tickets of a selection, the latest first. ``deviation`` is a kind, ``any`` of them, ``none``, or everything where None."""
    condition, values = which.condition(scope, "f")
    texts = [condition, "f.basis IS NOT NULL"]
    if done_by is not None:
        texts.append("f.done_by = ?")
        values.append(done_by)
    if deviation in ("any", "none"):
        texts.append(f"f.deviation IS {'NOT ' if deviation == 'any' else ''}NULL")
    elif deviation is not None:
        texts.append("f.deviation = ?")
        values.append(deviation)
    rows = con.execute(
        f"""SELECT t.ticket_id, f.client_id, t.subject, f.task_id, f.done_by, f.deviation, f.resolved_s, f.basis, f.worked_s,
            f.others_worked_s, v.is_kept, f.was_reopened
        FROM f_raci AS f JOIN tickets AS t ON t.ticket_key = f.ticket_key
        LEFT JOIN ({_verdicts(which.as_of_s)}) AS v ON v.ticket_key = f.ticket_key
        WHERE {" AND ".join(texts)}
        ORDER BY f.resolved_s DESC, t.ticket_id LIMIT {int(limit)} OFFSET {int(offset)}""",
        values,
    ).fetchall()
    names = tuple(Behind.__dataclass_fields__)
    return (Behind(**dict(zip(names, row, strict=True))) for row in rows)
