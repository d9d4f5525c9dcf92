"""``serve`` and ``user``: the web application, and who may sign in to it.

Owns what they print. The application itself is found by its name when it starts, so that commands and pages need not know each other.
"""

import contextlib
import os
import socket
import sys
import tempfile
from collections.abc import Iterator
from datetime import datetime, timedelta
from difflib import get_close_matches
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer
from rich.table import Table
from sqlalchemy import select
from sqlalchemy.orm import Session

from pacesetter.access import audit
from pacesetter.access.people import (
    LINK_LASTS,
    Grants,
    add_person,
    disable,
    enable,
    first_administrator,
    grant,
    new_link,
    person_named,
    revoke,
)
from pacesetter.access.roles import ROLES
from pacesetter.access.second_factor import take_away
from pacesetter.access.sessions import end_sessions
from pacesetter.access.standing import standings
from pacesetter.access.store import Store
from pacesetter.access.tables import Person
from pacesetter.catalogue.periods import parse_day
from pacesetter.cli.options import WorkspaceOption, open_workspace
from pacesetter.cli.output import console
from pacesetter.cli.workspace_commands import bring_up_to_date
from pacesetter.errors import BadRequest
from pacesetter.warehouse.workspace import Workspace

APPLICATION = "pacesetter.web.app:from_environment"

users = typer.Typer(no_args_is_help=True, help="Who may sign in to the web application, and what they may see there.")

Email = Annotated[str, typer.Argument(metavar="EMAIL")]
RoleOption = Annotated[str, typer.Option(help=f"One of: {', '.join(ROLES)}.")]
Clients = Annotated[list[str] | None, typer.Option("--client", help="A client's id; may be given several times.")]
Teams = Annotated[list[str] | None, typer.Option("--team", help="Only these teams; may be given several times.")]
Also = Annotated[list[str] | None, typer.Option(help="A permission beyond those of the role: money, people, names …")]
Reason = Annotated[str, typer.Option(help="Why; it stands in the log.")]
Until = Annotated[str | None, typer.Option(help="The last day on which it holds, 2026-12-31.")]
Address = Annotated[str, typer.Option("--url", help="Where the application is reached, for the link that is printed.")]


