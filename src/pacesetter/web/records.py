"""Pages about records rather than figures: a ticket's story, the state of the data with the rows that wait or disagree."""

import json
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts
from pacesetter.catalogue.completeness import completeness
from pacesetter.errors import Forbidden
from pacesetter.reports import wording
from pacesetter.reports.quality import disagreements, quarantined
from pacesetter.reports.ticket import held, last_versions, visible_story
from pacesetter.reports.timeline import draw, stretches_of
from pacesetter.warehouse.doctor import doctor
from pacesetter.web.frame import sheet

router = APIRouter(include_in_schema=False)
ROWS = 50
Told = Annotated[str, Word(max_length=200)]


@router.get("/tickets/{ticket_id}")
def ticket(ticket_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """What happened to a ticket, in whose hands it was, which promises ran."""
    with sheet(request, parts, asking) as page:
        story = visible_story(page.desk, ticket_id)
        if story is None:
            raise NotFound("there is no such ticket, or it is not within what you may see")
        runs = [(c, *run) for c in story.clocks for run in stretches_of(c, story.as_of_s) if c.target_s is not None]
        return page.render(
            "ticket.html", title=story.ticket_id, story=story, h=story.facts, held=held(story), clocks=last_versions(story),
            drawn=draw(story, page.desk.zone, page.locale), runs=runs,
            label=page.labels("client", "team", "technician", "phase", "type", "channel").of,
        )  # fmt: skip


def _may_see_quality(asking: Caller) -> None:
    asking.scope.need(Permission.QUALITY, "the state of the data")
    if not asking.scope.is_whole:
        raise Forbidden("the state of the data is of the whole workspace, which is not within what you may see")


@router.get("/data-quality")
def quality(request: Request, parts: Parts, asking: Asking) -> Response:
    """Freshness, quarantine, disagreements, what each KPI needs and has."""
    _may_see_quality(asking)
    with sheet(request, parts, asking) as page:
        report = doctor(parts.workspace)
        kpis = page.desk.kpis()
        shares = completeness(page.desk.evaluator.con, page.desk.evaluator.provided, kpis)
        say, now, last = page.reader.say, clock.now(), report.last_import_at
        return page.render(
            "quality.html", title="Data quality", report=report, kpis=kpis,
            shares=sorted(shares, key=lambda s: (s.lacking is None, min((v for v in s.shares.values() if v is not None), default=1.0))),
            warnings=json.loads(report.last_warnings), filled={n: r for n, r in report.tables.items() if r},
            empty=[n for n, r in report.tables.items() if not r],
            imported=wording.ago(last, now, page.locale, say) if last else say("never"),
        )  # fmt: skip


@router.get("/data-quality/quarantine")
def quarantine(
    request: Request, parts: Parts, asking: Asking, table: Told = "", reason: Told = ""
) -> Response:  # fmt: skip
    """Every row of one table that waits in the quarantine for one reason, whole."""
    _may_see_quality(asking)
    with sheet(request, parts, asking) as page:
        found = quarantined(page.desk.evaluator.con, table, reason, ROWS, page.view.offset)
        rows = [(row, _fields(row.row)) for row in found.rows]
        return page.render(
            "quarantine.html", title="Quarantine", found=found, rows=rows, table=table, reason=reason, size=ROWS
        )


@router.get("/data-quality/disagreements")
def disagreeing(request: Request, parts: Parts, asking: Asking, kind: Told = "", detail: Told = "") -> Response:
    """Every ticket with one kind of defect, with both values where there are two."""
    _may_see_quality(asking)
    with sheet(request, parts, asking) as page:
        found = disagreements(page.desk.evaluator.con, kind, detail, ROWS, page.view.offset)
        return page.render(
            "disagreements.html", title="Disagreements", found=found, kind=kind, detail=detail, size=ROWS
        )


def _fields(row: str) -> list[tuple[str, str]]:
    """The fields of a row as it stood in its file; the text itself where it is no record."""
    try:
        found = json.loads(row)
    except json.JSONDecodeError:
        return [("", row)]
    return [(str(k), "" if v is None else str(v)) for k, v in found.items()] if isinstance(found, dict) else [("", row)]
