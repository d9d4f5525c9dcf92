"""Compare: two periods, two clients or two teams, side by side, each difference with whether chance explains it.

Owns the page. The arithmetic of a difference is ``reports.difference``'s.
"""

from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Asking, Caller, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi
from pacesetter.catalogue.registry import FAMILIES
from pacesetter.errors import BadRequest, Forbidden
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.difference import Side, difference_of
from pacesetter.reports.tiles import ask_each, main_answers
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.navigation import leads

router = APIRouter(include_in_schema=False)
WHAT = {"periods": "Two periods", "clients": "Two clients", "teams": "Two teams"}
MAIN = (
    "tickets_created", "tickets_resolved", "first_response_time", "resolution_time", "sla_compliance", "sla_breaches",
    "first_contact_resolution", "reopen_rate", "repeat_incident_rate", "escalation_rate", "handoffs_per_ticket", "csat",
    "csat_response_rate",
    "nps", "availability", "outage_count", "lost_business_hours", "customer_efficiency", "technician_utilization", "recurring_revenue",
    "client_contribution", "cost_per_ticket", "gross_margin", "raci_responsible_conformance",
)  # fmt: skip
"""The KPIs that are compared, as far as they can be asked on both sides."""


@dataclass(frozen=True)
class Pair:
    """The two sides: their names, and the questions about them."""

    names: tuple[str, str]
    queries: tuple[Query, Query]

    @property
    def days(self) -> tuple[float, float] | None:
        """The lengths of the two spans in days, as far as they are over; None where they are alike."""
        first, second = ((min(q.span.to_s, q.as_of_s) - q.span.from_s) / 86_400 for q in self.queries)
        return None if abs(first - second) < 0.1 else (first, second)


def kinds_for(caller: Caller, page: Sheet) -> dict[str, str]:
    """What somebody may compare: clients where they see two of them, teams where they lead."""
    found = dict(WHAT)
    if len(page.clients) < 2:
        found.pop("clients")
    if not leads(caller):
        found.pop("teams")
    return found


@router.get("/compare")
def compare(request: Request, parts: Parts, asking: Asking) -> Response:
    """Two sides and what lies between them."""
    with sheet(request, parts, asking) as page:
        kinds = kinds_for(asking, page)
        what = page.view.get("what", "periods")
        if what not in WHAT:
            raise BadRequest(f"'{what}' cannot be compared", where="what", do=f"choose of {', '.join(kinds)}")
        if what not in kinds:
            raise Forbidden(f"comparing {WHAT[what].lower()} is not within what you may see", where="what")
        choices = _choices(page, what)
        chosen = _chosen(page, choices)
        pair = _pair(page, what, choices, chosen)
        families = _families(page, pair) if pair else {}
        return page.render(
            "compare.html", title="Compare", what=what, kinds=kinds, choices=choices, chosen=chosen, pair=pair, families=families,
            asked=["what"], picked=_picked(what),
        )  # fmt: skip


def _picked(what: str) -> list[str]:
    return ["client"] if what != "clients" else []


def _choices(page: Sheet, what: str) -> dict[str, str]:
    if what == "clients":
        return page.clients
    if what == "teams":
        names = page.labels("team").names.get("team", {})
        own = page.desk.scope.teams
        return {i: name for i, name in names.items() if own is None or i in own}
    return {}


def _chosen(page: Sheet, choices: dict[str, str]) -> tuple[str, str]:
    """Both ids: as asked, else the first two there are. Raises Forbidden for one that is not within reach."""
    offered = [*choices, "", ""]
    first = page.view.get("a", offered[0])
    second = page.view.get("b", next((i for i in offered if i != first), ""))
    for asked in (first, second):
        if asked and asked not in choices and choices:
            raise Forbidden("one of the two is not within what you may see", do="choose another")
    return first, second


def _pair(page: Sheet, what: str, choices: dict[str, str], chosen: tuple[str, str]) -> Pair | None:
    if what == "periods":
        span = page.view.span
        return Pair((span.name, span.before_name), (page.now(), page.before()))
    if not all(i in choices for i in chosen):
        return None
    dimension = what.removesuffix("s")
    first, second = (replace(page, view=page.view.narrowed(dimension, i)).now() for i in chosen)
    return Pair((choices[chosen[0]], choices[chosen[1]]), (first, second))


def _families(page: Sheet, pair: Pair) -> dict[str, list[Side]]:
    """The KPIs of both sides by the name of their family."""
    known = page.desk.kpis()
    kpis = [known[i] for i in MAIN if i in known and _can(page, known[i], pair)]
    first, second = (ask_each(page.opened.ask, kpis, query) for query in pair.queries)
    found: dict[str, list[Side]] = {}
    for kpi in kpis:
        one, two = _main(kpi, first), _main(kpi, second)
        if one is not None or two is not None:
            found.setdefault(FAMILIES[kpi.family], []).append(
                Side(kpi, one, two, difference_of(kpi, one, two, pair.days))
            )
    return found


def _can(page: Sheet, kpi: Kpi, pair: Pair) -> bool:
    return can_answer(kpi, pair.queries[0]) and not unmet(kpi.definition.needs, page.desk.evaluator.provided)


def _main(kpi: Kpi, found: dict[str, list[Any]]) -> Answer | None:
    return next(iter(main_answers(kpi, found.get(kpi.id, []))), None)