def serve(
    host: Annotated[
        str, typer.Option(help="The address to listen on; 0.0.0.0 for every one of the machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535)] = 8080,
    workers: Annotated[int, typer.Option(min=1, max=64, help="Processes that answer.")] = 1,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Serve the web application and the HTTP API.

    On the first start an administrator is made, and a one-time link to choose a password is printed; there is no default
    password. Stops gracefully on Ctrl-C. Behind a proxy with https, cookies become secure by themselves.
    """
    import uvicorn

    ws = open_workspace(workspace)
    _check_free(host, port)
    bring_up_to_date(ws)
    store = Store.open(ws.root)
    with store.work() as work:
        secret = first_administrator(work)
    store.close()
    shown = f"http://{'127.0.0.1' if host in ('0.0.0.0', '::') else host}:{port}"
    _tell(ws, shown, secret)
    os.environ["PACESETTER_WORKSPACE"] = str(ws.root)
    with tempfile.TemporaryDirectory(prefix="pacesetter-metrics-") as counters:
        if workers > 1:
            os.environ["PROMETHEUS_MULTIPROC_DIR"] = counters
        uvicorn.run(
            APPLICATION, factory=True, host=host, port=port, workers=workers, log_level="warning", access_log=False,
            server_header=False, timeout_graceful_shutdown=20, timeout_worker_healthcheck=120,
        )  # fmt: skip


def _check_free(host: str, port: int) -> None:
    """Raise BadRequest where something listens there already, before anything is made."""
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise BadRequest(
                f"cannot listen on {host}:{port} ({error.strerror})", where="--port", do="choose another one"
            ) from None


def _tell(ws: Workspace, address: str, secret: str | None) -> None:
    lines = [f"Pacesetter serves {ws.settings.name} on {address}"]
    if secret is not None:
        lines += [
            "No administrator has a password yet. Choose one here (once, within three days), then sign in as 'admin':",
            f"  {address}/welcome/{secret}",
        ]
    lines.append("Ctrl-C stops it. Others are let in with 'pacesetter user add'.")
    print("\n".join(lines), file=sys.stderr, flush=True)


@users.command("add")
def add(
    email: Email,
    role: RoleOption,
    name: Annotated[str, typer.Option(help="As pages show it.")] = "",
    client: Clients = None,
    team: Teams = None,
    technician: Annotated[str | None, typer.Option(help="The id of the technician that this person is.")] = None,
    also: Also = None,
    reason: Reason = "",
    until: Until = None,
    url: Address = "http://127.0.0.1:8080",
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Let a person in with a role, and print the one-time link by which they choose a password.

    Example: pacesetter user add it@acme.example --role client_manager --client acme --reason "contract 2026-17"
    """
    ws = open_workspace(workspace)
    _check_ids(ws, "clients", "client_id", "--client", client)
    _check_ids(ws, "teams", "team_id", "--team", team)
    _check_ids(ws, "technicians", "technician_id", "--technician", [technician] if technician else None)
    grants = Grants(
        role=role, clients=client, teams=team, extra=tuple(also or ()), reason=reason, ends_at=_end(ws, until)
    )  # fmt: skip
    with _work(ws) as work:
        person, secret = add_person(work, email, name, grants, by=audit.CONSOLE, technician_id=technician)
    _print_link(person, secret, url)


@users.command("grant")
def grant_(
    email: Email,
    role: RoleOption,
    client: Clients = None,
    team: Teams = None,
    also: Also = None,
    reason: Reason = "",
    until: Until = None,
    workspace: WorkspaceOption = Path("."),
) -> None:
    """Give a person a further role, or the same for more clients."""
    ws = open_workspace(workspace)
    _check_ids(ws, "clients", "client_id", "--client", client)
    _check_ids(ws, "teams", "team_id", "--team", team)
    with _work(ws) as work:
        grants = Grants(
            role=role, clients=client, teams=team, extra=tuple(also or ()), reason=reason, ends_at=_end(ws, until)
        )  # fmt: skip
        grant(work, person_named(work, email), grants, by=audit.CONSOLE)
    console().print(f"{email} is {ROLES[role].title.lower()} now", markup=False)


@users.command("revoke")
def revoke_(email: Email, role: RoleOption, workspace: WorkspaceOption = Path(".")) -> None:
    """Take a role from a person; what they have open ends with it."""
    with _work(open_workspace(workspace)) as work:
        revoke(work, person_named(work, email), role, by=audit.CONSOLE)
    console().print(f"{email} is {ROLES[role].title.lower()} no more", markup=False)


@users.command("link")
def link(email: Email, url: Address = "http://127.0.0.1:8080", workspace: WorkspaceOption = Path(".")) -> None:
    """Print a new one-time link for a person who has no password or forgot it; older links stop working."""
    with _work(open_workspace(workspace)) as work:
        person = person_named(work, email)
        secret = new_link(work, person, by=audit.CONSOLE)
    _print_link(person, secret, url)


@users.command("end-sessions")
def end(email: Email, workspace: WorkspaceOption = Path(".")) -> None:
    """Sign a person out everywhere."""
    with _work(open_workspace(workspace)) as work:
        ended = end_sessions(work, person_named(work, email).id, by=audit.CONSOLE)
    console().print(f"{ended} sessions ended", markup=False)


@users.command("disable")
def disable_(email: Email, workspace: WorkspaceOption = Path(".")) -> None:
    """Let a person in no more; what they have open ends, and their roles stay for another day."""
    with _work(open_workspace(workspace)) as work:
        disable(work, person_named(work, email), by=audit.CONSOLE)
    console().print(f"{email} may not sign in any more", markup=False)


@users.command("enable")
def enable_(email: Email, workspace: WorkspaceOption = Path(".")) -> None:
    """Let a person in again, with the roles that they had."""
    with _work(open_workspace(workspace)) as work:
        enable(work, person_named(work, email), by=audit.CONSOLE)
    console().print(f"{email} may sign in again", markup=False)


@users.command("remove-second-factor")
def remove_second_factor(email: Email, workspace: WorkspaceOption = Path(".")) -> None:
    """Take away the second factor of a person who lost their telephone and recovery codes."""
    with _work(open_workspace(workspace)) as work:
        there = take_away(work, person_named(work, email), by=audit.CONSOLE)
    console().print(f"{email} {'signs in without a second factor now' if there else 'had none'}", markup=False)


@users.command("list")
def list_(workspace: WorkspaceOption = Path(".")) -> None:
    """List who may sign in, with roles and reach."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for column in ("e-mail", "name", "role", "clients", "teams", "password"):
        table.add_column(column, no_wrap=column == "e-mail")
    with _work(open_workspace(workspace)) as work:
        for person in work.scalars(select(Person).order_by(Person.email)):
            held = standings(work, person)
            chosen = "chosen" if person.password_hash else "not yet"
            for s in held:
                table.add_row(person.email, person.name, s.role.id, _ids(s.scope.clients), _ids(s.scope.teams), chosen)
            if not held:
                table.add_row(person.email, person.name, "none", "", "", chosen)
    console().print(table)


def _ids(ids: frozenset[str] | None) -> str:
    return "all" if ids is None else ", ".join(sorted(ids))


@contextlib.contextmanager
def _work(ws: Workspace) -> Iterator[Session]:
    store = Store.open(ws.root)
    try:
        with store.work() as work:
            yield work
    finally:
        store.close()


def _check_ids(ws: Workspace, table: str, column: str, option: str, ids: list[str] | None) -> None:
    """Raise BadRequest for an id that the records do not have; a typing error would let nobody see anything."""
    if not ids or ws.generations.current() is None:
        return
    with ws.reader() as con:
        known = {str(i) for (i,) in con.execute(f"SELECT {column} FROM {table}").fetchall()}
    for one in ids:
        if one not in known:
            near = get_close_matches(one, known, n=3)
            hint = f"did you mean {' or '.join(near)}?" if near else None
            raise BadRequest(f"the records have no {column.removesuffix('_id')} '{one}'", where=option, do=hint)


def _end(ws: Workspace, until: str | None) -> datetime | None:
    if until is None:
        return None
    day = parse_day(until, "--until") + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(ws.settings.time_zone))


def _print_link(person: Person, secret: str, url: str) -> None:
    console().print(
        f"{person.email} chooses a password here (once, within {LINK_LASTS.days} days):", markup=False, soft_wrap=True
    )
    console().print(f"  {url.rstrip('/')}/welcome/{secret}", markup=False, soft_wrap=True)
