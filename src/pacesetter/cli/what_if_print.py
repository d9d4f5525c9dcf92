"""A what-if's report: compliance as it was and as it would have been, and the tickets that change sides.

Owns the print and the records. Must not know how a replay works.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pacesetter.catalogue.answer import local_text
from pacesetter.insight.what_if import Report, Row
from pacesetter.reports import wording

ORDER = ("respond", "plan", "update", "resolve", "all")
Group = tuple[str, ...]


def records(report: Report, zone: ZoneInfo, *, nested: bool) -> list[dict[str, Any]]:
    """The report: nested as one object with rows and changes; flat as the rows by client, priority and clock."""
    rows = [
        {
            "client": r.client, "priority": r.priority, "clock": r.clock, "met_then": r.met_then, "broken_then": r.broken_then,
            "met_now": r.met_now, "broken_now": r.broken_now, "percent_then": percent(r.met_then, r.broken_then),
            "percent_now": percent(r.met_now, r.broken_now),
        }
        for r in report.rows
    ]  # fmt: skip
    if not nested:
        return rows
    changes = [
        {
            "ticket": c.ticket_id, "client": c.client, "priority": c.priority, "clock": c.clock, "then": c.then, "now": c.now,
            "due_then": None if c.due_then_s is None else local_text(c.due_then_s, zone),
            "due_now": None if c.due_now_s is None else local_text(c.due_now_s, zone),
        }
        for c in report.changes
    ]  # fmt: skip
    return [
        {
            "tickets": report.tickets,
            "within_span": report.within_span,
            "rows": rows,
            "changed": report.changed,
            "changes": changes,
        }
    ]


def percent(met: int, broken: int) -> float | None:
    """Compliance in percent; None where nothing is judged."""
    return 100.0 * met / (met + broken) if met + broken else None


def print_report(out: Console, report: Report, name: str, zone: ZoneInfo, locale: str) -> None:
    """Tables by clock, client and priority, then the tickets that change sides."""
    out.print(
        f"[bold]{escape(name)}[/bold]  {report.tickets} of {report.within_span} tickets of the span are under its rules; nothing is changed"
    )
    if not report.rows:
        out.print("None of their clocks is judged, then or now.")
        return
    whole = [r for r in report.rows if r.clock == "all"]
    _print_table(out, report.rows, ("clock",), lambda r: (r.clock,), locale)
    _print_table(out, whole, ("client",), lambda r: (r.client,), locale)
    _print_table(out, whole, ("priority",), lambda r: (r.priority or "(none)",), locale)
    _print_changes(out, report, zone)


def _print_table(out: Console, rows: Iterable[Row], names: Group, group: Callable[[Row], Group], locale: str) -> None:
    sums: dict[Group, list[int]] = {}
    for row in rows:
        total = sums.setdefault(group(row), [0, 0, 0, 0])
        for place, value in enumerate((row.met_then, row.broken_then, row.met_now, row.broken_now)):
            total[place] += value
    title = "clock" if names == ("clock",) else f"{names[0]}, every clock of a ticket together"
    table = Table(
        box=None, pad_edge=False, header_style="dim", title=f"\n[bold]By {title}[/bold]", title_justify="left"
    )
    for name in (*names, "then", "what if", "change", "broken then", "broken if"):
        table.add_column(name, justify="left" if name in names else "right", no_wrap=True)
    places = {name: n for n, name in enumerate(ORDER)}
    for key, (met_then, broken_then, met_now, broken_now) in sorted(
        sums.items(), key=lambda i: (places.get(i[0][0], 9), i[0])
    ):
        then, now = percent(met_then, broken_then), percent(met_now, broken_now)
        moved = "–" if then is None or now is None else f"{now - then:+.1f}"
        colour = "green" if moved.startswith("+") and moved != "+0.0" else "red" if moved.startswith("-") else "dim"
        table.add_row(
            *(escape(k) for k in key), wording.value_text(then, "percent", locale), wording.value_text(now, "percent", locale),
            f"[{colour}]{moved}[/{colour}]", wording.value_text(broken_then, "count", locale),
            wording.value_text(broken_now, "count", locale),
        )  # fmt: skip
    out.print(table)


def _print_changes(out: Console, report: Report, zone: ZoneInfo) -> None:
    changed = "1 ticket changes" if report.changed == 1 else f"{report.changed} tickets change"
    out.print(f"\n[bold]{changed} sides[/bold]")
    if not report.changes:
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("ticket", "client", "prio", "clock", "then", "what if", "due then", "due if"):
        table.add_column(name, no_wrap=True)
    for c in report.changes:
        table.add_row(
            escape(c.ticket_id), escape(c.client), escape(c.priority or "–"), c.clock, c.then, c.now, _moment(c.due_then_s, zone),
            _moment(c.due_now_s, zone),
        )  # fmt: skip
    out.print(table)
    if len({c.ticket_id for c in report.changes}) < report.changed:
        out.print("[dim]the first of them; --limit shows more[/dim]")


def _moment(at_s: int | None, zone: ZoneInfo) -> str:
    return "–" if at_s is None else f"{datetime.fromtimestamp(at_s, zone):%Y-%m-%d %H:%M}"
