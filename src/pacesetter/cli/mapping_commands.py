"""``pacesetter mapping``: draft, list and check mappings.

Owns the commands' words and output. Must not know how a mapping is read or applied.
"""

import json
import tempfile
from pathlib import Path
from typing import Annotated

import typer

from pacesetter.cli.output import Format, JsonOption, require_format
from pacesetter.errors import BadRequest
from pacesetter.sources.mapping.draft import draft_mapping
from pacesetter.sources.mapping.importing import Prepared, prepared
from pacesetter.sources.mapping.loading import Mapping, load_mapping, shipped_names

app = typer.Typer(
    help="Mappings say how any CSV, Excel or Parquet export becomes the canonical tables.", no_args_is_help=True
)


@app.command("draft")
def draft(
    file: Annotated[Path, typer.Argument(help="One file of the export: CSV, Excel or Parquet.")],
    out: Annotated[Path | None, typer.Option("--out", help="Write the draft here instead of standard output.")] = None,
) -> None:
    """Look at an unknown export and write a first mapping, to be finished by hand."""
    text = draft_mapping(file)
    if out is None:
        typer.echo(text, nl=False)
        return
    if out.exists():
        raise BadRequest("there is a file of that name already", where=str(out), do="choose another name for the draft")
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadRequest(f"cannot be written ({error.strerror})", where=str(out)) from None
    open_points = text.count("FINISH") - 1
    typer.echo(
        f"{out}: {open_points} lines marked FINISH; then 'pacesetter mapping check {out} --data {file}'", err=True
    )


@app.command("list")
def list_mappings(
    form: JsonOption = Format.TABLE,
) -> None:
    """List the mappings that come with Pacesetter."""
    require_format(form, Format.TABLE, Format.JSON)
    mappings = [load_mapping(name) for name in shipped_names()]
    if form is Format.JSON:
        listed = [{"name": m.name, "title": m.definition.title, "tables": _tables(m)} for m in mappings]
        typer.echo(json.dumps(listed, indent=2))
        return
    width = max(len(m.name) for m in mappings)
    for mapping in mappings:
        typer.echo(f"{mapping.name:<{width}}  {mapping.definition.title}")


@app.command("check")
def check(
    mapping: Annotated[str, typer.Argument(metavar="FILE", help="A mapping file, or the name of a shipped one.")],
    data: Annotated[
        Path | None, typer.Option("--data", help="Apply it to this export (file or folder), without importing.")
    ] = None,
    time_zone: Annotated[str | None, typer.Option("--time-zone", help="Zone of times that carry none.")] = None,
) -> None:
    """Check a mapping by itself and, with --data, against an export; nothing is imported."""
    read = load_mapping(mapping)
    if data is None:
        _tell(read, None)
        return
    with (
        tempfile.TemporaryDirectory(prefix="pacesetter-") as folder,
        prepared(read, data.absolute(), Path(folder), time_zone=time_zone) as ready,
    ):
        _tell(read, ready)


def _tell(mapping: Mapping, ready: Prepared | None) -> None:
    """What a mapping does, once nothing is left that could refuse it."""
    typer.echo(f"{mapping.name}: {mapping.definition.title}")
    typer.echo(f"  fills {', '.join(_tables(mapping))}")
    for note in mapping.definition.notes:
        typer.echo(f"  note: {note}")
    if ready is not None:
        _show(ready)
    typer.echo("  no fault found")


def _show(ready: Prepared) -> None:
    for landed in ready.landed.values():
        typer.echo(f"  read {landed.name}: {', '.join(f.label for f in landed.files)}")
    for table, rows in ready.compiled.counts.items():
        typer.echo(f"  {table}: {rows:,} rows")
    for warning in ready.compiled.warnings:
        typer.echo(f"  warning: {warning}")


def _tables(mapping: Mapping) -> list[str]:
    found = dict.fromkeys(block.table for block in mapping.definition.table)
    if any(log.event or log.created for log in mapping.definition.logs.values()):
        found.setdefault("ticket_events")
    return list(found)
