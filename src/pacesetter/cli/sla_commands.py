"""``sla at-risk`` and ``sla what-if``.

Owns what they print. What is at risk, and what would have been, is computed in ``insight``.
"""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.answer import local_text
from pacesetter.catalogue.desk import open_desk, parse_where
from pacesetter.catalogue.periods import parse_instant
from pacesetter.cli import what_if_print
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import Format, console, write_records
from pacesetter.errors import BadRequest
from pacesetter.insight.at_risk import Queue, Risk, at_risk
from pacesetter.insight.what_if import read_what_if, replay
from pacesetter.reports import wording

app = typer.Typer(
    no_args_is_help=True, help="Service levels: what breaks next, what would have been under other rules."
)

AsOf = Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")]
Where = Annotated[
    list[str] | None, typer.Option(help="Only tickets with DIM=VALUE; several of one dimension are alternatives.")
]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")]


@app.callback()
def _root() -> None:
    """Service levels: what breaks next, what would have been under other rules."""


@app.command("at-risk")
def at_risk_(
    within: Annotated[
        float | None,
        typer.Option(help="Hours ahead, in the hours of each clock; the workspace's at_risk_hours where left out."),
    ] = None,
    where: Where = None,
    as_of: AsOf = None,
    limit: Annotated[int | None, typer.Option(help="At most so many; 50 on the screen where left out.")] = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """List the clocks that will break next, soonest first.

    Example: pacesetter sla at-risk --within 4 --where team=desk
    """
    ws = open_workspace(workspace)
    hours = ws.settings.rules.at_risk_hours if within is None else within
    if not 0 <= hours <= 10_000:
        raise BadRequest(f"{hours:g} hours are not a span to look ahead", where="--within", do="write hours such as 8")
    with open_desk(ws, operator_scope()) as desk:
        as_of_s = parse_instant(as_of, desk.zone, "--as-of") if as_of else desk.as_of_s
        queue = at_risk(
            desk.evaluator.con,
            desk.scope,
            as_of_s=as_of_s,
            within_s=round(hours * 3600),
            where=parse_where(where or []),
        )
        zone = desk.zone
    most = limit if limit is not None else (50 if form is Format.TABLE else None)
    shown = queue.risks if most is None else queue.risks[:most]
    if form is Format.TABLE:
        _print_risks(queue, shown, as_of_s, hours, zone)
    else:
        write_records([_record(risk, zone) for risk in shown], form, None)


def _record(risk: Risk, zone: ZoneInfo) -> dict[str, Any]:
    """A clock at risk as a flat record; seconds in the clock's own hours."""
    return {
        "ticket": risk.ticket_id, "subject": risk.subject, "client": risk.client, "priority": risk.priority, "clock": risk.clock,
        "cycle": risk.cycle, "due_at": local_text(risk.due_s, zone), "remaining_s": risk.remaining_s, "target_s": risk.target_s,
        "used_percent": round(risk.used_percent, 1), "level": risk.level, "hours": risk.hours, "holder": risk.holder,
        "team": risk.team, "technician": risk.technician, "policy": risk.policy, "calendar": risk.calendar,
    }  # fmt: skip


def _print_risks(queue: Queue, shown: tuple[Risk, ...], as_of_s: int, hours: float, zone: ZoneInfo) -> None:
    out = console()
    moment = f"{datetime.fromtimestamp(as_of_s, zone):%Y-%m-%d %H:%M %Z}"
    if not queue.risks:
        out.print(f"Nothing breaks within {hours:g} hours of the clocks, as of {moment}.")
    else:
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in ("due", "left", "used", "", "ticket", "client", "prio", "clock", "holder", "technician"):
            table.add_column(name, justify="right" if name in ("left", "used") else "left", no_wrap=True)
        for risk in shown:
            colour = {100: "red", 75: "red", 50: "yellow"}.get(risk.level, "cyan")
            table.add_row(
                f"{datetime.fromtimestamp(risk.due_s, zone):%a %m-%d %H:%M}",
                wording.duration(risk.remaining_s),
                f"{risk.used_percent:.0f} %",
                f"[{colour}]{wording.bar(risk.used_percent, 100, 8)}[/{colour}]",
                *(escape(text or "–") for text in (risk.ticket_id, risk.client, risk.priority, risk.clock, risk.holder, risk.technician)),
            )  # fmt: skip
        out.print(table)
        if len(shown) < len(queue.risks):
            out.print(f"[dim]the first {len(shown)} of {len(queue.risks)}; --limit shows more[/dim]")
    rest = f"{queue.broken} clocks of open tickets are past their due instant, {queue.paused} are paused"
    out.print(f"[dim]as of {moment} · {len(queue.risks)} within {hours:g} hours of their own clock · {rest}[/dim]")


@app.command("what-if")
def what_if_(
    policy: Annotated[
        Path, typer.Argument(metavar="POLICY.toml", help="What is to be different; see docs/how-to/ask-what-if.md.")
    ],
    first: Annotated[
        str | None, typer.Option("--from", help="Tickets created from this day on; the first one's where left out.")
    ] = None,
    last: Annotated[
        str | None, typer.Option("--to", help="First day after them; the day after as-of where left out.")
    ] = None,
    as_of: AsOf = None,
    limit: Annotated[
        int, typer.Option(min=0, help="At most so many of the tickets that change sides are listed.")
    ] = 20,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Replay history under other targets, calendars or pause rules. Nothing is changed.

    Example: pacesetter sla what-if tighter.toml --from 2026-01-01 --to 2026-07-01
    """
    what_if = read_what_if(policy)
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk, progress() as tell:
        query = desk.query(first=first, last=last, as_of=as_of)
        report = replay(
            desk.evaluator.con, ws.settings, desk.scope, what_if, from_s=query.span.from_s, to_s=query.span.to_s,
            as_of_s=query.as_of_s, limit=limit, progress=tell,
        )  # fmt: skip
    if form is Format.TABLE:
        what_if_print.print_report(console(), report, what_if.name or policy.stem, query.zone, ws.settings.locale)
    else:
        write_records(what_if_print.records(report, query.zone, nested=form is Format.JSON), form, None)
