"""The page of one KPI: its value, course, cuts, definition, rival definitions; and its chart as a specification or picture."""

import json
import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import Response

from pacesetter.api.kpis import known
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue import guard, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.needs import NEEDS
from pacesetter.catalogue.record import Kpi, Part, Unit
from pacesetter.reports import charts
from pacesetter.reports.cuts import dimensions_of
from pacesetter.reports.rows import page_of, read_page
from pacesetter.reports.tiles import change_of
from pacesetter.web.frame import Sheet, sheet

router = APIRouter(include_in_schema=False)
GRAINS = ("day", "week", "month", "quarter", "year")
ROWS = 50
_FIRST_CUTS = ("client", "priority", "team", "type", "category", "channel", "technician")


@router.get("/kpis/{kpi_id}")
def kpi_page(kpi_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """Everything about one KPI in one view."""
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        now, before = (
            page.opened.ask([kpi.id], page.now(variant=_variant(page))),
            page.opened.ask([kpi.id], page.before(variant=_variant(page))),
        )
        course = page.opened.ask([kpi.id], page.now(grain=page.view.grain, variant=_variant(page)))
        offered = cuts(page, kpi)
        by = page.view.get("by") or (offered[0] if offered else "")
        main = now[0]
        return page.render(
            "kpi.html", title=kpi.title, kpi=kpi, family=registry.FAMILIES[kpi.family], main=main, others=now[1:],
            change=change_of(main, before[0] if before else None, kpi.better, page.locale), before=before[0] if before else None,
            course=[a for a in course if a.statistic == main.statistic], cuts=offered, by=by,
            groups=_groups(page, kpi, by), sort=page.view.get("sort", "-value"), label=page.labels(by).of,
            variants=_variants(page, kpi), parts_text=_parts_text(page, kpi), needs=_needs(kpi), grains=GRAINS,
            commands=_commands(page, kpi, by), definition=kpi.definition_of(_variant(page)),
        )  # fmt: skip


def _variant(page: Sheet) -> str | None:
    return page.view.get("variant") or None


def cuts(page: Sheet, kpi: Kpi) -> list[str]:
    """The dimensions by which this KPI may be cut here, the usual ones first."""
    allowed = [d for d in dimensions_of(kpi) if guard.may_cut_by(d, page.desk.scope)]
    if len(page.clients) == 1 or any(name == "client" for name, _ in page.view.where):
        allowed = [d for d in allowed if d != "client"]
    first = [d for d in _FIRST_CUTS if d in allowed]
    return [*first, *(d for d in allowed if d not in first)]


def _groups(page: Sheet, kpi: Kpi, by: str) -> list[dict[str, Any]]:
    """The KPI cut by a dimension: one row per value with every statistic, its change, and the address that narrows to it."""
    if not by:
        return []
    variant = _variant(page)
    now = page.opened.ask([kpi.id], page.now(by=[by], variant=variant))
    before = page.opened.ask([kpi.id], page.before(by=[by], variant=variant))
    past = {(a.statistic, a.dimensions[by]): a for a in before}
    label, rows = page.labels(by).of, dict[Any, dict[str, Any]]()
    top = max((abs(a.value) for a in now if a.value is not None and a.statistic == now[0].statistic), default=0) or 1
    for a in now:
        value = a.dimensions[by]
        if value not in rows:
            rows[value] = {
                "name": label(by, value), "main": a, "others": [], "share": max(0.0, min(1.0, (a.value or 0) / top)),
                "change": change_of(a, past.get((a.statistic, value)), kpi.better, page.locale),
                "url": page.view.narrowed(by, value).url(by=None, sort=None),
                "rows_url": page.view.narrowed(by, value).url(f"/kpis/{kpi.id}/rows"),
            }  # fmt: skip
        else:
            rows[value]["others"].append(a)
    return _sorted(list(rows.values()), page.view.get("sort", "-value"))


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        return sorted(rows, key=lambda r: str(r["name"]).lower(), reverse=down)
    key: Callable[[Answer], float | None] = (lambda a: a.n) if name == "n" else (lambda a: a.value)
    known_ = [r for r in rows if key(r["main"]) is not None]
    return [
        *sorted(known_, key=lambda r: key(r["main"]) or 0.0, reverse=down),
        *(r for r in rows if key(r["main"]) is None),
    ]


def _variants(page: Sheet, kpi: Kpi) -> list[tuple[str, str, Answer]]:
    """Rival definitions side by side: name, meaning, answer."""
    if not kpi.variants:
        return []
    answers = page.opened.ask([kpi.id], page.now(variant="all"))
    first: dict[str, Answer] = {}
    for a in answers:
        first.setdefault(a.variant or "", a)
    definitions = {kpi.default_variant or "": kpi.definition, **kpi.variants}
    return [(name or "default", definitions[name].text, a) for name, a in first.items() if name in definitions]


def _parts_text(page: Sheet, kpi: Kpi) -> list[tuple[str, str]]:
    definition = kpi.definition_of(_variant(page)) or kpi.definition
    found = [("Sum of", _part(definition.numerator))]
    if definition.denominator:
        found.append(("Less" if definition.formula == "difference" else "Over", _part(definition.denominator)))
    return found


def _part(part: Part) -> str:
    where = "" if part.where == "TRUE" else f" where {part.where}"
    return f"{part.value} of {part.fact} by {part.anchor}{where}"


def _needs(kpi: Kpi) -> list[str]:
    return [NEEDS[n].text for n in kpi.definition.needs]


def _commands(page: Sheet, kpi: Kpi, by: str) -> dict[str, str]:
    """The same question as a command, as a call, and as files."""
    pairs = page.view.selection(grain=page.view.grain, variant=_variant(page) or "")
    words = " ".join(f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in pairs)
    address = f"/api/v1/kpis/{kpi.id}/answers?{_encoded(pairs)}"
    cut = f"/api/v1/kpis/{kpi.id}/answers?{_encoded([*page.view.selection(by=by, variant=_variant(page) or ''), ('format', '')])}"
    base = str(page.request.base_url).rstrip("/")
    return {
        "command": f"pacesetter kpi get {kpi.id} {words}",
        "call": f"curl -H 'Authorization: Bearer '\"$PACESETTER_TOKEN\" {shlex.quote(base + address)}",
        "file": f"{address}&format=",
        "cut_file": cut,
    }


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs)


