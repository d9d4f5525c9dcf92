"""``raci hands`` and ``raci scorecard``: what happens between hands, and the figures of what each Accountable answers for.

Owns what they print. Handovers are computed in ``responsibility.hands``, scorecards in ``responsibility.accountability``.
"""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.output import Format, console, write_records
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.responsibility.accountability import Answerer, read_answerers
from pacesetter.responsibility.hands import Direction, Pair, Span, handovers, ping_pong
from pacesetter.responsibility.matrix_reading import Filler, read_document, read_fillers

First = Annotated[str | None, typer.Option("--from", help="From this day on.")]
Last = Annotated[str | None, typer.Option("--to", help="First day after them.")]
Client = Annotated[str | None, typer.Option(help="Only this client (its id).")]
AsOf = Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")]
HOLDER = (
    "how resolution time splits: pacesetter kpi get time_in_hands --by client,holder; "
    "who held it when it broke: pacesetter kpi get sla_breaches --by holder"
)


def hands(
    first: First = None,
    last: Last = None,
    client: Client = None,
    pairs: Annotated[
        bool, typer.Option("--pairs", help="Pairs of teams between which tickets return, instead.")
    ] = False,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Say how long handovers wait, in each direction, and which teams play tickets back and forth.

    Example: pacesetter raci hands --from 2026-10-01 --client acme
    """
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        query = desk.query(first=first, last=last, as_of=as_of)
        con = desk.evaluator.con
        _known_client(con, client)
        span = Span(from_s=query.span.from_s, to_s=query.span.to_s, as_of_s=query.as_of_s)
        clients = [client] if client else None
        directions = handovers(con, desk.scope, span, clients=clients)
        found = ping_pong(con, desk.scope, span, clients=clients)
    if form is not Format.TABLE:
        write_records([asdict(x) for x in (found if pairs else directions)], form, None)
        return
    _print_hands(directions, found)


def _known_client(con: Any, client: str | None) -> None:
    if client and not con.execute("SELECT 1 FROM clients WHERE client_id = ?", [client]).fetchall():
        raise BadRequest(f"there is no client '{client}'", where="--client", do="write a client's id")


def _duration(seconds: float | None, *, days: bool = False) -> str:
    return "–" if seconds is None else wording.duration(seconds, days=days)


def _print_hands(directions: list[Direction], pairs: list[Pair]) -> None:
    out = console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("from", "to", "handovers", "median", "p90", "mean", "median, calendar", "never taken up"):
        table.add_column(name, justify="left" if name in ("from", "to") else "right")
    for d in directions:
        table.add_row(
            d.giver, f"→ {d.taker}", f"{d.count:,}", _duration(d.business_median_s), _duration(d.business_p90_s),
            _duration(d.business_mean_s), _duration(d.calendar_median_s, days=True), f"{d.count - d.taken:,}" if d.count > d.taken else "–",
        )  # fmt: skip
    out.print(
        "[bold]Handovers[/bold]  [dim]to the first action of somebody in the receiving team, business hours[/dim]"
    )
    out.print(table if directions else "No ticket changed hands.")
    out.print("\n[bold]To and fro[/bold]  [dim]tickets that came back from the other team[/dim]")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("between", "and", "tickets", "returns", "hours, first to last handover"):
        table.add_column(name, justify="left" if name in ("between", "and") else "right")
    for p in pairs:
        table.add_row(escape(p.one), escape(p.other), f"{p.tickets:,}", f"{p.returns:,}", f"{p.hours:,.1f}")
    out.print(table if pairs else "No ticket came back.")
    out.print(f"[dim]{HOLDER}[/dim]")


def scorecard(
    first: First = None,
    last: Last = None,
    client: Client = None,
    as_of: AsOf = None,
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Show for each Accountable the figures of what they answer for, with targets, and whom to talk to.

    Example: pacesetter raci scorecard --from 2026-07-01 --to 2026-10-01
    """
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        con = desk.evaluator.con
        _known_client(con, client)
        where = [f"client={client}"] if client else []
        query = desk.query(first=first, last=last, as_of=as_of, where=where)
        document = read_document(con, desk.scope, client)
        found = read_answerers(desk.ask, desk, query, document)
        fillers = read_fillers(con, desk.scope, document)
        locale = desk.settings.locale
    if form is Format.TABLE:
        _print_scorecards(found, fillers, locale)
    else:
        write_records([r for a in found for r in _records(a, fillers.get(a.role.role_id))], form, None)


def _records(a: Answerer, filler: Filler | None) -> list[dict[str, Any]]:
    """The figures of one Accountable as flat records."""
    return [
        {"role": a.role.role_id, "role_name": a.role.name, "filled_by": filler.name if filler else None,
         "email": filler.email if filler else None, "tasks": len(a.tasks), "tickets_resolved": a.resolved, "figure": f.title,
         "kpi": f.kpi, "value": f.answer.value, "unit": f.answer.unit, "n": f.answer.n, "target": f.target, "status": f.status}
        for f in a.figures
    ]  # fmt: skip


def _print_scorecards(found: list[Answerer], fillers: dict[str, Filler | None], locale: str) -> None:
    out = console()
    if not found:
        out.print("Nobody answers for anything; 'pacesetter raci check' says what is missing.")
    for a in found:
        filler = fillers.get(a.role.role_id)
        talk = f"talk to {filler.name}{f' <{filler.email}>' if filler.email else ''}" if filler else "filled by nobody"
        out.print(
            f"\n[bold]{escape(a.role.name)}[/bold]  [dim]{escape(talk)} · {len(a.tasks)} tasks now, {a.resolved:,} tickets[/dim]"
        )
        table = Table(box=None, pad_edge=False, show_header=False)
        for f in a.figures:
            aim = (
                f"target {wording.value_text(f.target, wording.told_unit(f.answer), locale)}"
                if f.target is not None
                else ""
            )
            marks = {
                "met": "[green]✓ met[/green]",
                "missed": "[red]✗ missed[/red]",
                "warning": "[yellow]! near[/yellow]",
            }
            table.add_row(
                f"  {f.title}", wording.value_text(f.answer.value, wording.told_unit(f.answer), locale), f"n {f.answer.n:,}", aim,
                marks.get(f.status or "", ""),
            )  # fmt: skip
        out.print(table)
