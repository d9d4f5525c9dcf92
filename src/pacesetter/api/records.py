"""Records under /api/v1: tickets, one ticket's story, the queue, scorecards, and what clients, teams and technicians are called."""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import Response

from pacesetter.access.roles import Permission
from pacesetter.api.desks import OpenDesk
from pacesetter.api.problems import NotFound
from pacesetter.api.selection import Selected, answered
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue import guard
from pacesetter.catalogue.answer import local_text
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.scorecards import Card, Score
from pacesetter.errors import BadRequest
from pacesetter.insight.queue import Open, QueueQuery, read_queue
from pacesetter.reports.labels import read_labels
from pacesetter.reports.rows import matching_of, page_of, read_page
from pacesetter.reports.ticket import visible_story
from pacesetter.reports.ticket_json import story_json

router = APIRouter(prefix="/api/v1")
Limit = Annotated[int, Word(ge=1, le=1000)]
Offset = Annotated[int, Word(ge=0, le=100_000_000)]
_CREATED = "tickets_created"


@router.get("/tickets", tags=["Tickets"], summary="Tickets that were created in a span")
def tickets(
    request: Request, parts: Parts, asking: Asking, selected: Selected,
    q: Annotated[str, Word(description="Words that all have to be found.", max_length=200)] = "",
    limit: Limit = 100, offset: Offset = 0,
    sort: Annotated[str | None, Word(description="A column; with - before it, largest first.", max_length=60)] = None,
) -> Response:  # fmt: skip
    """A page of tickets with the number of all; ``next_offset`` is null on the last. They are the rows behind ``tickets_created``."""

    def make(opened: OpenDesk) -> dict[str, Any]:
        desk = opened.desk
        found = desk.drill(_CREATED, selected.query(desk), "numerator")
        matching = matching_of(found, read_labels(desk, "client", "team", "technician"), q) if q.strip() else None
        page = read_page(desk.evaluator.con, page_of(found, sort, limit, offset, matching))
        after = offset + len(page.rows)
        return {
            "columns": list(page.columns), "tickets": page.records(), "total": page.total, "offset": offset,
            "next_offset": after if after < page.total else None,
        }  # fmt: skip

    return answered(request, parts, asking, make)


