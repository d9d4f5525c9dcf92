"""Teams and technicians: lists side by side, ranked with small numbers drawn towards all, and the record of one.

Owns these pages and who may open them: those who lead compare; a technician sees their own record and no other.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from pacesetter.access.roles import Permission, Reach
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import Forbidden
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.peers import is_ranked
from pacesetter.reports.tiles import Change, ask_each, change_of, main_answers
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.navigation import leads
from pacesetter.web.people_record import OWN_KPIS, TEAM_KPIS, read_record

router = APIRouter(include_in_schema=False)
LISTED = {
    "team": ("tickets_resolved", "first_response_time", "resolution_time", "sla_compliance", "reopen_rate", "escalation_rate", "csat"),
    "technician": ("tickets_resolved", "first_response_time", "resolution_time", "first_contact_resolution", "reopen_rate", "csat",
                   "technician_utilization"),
}  # fmt: skip
"""The KPIs of the lists."""
_WORDS = {"team": ("Teams", "/teams"), "technician": ("Technicians", "/technicians")}


@dataclass(frozen=True)
class Cell:
    """One figure of a list with its change; the rank stands in the answer's ``ranking``."""

    answer: Answer | None
    change: Change | None
    is_ranked: bool = True

    @property
    def place(self) -> int | None:
        """The place by shrunk value, None where groups are not ranked."""
        ranking = self.answer.extra.get("ranking") if self.answer else None
        return int(ranking["place"]) if ranking and self.is_ranked else None


@dataclass(frozen=True)
class Row:
    """One team or technician."""

    id: str
    name: str
    cells: dict[str, Cell]


def _need_lead(caller: Caller, what: str) -> None:
    caller.scope.need(Permission.PEOPLE, what)
    if not leads(caller):
        raise Forbidden(f"{what} is for those who lead teams", do="open your own record at /technicians")


