"""The readable page of a statement: one HTML file with everything in it, to read on a screen or on paper.

Owns what stands where. Each figure on it carries the number of its figure (``data-figure``), so that a verifier can hold what is shown
against what was computed. Must not know how figures are computed.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_datetime
from jinja2 import Environment, StrictUndefined

from pacesetter.responsibility.statements import wording
from pacesetter.responsibility.statements.figures import FLOW, PROMISES, QUALITY, SPEED
from pacesetter.responsibility.statements.seal import grouped
from pacesetter.responsibility.statements.words import words_of

Figure = dict[str, Any]
SECTIONS = (
    ("Service levels", PROMISES), ("Speed", SPEED), ("Volume", FLOW), ("Quality and satisfaction", QUALITY),
)  # fmt: skip
_CAUSES = {
    "definitions": "revised definitions", "settings": "other settings", "calendars": "other calendars",
    "policies": "other policies or targets", "as_of": "what was known later", "rows": "late or changed rows",
}  # fmt: skip
_HOURS = {"business": "business hours", "calendar": "calendar hours", "sla": "SLA hours"}
_STATISTICS = {"mean": "mean", "median": "median", "p90": "90th percentile", "mean_score": "mean answer, of five"}


@cache
def _environment() -> Environment:
    return Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def page(
    told: Mapping[str, Any], answers: list[Figure], meanings: list[dict[str, Any]], complete: Mapping[str, Any],
    changed: Mapping[str, Any], fingerprint: str,
) -> str:  # fmt: skip
    """The page as HTML, in the locale that the statement names."""
    view = _View(told, answers, {m["kpi"]: m for m in meanings})
    template = _environment().from_string(files(__package__).joinpath("page.html").read_text("utf-8"))
    return template.render(
        told=told, meanings=meanings, complete=complete, changed=changed, key=grouped(fingerprint), view=view, _=view.say,
        sections=[(title, view.section(kpis)) for title, kpis in SECTIONS],
    )  # fmt: skip


class _View:
    """The statement as the template asks for it."""

    def __init__(self, told: Mapping[str, Any], answers: list[Figure], meanings: Mapping[str, dict[str, Any]]) -> None:
        self.told, self.meanings = told, meanings
        self.numbered = list(enumerate(answers))
        self.marks = told["number_marks"]
        self.locale = _locale(told["locale"])
        self.language = self.locale.language
        self.zone = ZoneInfo(told["period"]["time_zone"])
        self.whole = (told["period"]["from"], told["period"]["to"])
        self._words = words_of(self.language)

    def say(self, text: str, **values: Any) -> str:
        """A text in the reader's language."""
        said = self._words.get(text, text)
        return said % values if values else said

    def cause(self, cause: str) -> str:
        """The name of a cause of change."""
        return _CAUSES.get(cause, cause)

    def hours(self, hours: str) -> str:
        """The name of a kind of hours."""
        return _HOURS.get(hours, hours)

    def title(self, kpi: str) -> str:
        """The name of a KPI."""
        return self.say(self.meanings[kpi]["title"])

    def section(self, kpis: tuple[str, ...]) -> list[dict[str, Any]]:
        """Rows of the table of some KPIs over the whole period: each with its figures by statistic."""
        found = []
        for kpi in kpis:
            own = [
                (n, a) for n, a in self.numbered
                if a["kpi"] == kpi and not a["dimensions"] and a["grain"] == "all"
            ]  # fmt: skip
            by_hours: dict[str | None, list[tuple[int, Figure]]] = {}
            for n, a in own:
                by_hours.setdefault(a["hours"], []).append((n, a))
            found += [
                {"kpi": kpi, "hours": hours, "first": together[0], "more": together[1:]}
                for hours, together in by_hours.items()
            ]
        return found

    def cut_by(self, dimension: str, kpi: str, hours: str | None = None) -> list[tuple[int, Figure]]:
        """The figures of a KPI by one dimension, first statistic only."""
        return [
            (n, a) for n, a in self.numbered
            if a["kpi"] == kpi and list(a["dimensions"]) == [dimension] and (hours is None or a["hours"] == hours)
            and a["statistic"] in ("mean", "share", "count")
        ]  # fmt: skip

    def values_of(self, dimension: str, kpis: tuple[str, ...]) -> list[Any]:
        """The values of a dimension among some KPIs, in order."""
        found = {a["dimensions"][dimension] for k in kpis for _, a in self.cut_by(dimension, k)}
        return sorted(found, key=lambda v: (v is None, str(v)))

    def cell(self, dimension: str, value: Any, kpi: str) -> tuple[int, Figure] | None:
        """One figure of a cut."""
        return next(((n, a) for n, a in self.cut_by(dimension, kpi) if a["dimensions"][dimension] == value), None)

    def months(self, kpis: tuple[str, ...]) -> list[tuple[str, list[tuple[int, Figure] | None]]]:
        """The months of the period, each with the first statistic of some KPIs."""
        monthly = [
            (n, a) for n, a in self.numbered if a["grain"] == "month" and a["statistic"] in ("mean", "share", "count")
        ]
        starts = sorted({a["from"] for _, a in monthly})
        return [
            (format_date(datetime.fromisoformat(start), "MMM y", self.locale),
             [next(((n, a) for n, a in monthly if a["from"] == start and a["kpi"] == k), None) for k in kpis])
            for start in starts
        ]  # fmt: skip

    def shown(self, figure: Figure) -> str:
        """The value of a figure."""
        return wording.shown(figure["value"], figure["unit"], self.marks)

    def amount(self, value: float | None, unit: str) -> str:
        """A bare value."""
        return wording.shown(value, unit, self.marks)

    def statistic(self, figure: Figure) -> str:
        """The name of a figure's statistic, empty where it is the value itself."""
        return self.say(_STATISTICS.get(figure["statistic"], ""))

    def day(self, text: str) -> str:
        """A day in the reader's locale."""
        return format_date(datetime.fromisoformat(text).astimezone(self.zone), "long", self.locale)

    def moment(self, text: str) -> str:
        """An instant in the reader's locale."""
        return format_datetime(datetime.fromisoformat(text), "medium", self.zone, self.locale)

    def last_day(self) -> str:
        """The last day of the period."""
        end = datetime.fromtimestamp(self.told["period"]["to_s"] - 1, self.zone)
        return format_date(end, "long", self.locale)


def _locale(text: str) -> Locale:
    try:
        return Locale.parse(text.replace("-", "_"))
    except (UnknownLocaleError, ValueError):
        return Locale("en")
