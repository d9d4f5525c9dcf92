"""``demo``: a simulated MSP, into a new workspace or as a bundle."""

import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from pacesetter.catalogue.periods import EARLIEST, LATEST
from pacesetter.cli.options import Tell, WorkspaceOption, progress
from pacesetter.cli.output import console
from pacesetter.demo.clients import WORKSPACE_CALENDAR
from pacesetter.demo.names import MSP_NAME
from pacesetter.demo.simulate import Simulated, write_bundle
from pacesetter.demo.sizes import DEFAULT_AS_OF, DEFAULT_SEED, SIZES, size_named
from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.settings import FILE_NAME, Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace


def demo(
    size: Annotated[str, typer.Option(help=f"How large: {', '.join(SIZES)}.")] = "medium",
    seed: Annotated[int, typer.Option(min=0, help="Another seed is another MSP with the same stories.")] = DEFAULT_SEED,
    bundle: Annotated[
        Path | None, typer.Option(metavar="DIR", help="Write the canonical bundle here and make no workspace.")
    ] = None,
    as_of: Annotated[
        str, typer.Option(help="The instant at which the simulation stops (with Z or an offset).")
    ] = DEFAULT_AS_OF.strftime("%Y-%m-%dT%H:%M:%SZ"),
    processes: Annotated[int, typer.Option(min=1, help="Processes that simulate at once (large and huge).")] = 2,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Simulate a managed service provider, to try everything out on.

    Every table is filled, every name is invented, and the same size, seed and instant give the same bytes. The stories
    hidden in it are listed in docs/reference/planted-stories.md.
    """
    chosen, until = size_named(size), _instant(as_of)
    with progress() as tell:
        if bundle is not None:
            written = write_bundle(
                bundle, chosen, seed, as_of=until, processes=processes, progress=_Steps(tell, "simulating")
            )
            _say(written, f"bundle of {MSP_NAME} in {bundle}")
            return
        ws = _workspace(workspace)
        with tempfile.TemporaryDirectory(prefix=".simulated-", dir=ws.root) as scratch:
            written = write_bundle(
                Path(scratch) / "bundle", chosen, seed, as_of=until, processes=processes,
                progress=_Steps(tell, "simulating"),
            )  # fmt: skip
            report = import_bundle(ws, written.folder, as_of=until, progress=tell)
    _say(written, f"workspace of {MSP_NAME} in {ws.root}")
    if report.quarantined:
        raise typer.Exit(1)


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadRequest(f"'{text}' is not an instant", where="--as-of", do="write 2026-11-01T00:00:00Z") from None
    if instant.tzinfo is None:
        raise BadRequest(f"'{text}' has no offset", where="--as-of", do="add Z or an offset such as +02:00")
    if not EARLIEST <= instant.year <= LATEST:
        raise BadRequest(f"'{text}' lies outside of the years {EARLIEST} to {LATEST}", where="--as-of")
    return instant.astimezone(UTC)


def _workspace(folder: Path) -> Workspace:
    """A new simulated workspace, or one that is marked as simulated and still empty."""
    if not (folder / FILE_NAME).is_file():
        settings = Settings(
            name=MSP_NAME, time_zone="Europe/Berlin", currency="EUR", calendar=WORKSPACE_CALENDAR, simulated=True
        )
        return Workspace.create(folder, settings)
    ws = Workspace.open(folder)
    if not ws.settings.simulated:
        raise BadWorkspace("this workspace is not marked as simulated", where=str(folder), do="choose another folder")
    if ws.generations.current() is not None:
        raise BadWorkspace("this workspace has records already", where=str(folder), do="choose another folder")
    return ws


class _Steps:
    """Turns 'so many of so many' into the command line's progress."""

    def __init__(self, tell: Tell, step: str) -> None:
        self._tell, self._step = tell, step

    def __call__(self, done: int, total: int) -> None:
        self._tell(self._step, done / total)


def _say(written: Simulated, what: str) -> None:
    tickets, events = written.rows["tickets"], written.rows["ticket_events"]
    console().print(f"{what}: {tickets} tickets, {events} events, as of {written.as_of:%Y-%m-%d %H:%M} UTC",
                    markup=False, soft_wrap=True)  # fmt: skip
