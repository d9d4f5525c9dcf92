"""Charts as Vega-Lite specifications, made with Altair: one for screen, SVG and PNG.

Owns which marks show what. Colours are names of a palette, put in by whoever draws. Values arrive in the unit of their axis, so that no
expression is needed to read them. Must not know HTTP.
"""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import altair as alt

from pacesetter.catalogue.answer import Answer
from pacesetter.reports import wording

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
    """By what values are divided for their axis, and what it is called: seconds become minutes, hours or days."""
    if unit == "s":
        return next((float(by), name) for least, by, name in _SCALES if top >= least)
    return 1.0, (currency or "") if unit == "currency" else _AXES.get(unit, unit)


def series(
    answers: Sequence[Answer],
    zone: ZoneInfo,
    locale: str,
    also: Sequence[Answer] = (),
    palette: dict[str, str] | None = None,
) -> dict[str, Any]:
    """The course of one statistic with its confidence interval and target, and further statistics as thinner lines."""
    colours = palette or LIGHT
    values = [v for a in (*answers, *also) for v in (a.value, *(a.ci or ())) if v is not None]
    currency = answers[0].extra.get("currency") if answers else None
    divisor, title = axis_of(answers[0].unit if answers else "", max(map(abs, values), default=0), currency)
    main = [_point(a, divisor, zone, locale) for a in answers]
    # zero is in sight for everything but shares, whose changes near 100 % would vanish
    y = alt.Y("value:Q").title(title or None).scale(zero=bool(answers) and answers[0].unit not in ("percent", "points"))
    x = alt.X("at:T").title(None).scale(type="utc").axis(grid=False, labelOverlap=True, format=_format(answers))
    base = alt.Chart(_data(main)).encode(x=x)
    layers: list[alt.Chart] = [
        base.mark_area(opacity=0.16, color=colours["accent"]).encode(y=alt.Y("low:Q").title(title or None), y2="high:Q")
    ] if any("low" in p for p in main) else []  # fmt: skip
    tips = [
        alt.Tooltip(f"{n}:N", title=t)
        for n, t in (("period", "Period"), ("shown", "Value"), ("ci", "95 %"), ("n", "n"))
    ]
    layers.append(base.mark_line(color=colours["accent"], strokeWidth=2.5).encode(y=y))
    if also:
        rest = alt.Chart(_data([_point(a, divisor, zone, locale) for a in also]))
        layers.append(
            rest.mark_line(color=colours["second"], strokeWidth=1.5).encode(
                x=x, y=y, strokeDash=alt.StrokeDash("statistic:N").legend(None), detail="statistic:N"
            )
        )  # fmt: skip
        ends = [_point(a, divisor, zone, locale) for a in _peaks(also)]
        layers.append(
            alt.Chart(_data(ends))
            .mark_text(align="center", dy=-8, color=colours["second"], fontSize=11)
            .encode(x=x, y=y, text="statistic:N")
        )  # fmt: skip
    target = next((a.target for a in reversed(answers) if a.target is not None), None)
    if target is not None:
        layers.append(
            alt.Chart(_data([{"value": target / divisor}]))
            .mark_rule(strokeDash=[5, 4], color=colours["target"]).encode(y=y)
        )  # fmt: skip
    fill = alt.condition("datum.partial", alt.value("transparent"), alt.value(colours["accent"]))
    layers.append(base.mark_point(size=46, stroke=colours["accent"], opacity=1).encode(y=y, fill=fill, tooltip=tips))
    return _finished(alt.layer(*layers), colours)


def _data(values: list[dict[str, Any]]) -> alt.Data:
    return alt.Data(values=values)  # type: ignore[no-untyped-call]


def _peaks(answers: Sequence[Answer]) -> list[Answer]:
    """The highest answer of each statistic, where its name has room."""
    known = sorted((a for a in answers if a.value is not None), key=lambda a: a.value or 0.0)
    return list({a.statistic: a for a in known}.values())


def _point(a: Answer, divisor: float, zone: ZoneInfo, locale: str) -> dict[str, Any]:
    wall = datetime.fromtimestamp(a.from_s, zone).replace(tzinfo=UTC)
    currency = a.extra.get("currency")
    point: dict[str, Any] = {
        "at": wall.strftime("%Y-%m-%dT%H:%M:%SZ"), "statistic": a.statistic, "period": wording.period_text(a, zone),
        "value": None if a.value is None else a.value / divisor, "n": wording.value_text(a.n, "count", locale),
        "shown": wording.value_text(a.value, a.unit, locale, currency), "partial": a.partial,
        "ci": wording.interval_text(a.ci, a.unit, locale) or "–",
    }  # fmt: skip
    if a.ci and a.value is not None:
        point |= {"low": a.ci[0] / divisor, "high": a.ci[1] / divisor}
    return point


def _format(answers: Sequence[Answer]) -> str:
    grain = answers[0].grain if answers else "month"
    return {"year": "%Y", "quarter": "%b %Y", "month": "%b %Y", "hour": "%d %b %H:%M"}.get(grain, "%d %b %Y")


def _finished(chart: alt.LayerChart | alt.FacetChart, colours: dict[str, str]) -> dict[str, Any]:
    font = "Inter, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
    axis: dict[str, Any] = {
        "labelColor": colours["muted"], "titleColor": colours["muted"], "gridColor": colours["line"],
        "domainColor": colours["line"], "tickColor": colours["line"], "labelFontSize": 11, "titleFontSize": 11,
        "titleFontWeight": "normal", "labelFont": font, "titleFont": font, "tickCount": 6,
    }  # fmt: skip
    spec: dict[str, Any] = (
        chart.properties(width="container", height=260, background="transparent")
        .configure_axis(**axis)
        .configure_view(stroke=None)
        .configure_text(font=font)
        .to_dict()
    )
    return spec
