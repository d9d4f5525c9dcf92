"""``kpi list``, ``kpi show``, ``kpi get`` and ``kpi rows``."""

from pathlib import Path
from typing import Annotated, Any

import pyarrow as pa
import pyarrow.csv
import pyarrow.parquet
import typer
from rich.table import Table

from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import registry
from pacesetter.catalogue.asked import anchors_of
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.needs import NEEDS
from pacesetter.catalogue.own import read_own
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Definition, Kpi, Part
from pacesetter.cli import output
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import Format, console, write_records
from pacesetter.engine.dialect import DIALECT
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.settings import FILE_NAME

app = typer.Typer(no_args_is_help=True, help="Ask KPIs: what there is, what one means, its value, the rows behind it.")

From = Annotated[
    str | None, typer.Option("--from", help="First day, 2026-10-01; the first ticket's day where left out.")
]
To = Annotated[str | None, typer.Option("--to", help="First day after the span; the day after as-of where left out.")]
Grain = Annotated[str, typer.Option(help="hour, day, week, month, quarter, year or all")]
By = Annotated[list[str] | None, typer.Option(help="Dimensions to cut by: client,team")]
Where = Annotated[
    list[str] | None, typer.Option(help="Only rows with DIM=VALUE; several of one dimension are alternatives.")
]
Anchor = Annotated[str | None, typer.Option(help="The moment by which a ticket falls into a period: --anchor created")]
Hours = Annotated[str | None, typer.Option(help="business, calendar or sla")]
VariantOption = Annotated[str | None, typer.Option(help="A rival definition by name, or all.")]
AsOf = Annotated[str | None, typer.Option(help="Nothing later counts; the last import where left out.")]
Zone = Annotated[str | None, typer.Option("--time-zone", help="Cut periods in this zone, not the workspace's.")]
Out = Annotated[Path | None, typer.Option(help="Write to this file.")]
FormatOption = Annotated[Format, typer.Option("--format", help="table, json, csv or parquet")]


def _known_ids(incomplete: str) -> list[str]:
    return [kpi_id for kpi_id in registry.catalogue() if kpi_id.startswith(incomplete)]


def _known(workspace: Path) -> dict[str, Kpi]:
    """Every KPI, shipped and of the workspace; outside of any workspace the shipped ones."""
    own = {} if workspace == Path(".") and not Path(FILE_NAME).exists() else read_own(open_workspace(workspace).root)
    return dict(sorted({**registry.catalogue(), **own}.items(), key=lambda item: item[1].family))


@app.command("list")
def list_(form: FormatOption = Format.TABLE, workspace: WorkspaceOption = Path(".")) -> None:
    """List every KPI by family, those of the workspace among them with the file that each is in."""
    kpis = _known(workspace)
    if form is not Format.TABLE:
        write_records([_listed(k) for k in kpis.values()], form, None)
        return
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("id", "question", "unit", "better", "variants"):
        table.add_column(name, no_wrap=name == "id")
    family = ""
    for kpi in kpis.values():
        if kpi.family != family:
            family = kpi.family
            table.add_row(f"[bold]{family}. {registry.FAMILIES[family]}[/bold]")
        names = [n for n in (kpi.default_variant, *kpi.variants) if n]
        own = f"  [dim]{kpi.source}[/dim]" if kpi.source else ""
        table.add_row(f"  {kpi.id}", f"{kpi.question}{own}", kpi.unit.value, kpi.better.value, ", ".join(names))
    console().print(table)


def _listed(kpi: Kpi) -> dict[str, Any]:
    return {
        "id": kpi.id, "family": kpi.family, "title": kpi.title, "question": kpi.question, "unit": kpi.unit.value,
        "better": kpi.better.value, "anchor": kpi.anchor, "hours": kpi.hours, "statistics": list(kpi.definition.statistics),
        "variants": [n for n in (kpi.default_variant, *kpi.variants) if n], "revision": kpi.revision,
        "source": kpi.source,
    }  # fmt: skip


