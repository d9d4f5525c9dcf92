"""The rows behind a number: searched, sorted, with the columns that one chooses, page by page over any number of them, and as a file.

Owns that page and what of it stands in its address. Must not know how the rows are found.
"""

import os
import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import FileResponse, Response
from starlette.background import BackgroundTask

from pacesetter.access.roles import Permission
from pacesetter.api.kpis import MEDIA, known
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue.drill_rows import Drill
from pacesetter.catalogue.record import Kpi
from pacesetter.reports import wording
from pacesetter.reports.rows import PageQuery, matching_of, page_of, read_page, write_file
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.kpi_charts import variant_of

router = APIRouter(include_in_schema=False)
CHUNK = 100
"""Rows that come at a time; more follow as one reads on."""
SHEET = 1000
"""Rows that are in a browser's page at most; the next ones are another page."""
_NAMED = ("client", "team", "technician", "offering", "service", "project", "article")
PartWord = Annotated[str, Word(max_length=20)]
Columns = Annotated[list[str], Word(max_length=60, default_factory=list)]


@router.get("/kpis/{kpi_id}/rows")
def rows(
    kpi_id: str, request: Request, parts: Parts, asking: Asking, column: Columns, part: PartWord = "numerator"
) -> Response:  # fmt: skip
    """The rows behind the number, page by page."""
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        page = _with_words(page, part, column)
        query, drill = _asked(page, kpi, part)
        found = read_page(page.desk.evaluator.con, query)
        after = found.offset + len(found.rows)
        definition = kpi.definition_of(variant_of(page)) or kpi.definition
        return page.render(
            "rows.html", title=kpi.title, kpi=kpi, part=part, found=found, sort=page.view.get("sort"),
            row_unit=wording.row_unit(kpi, definition, page.view.get("hours") or None),
            follows=after < found.total and after % SHEET != 0, after=after, sheet_size=SHEET,
            sides=_sides(part, has_denominator=definition.denominator is not None), columns=query.drill.columns,
            offered=list(dict.fromkeys([*_usual(drill), *drill.offered])), label=page.labels(*_NAMED).of, search=page.view.get("q"),
            bounds=[page.view.get(n) for n in ("least", "below")], recompute=definition.recompute,
        )  # fmt: skip


@router.get("/kpis/{kpi_id}/rows.{form}")
def rows_file(
    kpi_id: str, form: str, request: Request, parts: Parts, asking: Asking, column: Columns, part: PartWord = "numerator"
) -> Response:  # fmt: skip
    """All of the rows that the page shows, in its order and columns, as a CSV or Parquet file."""
    if form not in ("csv", "parquet"):
        raise NotFound("there is no such file")
    asking.scope.need(Permission.EXPORT, "a file of rows")
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        page = _with_words(page, part, column)
        handle, name = tempfile.mkstemp(suffix=f".{form}")
        os.close(handle)
        path = Path(name)
        try:
            write_file(page.desk.evaluator.con, _asked(page, kpi, part)[0], form, path)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
    return FileResponse(
        path, media_type=MEDIA[form], filename=f"{kpi_id}-{part}.{form}", headers={"cache-control": "no-store"},
        background=BackgroundTask(path.unlink, missing_ok=True),
    )  # fmt: skip


def _with_words(page: Sheet, part: str, column: Sequence[str]) -> Sheet:
    """The page with its part and, from the form of the columns, the chosen ones as words of its address."""
    chosen = {"columns": ",".join(column)} if column else {}
    return replace(page, view=replace(page.view, words={**page.view.words, "part": part, **chosen}))


def _asked(page: Sheet, kpi: Kpi, part: str) -> tuple[PageQuery, Drill]:
    """The page of rows that an address asks for, and all that could be asked of them."""
    drill = page.desk.drill(kpi.id, page.now(variant=variant_of(page)), part)
    chosen = [n for n in page.view.get("columns").split(",") if n] or _usual(drill)
    labels = page.labels(*_NAMED)
    get = page.view.get
    matching = matching_of(drill, labels, get("q"), get("least"), get("below"))
    return page_of(drill.choosing(chosen), get("sort") or None, CHUNK, page.view.offset, matching), drill


def _usual(drill: Drill) -> list[str]:
    """The columns at first: which ticket, what it is about, what it adds; then the rows' other columns."""
    names = list(drill.columns)
    told, last = names[:-1], names[-1]
    if "ticket_id" not in told:
        return [*told[:1], last, *told[1:]]
    at = told.index("ticket_id") + 1
    return [*told[:at], *(["subject"] if "subject" in drill.offered else []), last, *told[at:]]


def _sides(part: str, *, has_denominator: bool) -> list[str]:
    """The parts that can be looked at, the one that is shown among them."""
    sides = ["numerator", *(["denominator"] if has_denominator else []), "excluded"]
    return sides if part in sides else [part, *sides]
