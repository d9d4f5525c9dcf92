"""The command ``sla two-clocks``: the same case in two systems, and why the clocks differ.

Owns what it prints. Must not know how causes are found.
"""

from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.answer import local_text
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.periods import midnight, parse_day, parse_instant
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.output import Format, console, write_records
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.responsibility.two_clocks import Pair, Total, by_cause, by_client, two_clocks
from pacesetter.responsibility.two_clocks_spans import Cause


class By(StrEnum):
    """What is listed: single cases, or totals."""

    CASE = "case"
    CAUSE = "cause"
    CLIENT = "client"


def two_clocks_(
    by: Annotated[By, typer.Option(help="List cases, or totals by cause, or by client and cause.")] = By.CASE,
    clock: Annotated[str, typer.Option(help="resolve or respond")] = "resolve",
    client: Annotated[str | None, typer.Option(help="Only this client's cases.")] = None,
    ticket: Annotated[str | None, typer.Option(help="One case, explained piece by piece.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Cases created in our system from this day on.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="First day after them.")] = None,
    as_of: Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")] = None,
    limit: Annotated[int | None, typer.Option(min=0, help="At most so many; 30 on the screen where left out.")] = None,
    form: Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")] = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Compare the MSP's clock with the client's for every case that lives in both systems, and say where each second of difference
    comes from.

    Example: pacesetter sla two-clocks --by cause --client acme
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        zone = desk.zone
        pairs = two_clocks(
            desk.evaluator.con, ws.settings, desk.scope, clock=clock, client=client, ticket=ticket,
            as_of_s=parse_instant(as_of, zone, "--as-of") if as_of else desk.as_of_s,
            first_s=midnight(parse_day(first, "--from"), zone) if first else None,
            last_s=midnight(parse_day(last, "--to"), zone) if last else None,
        )  # fmt: skip
    if ticket is not None and not pairs:
        raise BadRequest(
            f"'{ticket}' has no twin", where="--ticket", do="'pacesetter sla two-clocks' lists those that have one"
        )
    if form is not Format.TABLE:
        write_records(_records(pairs, by, zone, ticket is not None, form)[:limit], form, None)
    elif ticket is not None:
        for pair in pairs:
            _print_pair(pair, zone)
    else:
        _print(pairs, by, limit)


def _records(pairs: list[Pair], by: By, zone: ZoneInfo, single: bool, form: Format) -> list[dict[str, Any]]:
    if by is By.CAUSE:
        return [{"cause": cause.value, **_total(total)} for cause, total in by_cause(pairs).items()]
    if by is By.CLIENT:
        return [
            {"client": name, "cause": cause.value, **_total(total)}
            for name, totals in by_client(pairs).items() for cause, total in totals.items()
        ]  # fmt: skip
    return [case_record(pair, zone, pieces=single, nested=form is Format.JSON) for pair in pairs]


def _total(total: Total) -> dict[str, int]:
    return {"cases": total.cases, "seconds": total.seconds, "net_s": total.net_s}


def case_record(pair: Pair, zone: ZoneInfo, *, pieces: bool = False, nested: bool = True) -> dict[str, Any]:
    """A case as a flat record; ``nested`` puts causes (and ``pieces``) into it as objects, otherwise causes are columns."""
    found: dict[str, Any] = {
        "client": pair.client, "ticket": pair.ours.ticket_id, "twin": pair.theirs.ticket_id, "clock": pair.clock,
        "used_s": pair.ours.used_s, "twin_used_s": pair.theirs.used_s, "difference_s": pair.difference_s,
        "outcome": pair.ours.outcome, "twin_outcome": pair.theirs.outcome, "target_s": pair.ours.target_s,
        "twin_target_s": pair.theirs.target_s, "source": pair.ours.source, "twin_source": pair.theirs.source,
        "created_at": local_text(pair.ours.created_s, zone), "twin_created_at": local_text(pair.theirs.created_s, zone),
    }  # fmt: skip
    causes = {cause.value: pair.causes.get(cause, 0) for cause in Cause}
    found |= {"causes": causes} if nested else {c.replace(" ", "_"): s for c, s in causes.items()}
    if pieces and nested:
        found["pieces"] = [
            {"from": local_text(p.start_s, zone), "to": local_text(p.end_s, zone), "counted_s": mine, "twin_counted_s": yours,
             "cause": p.cause.value if mine != yours else None}
            for p, mine, yours in pair.pieces
        ]  # fmt: skip
    return found


def _print(pairs: list[Pair], by: By, limit: int | None) -> None:
    out = console()
    if not pairs:
        out.print("No case lives in two systems: there are no links of kind twin, and two_clocks.keys match nothing.")
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    if by is By.CASE:
        for name in ("ticket", "twin", "client", "ours", "theirs", "difference", "verdicts", "mostly"):
            table.add_column(name, justify="right" if name in ("ours", "theirs", "difference") else "left")
        shown = pairs[: limit if limit is not None else 30]
        for p in shown:
            most = max(p.causes, key=lambda c: abs(p.causes[c]), default=None)
            table.add_row(
                escape(p.ours.ticket_id), escape(p.theirs.ticket_id), escape(p.client), wording.duration(p.ours.used_s),
                wording.duration(p.theirs.used_s), signed(p.difference_s),
                f"{p.ours.outcome or '–'} / {p.theirs.outcome or '–'}", most.value if most else "–",
            )  # fmt: skip
        out.print(table)
        differ = sum(p.verdict_differs for p in pairs)
        out.print(f"[dim]{len(shown)} of {len(pairs)} cases; in {differ} one clock was met and the other broken[/dim]")
        return
    for name in (*(("client",) if by is By.CLIENT else ()), "cause", "cases", "difference", "net"):
        table.add_column(name, justify="left" if name in ("client", "cause") else "right")
    groups: dict[str, dict[Cause, Total]] = by_client(pairs) if by is By.CLIENT else {"": by_cause(pairs)}
    for name, totals in groups.items():
        for cause, total in totals.items():
            first = (escape(name),) if by is By.CLIENT else ()
            table.add_row(*first, cause.value, f"{total.cases:,}", wording.duration(total.seconds), signed(total.net_s))
    out.print(table)


def signed(seconds: int) -> str:
    """A difference with its sign."""
    return f"{'+' if seconds > 0 else '−' if seconds < 0 else ''}{wording.duration(abs(seconds))}"


def _print_pair(pair: Pair, zone: ZoneInfo) -> None:
    out = console()
    for name, told in (("ours", pair.ours), ("theirs", pair.theirs)):
        out.print(
            f"{name:<7}{escape(told.ticket_id)} in {escape(told.source or '–')}: {wording.duration(told.used_s)} counted, "
            f"{told.outcome or 'no target'}; policy {escape(told.policy or '–')}, calendar {escape(told.calendar or '–')}, "
            f"{told.hours} hours"
        )
    out.print(f"difference {signed(pair.difference_s)}")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("from", "to", "ours", "theirs", "cause"):
        table.add_column(name, justify="right" if name in ("ours", "theirs") else "left")
    for piece, mine, yours in pair.pieces:
        if mine or yours:
            table.add_row(
                *(f"{datetime.fromtimestamp(s, zone):%a %Y-%m-%d %H:%M:%S}" for s in (piece.start_s, piece.end_s)),
                wording.duration(mine) if mine else "–", wording.duration(yours) if yours else "–",
                piece.cause.value if mine != yours else "",
            )  # fmt: skip
    out.print(table)
    for cause, seconds in sorted(pair.causes.items(), key=lambda item: -abs(item[1])):
        out.print(f"  {cause.value}: {signed(seconds)}")