@app.command()
def show(
    kpi_id: Annotated[str, typer.Argument(metavar="ID", autocompletion=_known_ids)],
    form: FormatOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Show what a KPI means: its formula, rows, anchor, needs, traps and worked example."""
    kpi = registry.find(kpi_id, _known(workspace))
    if form is not Format.TABLE:
        definitions = {kpi.default_variant or "default": kpi.definition, **kpi.variants}
        record = _listed(kpi) | {
            "definitions": {n: _definition_json(d) for n, d in definitions.items()},
            "caveats": list(kpi.caveats),
            "users": list(kpi.users),
            "example": {"text": kpi.example.text, "value": kpi.example.value},
        }
        write_records([record], form, None)
        return
    out = console()
    own = f", of the workspace: {kpi.source}" if kpi.source else ""
    out.print(f"[bold]{kpi.title}[/bold]  {kpi.id}, revision {kpi.revision}{own}\n{kpi.question}\n")
    for name, definition in {kpi.default_variant or "": kpi.definition, **kpi.variants}.items():
        _print_definition(out, name, definition)
    hours = f", in {kpi.hours} hours" if kpi.hours else ""
    out.print(f"unit      {kpi.unit.value}{hours}; {kpi.better.value} is better" if kpi.better != "neither" else
              f"unit      {kpi.unit.value}{hours}")  # fmt: skip
    out.print(f"anchor    {kpi.anchor}; --anchor takes {', '.join(anchors_of(kpi, kpi.definition)) or 'none'}")
    out.print(f"example   {kpi.example.text}")
    if kpi.people:
        out.print("out       tickets of type alert, unless the question filters on type")
    for caveat in kpi.caveats:
        out.print(f"mind      {caveat}")
    if kpi.users:
        out.print(f"asked by  {', '.join(kpi.users)}")


def _print_definition(out: Any, name: str, definition: Definition) -> None:
    out.print(f"meaning   {definition.text}{f'  [dim]variant {name}[/dim]' if name else ''}")
    out.print(f"[dim]  sum of   {_part_text(definition.numerator)}[/dim]")
    if definition.denominator:
        sign = "less" if definition.formula == "difference" else "over"
        out.print(f"[dim]  {sign}     {_part_text(definition.denominator)}[/dim]")
    if definition.recompute:
        out.print(f"[dim]  rows     {definition.recompute}[/dim]")
    for need in definition.needs:
        out.print(f"[dim]  needs    {NEEDS[need].text}[/dim]")
    out.print()


def _part_text(part: Part) -> str:
    where = "" if part.where == "TRUE" else f" where {part.where}"
    return f"{part.value}  of {part.fact} by {part.anchor}{where}{', each ticket once' if part.distinct else ''}"


def _definition_json(definition: Definition) -> dict[str, Any]:
    parts = {"numerator": definition.numerator, "denominator": definition.denominator}
    return {
        "text": definition.text,
        "formula": definition.formula.value,
        **{n: None if p is None else vars(p) for n, p in parts.items()},
        "needs": list(definition.needs),
        "recompute": definition.recompute,
    }


@app.command()
def get(
    ids: Annotated[list[str], typer.Argument(metavar="ID...", autocompletion=_known_ids)],
    first: From = None,
    last: To = None,
    grain: Grain = "all",
    by: By = None,
    where: Where = None,
    anchor: Anchor = None,
    hours: Hours = None,
    variant: VariantOption = None,
    as_of: AsOf = None,
    time_zone: Zone = None,
    form: FormatOption = Format.TABLE,
    out: Out = None,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Compute KPIs over a span, by period and group.

    Example: pacesetter kpi get resolution_time reopen_rate --from 2026-01-01 --to 2026-07-01 --grain month --by client
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        query = desk.query(
            first=first, last=last, grain=grain, by=_names(by), where=where or [], anchor=anchor, hours=hours,
            variant=variant, as_of=as_of, zone=time_zone,
        )  # fmt: skip
        _check_ids(desk, query)
        with progress() as tell:
            tell("asking", None)
            answers = desk.ask(ids, query)
        if form is Format.TABLE:
            output.print_answers(dict(desk.kpis()), answers, query.zone, ws.settings.locale)
        else:
            write_records([a.as_json(query.zone) for a in answers], form, out)


@app.command()
def rows(
    kpi_id: Annotated[str, typer.Argument(metavar="ID", autocompletion=_known_ids)],
    part: Annotated[str, typer.Option(help="numerator, denominator or excluded")] = "numerator",
    first: From = None,
    last: To = None,
    by: By = None,
    where: Where = None,
    anchor: Anchor = None,
    hours: Hours = None,
    variant: VariantOption = None,
    as_of: AsOf = None,
    time_zone: Zone = None,
    statistic: Annotated[
        str | None,
        typer.Option(help="A further statistic of the KPI, such as slip or time_saved; the first where left out."),
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="At most so many rows; 50 on the screen where left out.")
    ] = None,
    form: FormatOption = Format.TABLE,
    out: Out = None,
    grain: Annotated[
        str, typer.Option(help="Taken so that a selection can be pasted; rows are of the whole span.")
    ] = "all",
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Show the rows behind a number. They recompute to it.

    Example: pacesetter kpi rows reopen_rate --part numerator --from 2026-03-01 --to 2026-04-01 --where client=acme
    """
    ws = open_workspace(workspace)
    with open_desk(ws, operator_scope()) as desk:
        query = desk.query(
            first=first, last=last, grain=grain, by=_names(by), where=where or [], anchor=anchor, hours=hours,
            variant=variant, as_of=as_of, zone=time_zone,
        )  # fmt: skip
        _check_ids(desk, query)
        most = limit if limit is not None else (50 if form is Format.TABLE else None)
        found = desk.drill(kpi_id, query, part, most, statistic)
        kpi = desk.find(kpi_id)
        definition = kpi.definition_of(query.variant) or kpi.definition
        if form is Format.TABLE and part != "excluded" and definition.recompute:
            console().print(f"[dim]the number from these rows: {definition.recompute}[/dim]")
        unit = wording.row_unit(kpi, definition, query.hours)
        _write_rows(desk, found.tree.sql(dialect=DIALECT), found.columns, unit, form, out, most)


def _write_rows(
    desk: Desk, sql: str, columns: tuple[str, ...], unit: str, form: Format, out: Path | None, most: int | None
) -> None:
    con = desk.evaluator.con
    if form is Format.TABLE:
        rows_ = con.execute(sql).fetchall()
        output.print_rows(columns, rows_, unit, desk.settings.locale)
        if most is not None and len(rows_) == most:
            console().print(f"[dim]the first {most} rows; --limit shows more, --format csv all of them[/dim]")
        return
    if form is Format.JSON:
        write_records([dict(zip(columns, r, strict=True)) for r in con.execute(sql).fetchall()], form, out)
        return
    reader: pa.RecordBatchReader = con.sql(sql).to_arrow_reader(100_000)
    with output.binary(out, form) as target:
        if form is Format.CSV:
            with pa.csv.CSVWriter(target, reader.schema) as writer:
                for batch in reader:
                    writer.write_batch(batch)
        else:
            with pa.parquet.ParquetWriter(target, reader.schema) as parquet:
                for batch in reader:
                    parquet.write_batch(batch)


_IDS = {"client": "clients", "team": "teams", "technician": "technicians", "site": "sites", "offering": "offerings"}


def _check_ids(desk: Desk, query: Query) -> None:
    """Raise BadRequest for a filter on something that the records do not have: a typing error would look like nothing."""
    for name, values in query.where.items():
        for value in values if name in _IDS else ():
            sql = f"SELECT count(*) FROM {_IDS[name]} WHERE {name}_id = ?"
            if value is not None and not desk.evaluator.con.execute(sql, [value]).fetchall()[0][0]:
                raise BadRequest(f"there is no {name} '{value}'", where="--where")


def _names(texts: list[str] | None) -> list[str]:
    return [name.strip() for text in texts or [] for name in text.split(",") if name.strip()]
