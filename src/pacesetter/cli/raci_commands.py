"""``raci check``, ``raci show`` and ``raci conformance``.

Owns what they print. The rules and the conformance are computed in ``responsibility``.
"""

from pathlib import Path
from typing import Annotated, Any

import duckdb
import typer
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.periods import parse_instant
from pacesetter.cli.integrity_commands import signs
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.output import Format, console, write_records
from pacesetter.cli.raci_conformance_print import print_conformance, print_consequences
from pacesetter.cli.raci_figures_commands import hands, scorecard
from pacesetter.cli.raci_files_commands import export_, import_
from pacesetter.errors import BadRequest
from pacesetter.model.raci import LETTERS, Matrix
from pacesetter.responsibility.conformance import Done, Which, approved, conformance, reached
from pacesetter.responsibility.matrix_rules import OVERLOAD, Verdict, check_matrix, tasks_within
from pacesetter.responsibility.sample import sample_matrix
from pacesetter.warehouse.facts.raci import read_matrix

app = typer.Typer(no_args_is_help=True, help="Responsibility: the RACI matrix, its rules, and the work against it.")
app.command("export")(export_)
app.command("import")(import_)
app.command("signs")(signs)
app.command("hands")(hands)
app.command("scorecard")(scorecard)

AsOf = Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")]
Client = Annotated[str | None, typer.Option(help="Only this client (its id).")]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")]
ROLE_WIDTH, TASK_WIDTH = 12, 24
"""Columns are as wide as this where roles stand beside each other."""


