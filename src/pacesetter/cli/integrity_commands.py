"""``raci signs``: integrity signs as rates beside what is to be expected.

Owns what it prints. Signs are computed in ``responsibility.integrity``.
"""

from datetime import datetime
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
from pacesetter.responsibility.integrity import (
    FALSE_ALARMS,
    LEAST_CASES,
    LEAST_RATIO,
    SIGNS,
    UNITS,
    Case,
    Line,
    Rate,
    Signs,
    Span,
    read_cases,
    read_signs,
)

METHOD = (
    f"Put up: at least {LEAST_CASES} cases, at least {LEAST_RATIO:g} times the expected rate, Fisher's exact test; of the lines put up at "
    f"most {100 * FALSE_ALARMS:g} % are there by chance (Benjamini–Hochberg). A line is a question, not a finding."
)


def signs(
    first: Annotated[str | None, typer.Option("--from", help="Moments from this day on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="First day after them.")] = None,
    client: Annotated[list[str] | None, typer.Option(help="Only this client (its id); may be repeated.")] = None,
    by: Annotated[str, typer.Option(help="team or technician")] = "team",
    sign: Annotated[str | None, typer.Option(help=f"Only this sign, with its tickets: {', '.join(SIGNS)}.")] = None,
    unit: Annotated[
        str | None, typer.Option(help="With --sign: the tickets of this team or technician (its id).")
    ] = None,
    all_lines: Annotated[bool, typer.Option("--all", help="Every line, not only those put up for review.")] = False,
    as_of: Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")] = None,
    form: Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")] = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Ask where figures may look better than the service was: six signs, each beside the rate that is to be expected.

    Example: pacesetter raci signs --from 2026-07-01 --sign pauses --unit desk-pacific
    """
    if by not in UNITS:
        raise BadRequest(f"'{by}' is neither team nor technician", where="--by")
    if sign is not None and sign not in SIGNS:
        raise BadRequest(f"there is no sign '{sign}'", where="--sign", do=f"choose of {', '.join(SIGNS)}")
    if unit is not None and sign is None:
        raise BadRequest("a unit is of one sign", where="--unit", do=f"add --sign, one of {', '.join(SIGNS)}")
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        query = desk.query(first=first, last=last, as_of=as_of)
        span = Span(from_s=query.span.from_s, to_s=query.span.to_s, as_of_s=query.as_of_s, zone=query.zone)
        con, clients = desk.evaluator.con, client or None
        if sign is not None and unit is not None:
            cases = read_cases(con, desk.scope, span, sign, unit=unit, by=by, clients=clients, limit=100_000)
            _tell_cases(cases, sign, form, span)
            return
        found = read_signs(con, desk.scope, span, clients=clients, by=by, signs=[sign] if sign else SIGNS)
    if form is Format.TABLE:
        _print(found, by, all_lines or sign is not None)
    else:
        write_records([line_record(x, by) for x in found.lines], form, None)


def line_record(line: Line, by: str) -> dict[str, Any]:
    """A line as a flat record; rates are from 0 to 1."""
    return {
        "sign": line.sign, by: line.unit, "moments": line.seen.moments, "cases": line.seen.cases, "rate": line.seen.share,
        "own_other_moments": line.own.moments if line.own else None, "own_other_cases": line.own.cases if line.own else None,
        "peer_moments": line.peers.moments, "peer_cases": line.peers.cases, "expected_rate": line.expected,
        "p": line.p, "q": line.q, "for_review": line.is_up,
    }  # fmt: skip


def _rate(rate: Rate | None) -> str:
    return "–" if rate is None or rate.share is None else f"{100 * rate.share:.1f} % of {rate.moments:,}"


def _print(found: Signs, by: str, every: bool) -> None:
    out = console()
    for sign in SIGNS.values():
        lines = found.of(sign.id)
        if not lines:
            continue
        shown = [x for x in lines if every or x.is_up]
        out.print(f"\n[bold]{sign.title}[/bold]  [dim]{sign.moment}, and {sign.shows}[/dim]")
        if not shown:
            cases, moments = sum(x.seen.cases for x in lines), sum(x.seen.moments for x in lines)
            out.print(f"nothing stands out; {cases:,} of {moments:,} in all")
            continue
        table = Table(box=None, pad_edge=False, header_style="dim")
        for name in (by, "cases", "rate", "its other times", "peers", "q", ""):
            table.add_column(name, justify="left" if name in (by, "") else "right", no_wrap=True)
        for x in shown:
            mark = f"[yellow]? {sign.question}[/yellow]" if x.is_up else ""
            q = "–" if x.q is None else "< 0.0001" if x.q < 1e-4 else f"{x.q:.4f}"
            table.add_row(
                escape(x.unit or "(none)"), f"{x.seen.cases:,}", _rate(x.seen), _rate(x.own), _rate(x.peers), q, mark
            )
        out.print(table)
    out.print(f"\n[dim]{found.comparisons} comparisons. {METHOD}[/dim]")


def _tell_cases(cases: list[Case], sign: str, form: Format, span: Span) -> None:
    records = [
        {"ticket": c.ticket_id, "client": c.client_id, "team": c.team_id, "technician": c.technician_id,
         "at": datetime.fromtimestamp(c.at_s, span.zone).isoformat(), "subject": c.subject}
        for c in cases
    ]  # fmt: skip
    if form is not Format.TABLE:
        write_records(records, form, None)
        return
    out = console()
    out.print(f"[bold]{SIGNS[sign].title}[/bold]: {len(cases):,} tickets. {SIGNS[sign].question}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("at", "ticket", "client", "team", "technician", "subject"):
        table.add_column(name)
    for r in records[:200]:
        table.add_row(*(escape(str(r[n] or "–")) for n in ("at", "ticket", "client", "team", "technician", "subject")))
    out.print(table)
