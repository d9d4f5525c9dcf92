"""Two clocks as a page: totals by cause and by client, the cases behind them, and one case piece by piece with both timelines."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Asking, Parts
from pacesetter.responsibility.two_clocks import CLOCKS, Pair, Told, by_cause, by_client, two_clocks
from pacesetter.responsibility.two_clocks_spans import Cause
from pacesetter.web.frame import Sheet, sheet

router = APIRouter(include_in_schema=False)
SHOWN = 100
"""Cases that the list shows."""
WIDTH = 1_000
CLOCK_NAMES = {"resolve": "Resolution", "respond": "First response"}


@dataclass(frozen=True)
class Bar:
    """A stretch of a timeline, placed on WIDTH units; ``phase`` is its CSS class."""

    x: float
    width: float
    phase: str


@router.get("/two-clocks")
def page(request: Request, parts: Parts, asking: Asking, clock: str = "resolve", cause: str = "") -> Response:
    """The cases of the period that live in two systems."""
    with sheet(request, parts, asking) as page:
        clock = clock if clock in CLOCKS else CLOCKS[0]
        pairs = _pairs(page, parts, clock)
        wanted = next((c for c in Cause if c.value == cause), None)
        shown = [p for p in pairs if wanted is None or p.causes.get(wanted)]
        totals = by_cause(pairs)
        return page.render(
            "two_clocks.html", title="Two clocks", clock=clock, clocks=CLOCKS, clock_names=CLOCK_NAMES,
            cause=wanted, causes=totals, pairs=shown[:SHOWN],
            count=len(shown), cases=len(pairs), differ=sum(p.verdict_differs for p in pairs), by_client=by_client(pairs),
            most=max((t.seconds for t in totals.values()), default=1), net=sum(p.difference_s for p in pairs),
        )  # fmt: skip


@router.get("/two-clocks/{ticket_id}")
def case(ticket_id: str, request: Request, parts: Parts, asking: Asking, clock: str = "resolve") -> Response:
    """One case: both timelines, and every piece in which the clocks differ."""
    with sheet(request, parts, asking) as page:
        clock = clock if clock in CLOCKS else CLOCKS[0]
        pairs = _pairs(page, parts, clock, ticket=ticket_id)
        return page.render(
            "two_clocks_case.html", title=ticket_id, clock=clock, clocks=CLOCKS, clock_names=CLOCK_NAMES,
            ticket=ticket_id,
            pairs=[(p, _timelines(p), [x for x in p.pieces if x[1] or x[2]]) for p in pairs],
        )  # fmt: skip


def _pairs(page: Sheet, parts: Any, clock: str, ticket: str | None = None) -> list[Pair]:
    span = page.now().span
    client = next((v for n, v in page.view.where if n == "client"), None)
    return two_clocks(
        page.desk.evaluator.con, parts.workspace.settings, page.desk.scope, as_of_s=page.desk.as_of_s, clock=clock, client=client,
        ticket=ticket, first_s=None if ticket else span.from_s, last_s=None if ticket else span.to_s,
    )  # fmt: skip


def _timelines(pair: Pair) -> list[tuple[Told, list[Bar]]]:
    """Both lives on one scale, from the first creation to the last end."""
    sides = (pair.ours, pair.theirs)
    first = min(t.created_s for t in sides)
    last = max(t.ended_s if t.ended_s is not None else t.side.end_s for t in sides)
    scale = WIDTH / max(last - first, 1)
    return [(told, _bars(told.side.phases, first, last, scale)) for told in sides]


def _bars(phases: Sequence[tuple[int, int, int]], first: int, last: int, scale: float) -> list[Bar]:
    names = {1: "ph-run", 2: "ph-run", 3: "ph-wait", 4: "ph-wait", 5: "ph-wait"}
    return [
        Bar(round((a - first) * scale, 2), max(round((min(b, last) - a) * scale, 2), 1.0), names.get(phase, "ph-done"))
        for a, b, phase in phases if a < last
    ]  # fmt: skip
