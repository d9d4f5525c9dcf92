"""Charts as Vega-Lite specifications, made with Altair: one for screen, SVG and PNG.

Owns which marks show what. Colours are names of a palette, put in by whoever draws. Values arrive in the unit of their axis, so that no
expression is needed to read them. Must not know HTTP.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import altair as alt
from babel import Locale
from babel.dates import get_day_names, get_month_names

from pacesetter.catalogue.answer import Answer
from pacesetter.reports import wording
from pacesetter.reports.wording import Say, as_written

LIGHT = {
    "ink": "#1d2423",
    "muted": "#5b6765",
    "line": "#dde3e0",
    "accent": "#0f6b5c",
    "second": "#9a6b1f",
    "target": "#b3401f",
}
_SCALES = ((5 * 86_400, 86_400, "days"), (3 * 3600, 3600, "hours"), (120, 60, "minutes"), (0, 1, "seconds"))
_AXES = {"percent": "%", "points": "points", "count": "", "ratio": "", "days": "days", "hours": "hours"}


def axis_of(unit: str, top: float, currency: str | None = None) -> tuple[float, str]:
    """By what values are divided for their axis, and what it is called: seconds become minutes or hours, round the clock also days."""
    if unit in ("s", wording.CLOCK_S):
        scales = _SCALES if unit == wording.CLOCK_S else _SCALES[1:]
        return next((float(by), name) for least, by, name in scales if top >= least)
    return 1.0, (currency or "") if unit == "currency" else _AXES.get(unit, unit)


@dataclass(frozen=True)
class Drawing:
    """How a chart is told and coloured: the reader's locale and words, the palette, and the address behind an answer (None: no links)."""

    locale: str = "en"
    say: Say = as_written
    palette: Mapping[str, str] = field(default_factory=lambda: LIGHT)
    link: Callable[[Answer], str] | None = None


def series(
    answers: Sequence[Answer], zone: ZoneInfo, drawing: Drawing, also: Sequence[Answer] = (), benchmark: float | None = None
) -> dict[str, Any]:  # fmt: skip
    """The course of one statistic with its confidence interval, target and benchmark, and further statistics as thinner lines.

    A benchmark (in the answers' unit) that lies a quarter and more beyond all values is left out: it would flatten them.
    """
    colours, say = drawing.palette, drawing.say
    values = [v for a in (*answers, *also) for v in (a.value, *(a.ci or ())) if v is not None]
    top = max(map(abs, values), default=0)
    currency = answers[0].extra.get("currency") if answers else None
    divisor, title = axis_of(wording.told_unit(answers[0]) if answers else "", top, currency)
    main = [_point(a, divisor, zone, drawing) for a in answers]
    # zero is in sight for everything but shares, whose changes near 100 % would vanish
    y = (
        alt.Y("value:Q")
        .title(say(title) or None)
        .scale(zero=bool(answers) and answers[0].unit not in ("percent", "points"))
    )
    shape = _format(answers, drawing.locale)
    x = (
        alt.X("at:T")
        .title(None)
        .scale(type="utc")
        .axis(grid=False, labelOverlap="greedy", labelSeparation=8, format=shape)
    )
    base = alt.Chart(_data(main)).encode(x=x)
    layers: list[alt.Chart] = [
        base.mark_area(opacity=0.16, color=colours["accent"]).encode(y=alt.Y("low:Q").title(say(title) or None), y2="high:Q")
    ] if any("low" in p for p in main) else []  # fmt: skip
    layers.append(base.mark_line(color=colours["accent"], strokeWidth=2.5).encode(y=y))
    layers += _further(also, divisor, zone, drawing, x, y)
    target = next((a.target for a in reversed(answers) if a.target is not None), None)
    ends: tuple[tuple[float | None, list[int], str, str, Literal["left", "right"]], ...] = (
        (target, [5, 4], colours["target"], say("target"), "left"),
        (benchmark if is_in_sight(benchmark, values) else None, [1, 3], colours["muted"], say("benchmark"), "right"),
    )
    for value, dash, colour, name, align in ends:
        layers += _rule(value, divisor, dash, colour, (name, align), y)
    fill = alt.condition("datum.partial", alt.value("transparent"), alt.value(colours["accent"]))
    points = base.mark_point(size=60, stroke=colours["accent"], opacity=1).encode(y=y, fill=fill, tooltip=_tips(say))
    layers.append(points.encode(href="url:N") if drawing.link else points)
    return _finished(alt.layer(*layers), drawing)


