"""The charts of a KPI's page, each as a Vega-Lite specification for the browser and as a picture drawn without one.

Owns which chart shows what of a view, and the addresses behind points and bars. Must not know the page around them.
"""

import json
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Request
from fastapi import Query as Word
from fastapi.responses import Response

from pacesetter.api.kpis import known
from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.record import Kpi, Unit
from pacesetter.errors import BadRequest
from pacesetter.reports import charts, wording
from pacesetter.reports.charts import Drawing
from pacesetter.reports.distribution import Bar, Distribution, kind_of, read_distribution
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.kept import kept_of

router = APIRouter(include_in_schema=False)
CHARTS = ("course", "distribution", "cut")
MOST_BARS = 40
Chart = Annotated[str, Word(max_length=20)]


@router.get("/kpis/{kpi_id}/chart.json")
def specification(kpi_id: str, request: Request, parts: Parts, asking: Asking, chart: Chart = "course") -> Response:
    """A chart as a Vega-Lite specification; its points and bars open the rows behind them."""
    return Response(
        json.dumps(_drawn(kpi_id, request, parts, asking, chart, linked=True)), media_type="application/json"
    )


@router.get("/kpis/{kpi_id}/chart.{form}")
def picture(
    kpi_id: str, form: str, request: Request, parts: Parts, asking: Asking, chart: Chart = "course"
) -> Response:  # fmt: skip
    """The same chart as SVG or PNG, drawn without a browser."""
    if form not in ("svg", "png"):
        raise NotFound("there is no such picture")
    import vl_convert

    spec = _drawn(kpi_id, request, parts, asking, chart, linked=False) | {"width": 900, "background": "white"}
    if form == "svg":
        return Response(vl_convert.vegalite_to_svg(spec), media_type="image/svg+xml")
    return Response(vl_convert.vegalite_to_png(spec, scale=2), media_type="image/png")


def _drawn(
    kpi_id: str, request: Request, parts: Serving, asking: Caller, chart: str, *, linked: bool
) -> dict[str, Any]:
    if chart not in CHARTS:
        raise BadRequest(f"there is no chart '{chart[:20]}'", where="chart", do=f"choose of {', '.join(CHARTS)}")
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        drawing = Drawing(page.locale, page.reader.say, link=rows_of_period(page, kpi) if linked else None)
        if chart == "course":
            return _course(page, kpi, drawing)
        return _distribution(page, kpi, drawing) if chart == "distribution" else _cut(page, kpi, drawing)


def variant_of(page: Sheet) -> str | None:
    """The variant that a view shows, None for the KPI's own."""
    return page.view.get("variant") or None


def benchmark_of(answer: Answer) -> float | None:
    """The figure that stands beside an answer, in its unit; None where it is in another."""
    found = answer.benchmark or {}
    return float(found["value"]) if found and found.get("unit") in (None, answer.unit) else None


def _course(page: Sheet, kpi: Kpi, drawing: Drawing) -> dict[str, Any]:
    answers = page.opened.ask([kpi.id], page.now(grain=page.view.grain, variant=variant_of(page)))
    main = answers[0].statistic if answers else ""
    timed = kpi.unit is Unit.SECONDS
    also = [a for a in answers if timed and a.statistic in ("mean", "median", "p90") and a.statistic != main]
    own = [a for a in answers if a.statistic == main]
    return charts.series(own, page.desk.zone, drawing, also, benchmark_of(own[0]) if own else None)


def rows_of_period(page: Sheet, kpi: Kpi) -> Callable[[Answer], str]:
    """What gives the address of the rows behind one point of the course."""

    def address(answer: Answer) -> str:
        first, last = (datetime.fromtimestamp(s, page.desk.zone).date() for s in (answer.from_s, answer.to_s))
        first, last = max(first, page.view.span.first), min(last, page.view.span.last)
        words = {"period": "custom", "from_": str(first), "to": str(last - timedelta(days=1)), "compare": None}
        return page.view.url(f"/kpis/{kpi.id}/rows", **words, variant=variant_of(page))

    return address


def distribution_of(page: Sheet, kpi: Kpi) -> Distribution | None:
    """How the rows of the view spread over their values; None where there is nothing to tell apart."""
    definition = kpi.definition_of(variant_of(page)) or kpi.definition
    query, currency = page.now(variant=variant_of(page)), page.desk.settings.currency

    def read() -> Distribution | None:
        if kind_of(kpi, definition) is None:
            return None
        drill = page.desk.drill(kpi.id, query, "looked_at")
        return read_distribution(
            page.desk.evaluator.con,
            drill,
            kpi,
            definition,
            page.locale,
            page.reader.say,
            currency,
            days=(query.hours or kpi.hours) == "calendar",
        )

    key = ("distribution", page.opened.generation, page.desk.scope.fingerprint, kpi.id, repr(query), page.locale)
    return kept_of(page.request).get(key, read)


def rows_of_bar(page: Sheet, kpi: Kpi, bar: Bar) -> str:
    """The address of the rows behind one bar of the distribution."""
    bounds = {
        name: None if bound is None else f"{bound:g}" for name, bound in (("least", bar.least), ("below", bar.below))
    }
    return page.view.url(f"/kpis/{kpi.id}/rows", part="looked_at", variant=variant_of(page), **bounds)


def _distribution(page: Sheet, kpi: Kpi, drawing: Drawing) -> dict[str, Any]:
    found = distribution_of(page, kpi)
    rows = [
        (b.label, float(b.count), wording.value_text(b.count, "count", page.locale), rows_of_bar(page, kpi, b))
        for b in (found.bars if found else ())
    ]
    return charts.bars(rows, page.reader.say("rows"), drawing)


def _cut(page: Sheet, kpi: Kpi, drawing: Drawing) -> dict[str, Any]:
    """The KPI by the dimension of the view, the largest first; at most forty bars."""
    by = page.view.get("by")
    if not by:
        raise BadRequest("a cut needs a dimension", where="by", do="name one such as by=client")
    answers = page.opened.ask([kpi.id], page.now(by=[by], variant=variant_of(page)))
    own = [a for a in answers if a.statistic == answers[0].statistic and a.value is not None]
    own = sorted(own, key=lambda a: -(a.value or 0.0))[:MOST_BARS]
    label = page.labels(by).of
    currency = own[0].extra.get("currency") if own else None
    divisor, title = charts.axis_of(
        wording.told_unit(own[0]) if own else "", max((abs(a.value or 0.0) for a in own), default=0.0), currency
    )
    rows = [
        (
            label(by, a.dimensions[by]), (a.value or 0.0) / divisor,
            wording.value_text(a.value, wording.told_unit(a), page.locale, currency),
            page.view.narrowed(by, a.dimensions[by]).url(f"/kpis/{kpi.id}/rows", variant=variant_of(page)),
        )
        for a in own
    ]  # fmt: skip
    return charts.bars(rows, page.reader.say(title), drawing, upright=False)
