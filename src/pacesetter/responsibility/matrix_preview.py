"""What a change of the matrix would do, before it is saved: what the rules say, and how the last year's work would have conformed.

Owns the comparison of two documents on one generation. Both are taken as they stand on the day of the change and held against the tickets
of the last 365 days, so that like is compared with like. Nothing is written. Must not know faces.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from zoneinfo import ZoneInfo

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.model.raci import FOREVER, LETTERS, Matrix
from pacesetter.model.raci_document import Document, LetterRow, document_of, midnight, minutes_text
from pacesetter.responsibility.conformance import conformance
from pacesetter.responsibility.matrix_reading import read_employment
from pacesetter.responsibility.matrix_rules import YEAR_S, Draft, Finding, Verdict, check_matrix
from pacesetter.responsibility.matrix_saving import Changes
from pacesetter.settings import Settings
from pacesetter.warehouse.facts.raci import (
    Relations,
    derive_work,
    read_kinds,
    write_kinds,
    write_parts,
    write_roles,
)


@dataclass(frozen=True, kw_only=True)
class Shift:
    """One rule before and after: what is broken anew, what is mended, what stays broken."""

    rule: str
    text: str
    broken: tuple[Finding, ...]
    mended: tuple[Finding, ...]
    staying: int


@dataclass(frozen=True, kw_only=True)
class Work:
    """One task on the last year's tickets: tickets and those done by a Responsible role, as it stands and as it would be."""

    task_id: str
    name: str
    tickets_now: int
    conforming_now: int
    tickets_then: int
    conforming_then: int


@dataclass(frozen=True, kw_only=True)
class Preview:
    """A change as people read it: its lines, the rules, the work."""

    lines: tuple[str, ...]
    rules: tuple[Shift, ...]
    work: tuple[Work, ...]
    day: date


def frozen(matrix: Matrix, at_s: int) -> Matrix:
    """The matrix as it stands at an instant, as if that had always been so."""
    tasks = [replace(t, from_s=-FOREVER, to_s=FOREVER) for t in matrix.tasks.values() if t.from_s <= at_s < t.to_s]
    roles = []
    for r in matrix.roles.values():
        kept = r if r.is_filled(at_s) else replace(r, team_id=None, technician_id=None, contact_id=None)
        roles.append(replace(kept, from_s=-FOREVER, to_s=FOREVER))
    known = {t.task_id for t in tasks}
    held = [
        replace(a, from_s=-FOREVER, to_s=FOREVER)
        for a in matrix.assignments
        if a.task_id in known and a.from_s <= at_s < a.to_s
    ]
    return Matrix(tasks, roles, held)


def changed(document: Document, changes: Changes) -> Document:
    """A document with the rows of a change in it."""
    return document_of(
        ({t.task_id: t for t in document.tasks} | {t.task_id: t for t in changes.tasks}).values(),
        ({r.role_id: r for r in document.roles} | {r.role_id: r for r in changes.roles}).values(),
        ({a.key: a for a in document.letters} | {a.key: a for a in changes.letters}).values(),
    )


@dataclass(frozen=True, kw_only=True)
class Ground:
    """On what a preview stands: an open generation within a scope."""

    con: duckdb.DuckDBPyConnection
    settings: Settings
    scope: Scope
    as_of_s: int


def preview(ground: Ground, now: Document, changes: Changes, day: date, *, client: str | None = None) -> Preview:
    """What a change does from ``day`` on. ``now`` is the whole matrix; for one ``client``, the rules look at its work only."""
    zone, employed = ZoneInfo(ground.settings.time_zone), read_employment(ground.con)
    then, at_s = changed(now, changes), midnight(day, zone, 0)
    matrices = [frozen(d.matrix(zone, employed), at_s) for d in (now, then)]
    kinds = read_kinds(ground.con)
    verdicts, work = [], []
    touched = _touched(changes, then)
    for number, matrix in enumerate(matrices):
        table = f"raci_draft_{number}"
        write_kinds(ground.con, f"TEMP TABLE {table}", matrix, kinds)
        draft = Draft(matrix=matrix, kinds=table)
        verdicts.append(
            check_matrix(ground.con, ground.settings, ground.scope, as_of_s=ground.as_of_s, client=client, draft=draft)
        )
        work.append(_work(ground, matrix, table, touched, client))
    names = {t.task_id: t.name for t in then.tasks}
    called = (
        names
        | {r.role_id: r.name for r in then.roles}
        | {r.technician_id: r.name for r in then.roles if r.technician_id}
    )
    return Preview(
        lines=tuple(lines_of(now, changes)), day=day, rules=tuple(_shift(a, b, called) for a, b in zip(*verdicts, strict=True)),
        work=tuple(
            Work(task_id=i, name=names.get(i, i), tickets_now=work[0].get(i, (0, 0))[0], conforming_now=work[0].get(i, (0, 0))[1],
                 tickets_then=work[1].get(i, (0, 0))[0], conforming_then=work[1].get(i, (0, 0))[1])
            for i in sorted({*work[0], *work[1]}, key=lambda i: (names.get(i, i), i))
        ),
    )  # fmt: skip


