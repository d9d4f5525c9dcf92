"""What ``raci conformance`` prints: task by task, then what deviations led to, who was reached and who approved."""

from datetime import datetime
from zoneinfo import ZoneInfo

from rich.markup import escape
from rich.table import Table

from pacesetter.cli.output import console
from pacesetter.model.raci import LETTERS, Matrix
from pacesetter.reports import wording
from pacesetter.responsibility.conformance import Approved, Reached, TaskConformance, effects


def print_conformance(found: tuple[TaskConformance, ...], matrix: Matrix, as_of_s: int, zone: ZoneInfo) -> None:
    """Tasks with who did them."""
    out = console()
    if not found:
        out.print(
            "No resolved ticket then has a valid row in the matrix; 'pacesetter raci check' says what is missing."
        )
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("task", "done by", "how", "tickets", "share", "hours by others", "SLA kept", "reopened"):
        table.add_column(
            name,
            justify="left" if name in ("task", "done by", "how") else "right",
            no_wrap=name not in ("task", "done by"),
        )
    for task in found:
        share = f"{100 * task.conforming / task.tickets:.1f} %"
        table.add_row(
            f"[bold]{escape(matrix.tasks[task.task_id].name)}[/bold] [dim]{escape(task.task_id)}[/dim]",
            "as the matrix says", "", f"{task.tickets:,}", share, wording.duration(3600 * task.hours_by_others), "", "",
        )  # fmt: skip
        for done in task.done:
            role = matrix.roles.get(done.done_by)
            table.add_row(
                "", escape(role.name if role else done.done_by),
                f"[yellow]{done.deviation}[/yellow]" if done.deviation else "[green]Responsible[/green]", f"{done.tickets:,}",
                f"{100 * done.tickets / task.tickets:.1f} %", wording.duration(3600 * done.hours),
                f"{100 * done.kept / done.judged:.1f} %" if done.judged else "–",
                f"{100 * done.reopened / done.tickets:.1f} %",
            )  # fmt: skip
    out.print(table)
    out.print(
        f"[dim]as of {datetime.fromtimestamp(as_of_s, zone):%Y-%m-%d %H:%M %Z} · by resolution, the least conforming first[/dim]"
    )


def _share(value: float | None, usual: float | None) -> str:
    if value is None:
        return "–"
    beside = "" if usual is None else f" [dim](expected {100 * usual:.1f} %)[/dim]"
    return f"{100 * value:.1f} %{beside}"


def print_consequences(
    found: tuple[TaskConformance, ...], matrix: Matrix, due: list[Reached], given: list[Approved]
) -> None:
    """Deviations with what they led to, beside the same tasks done by the Responsible; consulted, informed, approved."""
    out = console()

    def named(role_id: str | None) -> str:
        role = matrix.roles.get(role_id or "")
        return role.name if role else role_id or ""

    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left")
    for name in ("deviation", "who stepped in", "tickets", "hours by others", "SLA kept", "reopened"):
        table.add_column(name, justify="left" if name in ("deviation", "who stepped in") else "right")
    for e in [*effects(found), *effects(found, by_role=True)[:10]]:
        table.add_row(
            e.deviation, escape(named(e.done_by)) if e.done_by else "[dim]all[/dim]", f"{e.tickets:,}", f"{e.hours:,.1f}",
            _share(e.kept_share, e.expected_kept_share), _share(e.reopened_share, e.expected_reopened_share),
        )  # fmt: skip
    if table.row_count:
        out.print(
            "\n[bold]What deviations led to[/bold]  [dim]expected: the same mix of tasks, done by the Responsible[/dim]"
        )
        out.print(table)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("task", "to be", "role", "due", "in time", "too late"):
        table.add_column(name, justify="left" if name in ("task", "to be", "role") else "right")
    for r in due:
        share = f"{100 * r.in_time / r.due:.1f} %"
        table.add_row(
            escape(r.task_id), LETTERS[r.letter].lower(), escape(named(r.role_id)), f"{r.due:,}", share, f"{r.late:,}"
        )
    if due:
        out.print("\n[bold]Consulted and informed[/bold]")
        out.print(table)
    if given:
        out.print("\n[bold]Who approved[/bold]")
    for a in given:
        mark = " [green](Accountable)[/green]" if a.is_accountable else ""
        out.print(
            f"{escape(a.task_id)}: {escape(named(a.role_id)) if a.role_id else a.actor_kind or 'somebody'}{mark}, {a.tickets:,} tickets"
        )
