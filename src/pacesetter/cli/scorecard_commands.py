"""``scorecard list``, ``scorecard show`` and ``scorecard get``: composite scores with their parts."""

from pathlib import Path
from typing import Annotated, Any

import typer
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.answer import local_text
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.scorecards import Card, PartScore, Score
from pacesetter.cli.kpi_commands import AsOf, FormatOption, From, Grain, Out, To, Where, Zone
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import Format, console, write_records
from pacesetter.reports import wording

app = typer.Typer(no_args_is_help=True, help="Composite scores: KPIs weighed into one from 0 to 100, each part shown.")

CardId = Annotated[str, typer.Argument(metavar="ID")]


@app.command("list")
def list_(form: FormatOption = Format.TABLE, workspace: WorkspaceOption = Path(".")) -> None:
    """List the scorecards: those shipped, and those of the workspace's folder scorecards."""
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        cards = list(desk.cards().values())
    if form is not Format.TABLE:
        write_records([_listed(c) for c in cards], form, None)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "question", "by", "parts", "from"):
        table.add_column(name, no_wrap=name == "id")
    for card in cards:
        table.add_row(card.id, card.question, card.by, ", ".join(card.kpis), card.source or "shipped")
    console().print(table)


def _listed(card: Card) -> dict[str, Any]:
    return {
        "id": card.id, "title": card.title, "question": card.question, "by": card.by, "least_weight": card.least_weight,
        "parts": [p.model_dump() for p in card.parts], "source": card.source,
    }  # fmt: skip


@app.command()
def show(card_id: CardId, form: FormatOption = Format.TABLE, workspace: WorkspaceOption = Path(".")) -> None:
    """Show what a scorecard weighs: each KPI with its weight and its bounds."""
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        card, kpis, locale = desk.card(card_id), desk.kpis(), desk.settings.locale
    if form is not Format.TABLE:
        write_records([_listed(card)], form, None)
        return
    out = console()
    out.print(f"[bold]{card.title}[/bold]  {card.id}, {card.source or 'shipped'}\n{card.question}\n")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("kpi", "weight", "0 at", "100 at"):
        table.add_column(name, justify="left" if name == "kpi" else "right")
    whole = sum(p.weight for p in card.parts)
    for part in card.parts:
        unit = wording.unit_in(kpis[part.kpi].unit.value, kpis[part.kpi].hours)
        bounds = (wording.value_text(v, unit, locale) for v in (part.worst, part.best))
        name = f"{part.kpi}, {part.statistic}" if part.statistic else part.kpi
        table.add_row(name, f"{100 * part.weight / whole:.0f} %", *bounds)
    out.print(table)
    out.print(
        f"[dim]one score per {card.by}; none where less than {100 * card.least_weight:.0f} % of the weight has a number[/dim]"
    )


@app.command()
def get(
    card_id: CardId,
    first: From = None,
    last: To = None,
    grain: Grain = "all",
    where: Where = None,
    as_of: AsOf = None,
    time_zone: Zone = None,
    form: FormatOption = Format.TABLE,
    out: Out = None,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Compute a scorecard over a span, by period: the score of each group, and what each part has to do with it.

    Example: pacesetter scorecard get client_health --from 2026-04-01 --to 2026-10-01 --grain quarter
    """
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        query = desk.query(first=first, last=last, grain=grain, where=where or [], as_of=as_of, zone=time_zone)
        card = desk.card(card_id)
        with progress() as tell:
            tell("asking", None)
            scores = desk.scorecard(card_id, query)
        if form is Format.TABLE:
            _print_scores(desk, card, scores, query)
        else:
            write_records([_record(desk, card, s, query) for s in scores], form, out)


def _record(desk: Desk, card: Card, score: Score, query: Query) -> dict[str, Any]:
    """The JSON object of a score; ``known`` is the share of the weight that has a number, in percent."""
    kpis = desk.kpis()
    return {
        "scorecard": card.id,
        "value": score.score,
        "reason": score.reason,
        "known": 100 * score.weight_there,
        "from": local_text(score.from_s, query.zone),
        "to": local_text(score.to_s, query.zone),
        "grain": query.grain.value,
        "dimensions": {card.by: score.group},
        "as_of": local_text(query.as_of_s, query.zone),
        "parts": [
            {
                "kpi": p.kpi, "weight": p.weight, "score": p.score, "value": p.value, "unit": kpis[p.kpi].unit.value,
                "n": p.n, "small_n": p.small_n, "reason": p.reason,
            }
            for p in score.parts
        ],
    }  # fmt: skip


def _print_scores(desk: Desk, card: Card, scores: list[Score], query: Query) -> None:
    out = console()
    out.print(f"\n[bold]{card.title}[/bold]  [dim]{card.question}[/dim]")
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("from", card.by, "score", "known", *card.kpis):
        table.add_column(name, justify="left" if name in ("from", card.by) else "right", no_wrap=name == card.by)
    for score in scores:
        table.add_row(
            f"{local_day(score.from_s, query.zone)}", str(score.group), _number(score.score), f"{100 * score.weight_there:.0f} %",
            *(_part(p) for p in score.parts),
        )  # fmt: skip
    out.print(table)
    out.print("[dim]each part from 0 at its worst to 100 at its best; – has no number and is not counted as 0[/dim]")


def _part(part: PartScore) -> str:
    return f"{_number(part.score)}{' [yellow]few[/yellow]' if part.small_n else ''}"


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.0f}"
