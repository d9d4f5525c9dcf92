"""The pieces of overviews: the queue in short, inflow against outflow, signals, figures, money, health, responsibility, a record.

Owns what each piece reads. Which pieces make whose overview is the overview's business; every piece minds its own permissions, because it
has an address of its own.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from fastapi.responses import HTMLResponse, Response

from pacesetter.access.roles import Permission, Reach
from pacesetter.api.serving import Caller, serving_of
from pacesetter.catalogue.needs import unmet
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi, Unit
from pacesetter.model.raci import Matrix
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.difference import difference_of, stands_out
from pacesetter.reports.flow import flow_of
from pacesetter.reports.health import card_of, read_health
from pacesetter.reports.tiles import Tile, Verdict, ask_each, change_of, main_answers, read_tiles
from pacesetter.responsibility.matrix_rules import tasks_within
from pacesetter.warehouse.facts.raci import read_matrix
from pacesetter.web.frame import Sheet
from pacesetter.web.glance import course_of
from pacesetter.web.people_record import OWN_KPIS, read_record
from pacesetter.web.queue import listing

DELIVERY = ("sla_compliance", "first_response_time", "resolution_time", "backlog", "first_contact_resolution", "reopen_rate", "csat",
            "escalation_rate")  # fmt: skip
MONEY = ("recurring_revenue", "gross_margin", "cost_per_ticket", "average_revenue_per_user", "recurring_revenue_churn_rate",
         "client_churn_rate", "close_ratio", "cost_of_goods_sold")  # fmt: skip
SERVICE = ("sla_compliance", "first_response_time", "resolution_time", "csat", "tickets_created", "reopen_rate", "availability",
           "first_contact_resolution")  # fmt: skip
WATCHED = ("sla_compliance", "sla_breaches", "first_response_time", "resolution_time", "tickets_created", "tickets_resolved", "reopen_rate",
           "escalation_rate", "first_contact_resolution", "csat", "handoffs_per_ticket", "ping_pong_rate", "update_timeliness")  # fmt: skip
"""What this week's signals are looked for in."""
NEXT, FLOW_DAYS, TASKS, LISTED, SIGNALS = 6, 28, 8, 8, 7


@dataclass(frozen=True)
class Piece:
    """A piece: its template, what fills it, who is shown it."""

    template: str
    fill: Callable[[Sheet], Mapping[str, Any]]
    shown: Callable[[Caller], bool]


def render_piece(page: Sheet, name: str) -> Response:
    """A piece of a page."""
    piece = PIECES[name]
    return page.render(piece.template, **piece.fill(page)) if piece.shown(page.caller) else HTMLResponse("")


def _anybody(_: Caller) -> bool:
    return True


def _money(caller: Caller) -> bool:
    return caller.scope.may(Permission.MONEY)


def _own(caller: Caller) -> bool:
    return caller.standing.role.reach is Reach.OWN


def _answerable(page: Sheet, ids: Iterable[str]) -> list[Kpi]:
    """Those of the KPIs that the caller may ask and the records can answer."""
    known = page.desk.kpis()
    found = [known[i] for i in ids if i in known]
    return [
        k for k in found if can_answer(k, page.now()) and not unmet(k.definition.needs, page.desk.evaluator.provided)
    ]


def _queue(page: Sheet) -> Mapping[str, Any]:
    found = listing(page, limit=NEXT)
    return {
        "counts": found.counts, "rows": found.rows, "label": page.labels("client", "team", "technician").of,
        "hours": page.desk.settings.rules.at_risk_hours,
    }  # fmt: skip


def _days(page: Sheet, days: int, *, back: int = 0) -> Query:
    """The last whole days, or as many before them; the day of the as-of instant is not over and not among them."""
    end = local_day(page.desk.as_of_s, page.desk.zone) - timedelta(days=back)
    return page.view.query(page.desk, first=end - timedelta(days=days), last=end)


def _flow(page: Sheet) -> Mapping[str, Any]:
    tomorrow = page.view.today + timedelta(days=1)
    asked = page.view.query(page.desk, first=tomorrow - timedelta(days=FLOW_DAYS), last=tomorrow, grain="day")
    kpis = [page.desk.kpis()[i] for i in ("tickets_created", "tickets_resolved")]
    found = ask_each(page.opened.ask, kpis, asked)
    came, gone = (main_answers(k, found.get(k.id, [])) for k in kpis)
    return {"flow": flow_of(came, gone), "days": FLOW_DAYS}


def _signals(page: Sheet) -> Mapping[str, Any]:
    """What the last seven days say beyond chance: shares and means against the four weeks before, counts against the week before."""
    kpis = _answerable(page, WATCHED)
    asked = (_days(page, 7), _days(page, 28, back=7), _days(page, 7, back=7))
    now, month, week = (ask_each(page.opened.ask, kpis, query) for query in asked)
    found = []
    for kpi in kpis:
        present = next(iter(main_answers(kpi, now.get(kpi.id, []))), None)
        past = next(iter(main_answers(kpi, (week if kpi.unit is Unit.COUNT else month).get(kpi.id, []))), None)
        between, change = (
            difference_of(kpi, present, past),
            change_of(present, past, kpi.better, page.locale) if present else None,
        )
        if (
            present
            and change
            and between
            and stands_out(between)
            and not present.small_n
            and between.verdict is not Verdict.EVEN
        ):
            found.append(Tile(kpi, present, past, (), replace(change, verdict=between.verdict)))
    return {"moved": sorted(found, key=lambda t: -(t.change.size if t.change else 0))[:SIGNALS]}