def is_in_sight(benchmark: float | None, values: Sequence[float]) -> bool:
    """Whether a benchmark can be drawn beside these values without flattening them."""
    top = max(map(abs, values), default=0.0)
    return benchmark is not None and bool(values) and abs(benchmark) <= 1.25 * top


def _tips(say: Say) -> list[alt.Tooltip]:
    names = (("period", say("Period")), ("shown", say("Value")), ("ci", "95 %"), ("n", "n"))
    return [alt.Tooltip(f"{name}:N", title=title) for name, title in names]


def _further(
    also: Sequence[Answer], divisor: float, zone: ZoneInfo, drawing: Drawing, x: alt.X, y: alt.Y
) -> list[alt.Chart]:
    """Further statistics as thin lines, each with its name where it is highest."""
    if not also:
        return []
    colour = drawing.palette["second"]
    rest = alt.Chart(_data([_point(a, divisor, zone, drawing) for a in also]))
    lines = rest.mark_line(color=colour, strokeWidth=1.5).encode(
        x=x, y=y, strokeDash=alt.StrokeDash("statistic:N").legend(None), detail="statistic:N"
    )
    ends = alt.Chart(_data([_point(a, divisor, zone, drawing) for a in _peaks(also)]))
    names = ends.mark_text(align="center", dy=-8, color=colour, fontSize=11).encode(x=x, y=y, text="statistic:N")
    return [lines, names]


def _rule(
    value: float | None,
    divisor: float,
    dash: list[int],
    colour: str,
    named: tuple[str, Literal["left", "right"]],
    y: alt.Y,
) -> list[alt.Chart]:
    """A level across the chart, with its name at the left or right end."""
    if value is None:
        return []
    name, align = named
    chart = alt.Chart(_data([{"value": value / divisor, "name": name}]))
    dx, x = (4, alt.value(0)) if align == "left" else (-4, alt.value("width"))
    text = chart.mark_text(align=align, baseline="bottom", dx=dx, dy=-3, color=colour, fontSize=11)
    return [
        chart.mark_rule(strokeDash=dash, color=colour, strokeWidth=1.5).encode(y=y),
        text.encode(y=y, x=x, text="name:N"),
    ]


def bars(
    rows: Sequence[tuple[str, float, str, str | None]], title: str, drawing: Drawing, *, upright: bool = True
) -> dict[str, Any]:
    """Bars in the given order: label, value, value in words, address behind it. Lying down where labels are long names."""
    data = [
        {"label": label, "value": value, "shown": shown} | ({"url": url} if url and drawing.link is not None else {})
        for label, value, shown, url in rows
    ]
    axis = alt.Axis(
        grid=False, labelAngle=-35 if upright and len(data) > 6 else 0, labelLimit=170, tickSize=0, labelPadding=6
    )
    chart = alt.Chart(_data(data)).mark_bar(color=drawing.palette["accent"], cornerRadius=2)
    if upright:
        chart = chart.encode(
            x=alt.X(
                "label:N", axis=axis, sort=None, title=None, scale=alt.Scale(paddingInner=0.1 if len(data) > 4 else 0.6)
            ),
            y=alt.Y("value:Q", title=title),
        )
    else:
        chart = chart.encode(y=alt.Y("label:N", axis=axis, sort=None, title=None), x=alt.X("value:Q", title=title))
    tips = [alt.Tooltip("label:N", title=title), alt.Tooltip("shown:N", title=drawing.say("Value"))]
    chart = chart.encode(tooltip=tips)
    if any("url" in d for d in data):
        chart = chart.encode(href="url:N")
    return _finished(alt.layer(chart), drawing, height=230 if upright else max(120, 24 * len(data)))


