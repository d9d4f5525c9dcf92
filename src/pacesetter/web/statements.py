"""Statements as a page: to issue one for a client and a period; those that were issued and kept, as files; how to verify one.

Must not know how a statement is made.
"""

import tempfile
from datetime import date
from pathlib import Path
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from pacesetter.access import audit
from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts, Serving, desk_of
from pacesetter.catalogue.periods import local_day
from pacesetter.reports.labels import clients_within
from pacesetter.responsibility.statements import store
from pacesetter.responsibility.statements.issue import Order, check_scope, issue
from pacesetter.responsibility.statements.keys import FILE, FOLDER, key_fingerprint
from pacesetter.responsibility.statements.seal import grouped
from pacesetter.web import forms
from pacesetter.web.frame import sheet
from pacesetter.web.languages import reader_of
from pacesetter.web.settings_frame import Form

router = APIRouter(include_in_schema=False)


@router.get("/statements")
def statements(request: Request, parts: Parts, asking: Asking) -> Response:
    """Which statements can be issued, and which were."""
    with sheet(request, parts, asking) as page:
        asked = next((v for n, v in page.view.where if n == "client"), None)
        client = asked if asked in page.clients else next(iter(page.clients), None)
        whole = page.desk.scope.teams is None and page.desk.scope.technicians is None
        root, periods = parts.workspace.root, periods_of(local_day(page.desk.as_of_s, page.desk.zone))
        return page.render(
            "statements.html", title="Statements", client=client, may=page.desk.scope.may(Permission.EXPORT) and whole,
            periods=periods, chosen=periods[0][1][1], kept=store.kept_for(root, client) if client else [],
            issued=request.query_params.get("issued"), key=grouped(key_fingerprint(root)) if (root / FOLDER / FILE).exists() else None,
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


def _within(parts: Serving, asking: Caller, client_id: str) -> None:
    """Raise NotFound for a client out of reach, as for one that is not there, and Forbidden for who may have no statements."""
    with desk_of(parts, asking) as opened:
        if client_id not in clients_within(opened.desk):
            raise NotFound("there is no such client, or it is not within what you may see")
    check_scope(asking.scope, client_id)


@router.post("/clients/{client_id}/statements")
def issue_one(client_id: str, request: Request, parts: Parts, asking: Asking, posted: Form) -> Response:
    """Issue the statement of a client and period, and keep it as the command does: a later one is compared with it."""
    forms.check_session_form(request, asking, posted.get("token"))
    _within(parts, asking, client_id)
    with tempfile.TemporaryDirectory(prefix="pacesetter-statement-") as folder:
        order = Order(
            client_id=client_id, period=posted.get("period"), out=Path(folder) / "statement.zip",
            locale=reader_of(request, asking).locale,
        )  # fmt: skip
        issued = issue(parts.workspace, asking.scope, order)
    with parts.work() as work:
        after = {"period": order.period, "root": issued.root}
        audit.note(work, asking.standing.email, "statement issued", client_id, after=after)
    return RedirectResponse(f"/statements?{urlencode({'client': client_id, 'issued': issued.root[:12]})}#kept", 303)


@router.get("/clients/{client_id}/statements/{period}/{root}")
def file(client_id: str, period: str, root: str, parts: Parts, asking: Asking) -> Response:
    """A statement that was kept, byte by byte as it was issued."""
    _within(parts, asking, client_id)
    found = next(
        (k for k in store.kept_for(parts.workspace.root, client_id) if (k.period, k.root) == (period, root)), None
    )
    if found is None:
        raise NotFound("no such statement was kept")
    plain = "".join(c if c.isalnum() or c in "-_" else "_" for c in client_id)
    return FileResponse(
        found.path, media_type="application/zip", filename=f"statement-{plain}-{period}-{root}.zip",
        headers={"Cache-Control": "no-store"},
    )  # fmt: skip
