"""Integrity signs as a page: rates beside what is to be expected, each a question with its tickets, never a verdict."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.errors import BadRequest
from pacesetter.responsibility.integrity import (
    CLOSE_DAYS,
    FALSE_ALARMS,
    LEAST_CASES,
    LEAST_PEERS,
    LEAST_RATIO,
    NEAR_S,
    SIGNS,
    UNITS,
    Span,
    read_cases,
    read_signs,
)
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.raci import chosen_client

router = APIRouter(prefix="/integrity", include_in_schema=False)
ROWS = 50
METHOD = {
    "false_alarms": 100 * FALSE_ALARMS, "least_cases": LEAST_CASES, "least_ratio": LEAST_RATIO, "least_peers": LEAST_PEERS,
    "near": NEAR_S // 60, "close_days": CLOSE_DAYS,
}  # fmt: skip


def _span(page: Sheet) -> Span:
    span = page.now().span
    return Span(from_s=span.from_s, to_s=span.to_s, as_of_s=page.desk.as_of_s, zone=page.desk.zone)


def _unit(page: Sheet, asked: str) -> str:
    if asked not in UNITS:
        raise BadRequest(f"'{asked[:20]}' is neither team nor technician", where="by")
    return asked


def _may_name(page: Sheet) -> bool:
    return page.caller.scope.may(Permission.NAMES) and page.caller.scope.may(Permission.PEOPLE)


@router.get("")
def integrity(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every sign, with the lines that are put up for review."""
    with sheet(request, parts, asking) as page:
        by = _unit(page, page.view.get("by", "team"))
        client = chosen_client(page)
        clients = [client] if client else list(page.clients)
        found = read_signs(page.desk.evaluator.con, page.desk.scope, _span(page), clients=clients, by=by)
        return page.render(
            "integrity.html", title="Integrity", signs=list(SIGNS.values()), found=found, by=by, method=METHOD,
            label=page.labels("team", "technician").of, may_name=_may_name(page), client=client,
        )  # fmt: skip


@router.get("/{sign}")
def cases(sign: str, request: Request, parts: Parts, asking: Asking, unit: str = "") -> Response:
    """The tickets of one line."""
    with sheet(request, parts, asking) as page:
        if sign not in SIGNS:
            raise NotFound("there is no such sign")
        by = _unit(page, page.view.get("by", "team"))
        client = chosen_client(page)
        offset = page.view.offset
        rows = read_cases(
            page.desk.evaluator.con, page.desk.scope, _span(page), sign, unit=unit or None, by=by,
            clients=[client] if client else list(page.clients), limit=ROWS + 1, offset=offset,
        )  # fmt: skip
        return page.render(
            "integrity_cases.html", title=SIGNS[sign].title, sign=SIGNS[sign], rows=rows[:ROWS], more=len(rows) > ROWS, offset=offset,
            step=ROWS, unit=unit, by=by, label=page.labels("client", "team", "technician").of, may_name=_may_name(page), client=client,
        )  # fmt: skip
