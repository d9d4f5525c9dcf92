"""``calendar show``: one month of a calendar as a person reads it.

Owns the print. What is open is read from ``model.calendar_month``.
"""

import json
from collections.abc import Iterator
from datetime import date
from difflib import get_close_matches
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import duckdb
import typer
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pacesetter import clock
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.errors import BadRequest
from pacesetter.model.calendar_holidays import holidays_version
from pacesetter.model.calendar_month import CalendarDay, CalendarMonth, calendar_month
from pacesetter.model.calendar_zones import DAY_S, tzdata_version
from pacesetter.model.calendars import Because, Calendar
from pacesetter.model.hours import DAYS
from pacesetter.warehouse.business_time_tables import read_calendars

WIDTH = 100

app = typer.Typer(help="The hours of service, as the clocks read them.", no_args_is_help=True)


class Form(StrEnum):
    """Forms of output."""

    TABLE = "table"
    JSON = "json"


@app.callback()
def _root() -> None:
    """The hours of service, as the clocks read them."""


@app.command("show")
def show(
    calendar_id: Annotated[str, typer.Argument(metavar="ID", help="The calendar's id.")],
    month: Annotated[str | None, typer.Option("--month", help="Such as 2026-03; this month where left out.")] = None,
    form: Annotated[Form, typer.Option("--format", help="For people or for programs.")] = Form.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Print a month: the hours of each day, holidays and exceptions by name, days of another length, the total."""
    asked = _month(month) if month else None
    space = open_workspace(workspace)
    with space.reader() as con:
        calendar = _find(con, calendar_id, space.settings.locale)
    today = clock.now().astimezone(ZoneInfo(calendar.time_zone))
    year, number = asked or (today.year, today.month)
    read = calendar_month(calendar, year, number)
    if form is Form.JSON:
        print(json.dumps(_record(calendar, read), ensure_ascii=False, indent=1))
        return
    out = Console(highlight=False)
    _print(out if out.is_terminal else Console(highlight=False, width=WIDTH), calendar, read)


def _month(text: str) -> tuple[int, int]:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        first = None
    if first is None or len(text) != 7 or not 1900 <= first.year <= 2200:
        raise BadRequest(f"'{text}' is not a month", where="--month", do="write a month such as 2026-03")
    return first.year, first.month


def _find(con: duckdb.DuckDBPyConnection, calendar_id: str, locale: str) -> Calendar:
    found = read_calendars(con, locale, calendar_id)
    if found:
        return found[0]
    known = [row[0] for row in con.execute("SELECT calendar_id FROM calendars ORDER BY 1").fetchall()]
    folded = {name.casefold(): name for name in known}
    near = [folded[name] for name in get_close_matches(calendar_id.casefold(), folded, 3, 0.5)]
    if near:
        do = f"did you mean {' or '.join(near)}?"
    elif known:
        do = f"there are {', '.join(known[:8])}{' …' if len(known) > 8 else ''}"
    else:
        do = "none has been imported: add calendars to the bundle"
    raise BadRequest(f"there is no calendar '{calendar_id}'", do=do)


def _record(calendar: Calendar, month: CalendarMonth) -> dict[str, Any]:
    """The month as a JSON object: instants in seconds, days as ISO dates, spans of the wall clock as text."""
    replaced = {exception.day for exception in calendar.exceptions}
    return {
        "calendar": calendar.calendar_id,
        "name": calendar.name,
        "time_zone": calendar.time_zone,
        "hours": calendar.hours,
        "holidays": calendar.holidays,
        "version": calendar.version,
        "tzdata": tzdata_version(),
        "holidays_package": holidays_version(),
        "month": f"{month.year}-{month.month:02d}",
        "open_s": month.open_s,
        "days": [
            {
                "day": day.day.isoformat(), "spans": [span.text() for span in day.spans], "open_s": day.open_s,
                "length_s": day.length_s, "because": day.because.value, "name": day.name,
            }
            for day in month.days
        ],
        "holidays_of_year": [
            {"day": day.isoformat(), "name": name, "is_replaced": day in replaced}
            for day, name in calendar.holidays_in(month.year)
        ],
    }  # fmt: skip


def _print(out: Console, calendar: Calendar, month: CalendarMonth) -> None:
    out.print(f"[bold]{escape(calendar.name)}[/bold] ({escape(calendar.calendar_id)}) · {calendar.time_zone}")
    out.print(f"hours     {escape(calendar.hours)}")
    out.print(f"holidays  {calendar.holidays or 'none'}")
    out.print(f"version   {calendar.version} (time zones {tzdata_version()}, holidays {holidays_version()})")
    out.print(f"\n[bold]{date(month.year, month.month, 1):%B %Y}[/bold] · open {hours_text(month.open_s)}")
    out.print(_grid(month))
    for line in _notes(month):
        out.print(line)
    listed = calendar.holidays_in(month.year)
    if listed:
        replaced = {exception.day for exception in calendar.exceptions}
        out.print(f"\n[bold]Public holidays of {calendar.holidays} in {month.year}[/bold], to be reviewed")
        for day, name in listed:
            mark = " [yellow](an exception replaces it)[/yellow]" if day in replaced else ""
            out.print(f"  {day:%Y-%m-%d %a}  {escape(name)}{mark}")


def _grid(month: CalendarMonth) -> Table:
    """A row for each week, Monday first, and the open hours of the week; 99 columns wide."""
    table = Table(box=box.SQUARE, show_lines=True, padding=0, header_style="dim")
    for name in DAYS:
        table.add_column(name, width=11)
    table.add_column("open", width=7, justify="right")
    for week in month.weeks:
        open_s = sum(day.open_s for day in week if day)
        table.add_row(*(_cell(day) if day else "" for day in week), hours_text(open_s, short=True))
    return table


def _cell(day: CalendarDay) -> str:
    lines = [f"[bold]{day.day.day}[/bold]"]
    if day.length_s == 0:
        return f"{lines[0]}\n[magenta]left out[/magenta]"
    if day.because is not Because.WEEK:
        colour = "red" if day.because is Because.HOLIDAY else "yellow"
        lines[0] += f" [{colour}]{day.because.value}[/{colour}]"
    if day.length_s != DAY_S:
        lines.append(f"[magenta]{hours_text(day.length_s, short=True)} day[/magenta]")
    lines += [span.text() for span in day.spans] or ["[dim]closed[/dim]"]
    return "\n".join(lines)


def _notes(month: CalendarMonth) -> Iterator[str]:
    """A line for each day that is not as the week says, or not as long as a day."""
    for day in month.days:
        stamp = f"  {day.day:%Y-%m-%d %a}"
        if day.because is not Because.WEEK:
            yield f"{stamp}  {day.because.value}: {escape(day.name or 'without a name')}"
        if day.length_s == 0:
            yield f"{stamp}  the zone left this day out"
        elif day.length_s != DAY_S:
            direction = "forward" if day.length_s < DAY_S else "back"
            yield f"{stamp}  the clocks go {direction}: a day of {hours_text(day.length_s)}"


def hours_text(seconds: int, *, short: bool = False) -> str:
    """Seconds as ``176 h``, ``23 h 30 min``; short: ``23:30 h``."""
    hours, rest = divmod(seconds, 3600)
    minutes, odd = divmod(rest, 60)
    if short:
        return f"{hours} h" if not rest else f"{hours}:{minutes:02d} h"
    parts = [f"{hours} h", f"{minutes} min" if minutes or odd else "", f"{odd} s" if odd else ""]
    return " ".join(part for part in parts if part)
