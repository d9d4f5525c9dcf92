"""``raci export`` and ``raci import``: the matrix as CSV, Excel or TOML, there and back.

Owns what they print. The forms are those of ``responsibility.matrix_files``; what an import changes is said before it is saved.
"""

import sys
from datetime import date
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from pacesetter.access import audit
from pacesetter.access.scope import operator_scope
from pacesetter.access.store import Store
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.periods import local_day, parse_day
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.output import console
from pacesetter.errors import BadRequest, UnreadableFile
from pacesetter.model.raci_document import Document, difference
from pacesetter.responsibility.matrix_files import MatrixForm, form_of, read, written
from pacesetter.responsibility.matrix_preview import lines_of
from pacesetter.responsibility.matrix_reading import own_tasks, read_document
from pacesetter.responsibility.matrix_saving import AUDITED_AS, Changes, letter_words, save
from pacesetter.responsibility.sample import sample_document
from pacesetter.warehouse.workspace import Workspace

Client = Annotated[str | None, typer.Option(help="Only the tasks of this client (its id).")]


def export_(
    out: Annotated[
        Path | None, typer.Option(help="The file, .csv, .xlsx or .toml; TOML on the screen without.")
    ] = None,
    client: Client = None,
    sample: Annotated[bool, typer.Option("--sample", help="The sample matrix that ships with the program.")] = False,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Write the matrix with all its dates to a file; 'raci import' reads it back to the very same.

    Example: pacesetter raci export --client acme --out raci.xlsx
    """
    form = form_of(out.name) if out else MatrixForm.TOML
    document = sample_document() if sample else _document(workspace, client)
    content = written(document, form)
    if out is None:
        sys.stdout.write(content.decode("utf-8"))
        return
    try:
        out.write_bytes(content)
    except OSError as error:
        raise UnreadableFile(f"cannot be written ({error.strerror})", where=str(out)) from None
    print(f"pacesetter: {len(document.tasks)} tasks, {len(document.roles)} roles", file=sys.stderr)


def _document(workspace: Path, client: str | None) -> Document:
    with open_desk(open_workspace(workspace), operator_scope()) as desk:
        con = desk.evaluator.con
        if client and not con.execute("SELECT 1 FROM clients WHERE client_id = ?", [client]).fetchall():
            raise BadRequest(f"there is no client '{client}'", where="--client", do="write a client's id")
        found = read_document(con, desk.scope)
        return own_tasks(found, client) if client else found


def import_(
    file: Annotated[Path, typer.Argument(help="A matrix as CSV, Excel or TOML.")],
    client: Client = None,
    since: Annotated[
        str | None, typer.Option("--from", help="The day on which what it leaves out ends; today.")
    ] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would change, and change nothing.")] = False,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Make the matrix what a file says. What the file does not have ends on a day and stays in the history.

    Example: pacesetter raci import raci.xlsx --client acme --from 2026-12-01
    """
    form = form_of(file.name)
    try:
        content = file.read_bytes()
    except OSError as error:
        raise UnreadableFile(f"cannot be read ({error.strerror})", where=str(file)) from None
    try:
        wanted = read(content, form)
    except BadRequest as refused:
        place = f"{file}: {refused.where}" if refused.where else str(file)
        raise BadRequest(refused.what, where=place, do=refused.do) from None
    ws, scope = open_workspace(workspace), operator_scope()
    with open_desk(ws, scope) as desk:
        day = parse_day(since, "--from") if since else local_day(desk.as_of_s, desk.zone)
        now = read_document(desk.evaluator.con, scope)
        changes = changes_of(now, wanted, client, day)
    print_changes(changes, day)
    if changes and not dry_run:
        save(ws, scope, changes)
        _log(ws, client, day, list(lines_of(now, changes)))


def _log(ws: Workspace, client: str | None, day: date, lines: list[str]) -> None:
    """A line of the audit log: it was done at the console."""
    store = Store.open(ws.root)
    try:
        with store.work() as work:
            after = {"from": str(day), "lines": lines[:200]}
            audit.note(work, audit.CONSOLE, AUDITED_AS, client or "every client", after=after)
    finally:
        store.close()


def changes_of(now: Document, wanted: Document, client: str | None, day: date) -> Changes:
    """What an import writes; for one client only its own tasks may stand in the file."""
    if client is not None:
        foreign = next((t for t in wanted.tasks if t.client_id != client), None)
        if foreign is not None:
            raise BadRequest(
                f"the task '{foreign.task_id}' is not one of {client}", where="--client", do="leave it out of the file"
            )
        now = own_tasks(now, client)
    tasks, roles, letters = difference(now, wanted, day)
    return Changes(tasks=tuple(tasks), roles=tuple(roles), letters=tuple(letters))


def print_changes(changes: Changes, day: date) -> None:
    """What would be written, line by line."""
    out = console()
    if not changes:
        out.print("The matrix is that of the file already; nothing changes.")
        return
    for t in changes.tasks:
        out.print(f"task {escape(t.task_id)}: {escape(t.name)}{f' until {t.valid_to}' if t.valid_to else ''}")
    for r in changes.roles:
        filled = r.team_id or r.technician_id or r.contact_id
        out.print(
            f"role {escape(r.role_id)}: {escape(r.name)}, {escape(f'filled by {filled}' if filled else 'filled by nobody')}"
        )
    for a in changes.letters:
        out.print(escape(letter_words(a)))
    out.print(
        f"[dim]{len(changes.tasks)} tasks, {len(changes.roles)} roles, {len(changes.letters)} letters; what leaves, leaves on {day}[/dim]"
    )