@app.command("check")
def check_(
    overload: Annotated[float, typer.Option(min=0, max=100, help="Percent of hours for which one may answer.")] = 100
    * OVERLOAD,
    limit: Annotated[int, typer.Option(min=1, help="At most so many findings per rule on the screen.")] = 10,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Hold the matrix to its rules. Exit status 1 where one of them is broken.

    Example: pacesetter raci check --overload 60
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        as_of_s = parse_instant(as_of, desk.zone, "--as-of") if as_of else desk.as_of_s
        found = check_matrix(desk.evaluator.con, ws.settings, desk.scope, as_of_s=as_of_s, overload=overload / 100)
        tasks = len(read_matrix(desk.evaluator.con, ws.settings).tasks)
    if form is Format.TABLE:
        _print_verdicts(found, tasks, limit)
    else:
        write_records(
            [{"rule": f.rule, "subject": f.subject, "message": f.message, "hours": f.hours} for v in found for f in v.findings],
            form, None,
        )  # fmt: skip
    if any(v.findings for v in found):
        raise typer.Exit(1)


def _print_verdicts(found: tuple[Verdict, ...], tasks: int, limit: int) -> None:
    out = console()
    out.print(f"{tasks} tasks in the matrix")
    for verdict in found:
        mark = "[red]✗[/red]" if verdict.findings else "[green]✓[/green]"
        out.print(f"{mark} {verdict.text}")
        for finding in verdict.findings[:limit]:
            hours = f", {finding.hours:,.0f} h" if finding.hours is not None else ""
            out.print(f"    {escape(finding.subject)}: {escape(finding.message)}{hours}")
        if len(verdict.findings) > limit:
            out.print(f"[dim]    and {len(verdict.findings) - limit} more; --limit shows them[/dim]")


@app.command("show")
def show_(
    client: Client = None,
    sample: Annotated[bool, typer.Option("--sample", help="The sample matrix that ships with the program.")] = False,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Show the matrix that is valid now: tasks by roles, or by letters where the roles are too many.

    Example: pacesetter raci show --client acme
    """
    if sample:
        matrix, at_s, chosen = sample_matrix(), 0, list(sample_matrix().tasks)
    else:
        ws = open_workspace(workspace)
        with open_desk(ws, operator_scope()) as desk:
            at_s = parse_instant(as_of, desk.zone, "--as-of") if as_of else desk.as_of_s
            matrix = read_matrix(desk.evaluator.con, ws.settings)
            _known_client(desk.evaluator.con, client)
            chosen = tasks_within(matrix, desk.scope, client)
    chosen = [t for t in chosen if matrix.tasks[t].from_s <= at_s < matrix.tasks[t].to_s]
    if form is not Format.TABLE:
        write_records([r for t in chosen for r in _letter_records(matrix, t, at_s)], form, None)
    elif not chosen:
        console().print(
            "There is no task in the matrix then; 'pacesetter raci show --sample' shows what one looks like."
        )
    else:
        _print_matrix(matrix, chosen, at_s)


def _letter_records(matrix: Matrix, task_id: str, at_s: int) -> list[dict[str, Any]]:
    """The letters of a task as flat records."""
    task = matrix.tasks[task_id]
    found = []
    for held in matrix.letters(task_id, at_s):
        role = matrix.roles[held.role_id]
        found.append(
            {"task": task_id, "name": task.name, **task.kind._asdict(), "letter": held.letter, "role": role.role_id,
             "role_name": role.name, "filled_by": role.team_id or role.technician_id or role.contact_id,
             "within_minutes": None if held.within_s is None else held.within_s / 60}
        )  # fmt: skip
    return found


def _print_matrix(matrix: Matrix, chosen: list[str], at_s: int) -> None:
    held = {t: matrix.letters(t, at_s) for t in chosen}
    roles = list(dict.fromkeys(a.role_id for letters in held.values() for a in letters))
    out = console()
    by_role = TASK_WIDTH + len(roles) * (ROLE_WIDTH + 2) <= out.width
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("task", min_width=TASK_WIDTH if by_role else None)
    for name in [matrix.roles[r].name for r in roles] if by_role else LETTERS.values():
        table.add_column(
            escape(name), justify="center" if by_role else "left", max_width=ROLE_WIDTH if by_role else None
        )
    for task_id, letters in held.items():
        if by_role:
            cells = [" ".join(a.letter for a in letters if a.role_id == role) for role in roles]
        else:
            cells = [", ".join(matrix.roles[a.role_id].name for a in letters if a.letter == one) for one in LETTERS]
        task = matrix.tasks[task_id]
        where = f" ({task.kind.client_id})" if task.kind.client_id else ""
        mark = " [red]![/red]" if any(f.rule != "filled" for f in matrix.faults(task_id, at_s)) else ""
        table.add_row(f"{escape(task.name + where)}{mark}", *(escape(c) for c in cells))
    out.print(table)
    out.print(
        "[dim]R Responsible, A Accountable, C Consulted, I Informed · ! the row is incomplete, see 'raci check'[/dim]"
    )


@app.command("conformance")
def conformance_(
    first: Annotated[str | None, typer.Option("--from", help="Resolved from this day on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="First day after them.")] = None,
    client: Client = None,
    task: Annotated[list[str] | None, typer.Option(help="Only this task (its id); may be repeated.")] = None,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Hold the work to the matrix: by task, who did it, and what followed where it was another role.

    Example: pacesetter raci conformance --from 2026-01-01 --client acme
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        con = desk.evaluator.con
        query = desk.query(first=first, last=last, as_of=as_of)
        matrix = read_matrix(con, ws.settings)
        _known_client(con, client)
        for name in task or []:
            if name not in matrix.tasks:
                raise BadRequest(f"there is no task '{name}'", where="--task", do="see 'pacesetter raci show'")
        found = conformance(
            con, desk.scope, from_s=query.span.from_s, to_s=query.span.to_s, as_of_s=query.as_of_s,
            clients=[client] if client else [], tasks=task or [],
        )  # fmt: skip
        which = Which(
            from_s=query.span.from_s, to_s=query.span.to_s, as_of_s=query.as_of_s, clients=(client,) if client else None,
            tasks=tuple(task) if task else None,
        )  # fmt: skip
        due, given = reached(con, desk.scope, which), approved(con, desk.scope, which)
    if form is Format.TABLE:
        print_conformance(found, matrix, query.as_of_s, query.zone)
        if found:
            print_consequences(found, matrix, due, given)
    else:
        write_records([_done_record(d) for t in found for d in t.done], form, None)


def _done_record(done: Done) -> dict[str, Any]:
    """Who did how much of a task, as a flat record; hours are those of roles that were not Responsible."""
    return {
        "task": done.task_id, "done_by": done.done_by, "deviation": done.deviation, "tickets": done.tickets,
        "hours_by_others": round(done.hours, 4), "sla_judged": done.judged, "sla_kept": done.kept, "reopened": done.reopened,
    }  # fmt: skip


def _known_client(con: duckdb.DuckDBPyConnection, client: str | None) -> None:
    if client and not con.execute("SELECT 1 FROM clients WHERE client_id = ?", [client]).fetchall():
        raise BadRequest(f"there is no client '{client}'", where="--client", do="write a client's id")
