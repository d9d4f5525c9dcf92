"""The page of the audit log, for administrators: who did what to whom, when, with the values before and after."""

from datetime import datetime, timedelta
from typing import Annotated, Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response

from pacesetter.access import audit
from pacesetter.api.serving import Parts
from pacesetter.catalogue.periods import parse_day
from pacesetter.errors import BadRequest
from pacesetter.web.people_pages import Administrator
from pacesetter.web.rendering import pages_of

router = APIRouter(prefix="/people", include_in_schema=False)
Words = Annotated[str, Query(max_length=254)]
PAGE = 100


@router.get("/log")
def log(
    request: Request, parts: Parts, asking: Administrator, who: Words = "", what: Words = "", about: Words = "",
    first: Annotated[str, Query(alias="from", max_length=10)] = "", to: Annotated[str, Query(max_length=10)] = "",
    before: Annotated[str, Query(max_length=12)] = "",
) -> Response:  # fmt: skip
    """The lines that fit, newest first, a hundred at a time."""
    zone, error = ZoneInfo(parts.workspace.settings.time_zone), ""
    words = {"who": who, "what": what, "about": about, "from": first, "to": to}
    try:
        asked = audit.Search(
            who=who, what=what, about=about, first=_midnight(first, "from", zone), last=_midnight(to, "to", zone, 1),
            before=int(before) if before.isascii() and before.isdigit() else None,
        )  # fmt: skip
    except BadRequest as refused:
        asked, error = audit.Search(), refused.line()
    with parts.work() as work:
        lines, kinds = audit.search(work, asked, PAGE + 1), audit.kinds(work)
    older = None
    if len(lines) > PAGE:
        older = "/people/log?" + urlencode({n: v for n, v in words.items() if v} | {"before": lines[PAGE - 1].id})
    values: dict[str, Any] = {
        "title": "Audit log", "lines": lines[:PAGE], "kinds": kinds, "asked": words, "older": older, "error": error,
    }  # fmt: skip
    return pages_of(request).render(request, "audit_log.html", asking, values, 400 if error else 200)


def _midnight(text: str, where: str, zone: ZoneInfo, days: int = 0) -> datetime | None:
    if not text:
        return None
    day = parse_day(text, where) + timedelta(days=days)
    return datetime(day.year, day.month, day.day, tzinfo=zone)
