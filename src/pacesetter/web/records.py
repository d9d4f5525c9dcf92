"""Pages about records rather than figures: a ticket's story, the state of the data."""

import json

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.completeness import completeness
from pacesetter.errors import Forbidden
from pacesetter.reports import wording
from pacesetter.reports.ticket import bar, held, last_versions, visible_story
from pacesetter.warehouse.doctor import doctor
from pacesetter.web.frame import sheet

router = APIRouter(include_in_schema=False)


@router.get("/tickets/{ticket_id}")
def ticket(ticket_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """What happened to a ticket, in whose hands it was, which promises ran."""
    with sheet(request, parts, asking) as page:
        story = visible_story(page.desk, ticket_id)
        if story is None:
            raise NotFound("there is no such ticket, or it is not within what you may see")
        hands, shut = bar(story)
        return page.render(
            "ticket.html", title=f"Ticket {story.ticket_id}", story=story, h=story.facts, held=held(story),
            clocks=last_versions(story), hands=hands, shut=shut, duration=wording.duration,
            label=page.labels("client", "team", "technician").of,
        )  # fmt: skip


@router.get("/data-quality")
def quality(request: Request, parts: Parts, asking: Asking) -> Response:
    """Freshness, quarantine, disagreements, what each KPI needs and has."""
    asking.scope.need(Permission.QUALITY, "the state of the data")
    if not asking.scope.is_whole:
        raise Forbidden("the state of the data is of the whole workspace, which is not within what you may see")
    with sheet(request, parts, asking) as page:
        report = doctor(parts.workspace)
        shares = completeness(page.desk.evaluator.con, page.desk.evaluator.provided, page.desk.kpis())
        now = clock.now()
        return page.render(
            "quality.html", title="Data quality", report=report, shares=shares, kpis=page.desk.kpis(),
            warnings=json.loads(report.last_warnings), filled={n: r for n, r in report.tables.items() if r},
            empty=[n for n, r in report.tables.items() if not r],
            imported=wording.ago(report.last_import_at, now) if report.last_import_at else "never",
        )  # fmt: skip
