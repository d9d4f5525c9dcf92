"""What several commands share: the workspace option, opening a workspace, progress on standard error.

Must not know commands.
"""

import contextlib
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from pacesetter.warehouse.workspace import Workspace

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="PACESETTER_WORKSPACE",
        help="The workspace's folder.",
        show_default="the current folder",
    ),
]

Tell = Callable[[str, float | None], None]


def open_workspace(folder: Path) -> Workspace:
    """The workspace in that folder. Raises BadWorkspace where there is none."""
    return Workspace.open(folder)


@contextlib.contextmanager
def progress() -> Iterator[Tell]:
    """A line of progress on standard error: what is being done, how far. On a screen it moves; elsewhere lines are few."""
    errors = Console(stderr=True)
    if not errors.is_terminal:
        yield _plain_lines()
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=errors, transient=True) as line:
        task = line.add_task("starting", total=None)

        def tell(step: str, share: float | None) -> None:
            line.update(task, description=step, total=None if share is None else 1.0, completed=share or 0)

        yield tell


def _plain_lines() -> Tell:
    """At most one line in two seconds, so that a log stays short."""
    last, said_at = "", time.monotonic()

    def tell(step: str, share: float | None) -> None:
        nonlocal last, said_at
        if step != last and time.monotonic() - said_at >= 2:
            last, said_at = step, time.monotonic()
            print(f"pacesetter: {step}", file=sys.stderr)

    return tell
