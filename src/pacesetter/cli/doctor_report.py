"""The doctor's report on standard output."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

from rich.console import Console
from rich.table import Table

from pacesetter.catalogue.completeness import Completeness
from pacesetter.cli.output import Format, console
from pacesetter.reports.wording import ago, value_text
from pacesetter.settings import Settings
from pacesetter.warehouse.doctor import DoctorReport


def print_doctor(
    report: DoctorReport, shares: Sequence[Completeness], form: Format, settings: Settings, now: datetime
) -> None:
    """Print the report as tables or as one JSON object."""
    if form is Format.JSON:
        whole = asdict(report) | {"completeness": [asdict(s) | {"shares": dict(s.shares)} for s in shares]}
        print(json.dumps(whole, ensure_ascii=False, indent=1, default=str))
        return
    out = console()
    _freshness(out, report, now)
    _counts(out, report, settings.locale)
    _quarantine(out, report)
    _defects(out, report)
    _completeness(out, shares, settings.locale)


def _freshness(out: Console, report: DoctorReport, now: datetime) -> None:
    out.print("[bold]Freshness[/bold]")
    if report.last_import_at:
        out.print(
            f"  last import   {ago(report.last_import_at, now)}, number {report.imports}, from {report.last_source}"
        )
    if report.as_of:
        out.print(f"  as of         {report.as_of:%Y-%m-%d %H:%M} UTC")
    if report.newest_event_at:
        out.print(f"  newest event  {report.newest_event_at:%Y-%m-%d %H:%M} UTC")
    for warning in json.loads(report.last_warnings):
        out.print(f"  note          {warning}", markup=False)


def _counts(out: Console, report: DoctorReport, locale: str) -> None:
    out.print("\n[bold]Rows[/bold]")
    filled = {name: rows for name, rows in report.tables.items() if rows}
    for name, rows in filled.items():
        out.print(f"  {name:<22}{value_text(rows, 'count', locale):>14}")
    empty = [name for name, rows in report.tables.items() if not rows]
    out.print(f"  [dim]empty: {', '.join(empty)}[/dim]")


def _quarantine(out: Console, report: DoctorReport) -> None:
    out.print("\n[bold]Quarantine[/bold]")
    if not report.quarantine:
        out.print(f"  empty ({report.left_quarantine} rows left it)")
    for group in report.quarantine:
        out.print(f"  {group.rows} × {group.table}: {group.reason}")
        for row in group.examples[:3]:
            place = f"{row.file or ''}{f', line {row.line}' if row.line else ''}{f', column {row.column}' if row.column else ''}"
            out.print(f"      {place}: {row.message}", markup=False, style="dim")


def _defects(out: Console, report: DoctorReport) -> None:
    out.print("\n[bold]Disagreements and defects[/bold]")
    if not report.defects:
        out.print("  none")
    for group in report.defects:
        out.print(f"  {group.kind.replace('_', ' ')}, {group.detail}: {group.tickets} tickets")
        for d in group.examples[:3]:
            sides = f"column {d.column_value}, events {d.event_value}" if d.event_value else str(d.column_value)
            out.print(f"      {d.ticket_id}: {sides}", markup=False, style="dim")
    for status, rows in report.unknown_statuses:
        out.print(
            f"  status '{status}' has no phase ({rows} rows); it counts as active: add it to ticket_statuses",
            markup=False,
        )


def _completeness(out: Console, shares: Sequence[Completeness], locale: str) -> None:
    out.print("\n[bold]What the KPIs need[/bold]")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True)
    table.add_column()
    for s in shares:
        known = ", ".join(
            f"{need.replace('_', ' ')} {value_text(None if share is None else share * 100, 'percent', locale)}"
            for need, share in s.shares.items()
        )
        mark = "[red]✗ missing[/red]" if s.lacking else "[green]✓ there[/green]"
        if s.without and not s.lacking:
            mark = "[yellow]◐ in part[/yellow]"
            known = f"not from {', '.join(source or 'tickets without a source' for source in s.without)}; {known}"
        table.add_row(f"  {s.kpi}", mark, s.lacking or known or "tickets")
    out.print(table)
