"""The questions under /api/v1: which KPIs there are, what one means, its answers, the rows behind them."""

import json
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import Response

from pacesetter.access.roles import Permission
from pacesetter.api.problems import NotFound
from pacesetter.api.selection import Selected, Selection, answered, tag, tagged, unchanged
from pacesetter.api.serving import Asking, Caller, Parts, desk_of
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.record import Definition, Kpi
from pacesetter.errors import BadRequest
from pacesetter.reports.records import csv_bytes, flat, parquet_bytes
from pacesetter.reports.rows import MOST_EXPORTED, Page, page_of, read_page

router = APIRouter(prefix="/api/v1", tags=["KPIs"])
Form = Literal["json", "csv", "parquet"]
MEDIA = {"csv": "text/csv; charset=utf-8", "parquet": "application/vnd.apache.parquet", "json": "application/json"}


def known(desk: Desk, kpi_id: str) -> Kpi:
    """The KPI of that id, shipped or the workspace's own. Raises NotFound where there is none."""
    try:
        return desk.find(kpi_id)
    except BadRequest as error:
        raise NotFound(error.what, do="see /api/v1/kpis") from None


@router.get("/kpis", summary="Every KPI that the caller may ask")
def kpis(request: Request, parts: Parts, asking: Asking) -> Response:
    """Id, title, question, unit, direction and variants of every KPI, by family."""
    return answered(request, parts, asking, lambda opened: [_listed(k) for k in opened.desk.kpis().values()])


@router.get("/kpis/{kpi_id}", summary="What one KPI means")
def kpi(kpi_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """Its definitions with formula, rows and needs; caveats; a worked example."""
    return answered(request, parts, asking, lambda opened: _whole(known(opened.desk, kpi_id)))


def _whole(found: Kpi) -> dict[str, Any]:
    definitions = {found.default_variant or "default": found.definition, **found.variants}
    return _listed(found) | {
        "definitions": {name: _definition(d) for name, d in definitions.items()},
        "caveats": list(found.caveats),
        "users": list(found.users),
        "example": {"text": found.example.text, "value": found.example.value},
    }


def _listed(kpi: Kpi) -> dict[str, Any]:
    return {
        "id": kpi.id, "family": kpi.family, "title": kpi.title, "question": kpi.question, "unit": kpi.unit.value,
        "better": kpi.better.value, "anchor": kpi.anchor, "hours": kpi.hours, "statistics": list(kpi.definition.statistics),
        "variants": [n for n in (kpi.default_variant, *kpi.variants) if n], "revision": kpi.revision,
    }  # fmt: skip


def _definition(definition: Definition) -> dict[str, Any]:
    parts = {"numerator": definition.numerator, "denominator": definition.denominator}
    return {
        "text": definition.text,
        "formula": definition.formula.value,
        **{name: None if part is None else vars(part) for name, part in parts.items()},
        "needs": list(definition.needs),
        "recompute": definition.recompute,
    }


@router.get("/kpis/{kpi_id}/answers", summary="The answers of one KPI")
def answers(
    kpi_id: str, request: Request, parts: Parts, asking: Asking, selected: Selected,
    form: Annotated[Form, Word(alias="format")] = "json",
) -> Response:  # fmt: skip
    """One object per period, group and statistic, as ``pacesetter kpi get --format json`` gives them."""
    return answers_of([kpi_id], request, parts, asking, selected, form)


@router.get("/answers", summary="The answers of several KPIs")
def several(
    request: Request, parts: Parts, asking: Asking, selected: Selected,
    kpi: Annotated[list[str], Word(min_length=1, max_length=100)],
    form: Annotated[Form, Word(alias="format")] = "json",
) -> Response:  # fmt: skip
    """The same as for one KPI, in the order in which they are named."""
    return answers_of(list(dict.fromkeys(kpi)), request, parts, asking, selected, form)


def answers_of(
    ids: list[str], request: Request, parts: Parts, asking: Caller, selected: Selection, form: Form
) -> Response:
    """The response with these KPIs' answers."""
    etag = tag(parts.desks.generation(), asking.scope, request)
    if (same := unchanged(request, etag)) is not None:
        return same
    if form != "json":
        asking.scope.need(Permission.EXPORT, "a file of answers")
    with desk_of(parts, asking) as opened:
        query = selected.query(opened.desk)
        ids = [known(opened.desk, i).id for i in ids]
        found = [a.as_json(query.zone) for a in opened.ask(ids, query)]
    return _file(found, [flat(r) for r in found], form, "-".join(ids[:3]), etag)


def _file(records: Any, lines: list[dict[str, Any]], form: Form, name: str, etag: str) -> Response:
    headers = tagged(etag)
    if form == "json":
        body = json.dumps(records, ensure_ascii=False, allow_nan=False, default=str).encode("utf-8")
        return Response(body, media_type=MEDIA["json"], headers=headers)
    headers["content-disposition"] = f'attachment; filename="{name}.{form}"'
    body = csv_bytes(lines) if form == "csv" else parquet_bytes(lines)
    return Response(body, media_type=MEDIA[form], headers=headers)


@router.get("/kpis/{kpi_id}/rows", summary="The rows behind one number")
def rows(
    kpi_id: str, request: Request, parts: Parts, asking: Asking, selected: Selected,
    part: Literal["numerator", "denominator", "excluded"] = "numerator",
    limit: Annotated[int, Word(ge=1, le=1000)] = 100,
    offset: Annotated[int, Word(ge=0, le=100_000_000)] = 0,
    sort: Annotated[str | None, Word(description="A column; with - before it, largest first.", max_length=60)] = None,
    statistic: Annotated[str | None, Word(description="A further statistic of the KPI; the first where left out.", max_length=60)] = None,
    form: Annotated[Form, Word(alias="format")] = "json",
) -> Response:  # fmt: skip
    """A page of rows, with the number of all; as a file all of them. They recompute to the number: by the sum of ``value``, or as
    ``recompute`` says."""
    etag = tag(parts.desks.generation(), asking.scope, request)
    if (same := unchanged(request, etag)) is not None:
        return same
    if form != "json":
        asking.scope.need(Permission.EXPORT, "a file of rows")
        limit, offset = MOST_EXPORTED, 0
    with desk_of(parts, asking) as opened:
        query, asked = selected.query(opened.desk), known(opened.desk, kpi_id)
        found = opened.desk.drill(asked.id, query, part, statistic=statistic)
        definition = asked.definition_of(query.variant)
        page = read_page(opened.desk.evaluator.con, page_of(found, sort, limit, offset))
    if form != "json" and page.total > MOST_EXPORTED:
        raise BadRequest(f"these are {page.total} rows", where="format", do=f"narrow them to {MOST_EXPORTED} at a time")
    told = _page_json(page) | {"recompute": definition.recompute if definition else None}
    return _file(told, page.records(), form, f"{kpi_id}-{part}", etag)


def _page_json(page: Page) -> dict[str, Any]:
    after = page.offset + len(page.rows)
    return {
        "columns": list(page.columns),
        "rows": page.records(),
        "total": page.total,
        "offset": page.offset,
        "next_offset": after if after < page.total else None,
    }
