"""``overview``: the KPIs of a workspace at a glance, in the terminal."""

from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.record import Better
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import console
from pacesetter.reports import wording


def overview(
    months: Annotated[int, typer.Option(min=2, max=60, help="How many complete months.")] = 12,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Show every KPI that the records allow: last complete month, the month before, and the year's course."""
    ws = open_workspace(workspace)
    out = console()
    with open_desk(ws, operator_scope()) as desk:
        last = local_day(desk.as_of_s, desk.zone).replace(day=1)
        first = _months_before(last, months)
        query = desk.query(first=str(first), last=str(last), grain="month")
        with progress() as tell:
            tell("asking every KPI", None)
            answers = desk.ask(list(desk.kpis()), query)
        if ws.settings.simulated:
            out.print(
                "[bold yellow]Simulated data:[/bold yellow] an invented MSP; no client and no ticket here is real."
            )
        out.print(f"[bold]{ws.settings.name}[/bold]  {first:%B %Y} to {_months_before(last, 1):%B %Y}\n", markup=True)
        _print_table(out, desk, answers)


def _months_before(day: date, months: int) -> date:
    index = day.year * 12 + day.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def _print_table(out: Console, desk: Desk, answers: list[Answer]) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name, right in (
        ("KPI", False),
        ("last month", True),
        ("before", True),
        ("", False),
        ("course", False),
        ("n", True),
    ):
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    series: dict[str, list[Answer]] = {}
    for answer in answers:
        if answer.statistic == desk.kpis()[answer.kpi].definition.statistics[0]:
            series.setdefault(answer.kpi, []).append(answer)
    family, lacking = "", []
    for kpi_id, course in series.items():
        kpi = desk.kpis()[kpi_id]
        if all(a.value is None for a in course):
            lacking.append((kpi_id, course[-1].reason))
            continue
        if kpi.family != family:
            family = kpi.family
            table.add_row(f"[bold]{registry.FAMILIES[family]}[/bold]")
        table.add_row(f"  {kpi.title}", *_cells(course, kpi.better, desk.settings.locale))
    out.print(table)
    for kpi_id, reason in lacking:
        out.print(f"[dim]{kpi_id}: {reason}[/dim]")


def _cells(course: list[Answer], better: Better, locale: str) -> tuple[str, str, str, str, str]:
    now, before = course[-1], course[-2]
    return (
        f"[bold]{wording.value_text(now.value, wording.told_unit(now), locale)}[/bold]",
        wording.value_text(before.value, wording.told_unit(before), locale),
        _trend(now.value, before.value, better),
        f"[cyan]{wording.sparkline([a.value for a in course])}[/cyan]",
        wording.value_text(now.n, "count", locale) + (" few" if now.small_n else ""),
    )


def _trend(now: float | None, before: float | None, better: Better) -> str:
    if now is None or before is None or now == before:
        return ""
    arrow = "▲" if now > before else "▼"
    if better is Better.NEITHER:
        return arrow
    good = (now > before) is (better is Better.HIGHER)
    return f"[green]{arrow} better[/green]" if good else f"[red]{arrow} worse[/red]"