@router.get("/kpis/{kpi_id}/chart.json")
def chart(kpi_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The chart of the course as a Vega-Lite specification."""
    return Response(json.dumps(_spec(kpi_id, request, parts, asking)), media_type="application/json")


@router.get("/kpis/{kpi_id}/chart.{form}")
def picture(kpi_id: str, form: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """The same chart as SVG or PNG, drawn without a browser."""
    if form not in ("svg", "png"):
        raise NotFound("there is no such picture")
    import vl_convert

    spec = _spec(kpi_id, request, parts, asking) | {"width": 900, "background": "white"}
    if form == "svg":
        return Response(vl_convert.vegalite_to_svg(spec), media_type="image/svg+xml")
    return Response(vl_convert.vegalite_to_png(spec, scale=2), media_type="image/png")


def _spec(kpi_id: str, request: Request, parts: Parts, asking: Any) -> dict[str, Any]:
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        answers = page.opened.ask([kpi.id], page.now(grain=page.view.grain, variant=_variant(page)))
        main = answers[0].statistic if answers else ""
        also = (
            [a for a in answers if a.statistic in ("median", "p90") and a.statistic != main]
            if kpi.unit is Unit.SECONDS
            else []
        )
        return charts.series([a for a in answers if a.statistic == main], page.desk.zone, page.locale, also)


@router.get("/kpis/{kpi_id}/rows")
def rows(
    kpi_id: str, request: Request, parts: Parts, asking: Asking,
    part: Annotated[str, Word(max_length=20)] = "numerator",
) -> Response:  # fmt: skip
    """The rows behind the number, page by page."""
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        page = replace(page, view=replace(page.view, words={**page.view.words, "part": part}))
        query = page.now(variant=_variant(page))
        sort = page.view.get("sort") or None
        found = read_page(
            page.desk.evaluator.con, page_of(page.desk.drill(kpi.id, query, part), sort, ROWS, page.view.offset)
        )  # fmt: skip
        has_denominator = (kpi.definition_of(_variant(page)) or kpi.definition).denominator is not None
        pairs = [*page.view.selection(variant=_variant(page) or ""), ("part", part)]
        return page.render(
            "rows.html", title=f"{kpi.title}: rows", kpi=kpi, part=part, found=found, size=ROWS, sort=sort or "",
            sides=["numerator", *(["denominator"] if has_denominator else []), "excluded"],
            label=page.labels("client", "team", "technician", "offering", "service", "project").of,
            file=f"/api/v1/kpis/{kpi.id}/rows?{_encoded(pairs)}&format=",
        )  # fmt: skip
