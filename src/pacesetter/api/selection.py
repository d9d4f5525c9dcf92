"""The words of an address that select what is asked, the same as those of the command line.

Owns their names, their bounds over HTTP, and the tag by which a browser knows that nothing changed.
"""

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Annotated, Any

from fastapi import Query as Word
from fastapi import Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from pacesetter import __version__
from pacesetter.access.scope import Scope
from pacesetter.api.desks import OpenDesk
from pacesetter.api.serving import Caller, Serving, desk_of
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.query import Query
from pacesetter.errors import BadRequest

MOST_PERIODS = 10_000
MOST_DIMENSIONS = 4


class Selection(BaseModel):
    """What is asked: span, grain, cuts, filters, anchor, hours, variant, as-of, zone."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True)

    first: str | None = Field(None, alias="from", description="First day of the span, 2026-10-01.", max_length=40)
    to: str | None = Field(None, description="First day after the span.", max_length=40)
    grain: str = Field("all", description="hour, day, week, month, quarter, year or all", max_length=20)
    by: list[str] = Field([], description="Dimensions to cut by; several, or with commas.", max_length=20)
    where: list[str] = Field(
        [], description="Only rows with DIM=VALUE; several of one are alternatives.", max_length=200
    )
    anchor: str | None = Field(None, description="The moment by which a ticket falls into a period.", max_length=40)
    hours: str | None = Field(None, description="business, calendar or sla", max_length=20)
    variant: str | None = Field(None, description="A rival definition by name, or all.", max_length=60)
    as_of: str | None = Field(None, description="An instant; nothing later counts.", max_length=40)
    time_zone: str | None = Field(None, description="Cut periods in this zone.", max_length=60)

    def query(self, desk: Desk) -> Query:
        """The question at that desk. Raises BadRequest for words that mean nothing or ask for too much at once."""
        by = [name.strip() for text in self.by for name in text.split(",") if name.strip()]
        if len(by) > MOST_DIMENSIONS:
            raise BadRequest(f"{len(by)} dimensions are too many", where="by", do=f"name at most {MOST_DIMENSIONS}")
        query = desk.query(
            first=self.first, last=self.to, grain=self.grain, by=by, where=self.where, anchor=self.anchor,
            hours=self.hours, variant=self.variant, as_of=self.as_of, zone=self.time_zone,
        )  # fmt: skip
        days = (query.last - query.first).days
        if days > 366 * 200:
            raise BadRequest("the span is longer than two centuries", where="from", do="ask for less at a time")
        if days * {"hour": 24, "day": 1}.get(query.grain.value, 0) > MOST_PERIODS:
            raise BadRequest("these are too many periods", where="grain", do="choose a coarser one or a shorter span")
        return query


Selected = Annotated[Selection, Word()]


def tag(generation: str, scope: Scope, request: Request, extra: Sequence[str] = ()) -> str:
    """The entity tag of an answer: equal while generation, reach, words and version are."""
    words = "\n".join((__version__, generation, scope.fingerprint, request.url.path, str(request.query_params), *extra))
    return f'"{hashlib.sha256(words.encode("utf-8", "surrogatepass")).hexdigest()[:24]}"'


def unchanged(request: Request, etag: str) -> Response | None:
    """The answer 304 where the asker has this one already."""
    held = [t.strip().removeprefix("W/") for t in request.headers.get("if-none-match", "").split(",")]
    return Response(status_code=304, headers=tagged(etag)) if etag in held else None


def answered(request: Request, parts: Serving, asking: Caller, make: Callable[[OpenDesk], Any]) -> Response:
    """The JSON of what ``make`` finds at the caller's desk, or 304 where the asker has it already."""
    etag = tag(parts.desks.generation(), asking.scope, request)
    if (same := unchanged(request, etag)) is not None:
        return same
    with desk_of(parts, asking) as opened:
        found = make(opened)
    body = json.dumps(found, ensure_ascii=False, allow_nan=False, default=str).encode("utf-8", "replace")
    return Response(body, media_type="application/json", headers=tagged(etag))


def tagged(etag: str) -> dict[str, str]:
    """The headers of an answer that may be kept as long as it is asked for again."""
    return {"etag": etag, "cache-control": "private, no-cache", "vary": "Authorization, Cookie"}
