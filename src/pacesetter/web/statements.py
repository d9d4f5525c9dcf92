"""Statements as a page: for a client and a period, the sealed file to take along; those that were issued before; how to verify one.

Must not know how a statement is made.
"""

import tempfile
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts, desk_of
from pacesetter.catalogue.periods import local_day
from pacesetter.reports.labels import clients_within
from pacesetter.responsibility.statements import store
from pacesetter.responsibility.statements.issue import Order, issue
from pacesetter.responsibility.statements.keys import FILE, FOLDER, key_fingerprint
from pacesetter.responsibility.statements.seal import grouped
from pacesetter.web.frame import sheet
from pacesetter.web.languages import reader_of

router = APIRouter(include_in_schema=False)


@dataclass(frozen=True)
class Kept:
    """A statement that was issued: for which period, when, under which root."""

    period: str
    issued_at: datetime
    root: str


@router.get("/statements")
def statements(request: Request, parts: Parts, asking: Asking) -> Response:
    """Which statements can be taken, and which were issued."""
    with sheet(request, parts, asking) as page:
        asked = next((v for n, v in page.view.where if n == "client"), None)
        client = asked if asked in page.clients else next(iter(page.clients), None)
        whole = page.desk.scope.teams is None and page.desk.scope.technicians is None
        root, periods = parts.workspace.root, periods_of(local_day(page.desk.as_of_s, page.desk.zone))
        return page.render(
            "statements.html", title="Statements", client=client, may=page.desk.scope.may(Permission.EXPORT) and whole,
            periods=periods, chosen=periods[0][1][1], kept=_kept(root, client) if client else [],
            key=grouped(key_fingerprint(root)) if (root / FOLDER / FILE).exists() else None,
        )  # fmt: skip


def periods_of(day: date) -> list[tuple[str, list[str]]]:
    """Periods to choose from as of a day: (kind, names), the latest first; the one that is not over is among them."""
    months = [divmod(day.year * 12 + day.month - 1 - n, 12) for n in range(13)]
    quarters = [divmod(day.year * 4 + (day.month - 1) // 3 - n, 4) for n in range(5)]
    return [
        ("Months", [f"{y}-{m + 1:02d}" for y, m in months]),
        ("Quarters", [f"{y}-Q{q + 1}" for y, q in quarters]),
        ("Years", [str(day.year), str(day.year - 1)]),
    ]


def _kept(root: Path, client: str) -> list[Kept]:
    """The statements that were issued for a client, the latest first."""
    folder = store.folder_of(root, client, "x").parent
    found = []
    for path in sorted(folder.glob("*/*.zip")) if folder.is_dir() else []:
        stamp, _, rest = path.stem.partition("-")
        found.append(Kept(path.parent.name, datetime.strptime(f"{stamp}+0000", "%Y%m%dT%H%M%SZ%z"), rest))
    return sorted(found, key=lambda k: k.issued_at, reverse=True)[:20]


@router.get("/clients/{client_id}/statement")
def statement(client_id: str, request: Request, parts: Parts, asking: Asking, period: str = "") -> Response:
    """The statement of a client and period as a file."""
    with desk_of(parts, asking) as opened:
        if client_id not in clients_within(opened.desk):
            raise NotFound("there is no such client, or it is not within what you may see")
    folder = tempfile.TemporaryDirectory(prefix="pacesetter-statement-")
    out = Path(folder.name) / "statement.zip"
    try:
        locale = reader_of(request, asking).locale
        issue(
            parts.workspace, asking.scope, Order(client_id=client_id, period=period, out=out, locale=locale, keep=False)
        )
    except BaseException:
        folder.cleanup()
        raise
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in client_id)
    return FileResponse(
        out, media_type="application/zip", filename=f"statement-{plain}-{period}.zip", headers={"Cache-Control": "no-store"},
        background=BackgroundTask(folder.cleanup),
    )  # fmt: skip