def _touched(changes: Changes, then: Document) -> list[str]:
    """The tasks whose work may be seen otherwise: those that change, and those of roles that do."""
    roles = {r.role_id for r in changes.roles}
    found = {t.task_id for t in changes.tasks} | {a.task_id for a in changes.letters}
    return sorted(found | {a.task_id for a in then.letters if a.role_id in roles})


def _work(
    ground: Ground, matrix: Matrix, kinds: str, touched: list[str], client: str | None
) -> dict[str, tuple[int, int]]:
    """Tickets of the last year and those done by a Responsible role, by task. A task whose row is not whole has none."""
    con, first_s = ground.con, ground.as_of_s - YEAR_S
    con.execute(
        f"CREATE OR REPLACE TEMP TABLE raci_touched AS SELECT * FROM {kinds} WHERE list_contains(?, task_id)", [touched]
    )
    write_parts(con, "TEMP TABLE raci_draft_parts", matrix)
    write_roles(con, "TEMP TABLE raci_draft_roles", matrix)
    which = f"r.resolved_s >= {first_s} AND r.resolved_s <= {ground.as_of_s}"
    derive_work(con, Relations(result="TEMP TABLE raci_draft", kinds="raci_touched", parts="raci_draft_parts",
                               roles="raci_draft_roles", which=which))  # fmt: skip
    found = conformance(
        con, ground.scope, from_s=first_s, to_s=ground.as_of_s + 1, as_of_s=ground.as_of_s,
        clients=[client] if client else [], relation="raci_draft",
    )  # fmt: skip
    return {t.task_id: (t.tickets, t.conforming) for t in found}


def _shift(before: Verdict, after: Verdict, called: Mapping[str, str]) -> Shift:
    def key(f: Finding) -> tuple[str, str]:
        return f.subject, f.message if f.rule not in ("covered", "load") else ""

    old, new = (
        {key(f): replace(f, subject=called.get(f.subject, f.subject)) for f in v.findings} for v in (before, after)
    )
    return Shift(
        rule=after.rule, text=after.text, broken=tuple(f for k, f in new.items() if k not in old),
        mended=tuple(f for k, f in old.items() if k not in new), staying=len(old.keys() & new.keys()),
    )  # fmt: skip


def lines_of(now: Document, changes: Changes) -> Iterable[str]:
    """A change of a document line by line, in names rather than ids."""
    then = changed(now, changes)
    tasks, roles = {t.task_id: t.name for t in then.tasks}, {r.role_id: r.name for r in then.roles}
    old_tasks, old_roles = {t.task_id: t for t in now.tasks}, {r.role_id: r for r in now.roles}
    for t in changes.tasks:
        known = old_tasks.get(t.task_id)
        ends = t.valid_to and (known is None or known.valid_to != t.valid_to)
        what = "new task" if known is None else f"ends on {t.valid_to}" if ends else "changed"
        kind = ", ".join(f"{n} {v}" for n, v in zip(t.kind._fields[1:], t.kind[1:], strict=True) if v) or "any ticket"
        yield f"{t.name}: {what} ({kind})"
    for r in changes.roles:
        filled = r.team_id or r.technician_id or r.contact_id
        yield f"{r.name}: {'role changed' if r.role_id in old_roles else 'new role'}, filled by {filled or 'nobody yet'}"
    for a in sorted(changes.letters, key=lambda a: (tasks.get(a.task_id, ""), roles.get(a.role_id, ""), a.letter)):
        yield f"{tasks.get(a.task_id, a.task_id)} / {roles.get(a.role_id, a.role_id)}: {_letter_line(a)}"


def _letter_line(a: LetterRow) -> str:
    within = f" within {minutes_text(a.within_minutes)} minutes" if a.within_minutes is not None else ""
    if a.is_void:
        return f"{LETTERS[a.letter]} never begins"
    if a.valid_to is not None:
        return f"{LETTERS[a.letter]}{within} ends on {a.valid_to}"
    return f"{LETTERS[a.letter]}{within}" + (f" from {a.valid_from}" if a.valid_from else "")