def _tiles(ids: tuple[str, ...]) -> Callable[[Sheet], Mapping[str, Any]]:
    def fill(page: Sheet) -> Mapping[str, Any]:
        kpis = _answerable(page, ids)
        return {"tiles": read_tiles(page.opened.ask, kpis, page.now(), page.before(), course_of(page), page.locale)}

    return fill


def _ranked_money(kpi_id: str, dimension: str) -> Callable[[Sheet], Mapping[str, Any]]:
    def fill(page: Sheet) -> Mapping[str, Any]:
        kpis = [k for k in _answerable(page, (kpi_id,)) if can_answer(k, page.now(by=[dimension]))]
        now = ask_each(page.opened.ask, kpis, page.now(by=[dimension])).get(kpi_id, [])
        before = ask_each(page.opened.ask, kpis, page.before(by=[dimension])).get(kpi_id, [])
        if not kpis:
            return {"kpi": None, "rows": [], "dimension": dimension}
        kpi, past = kpis[0], {a.dimensions[dimension]: a for a in main_answers(kpis[0], before)}
        rows = sorted(
            (a for a in main_answers(kpi, now) if a.value is not None and a.dimensions[dimension] is not None),
            key=lambda a: a.value or 0.0,
        )
        changes = {
            a.dimensions[dimension]: change_of(a, past.get(a.dimensions[dimension]), kpi.better, page.locale)
            for a in rows
        }
        few = rows if len(rows) <= LISTED else [*rows[: LISTED // 2], None, *rows[-LISTED // 2 :]]
        top = max((abs(a.value or 0) for a in rows), default=0) or 1
        return {"kpi": kpi, "rows": few, "changes": changes, "top": top, "left_out": max(0, len(rows) - LISTED),
                "dimension": dimension, "label": page.labels(dimension).of}  # fmt: skip

    return fill


def _health(page: Sheet) -> Mapping[str, Any]:
    card = card_of(page.desk)
    found = read_health(page.opened.ask, card, page.now(), page.before()) if card else []
    return {"found": found, "card": card, "all_kpis": page.desk.kpis(), "label": page.labels("client").of}


def _card(page: Sheet) -> Mapping[str, Any]:
    """The health of the one client that is looked at."""
    values = _health(page)
    return {**values, "health": values["found"][0] if len(values["found"]) == 1 else None}


def _raci(page: Sheet) -> Mapping[str, Any]:
    matrix, at_s = read_matrix(page.desk.evaluator.con, page.desk.settings), page.desk.as_of_s
    client = next(
        (v for n, v in page.view.where if n == "client"), next(iter(page.clients)) if len(page.clients) == 1 else None
    )
    ids = [
        t
        for t in tasks_within(matrix, page.desk.scope, client)
        if matrix.tasks[t].from_s <= at_s < matrix.tasks[t].to_s
    ]
    return {"tasks": [_task(page, matrix, t, at_s) for t in ids[:TASKS]], "total": len(ids)}


def _task(page: Sheet, matrix: Matrix, task_id: str, at_s: int) -> dict[str, Any]:
    """Who is Responsible and Accountable; roles of another client are not told."""
    told = [
        (a.letter, matrix.roles[a.role_id].name)
        for a in matrix.letters(task_id, at_s)
        if (of := matrix.roles[a.role_id].client_id) is None or of in page.clients
    ]
    names = {letter: [name for held, name in told if held == letter] for letter in ("R", "A")}
    return {"name": matrix.tasks[task_id].name, "is_whole": not matrix.faults(task_id, at_s), **names}


def _record(page: Sheet) -> Mapping[str, Any]:
    technician = next(iter(page.desk.scope.technicians or ()), "")
    kpis = _answerable(page, OWN_KPIS)
    lines = read_record(page, serving_of(page.request), kpis, "technician", technician)
    return {"lines": lines, "technician": technician, "own": True}


PIECES: Mapping[str, Piece] = {
    "queue": Piece("piece_queue.html", _queue, _anybody),
    "flow": Piece("piece_flow.html", _flow, _anybody),
    "signals": Piece("piece_signals.html", _signals, _anybody),
    "figures": Piece("piece_tiles.html", _tiles(DELIVERY), _anybody),
    "service": Piece("piece_tiles.html", _tiles(SERVICE), _anybody),
    "money": Piece("piece_tiles.html", _tiles(MONEY), _money),
    "contribution": Piece("piece_ranked.html", _ranked_money("client_contribution", "client"), _money),
    "offerings": Piece("piece_ranked.html", _ranked_money("rate_per_offering", "offering"), _money),
    "health": Piece("piece_health.html", _health, _anybody),
    "card": Piece("piece_card.html", _card, _anybody),
    "raci": Piece("piece_raci.html", _raci, _anybody),
    "record": Piece("piece_record.html", _record, _own),
}  # fmt: skip
"""Every piece by its name in addresses."""
