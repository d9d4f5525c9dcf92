"""Accountability scorecards: for each role that answers for something, the figures of what it answers for, beside their targets.

Owns the choice of figures and whose targets they are held to, and the tickets of a task as filters that any KPI understands. The figures
are answers of the catalogue. Must not know faces.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.yardsticks import Target, status
from pacesetter.model.raci_document import Document, RoleRow, TaskRow

Ask = Callable[[Sequence[str], Query], list[Answer]]
SCORECARD = "raci_accountable_scorecard"
FIGURES: Mapping[tuple[str, str], tuple[str, str]] = {
    (SCORECARD, "share"): ("SLA met", "sla_compliance"),
    (SCORECARD, "mean"): ("Resolution time, mean", "resolution_time"),
    (SCORECARD, "responsible_conformance"): ("Done by the Responsible", "raci_responsible_conformance"),
    (SCORECARD, "reopen_rate"): ("Reopened", "reopen_rate"),
    ("raci_consulted_rate", "share"): ("Consulted in time", "raci_consulted_rate"),
    ("raci_informed_rate", "share"): ("Informed in time", "raci_informed_rate"),
}
"""By KPI and statistic: what a figure is called, and the KPI whose target it is held to."""
OF_TASK = (
    "tickets_created", "first_response_time", "resolution_time", "sla_response_compliance", "sla_resolution_compliance", "reopen_rate",
    "csat", "backlog",
)  # fmt: skip
"""The KPIs that are asked about the tickets of one task."""


@dataclass(frozen=True, kw_only=True)
class Figure:
    """One figure of a scorecard. ``kpi`` is the one whose definition and target it has; ``status`` as in ``yardsticks.status``."""

    title: str
    kpi: str
    answer: Answer
    target: float | None
    status: str | None


@dataclass(frozen=True, kw_only=True)
class Answerer:
    """One Accountable: the role, what it answers for now, how many tickets of it were resolved, the figures."""

    role: RoleRow
    tasks: tuple[TaskRow, ...]
    resolved: int
    figures: tuple[Figure, ...]


def read_answerers(ask: Ask, desk: Desk, query: Query, document: Document) -> list[Answerer]:
    """Every role within reach that answered for tickets of the period or answers for a task now; the busiest first."""
    kpis = tuple(dict.fromkeys(kpi for kpi, _ in FIGURES))
    today = local_day(query.as_of_s - 1, query.zone)
    by_role: dict[str, list[Answer]] = {}
    for answer in ask(kpis, replace(query, by=("accountable",))):
        by_role.setdefault(str(answer.dimensions["accountable"]), []).append(answer)
    held = _held(document, today)
    found = []
    for role in document.roles:
        answers = by_role.get(role.role_id, [])
        tasks = tuple(held.get(role.role_id, ()))
        if answers or tasks:
            found.append(
                Answerer(
                    role=role,
                    tasks=tasks,
                    resolved=_resolved(answers),
                    figures=tuple(_figures(answers, desk, role, today)),
                )
            )
    return sorted(found, key=lambda a: (-a.resolved, a.role.name, a.role.role_id))


def _held(document: Document, day: date) -> dict[str, list[TaskRow]]:
    """The tasks that each role answers for on a day."""
    tasks = {t.task_id: t for t in document.tasks if t.valid_to is None or day < t.valid_to}
    found: dict[str, list[TaskRow]] = {}
    for a in document.letters:
        if a.letter == "A" and a.holds(day) and a.task_id in tasks:
            found.setdefault(a.role_id, []).append(tasks[a.task_id])
    return found


def _resolved(answers: Iterable[Answer]) -> int:
    return round(next((a.value or 0 for a in answers if (a.kpi, a.statistic) == (SCORECARD, "tickets_resolved")), 0))


def _figures(answers: list[Answer], desk: Desk, role: RoleRow, day: date) -> Iterable[Figure]:
    for (kpi, statistic), (title, aim) in FIGURES.items():
        answer = next((a for a in answers if (a.kpi, a.statistic) == (kpi, statistic)), None)
        if answer is None:
            continue
        target = target_of(desk, aim, role.client_id, day)
        known = desk.kpis().get(aim)
        judged = status(answer.value, target, known) if target and known else None
        yield Figure(title=title, kpi=aim, answer=answer, target=target.value if target else None, status=judged)


def target_of(desk: Desk, kpi: str, client: str | None, day: date) -> Target | None:
    """The target in force on a day, the client's own before that of everybody."""
    fitting = [t for t in desk.evaluator.yardsticks.targets.get(kpi, ()) if t.holds(day, client, None)]
    return max(fitting, key=lambda t: t.rank, default=None)


def tickets_of(task: TaskRow, document: Document, clients: Iterable[str]) -> dict[str, tuple[str | None, ...]] | None:
    """The tickets of a task as filters, None where filters cannot say it: another task takes some of its tickets in another way.

    A task of every client leaves out the clients that have one of their own for the very same tickets.
    """
    kind = task.kind
    own = {
        t.client_id
        for t in document.tasks
        if t.client_id and t.kind._replace(client_id=None) == kind and kind.client_id is None
    }
    for other in document.tasks:
        same = other.kind._replace(client_id=None) == kind._replace(client_id=None)
        if (
            other.task_id == task.task_id
            or same
            or (other.client_id and kind.client_id and other.client_id != kind.client_id)
        ):
            continue
        pairs = zip(other.kind[1:], kind[1:], strict=True)
        if all(a is None or b is None or a == b for a, b in pairs) and other.order_before(task):
            return None
    found: dict[str, tuple[str | None, ...]] = {n: (v,) for n, v in zip(kind._fields[1:], kind[1:], strict=True) if v}
    if kind.client_id:
        found["client"] = (kind.client_id,)
    elif own:
        found["client"] = tuple(c for c in sorted(clients) if c not in own)
    return found
