"""Time in hands as a page: how resolution time splits over holders, how long handovers wait, who plays tickets back and forth."""

from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.responsibility.hands import Span, handovers, ping_pong
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.raci import TABS, chosen_client

router = APIRouter(include_in_schema=False)
ORDER = ("msp tier 1", "msp tier 2", "msp tier 3", "msp", "client", "vendor", "requester", "nobody")
NAMES = {"client": "internal IT", "nobody": "nobody (queue)", "msp": "MSP"} | {
    f"msp tier {n}": f"MSP tier {n}" for n in range(1, 6)
}


@dataclass(frozen=True)
class Share:
    """One holder's part of the time of a client's resolved tickets: seconds, share of the whole, where its bar begins."""

    holder: str
    seconds: float
    share: float
    start: float

    @property
    def css(self) -> str:
        """The class that colours it."""
        tiers = {"msp tier 1": "h0", "msp tier 2": "h1", "msp tier 3": "h2", "msp": "h0"}
        return tiers.get(self.holder, f"h-{self.holder}" if self.holder in ORDER else "h2")


@dataclass(frozen=True)
class Split:
    """One client's split: tickets, seconds in all, the parts in order."""

    client: str
    tickets: int
    seconds: float
    parts: tuple[Share, ...]


@router.get("/hands")
def hands(request: Request, parts: Parts, asking: Asking) -> Response:
    """Who had tickets for how long, and what happens between hands."""
    with sheet(request, parts, asking) as page:
        client, con, scope = chosen_client(page), page.desk.evaluator.con, page.desk.scope
        span = page.now().span
        asked = Span(from_s=span.from_s, to_s=span.to_s, as_of_s=page.desk.as_of_s)
        clients = [client] if client else list(page.clients)
        labels = page.labels("team")
        splits = _splits(page)
        return page.render(
            "hands.html", title="Time in hands", tabs=TABS, client=client, splits=splits, whole=_whole(splits),
            directions=handovers(con, scope, asked, clients=clients), pairs=ping_pong(con, scope, asked, clients=clients),
            breaches=_breaches(page), team=lambda i: labels.of("team", i), holder=lambda h: NAMES.get(h, h),
            hours=page.view.get("hours") or "business",
            order=ORDER,
        )  # fmt: skip


def _splits(page: Sheet) -> list[Split]:
    """By client, the most time first."""
    answers = page.opened.ask(["time_in_hands"], page.now(by=["client", "holder"]))
    tickets = {
        a.dimensions["client"]: round(a.value or 0)
        for a in page.opened.ask(["tickets_resolved"], page.now(by=["client"], hours=None)) if a.statistic == "count"
    }  # fmt: skip
    by_client: dict[str, dict[str, float]] = {}
    for a in answers:
        if a.statistic == "mean" and a.numerator:
            by_client.setdefault(str(a.dimensions["client"]), {})[str(a.dimensions["holder"])] = a.numerator
    found = [_split(c, tickets.get(c, 0), held) for c, held in by_client.items() if c in page.clients]
    return sorted(found, key=lambda s: (-s.seconds, s.client))


def _split(client: str, tickets: int, held: dict[str, float]) -> Split:
    whole, start, parts = sum(held.values()), 0.0, []
    for holder in sorted(held, key=lambda h: (ORDER.index(h) if h in ORDER else 3, h)):
        share = held[holder] / whole if whole else 0.0
        parts.append(Share(holder, held[holder], share, start))
        start += share
    return Split(client, tickets, whole, tuple(parts))


def _whole(splits: list[Split]) -> Split | None:
    """All clients together, where there are several."""
    if len(splits) < 2:
        return None
    held: dict[str, float] = {}
    for split in splits:
        for part in split.parts:
            held[part.holder] = held.get(part.holder, 0.0) + part.seconds
    return _split("", sum(s.tickets for s in splits), held)


def _breaches(page: Sheet) -> list[tuple[str, Answer | None, Answer | None, Answer | None]]:
    """By who held the ticket: broken promises, and the share of responses and resolutions in time."""
    ids = ["sla_breaches", "sla_response_compliance", "sla_resolution_compliance"]
    found: dict[str, dict[str, Answer]] = {}
    for a in page.opened.ask(ids, page.now(by=["holder"])):
        if a.statistic in ("count", "share"):
            found.setdefault(str(a.dimensions["holder"]), {})[a.kpi] = a
    rows = [(h, given.get(ids[0]), given.get(ids[1]), given.get(ids[2])) for h, given in found.items()]
    kept = [row for row in rows if any(x is not None and x.n for x in row[1:] if not isinstance(x, str))]
    return sorted(kept, key=lambda row: (-(row[1].value or 0) if row[1] else 0, row[0]))