@router.get("/tickets/{ticket_id}", tags=["Tickets"], summary="One ticket's story")
def ticket(ticket_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """Events, holders and clocks, as ``pacesetter ticket show --format json`` gives them, as far as the caller may see them."""

    def make(opened: OpenDesk) -> dict[str, Any]:
        story = visible_story(opened.desk, ticket_id)
        if story is None:
            raise NotFound("there is no such ticket, or it is not within what you may see")
        return story_json(story, opened.desk.zone)

    return answered(request, parts, asking, make)


@router.get("/queue", tags=["Tickets"], summary="Open tickets by the time left to their next promise")
def queue(
    request: Request, parts: Parts, asking: Asking,
    where: Annotated[list[str] | None, Word(description="Only tickets with DIM=VALUE.", max_length=200)] = None,
    show: Annotated[str, Word(description="all, risk, breached, unassigned, paused or free", max_length=20)] = "all",
    sort: Annotated[str, Word(description="left, over, age, priority or client", max_length=20)] = "left",
    within: Annotated[float | None, Word(description="Hours ahead that are at risk.", ge=0, le=10_000)] = None,
    limit: Limit = 100, offset: Offset = 0,
) -> Response:  # fmt: skip
    """A page of the queue, and how many tickets stand where in all of it."""

    def make(opened: OpenDesk) -> dict[str, Any]:
        desk = opened.desk
        asked = desk.query(where=where or [])
        guard.narrowed((), asked, desk.scope)  # filters out of reach are refused before anything is read
        hours = desk.settings.rules.at_risk_hours if within is None else within
        query = QueueQuery(as_of_s=desk.as_of_s, within_s=round(hours * 3600), where=asked.where)
        found = read_queue(desk.evaluator.con, desk.scope, query, shown=show, sort=sort, limit=limit, offset=offset)
        total, after = found.counts.parts[show], offset + len(found.rows)
        return {
            "as_of": local_text(desk.as_of_s, desk.zone), "counts": dict(found.counts.parts), "total": total, "offset": offset,
            "next_offset": after if after < total else None, "tickets": [_queued(one, desk) for one in found.rows],
        }  # fmt: skip

    return answered(request, parts, asking, make)


def _queued(one: Open, desk: Desk) -> dict[str, Any]:
    return {
        "ticket_id": one.ticket_id, "client": one.client, "subject": one.subject, "type": one.type, "priority": one.priority,
        "phase": one.phase, "team": one.team, "technician": one.technician if desk.scope.may(Permission.NAMES) else None,
        "holder": one.holder, "created_at": local_text(one.created_s, desk.zone), "standing": one.standing.value,
        "clock": one.clock, "hours": one.hours, "due_at": local_text(one.due_s, desk.zone) if one.due_s is not None else None,
        "left_s": one.left_s, "target_s": one.target_s, "broken_clocks": one.broken, "paused_clocks": one.paused,
    }  # fmt: skip


def _names(dimension: str) -> Callable[[OpenDesk], list[dict[str, str]]]:
    def make(opened: OpenDesk) -> list[dict[str, str]]:
        found = read_labels(opened.desk, dimension).names.get(dimension, {})
        return [{"id": one, "name": name} for one, name in found.items()]

    return make


@router.get("/clients", tags=["Names"], summary="Clients within reach")
def clients(request: Request, parts: Parts, asking: Asking) -> Response:
    """Id and name, by name."""
    return answered(request, parts, asking, _names("client"))


@router.get("/teams", tags=["Names"], summary="Teams within reach")
def teams(request: Request, parts: Parts, asking: Asking) -> Response:
    """Id and name, by name."""
    return answered(request, parts, asking, _names("team"))


@router.get("/technicians", tags=["Names"], summary="Technicians within reach")
def technicians(request: Request, parts: Parts, asking: Asking) -> Response:
    """Id and name, by name. Needs the permission ``names``."""
    asking.scope.need(Permission.NAMES, "the list of technicians")
    return answered(request, parts, asking, _names("technician"))


@router.get("/scorecards", tags=["Scorecards"], summary="Every scorecard that the caller may ask")
def scorecards(request: Request, parts: Parts, asking: Asking) -> Response:
    """Id, title, question, and the KPIs with their weights and bounds."""
    return answered(request, parts, asking, lambda opened: [_card(c) for c in opened.desk.cards().values()])


def _card(card: Card) -> dict[str, Any]:
    return {
        "id": card.id, "title": card.title, "question": card.question, "by": card.by, "least_weight": card.least_weight,
        "parts": [p.model_dump() for p in card.parts],
    }  # fmt: skip


@router.get("/scorecards/{card_id}", tags=["Scorecards"], summary="The scores of one scorecard")
def scorecard(card_id: str, request: Request, parts: Parts, asking: Asking, selected: Selected) -> Response:
    """One object per period and group: the score from 0 to 100, and what each part has to do with it."""

    def make(opened: OpenDesk) -> list[dict[str, Any]]:
        desk = opened.desk
        if card_id not in desk.cards():
            raise NotFound("there is no such scorecard", do="see /api/v1/scorecards")
        if selected.by:
            raise BadRequest("a scorecard has its own groups", where="by", do="leave it out")
        query = selected.query(desk)
        return [_score(desk.card(card_id), s, query.zone) for s in desk.scorecard(card_id, query)]

    return answered(request, parts, asking, make)


def _score(card: Card, score: Score, zone: Any) -> dict[str, Any]:
    return {
        "scorecard": card.id, "value": score.score, "reason": score.reason, "known": 100 * score.weight_there,
        "from": local_text(score.from_s, zone), "to": local_text(score.to_s, zone), "dimensions": {card.by: score.group},
        "parts": [
            {"kpi": p.kpi, "weight": p.weight, "score": p.score, "value": p.value, "n": p.n, "small_n": p.small_n, "reason": p.reason}
            for p in score.parts
        ],
    }  # fmt: skip
