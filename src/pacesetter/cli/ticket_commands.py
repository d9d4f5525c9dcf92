"""``ticket show``: one ticket's whole story in the terminal, or as JSON.

Owns the print, 100 columns wide. What the story is comes from ``insight.ticket_story``, its lines from ``ticket_timeline``.
"""

import json
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.periods import parse_instant
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.ticket_timeline import SHUT, Line, held, holding_at, timeline, told_in
from pacesetter.insight.ticket_story import ClockStretch, Story, ticket_story
from pacesetter.reports.ticket_json import story_json
from pacesetter.reports.wording import duration
from pacesetter.warehouse.facts.clocks import CLOCKS

WIDTH = 100


app = typer.Typer(no_args_is_help=True, help="One ticket: its whole story.")


class Form(StrEnum):
    """Forms of output."""

    TABLE = "table"
    JSON = "json"


@app.callback()
def _root() -> None:
    """One ticket: its whole story."""


@app.command("show")
def show(
    ticket_id: Annotated[str, typer.Argument(metavar="ID", help="The ticket's id.")],
    as_of: Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")] = None,
    form: Annotated[Form, typer.Option("--format", help="For people or for programs.")] = Form.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Print events, holders, clocks and shut hours of a ticket in the order in which they happened.

    Example: pacesetter ticket show T-1042
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        zone = desk.zone
        as_of_s = parse_instant(as_of, zone, "--as-of") if as_of else desk.as_of_s
        story = ticket_story(desk.evaluator.con, desk.scope, ws.settings, ticket_id, as_of_s)
    if form is Form.JSON:
        print(json.dumps(story_json(story, zone), ensure_ascii=False, indent=1))
        return
    out = Console(highlight=False)
    print_story(out if out.is_terminal else Console(highlight=False, width=WIDTH), story, zone)


def print_story(out: Console, story: Story, zone: ZoneInfo) -> None:
    """Head, timeline, clocks and holders."""
    _print_head(out, story, zone)
    _print_timeline(out, story, zone)
    _print_clocks(out, story, zone)
    shares = [f"{escape(who)} {duration(seconds, days=True)}" for who, seconds in held(story)]
    if shares:
        out.print(f"\n[bold]Held by[/bold] (round the clock)  {' · '.join(shares)}")


def _print_head(out: Console, story: Story, zone: ZoneInfo) -> None:
    f = story.facts
    out.print(f"[bold]{escape(story.ticket_id)}[/bold]  {escape(f['subject'] or '')}")
    parts = [f["client_name"] or f["client"], f["type"], f["priority"], f["category"], f["subcategory"]]
    now = holding_at(story, story.as_of_s)
    out.print(escape(" · ".join(p for p in [*parts, f"now {now.phase}"] if p)))
    if f["excluded_as"]:
        out.print(f"[yellow]out of every KPI: {f['excluded_as']}[/yellow]")
    policy = f"{f['policy_name']} ({f['sla_policy_id']})" if f["policy_name"] else f["sla_policy_id"]
    out.print(f"[dim]policy    {escape(policy or 'none: no clock runs')}[/dim]")
    calendar = story.calendar
    hours = (
        f"{calendar['name']}: {calendar['hours']}, {calendar['time_zone']}"
        if calendar
        else "none: business time is not known"
    )
    out.print(f"[dim]calendar  {escape(hours)}[/dim]")
    out.print(f"[dim]times     {zone.key}, as of {datetime.fromtimestamp(story.as_of_s, zone):%Y-%m-%d %H:%M}[/dim]\n")


def _print_timeline(out: Console, story: Story, zone: ZoneInfo) -> None:
    table = Table(box=None, pad_edge=False, header_style="dim")
    table.add_column("when", no_wrap=True, width=23)
    table.add_column("held by", no_wrap=True, width=12)
    table.add_column("", no_wrap=True, width=1)
    table.add_column("what", overflow="fold")
    last_stamp = last_holder = ""
    for line in timeline(story):
        stamp, holder = _stamp(line, zone), holding_at(story, line.at_s).holder
        shown = "" if holder == last_holder or line.kind == SHUT else holder
        colour = line.colour
        text = escape(line.text if line.until_s is None else f"{line.text}, until {_short(line.until_s, zone)}")
        styled = (f"[{colour}]{line.mark}[/{colour}]", f"[{colour}]{text}[/{colour}]") if colour else (line.mark, text)
        table.add_row(
            "" if stamp == last_stamp else f"[dim]{stamp}[/dim]" if line.kind == SHUT else stamp, shown, *styled
        )
        last_stamp = stamp
        last_holder = holder if line.kind != SHUT else last_holder
    out.print(table)


def _stamp(line: Line, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(line.at_s, zone):%a %Y-%m-%d %H:%M:%S}"


def _short(at_s: int, zone: ZoneInfo) -> str:
    return f"{datetime.fromtimestamp(at_s, zone):%a %m-%d %H:%M}"


def _print_clocks(out: Console, story: Story, zone: ZoneInfo) -> None:
    last = [c for c in story.clocks if c.outcome is not None and c.outcome != "no_target"]
    last.sort(key=lambda c: (CLOCKS.index(c.clock), c.cycle))
    if not last:
        return
    table = Table(box=None, pad_edge=False, header_style="dim", title_justify="left", title="\n[bold]Clocks[/bold]")
    for name in ("clock", "outcome", "target", "used", "paused", "due", "ended"):
        table.add_column(name, no_wrap=True, justify="right" if name in ("target", "used", "paused") else "left")
    colours = {"met": "green", "breached": "red", "running": "cyan", "paused": "yellow"}
    for c in last:
        colour = colours.get(str(c.outcome), "dim")
        table.add_row(
            f"{c.clock} {c.cycle}", f"[{colour}]{c.outcome}[/{colour}]", f"{told_in(c, c.target_s or 0)} {_hours(c)}",
            "–" if c.running_s is None else told_in(c, c.running_s), "–" if not c.paused_s else told_in(c, c.paused_s),
            "–" if c.due_s is None else _short(c.due_s, zone), _ended(c, zone),
        )  # fmt: skip
    out.print(table)


def _hours(c: ClockStretch) -> str:
    return "bus." if c.hours == "business" else "cal."


def _ended(c: ClockStretch, zone: ZoneInfo) -> str:
    ended_s = c.stopped_s if c.stopped_s is not None else c.cancelled_s
    return "–" if ended_s is None else _short(ended_s, zone)
