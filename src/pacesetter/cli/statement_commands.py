"""The commands about statements: ``sla statement``, ``sla key`` and ``verify``.

Owns what they print. Must not know how a statement is made or checked.
"""

import json
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer
from rich.markup import escape
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.periods import parse_instant
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import Format, JsonOption, console, require_format
from pacesetter.responsibility.statements.issue import Issued, Order, issue
from pacesetter.responsibility.statements.keys import key_fingerprint
from pacesetter.responsibility.statements.seal import grouped
from pacesetter.responsibility.statements.verify import Verdict, told_fingerprint, verify
from pacesetter.responsibility.statements.wording import number_marks, shown

_HEADLINES = (
    "sla_compliance",
    "sla_response_compliance",
    "sla_resolution_compliance",
    "first_response_time",
    "resolution_time",
)


def statement_(
    client: Annotated[str, typer.Option(help="The client's id.")],
    period: Annotated[str, typer.Option(help="2026, 2026-Q3 or 2026-09, in the client's zone.")],
    out: Annotated[Path, typer.Option(help="The file that is written.")],
    since: Annotated[
        Path | None,
        typer.Option(help="An earlier statement of the same period; the latest issued here where left out."),
    ] = None,
    source_count: Annotated[
        int | None, typer.Option(min=0, help="How many tickets of the period the source itself counts.")
    ] = None,
    as_of: Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")] = None,
    locale: Annotated[str | None, typer.Option(help="For the page: en, de …; the workspace's where left out.")] = None,
    keep: Annotated[
        bool, typer.Option(help="Keep a copy in the workspace, so that the next one says what changed.")
    ] = True,
    check: Annotated[bool, typer.Option(help="Verify the file once it is written.")] = False,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Issue a sealed statement for a client and a period: figures, the rows behind them, and a signature.

    Example: pacesetter sla statement --client acme --period 2026-09 --out acme-2026-09.zip
    """
    ws = open_workspace(workspace)
    as_of_s = parse_instant(as_of, ZoneInfo(ws.settings.time_zone), "--as-of") if as_of else None
    order = Order(
        client_id=client, period=period, out=out, since=since, declared=source_count, as_of_s=as_of_s, locale=locale, keep=keep
    )  # fmt: skip
    with progress() as tell:
        issued = issue(ws, operator_scope(), order, tell)
    _print_issued(issued, locale or ws.settings.locale)
    if check:
        with progress() as tell:
            verdict = verify(issued.path, tell, trust=issued.fingerprint)
        _print_verdict(verdict, issued.path)
        if not verdict.holds:
            raise typer.Exit(1)


def _print_issued(issued: Issued, locale: str) -> None:
    out, marks = console(), number_marks(locale)
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("figure", "value", "counted"):
        table.add_column(name, justify="left" if name == "figure" else "right")
    for figure in issued.figures:
        if figure["kpi"] in _HEADLINES and not figure["dimensions"] and figure["grain"] == "all" and (
            figure["statistic"] in ("share", "mean") and figure["hours"] in (None, "business")
        ):  # fmt: skip
            table.add_row(figure["kpi"], shown(figure["value"], figure["unit"], marks), f"{figure['n']:,}")
    out.print(table)
    changed = issued.changes.get("figures", [])
    if issued.changes.get("earlier"):
        out.print(
            f"[dim]{len(changed)} figures differ from the statement of {issued.changes['earlier']['issued_at']}[/dim]"
        )
    out.print(
        f"{escape(str(issued.path))}: {sum(issued.rows.values()):,} rows, {len(issued.figures)} figures", soft_wrap=True
    )
    out.print(f"[dim]signed by the key {grouped(issued.fingerprint)}[/dim]", soft_wrap=True)


def key_(workspace: WorkspaceOption = Path(".")) -> None:
    """Show the fingerprint of the key that signs this workspace's statements; the key is made where there is none.

    Give it to whoever receives statements, by another way than the statements themselves.
    """
    print(key_fingerprint(open_workspace(workspace).root))


def verify_(
    file: Annotated[Path, typer.Argument(metavar="STATEMENT", help="The sealed file.")],
    key: Annotated[str | None, typer.Option(help="Fingerprint of the key that you trust.")] = None,
    since: Annotated[
        Path | None, typer.Option(help="The earlier statement: what changed since is computed again too.")
    ] = None,
    form: JsonOption = Format.TABLE,
) -> None:
    """Verify a statement with nothing but the file: every byte, the signature, every figure.

    Example: pacesetter verify acme-2026-09.zip --key 3f1c…
    """
    require_format(form, Format.TABLE, Format.JSON)
    trust = told_fingerprint(key) if key else None
    with progress() as tell:
        verdict = verify(file, tell, trust=trust, since=since)
    if form is Format.JSON:
        print(json.dumps(_record(verdict), ensure_ascii=False, indent=1))
    else:
        _print_verdict(verdict, file)
    if not verdict.holds:
        raise typer.Exit(1)


def _record(verdict: Verdict) -> dict[str, Any]:
    return {
        "holds": verdict.holds, "key": verdict.fingerprint, "trusted": verdict.trusted, "figures": verdict.figures,
        "rows": verdict.rows,
        "findings": [{"kind": x.kind, "place": x.place, "what": x.what} for x in verdict.findings],
    }  # fmt: skip


def _print_verdict(verdict: Verdict, path: Path) -> None:
    out = console()
    if verdict.told:
        told = verdict.told
        out.print(
            escape(
                f"{told['client']['name']}, {told['period']['name']}, issued {told['issued_at']} by {told['issuer']}"
            )
        )
    for finding in verdict.findings:
        out.print(f"[red]✗[/red] {escape(finding.line())}", soft_wrap=True)
    if not verdict.findings:
        out.print(
            f"[green]✓[/green] every byte is as it was sealed, and the {verdict.rows:,} rows give all {verdict.figures:,} figures"
        )
    if verdict.fingerprint is None:
        out.print("[red]✗[/red] there is no signature that can be read")
        return
    key = grouped(verdict.fingerprint)
    if any(x.kind == "signature" for x in verdict.findings):
        out.print(f"[red]✗[/red] the signature does not hold; it names the key {key}", soft_wrap=True)
    elif verdict.trusted is None:
        out.print(
            f"[yellow]![/yellow] signed by the key {key}, which you have not been told to trust (--key)", soft_wrap=True
        )
    elif verdict.trusted:
        out.print(f"[green]✓[/green] signed by the key that you trust, {key}", soft_wrap=True)
    else:
        out.print(f"[red]✗[/red] signed by another key than the one that you trust: {key}", soft_wrap=True)