def _data(values: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]  # Altair types none of its constructors


def _peaks(answers: Sequence[Answer]) -> list[Answer]:
    """The highest answer of each statistic, where its name has room."""
    known = sorted((a for a in answers if a.value is not None), key=lambda a: a.value or 0.0)
    return list({a.statistic: a for a in known}.values())


def _point(a: Answer, divisor: float, zone: ZoneInfo, drawing: Drawing) -> dict[str, Any]:
    wall = datetime.fromtimestamp(a.from_s, zone).replace(tzinfo=UTC)
    currency, locale, say = a.extra.get("currency"), drawing.locale, drawing.say
    name = wording.period_name(a, zone, locale)
    point: dict[str, Any] = {
        "at": wall.strftime("%Y-%m-%dT%H:%M:%SZ"), "statistic": say(a.statistic.replace("_", " ")), "partial": a.partial,
        "period": f"{name} ({say('not over')})" if a.partial else name,
        "value": None if a.value is None else a.value / divisor, "n": wording.value_text(a.n, "count", locale),
        "shown": wording.value_text(a.value, wording.told_unit(a), locale, currency),
        "ci": wording.interval_text(a.ci, wording.told_unit(a), locale, currency) or "–",
    }  # fmt: skip
    if a.ci and a.value is not None:
        point |= {"low": a.ci[0] / divisor, "high": a.ci[1] / divisor}
    if drawing.link is not None and a.value is not None:
        point["url"] = drawing.link(a)
    return point


def _format(answers: Sequence[Answer], locale: str) -> str:
    grain = answers[0].grain if answers else "month"
    day = "%d %b %Y" if locale[:2] == "en" else "%x"
    return {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y", "hour": "%d %b %H:%M"}.get(grain, day)


def _finished(chart: alt.LayerChart | alt.FacetChart, drawing: Drawing, height: int = 260) -> dict[str, Any]:
    colours = drawing.palette
    font = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
    axis: dict[str, Any] = {
        "labelColor": colours["muted"], "titleColor": colours["muted"], "gridColor": colours["line"],
        "domainColor": colours["line"], "tickColor": colours["line"], "labelFontSize": 11, "titleFontSize": 11,
        "titleFontWeight": "normal", "labelFont": font, "titleFont": font, "tickCount": 6,
    }  # fmt: skip
    spec: dict[str, Any] = (
        chart.properties(width="container", height=height, background="transparent")
        .configure_axis(**axis)
        .configure_view(stroke=None)
        .configure_text(font=font)
        .to_dict()
    )
    spec["config"]["locale"] = locale_of_numbers(drawing.locale)
    return spec


@lru_cache(maxsize=16)
def locale_of_numbers(locale: str) -> dict[str, Any]:
    """How Vega writes numbers and dates for a reader."""
    known = Locale.parse(locale)
    symbols = known.number_symbols.get("latn", known.number_symbols)
    days = [get_day_names(width, locale=known) for width in ("wide", "abbreviated")]
    months = [get_month_names(width, locale=known) for width in ("wide", "abbreviated")]
    date = "%d.%m.%Y" if locale[:2] == "de" else "%d/%m/%Y"
    return {
        "number": {"decimal": symbols["decimal"], "thousands": symbols["group"], "grouping": [3], "currency": ["", ""]},
        "time": {
            "dateTime": f"{date} %H:%M", "date": date, "time": "%H:%M", "periods": ["AM", "PM"],
            "days": [days[0][(i + 6) % 7] for i in range(7)], "shortDays": [days[1][(i + 6) % 7] for i in range(7)],
            "months": [months[0][i] for i in range(1, 13)], "shortMonths": [months[1][i] for i in range(1, 13)],
        },
    }  # fmt: skip