@router.get("/teams")
def teams(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every team within reach, side by side."""
    _need_lead(asking, "the list of teams")
    return _list(request, parts, asking, "team")


@router.get("/technicians")
def technicians(request: Request, parts: Parts, asking: Asking) -> Response:
    """Every technician within reach, side by side; to a technician their own record."""
    asking.scope.need(Permission.NAMES, "the list of technicians")
    if asking.standing.role.reach is Reach.OWN:
        return RedirectResponse(f"/technicians/{next(iter(asking.scope.technicians or ['']))}", 303)
    _need_lead(asking, "the list of technicians")
    return _list(request, parts, asking, "technician")


def _list(request: Request, parts: Parts, asking: Caller, dimension: str) -> Response:
    with sheet(request, parts, asking) as page:
        page = replace(page, view=page.view.without(dimension))
        kpis = answerable(page, LISTED[dimension], dimension)
        rows = _rows(page, kpis, dimension)
        sort = page.view.get("sort", "-tickets_resolved")
        title, address = _WORDS[dimension]
        return page.render(
            "teams.html", title=title, rows=_sorted(rows, sort), kpis=kpis, sort=sort, address=address, dimension=dimension
        )  # fmt: skip


def answerable(page: Sheet, ids: Iterable[str], dimension: str) -> list[Kpi]:
    """Those of the KPIs that the caller may ask, that can be cut by the dimension, and whose records are there."""
    known, asked = page.desk.kpis(), page.now(by=[dimension])
    found = [known[i] for i in ids if i in known]
    return [k for k in found if can_answer(k, asked) and not unmet(k.definition.needs, page.desk.evaluator.provided)]


def _rows(page: Sheet, kpis: list[Kpi], dimension: str) -> list[Row]:
    now = ask_each(page.opened.ask, kpis, page.now(by=[dimension]))
    before = ask_each(page.opened.ask, kpis, page.before(by=[dimension]))
    label, found = page.labels(dimension).of, dict[str, dict[str, Cell]]()
    for kpi in kpis:
        past = {a.dimensions[dimension]: a for a in main_answers(kpi, before.get(kpi.id, []))}
        cells = main_answers(kpi, now.get(kpi.id, []))
        told = is_ranked(cells)
        for a in cells:
            group = a.dimensions[dimension]
            if group is not None:
                found.setdefault(str(group), {})[kpi.id] = Cell(
                    a, change_of(a, past.get(group), kpi.better, page.locale), told
                )
    return [Row(i, label(dimension, i), cells) for i, cells in found.items()]


def _sorted(rows: list[Row], sort: str) -> list[Row]:
    """By name, or by a KPI: by place where it is ranked, so that few rows do not lead a list; by value else."""
    name, down = sort.removeprefix("-"), sort.startswith("-")

    def key(row: Row) -> float | None:
        cell = row.cells.get(name)
        if cell is None or cell.answer is None or cell.answer.value is None:
            return None
        ranking = cell.answer.extra.get("ranking")
        return float(ranking["shrunk"]) if ranking else cell.answer.value

    if name == "name" or not any(name in r.cells for r in rows):
        return sorted(rows, key=lambda r: r.name.lower(), reverse=down and name == "name")
    known = sorted((r for r in rows if key(r) is not None), key=lambda r: key(r) or 0.0, reverse=down)
    return [*known, *(r for r in rows if key(r) is None)]


@router.get("/teams/{team_id}")
def team(team_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The scorecard of one team, with its people where they may be named."""
    _need_lead(asking, "the scorecard of a team")
    with sheet(request, parts, asking) as page:
        labels = page.labels("team").names.get("team", {})
        if team_id not in labels or (asking.scope.teams is not None and team_id not in asking.scope.teams):
            raise NotFound("there is no such team, or it is not within what you may see")
        page = replace(page, view=page.view.narrowed("team", team_id))
        members = answerable(page, LISTED["technician"], "technician") if asking.scope.may(Permission.NAMES) else []
        return page.render(
            "team.html", title=labels[team_id], team=team_id, members=_sorted(_rows(page, members, "technician"), "-tickets_resolved"),
            kpis=members, **_record(page, parts, TEAM_KPIS, "team", team_id),
        )  # fmt: skip


@router.get("/technicians/{technician_id}")
def technician(technician_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The record of one technician, fairly measured: with n and interval, small numbers drawn towards all."""
    asking.scope.need(Permission.NAMES, "the record of a technician")
    asking.scope.need(Permission.PEOPLE, "the record of a technician")
    own = asking.scope.technicians
    with sheet(request, parts, asking) as page:
        names = page.labels("technician").names.get("technician", {})
        if technician_id not in names or (own is not None and technician_id not in own):
            raise NotFound("there is no such technician, or the record is not within what you may see")
        page = replace(page, view=page.view.narrowed("technician", technician_id))
        values = _record(page, parts, OWN_KPIS, "technician", technician_id)
        if asking.scope.teams is not None and not values["lines"]:
            raise NotFound("there is no such technician, or the record is not within what you may see")
        return page.render(
            "technician.html", title=names[technician_id], technician=technician_id, own=own is not None, gaps=_gaps(page), **values
        )  # fmt: skip


def _record(page: Sheet, parts: Parts, ids: tuple[str, ...], dimension: str, group: str) -> dict[str, Any]:
    kpis = answerable(page, ids, dimension)
    return {
        "lines": read_record(page, parts, kpis, dimension, group),
        "dimension": dimension,
        "picked": ["client", dimension],
    }


def _gaps(page: Sheet) -> list[dict[str, Any]]:
    """Kinds of work that stand out from the peers' on the same work; only told to those who lead."""
    kpi = page.desk.kpis().get("training_gap")
    if kpi is None or not leads(page.caller) or unmet(kpi.definition.needs, page.desk.evaluator.provided):
        return []
    mine = next((v for n, v in page.view.where if n == "technician"), None)
    everybody = replace(page, view=page.view.without("technician"))
    answers = main_answers(kpi, page.opened.ask([kpi.id], everybody.now()))
    return [c for a in answers for c in a.extra.get("cells", []) if c["technician"] == mine]
