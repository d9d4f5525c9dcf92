"""Issuing: from a workspace to a sealed file.

Owns the order of the steps. Must not know the command line or HTTP.
"""

import contextlib
import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pacesetter import clock
from pacesetter.access.roles import Permission
from pacesetter.access.scope import Scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.catalogue.query import Query
from pacesetter.errors import BadRequest, Forbidden, PacesetterError
from pacesetter.responsibility.statements import contents, cut, figures, rows, store
from pacesetter.responsibility.statements import format as f
from pacesetter.responsibility.statements.changes import Earlier, changes_between, nothing_to_compare
from pacesetter.responsibility.statements.container import Writer
from pacesetter.responsibility.statements.keys import salt_of, signing_key
from pacesetter.responsibility.statements.page import page
from pacesetter.responsibility.statements.seal import SealedWriter, fingerprint_of
from pacesetter.responsibility.statements.span import read_span
from pacesetter.warehouse.workspace import Workspace

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, kw_only=True)
class Order:
    """What is to be issued. ``since`` is an earlier statement's file, None for the latest that the workspace kept; ``declared`` is the
    number of tickets that the source itself counts; ``as_of_s`` None is the last import's."""

    client_id: str
    period: str
    out: Path
    since: Path | None = None
    declared: int | None = None
    as_of_s: int | None = None
    locale: str | None = None
    keep: bool = True


@dataclass(frozen=True, kw_only=True)
class Issued:
    """A statement that was issued."""

    path: Path
    root: str
    fingerprint: str
    figures: list[dict[str, Any]]
    changes: Mapping[str, Any]
    rows: Mapping[str, int]


def silent(step: str, share: float | None) -> None:
    """Tell nobody."""


def issue(ws: Workspace, scope: Scope, order: Order, progress: Progress = silent) -> Issued:
    """Write the statement of a client and period to ``order.out``; an existing file is replaced only once the new one is whole.

    Raises BadRequest for an unknown client or period, Forbidden where the scope does not reach all of the client's rows or may not export,
    and PacesetterError where the file cannot be written.
    """
    check_scope(scope, order.client_id)
    issued_at = clock.now()
    key = signing_key(ws.root)
    with open_desk(ws, scope) as desk:
        con = desk.evaluator.con
        span = read_span(order.period, _zone(con, order.client_id, ws.settings.time_zone))
        as_of_s = desk.as_of_s if order.as_of_s is None else order.as_of_s
        if span.from_s > as_of_s:
            raise BadRequest(f"the period {span.name} begins after the as-of instant", where="--period")
        earlier = Earlier.find(ws.root, order.client_id, span.name, order.since)
        piece = cut.Slice(
            client_id=order.client_id, from_s=span.from_s, to_s=span.to_s, as_of_s=as_of_s, names=ws.settings.statements.technician_names,
            salt=salt_of(key), calendar_id=ws.settings.calendar,
        )  # fmt: skip
        progress("choosing rows", None)
        files = cut.row_files(con, piece)
        progress("computing figures", None)
        query = Query(
            first=span.first, last=span.last, zone=span.zone, as_of_s=as_of_s, where={"client": (order.client_id,)}
        )
        answers = figures.ask(desk.evaluator, query, scope, months=span.has_months)
        declared = order.declared
        complete = contents.completeness(
            con, span, order.client_id, as_of_s, declared=declared, lacking=contents.lacking_kpis(answers)
        )
        with _written(order.out) as place, place.open("w+b") as out:
            sealed = SealedWriter(Writer(out))
            counts = {
                file.table: _add_rows(sealed, con, file, progress, n / len(files)) for n, file in enumerate(files)
            }
            told = contents.head(
                con, ws.settings, span, client_id=order.client_id, as_of_s=as_of_s, issued_at=issued_at,
                locale=order.locale or ws.settings.locale, rows=counts,
                provides=figures.provided_words(desk.evaluator.provided.at(as_of_s).seen([order.client_id])),
                earlier=None,
            )  # fmt: skip
            out.flush()
            changed = _changes(earlier, place, sealed, told, answers, progress)
            told["earlier"] = changed["earlier"]
            root = _add_words(sealed, told, answers, complete, changed, key)
    kept = replace(order, out=order.out.absolute())
    if order.keep:
        store.keep(ws.root, kept.out, client_id=order.client_id, period=span.name, issued_at=issued_at, root_hash=root)
    fingerprint = fingerprint_of(key.public_key().public_bytes_raw())
    return Issued(path=kept.out, root=root, fingerprint=fingerprint, figures=answers, changes=changed, rows=counts)


def check_scope(scope: Scope, client_id: str) -> None:
    """Raise Forbidden where the scope may not have statements of a client, whether new ones or those that were kept."""
    scope.need(Permission.EXPORT, "a statement")
    if not scope.reaches(client_id):
        raise Forbidden("that client is not within what you may see", where="client")
    if scope.teams is not None or scope.technicians is not None:
        raise Forbidden("a statement is about all of a client's tickets, and you may see those of some teams only")


def _zone(con: duckdb.DuckDBPyConnection, client_id: str, workspace: str) -> ZoneInfo:
    found = con.execute("SELECT time_zone FROM clients WHERE client_id = ?", [client_id]).fetchall()
    if not found:
        raise BadRequest(f"no client '{client_id}'", where="--client", do="the ids are in 'clients'")
    return ZoneInfo(found[0][0] or workspace)


def _add_rows(
    sealed: SealedWriter, con: duckdb.DuckDBPyConnection, file: cut.RowFile, progress: Progress, share: float
) -> int:
    progress(f"sealing {file.table}", share)
    return sealed.add_rows(f"{f.ROWS}{file.table}.csv", rows.spelled(con, file.query()))


def _changes(
    earlier: Earlier | None, place: Path, sealed: SealedWriter, told: dict[str, Any], answers: list[dict[str, Any]],
    progress: Progress,
) -> dict[str, Any]:  # fmt: skip
    """What changed since an earlier statement. One that says the very same is not named: what it named is."""
    if earlier is None:
        return nothing_to_compare()
    if earlier.says_the_same(told, answers, sealed.entries):
        return dict(earlier.changes)
    progress("comparing with the earlier statement", None)
    return changes_between(earlier, place, told, answers, progress)


def _add_words(
    sealed: SealedWriter, told: dict[str, Any], answers: list[dict[str, Any]], complete: dict[str, Any],
    changed: dict[str, Any], key: Any,
) -> str:  # fmt: skip
    """Everything that is no row, then the seal."""
    meanings = figures.definitions()
    sealed.add(f.ANSWERS, f.readable(answers))
    sealed.add(f.DEFINITIONS, f.readable(meanings))
    sealed.add(f.COMPLETENESS, f.readable(complete))
    sealed.add(f.CHANGES, f.readable(changed))
    fingerprint = fingerprint_of(key.public_key().public_bytes_raw())
    sealed.add(f.PAGE, page(told, answers, meanings, complete, changed, fingerprint).encode())
    sealed.add(f.HEAD, f.readable(told))
    return sealed.close(key)


@contextlib.contextmanager
def _written(path: Path) -> Iterator[Path]:
    """A file beside ``path`` that takes its place on a normal exit and vanishes otherwise."""
    place = path.absolute().with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        yield place
        os.replace(place, path.absolute())
    except OSError as error:
        raise PacesetterError(f"cannot be written ({error.strerror or error})", where=str(path)) from None
    finally:
        place.unlink(missing_ok=True)


def issue_time(told: Mapping[str, Any]) -> datetime:
    """When a statement was issued."""
    return datetime.fromisoformat(told["issued_at"])
