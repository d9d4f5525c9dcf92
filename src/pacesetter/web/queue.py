"""The queue: open tickets by the time left to their next promise, and the piece of it that keeps itself up to date.

Owns the page. What stands where in the queue is read by ``insight.queue``.
"""

import hashlib
import threading
from collections import OrderedDict
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.access.roles import Permission
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.desk import parse_where
from pacesetter.errors import BadRequest
from pacesetter.insight.queue import SHOWN, SORTS, Counts, Listing, Open, QueueQuery, read_choices, read_queue
from pacesetter.reports.labels import Labels
from pacesetter.web.frame import Sheet, sheet

router = APIRouter(include_in_schema=False)
ROWS = 50
EVERY_S = 20
"""How often the page looks whether something has changed."""
TABS = {
    "all": "All open",
    "risk": "At risk",
    "breached": "Breached",
    "unassigned": "Unassigned",
    "paused": "Paused",
    "free": "Without a promise",
}
COLUMNS = {"left": "Time left", "over": "Time over", "age": "Open for", "priority": "Priority", "client": "Client"}


@dataclass(frozen=True)
class QueueSheet:
    """The queue as it is shown to somebody."""

    counts: Counts
    rows: list[Open]
    shown: str
    sort: str
    offset: int
    labels: Labels

    @property
    def total(self) -> int:
        """How many tickets the part that is looked at has."""
        return self.counts.parts[self.shown]


def queue_query(page: Sheet) -> QueueQuery:
    """What a page's address asks of the queue."""
    rules = page.desk.settings.rules
    where = parse_where([f"{name}={value}" for name, value in page.view.where])
    return QueueQuery(as_of_s=page.desk.as_of_s, within_s=round(rules.at_risk_hours * 3600), where=where)


def read_sheet(page: Sheet) -> QueueSheet:
    """Read the part of the queue that an address asks for. Raises BadRequest for words that mean nothing."""
    shown = page.view.get("show", "all")
    if shown not in SHOWN:
        raise BadRequest(f"the queue has no part '{shown}'", where="show", do=f"choose of {', '.join(SHOWN)}")
    sort = page.view.get("sort", "over" if shown == "breached" else "left")
    found = listing(page, shown=shown, sort=sort, limit=ROWS, offset=page.view.offset)
    return QueueSheet(
        found.counts, list(found.rows), shown, sort, page.view.offset, page.labels("client", "team", "technician")
    )


_KEPT: OrderedDict[tuple[object, ...], Listing] = OrderedDict()
_KEEPING = threading.Lock()
MOST_KEPT = 200


def listing(page: Sheet, *, limit: int, shown: str = "all", sort: str = "left", offset: int = 0) -> Listing:
    """The queue as an address asks for it, remembered within a generation by question and scope: screens ask again and again."""
    query, desk = queue_query(page), page.desk
    where = tuple(sorted((name, tuple(values)) for name, values in query.where.items()))
    key = (
        str(desk.root),
        page.opened.generation,
        desk.scope.fingerprint,
        query.as_of_s,
        query.within_s,
        where,
        shown,
        sort,
        limit,
        offset,
    )
    with _KEEPING:
        found = _KEPT.get(key)
    if found is None:
        found = read_queue(desk.evaluator.con, desk.scope, query, shown=shown, sort=sort, limit=limit, offset=offset)
        with _KEEPING:
            _KEPT[key] = found
            while len(_KEPT) > MOST_KEPT:
                _KEPT.popitem(last=False)
    return found


@router.get("/queue")
def queue(request: Request, parts: Parts, asking: Asking) -> Response:
    """Open tickets, those first whose promise breaks next."""
    with sheet(request, parts, asking) as page:
        found = read_sheet(page)
        choices = read_choices(page.desk.evaluator.con, page.desk.scope, page.desk.as_of_s)
        if not page.desk.scope.may(Permission.NAMES):
            choices["technician"] = []
        return page.render("queue.html", title="Queue", choices=_named(choices, found.labels), **_values(page, found))


def _named(choices: dict[str, list[str]], labels: Labels) -> dict[str, list[tuple[str, str]]]:
    """The choices of each filter with their names, by name."""
    return {
        name: sorted(((i, labels.of(name, i)) for i in ids), key=lambda c: c[1].lower())
        for name, ids in choices.items()
    }


@router.get("/queue/rows")
def rows(request: Request, parts: Parts, asking: Asking, seen: str = "") -> Response:
    """The list alone, as the page asks for it again and again; 204 where nothing has changed since ``seen``."""
    with sheet(request, parts, asking) as page:
        if seen == seen_mark(page):
            return Response(status_code=204, headers={"cache-control": "no-store"})
        return page.render("queue_rows.html", is_piece=True, **_values(page, read_sheet(page)))


def _values(page: Sheet, found: QueueSheet) -> dict[str, object]:
    return {
        "found": found, "label": found.labels.of, "tabs": TABS, "columns": COLUMNS, "sorts": list(SORTS), "size": ROWS, "every": EVERY_S,
        "hours": page.desk.settings.rules.at_risk_hours, "seen": seen_mark(page), "picked": ["client", "team", "technician", "priority"],
        "asked": ["show"],
    }  # fmt: skip


def seen_mark(page: Sheet) -> str:
    """A mark of what a page shows: it changes when the data, the reach of the caller or the address do."""
    view = page.view
    told = (page.opened.generation, page.desk.scope.fingerprint, sorted(view.words.items()), view.where, view.offset)
    return hashlib.sha256(repr(told).encode()).hexdigest()[:16]
