"""``init``, ``import``, ``export``, ``rebuild`` and ``doctor``."""

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import typer

from pacesetter import clock
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.completeness import completeness
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.periods import parse_instant
from pacesetter.cli.doctor_report import print_doctor
from pacesetter.cli.options import WorkspaceOption, open_workspace, progress
from pacesetter.cli.output import Format, JsonOption, console, require_format
from pacesetter.errors import BadRequest
from pacesetter.reports import wording
from pacesetter.settings import Settings
from pacesetter.sources.mapping.importing import import_with_mapping
from pacesetter.warehouse import facts
from pacesetter.warehouse.doctor import doctor as examine
from pacesetter.warehouse.editing import derive_anew
from pacesetter.warehouse.exporter import export as write_bundle
from pacesetter.warehouse.importer import ImportReport, import_bundle
from pacesetter.warehouse.workspace import Workspace


def init(
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="The folder; it is made where needed.")],
    name: Annotated[str, typer.Option(help="The workspace's name.")] = "Pacesetter workspace",
    time_zone: Annotated[str, typer.Option(help="IANA zone at whose midnights periods are cut.")] = "UTC",
    currency: Annotated[str, typer.Option(help="ISO 4217 code of amounts without a currency.")] = "EUR",
) -> None:
    """Make a new, empty workspace.

    Its settings stand in pacesetter.toml, to be read and changed with any editor.
    """
    try:
        settings = Settings(name=name, time_zone=time_zone, currency=currency)
    except ValueError as error:
        raise BadRequest(_complaint(error), where="init") from None
    workspace = Workspace.create(folder, settings)
    console().print(f"workspace made in {workspace.root}", markup=False, soft_wrap=True)


def _complaint(error: ValueError) -> str:
    from pydantic import ValidationError

    from pacesetter.settings import settings_complaint

    return settings_complaint(error) if isinstance(error, ValidationError) else str(error)


def import_(
    path: Annotated[Path, typer.Argument(help="A canonical bundle (folder or zip), or with --mapping any export.")],
    mapping: Annotated[
        str | None, typer.Option(help="A mapping's file, or the name of a shipped one ('pacesetter mapping list').")
    ] = None,
    time_zone: Annotated[str | None, typer.Option(help="IANA zone of instants that carry no offset.")] = None,
    as_of: Annotated[
        str | None, typer.Option(help="The instant up to which the source is complete; now where left out.")
    ] = None,
    form: JsonOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Read records into the workspace.

    Bad rows go to the quarantine with file, line, column, value and reason; the rest loads. Run twice, nothing changes; a
    killed import leaves the old state. Exit status 1 says that rows are in quarantine.
    """
    require_format(form, Format.TABLE, Format.JSON)
    ws = open_workspace(workspace)
    until = _instant(as_of, ws) if as_of else None
    with progress() as tell:
        if mapping:
            report = import_with_mapping(ws, path, mapping, time_zone=time_zone, as_of=until, progress=tell)
        else:
            report = import_bundle(ws, path, time_zone=time_zone, as_of=until, progress=tell)
    if form is Format.JSON:
        print(json.dumps(_report_json(report), ensure_ascii=False, indent=1))
    else:
        _print_report(report, ws)
    if report.quarantined:
        raise typer.Exit(1)


def _instant(text: str, ws: Workspace) -> datetime:
    from datetime import UTC
    from zoneinfo import ZoneInfo

    return datetime.fromtimestamp(parse_instant(text, ZoneInfo(ws.settings.time_zone), "--as-of"), UTC)


def _report_json(report: ImportReport) -> dict[str, object]:
    return {
        "import_id": report.import_id,
        "source": report.source,
        "mapping": report.mapping,
        "at": report.at.isoformat(),
        "as_of": report.as_of.isoformat(),
        "quarantined": report.quarantined,
        "open_quarantine": report.open_quarantine,
        "warnings": report.warnings,
        "tables": {name: vars(counts) for name, counts in report.tables.items()},
    }


def _print_report(report: ImportReport, ws: Workspace) -> None:
    from rich.table import Table

    out = console()
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in ("table", "read", "new", "changed", "unchanged", "repeated", "quarantined"):
        table.add_column(name, justify="left" if name == "table" else "right")
    for name, c in report.tables.items():
        numbers = (c.read, c.inserted, c.changed, c.unchanged, c.repeated, c.quarantined)
        table.add_row(name, *(wording.value_text(v, "count", ws.settings.locale) for v in numbers))
    out.print(table)
    for warning in report.warnings:
        out.print(f"note: {warning}", markup=False, soft_wrap=True)
    if report.quarantined:
        out.print(
            f"{report.quarantined} rows are in quarantine; 'pacesetter doctor' shows them", markup=False, soft_wrap=True
        )


def export(
    directory: Annotated[Path, typer.Argument(metavar="DIR", help="The folder for the bundle.")],
    client: Annotated[list[str] | None, typer.Option(help="Only this client; may be given several times.")] = None,
    form: Annotated[Format, typer.Option("--format", help="csv or parquet")] = Format.CSV,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Write the canonical bundle back: one file per table."""
    require_format(form, Format.CSV, Format.PARQUET)
    kind: Literal["csv", "parquet"] = "csv" if form is Format.CSV else "parquet"
    ws = open_workspace(workspace)
    with progress() as tell:
        written = write_bundle(ws, directory, clients=client, form=kind, progress=tell)
    rows = sum(written.values())
    console().print(f"{len(written)} tables with {rows} rows in {directory}", markup=False, soft_wrap=True)


def rebuild(workspace: WorkspaceOption = Path(".")) -> None:
    """Derive everything anew from the records: needed once after an update of Pacesetter that derives otherwise.

    The records stay as they are; whoever reads keeps the present generation until the new one is ready.
    """
    ws = open_workspace(workspace)
    with progress() as tell:
        derive_anew(ws, tell)
    print("derived anew", file=sys.stderr)


def bring_up_to_date(ws: Workspace) -> None:
    """Derive everything anew where another version of the program has derived it; nothing where nothing has been imported."""
    if ws.generations.current() is None:
        return
    with ws.reader() as con:
        fits = facts.of_this_version(con)
    if not fits:
        with progress() as tell:
            derive_anew(ws, tell)


def doctor(
    form: JsonOption = Format.TABLE,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Say how sound the records are: freshness, counts, quarantine, disagreements, what each KPI lacks.

    Exit status 1 says that rows are in quarantine.
    """
    require_format(form, Format.TABLE, Format.JSON)
    ws = open_workspace(workspace)
    report = examine(ws)
    with open_desk(ws, operator_scope()) as desk:
        shares = completeness(desk.evaluator.con, desk.evaluator.provided, desk.kpis())
    print_doctor(report, shares, form, ws.settings, clock.now())
    if report.quarantine:
        raise typer.Exit(1)
