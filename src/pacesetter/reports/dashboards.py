"""Dashboards of one's own: what stands on one, as a record, as JSON in the state and as a TOML file, with plain messages for what is wrong.

Owns the format, which docs/how-to/build-a-dashboard.md describes. Must not know people, pages or answers.
"""

import tomllib
from collections.abc import Collection, Mapping
from difflib import get_close_matches
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from pacesetter.catalogue.facts import DIMENSIONS, TIME_DIMENSIONS
from pacesetter.errors import BadDefinition

MOST_PANELS = 24
CHARTS = ("tile", "series", "bars", "table")
GRAINS = ("day", "week", "month", "quarter", "year")
WIDTHS = {1: "a quarter", 2: "half", 3: "three quarters", 4: "whole"}
Chart = Literal["tile", "series", "bars", "table"]
Grain = Literal["day", "week", "month", "quarter", "year"]
_CUTS = ("bars", "table")
_PERIODS = (
    "last-month", "this-month", "last-week", "this-week", "last-30-days", "last-quarter", "this-quarter", "last-12-months",
    "this-year", "last-year",
)  # fmt: skip


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, str_strip_whitespace=True)


class Panel(_Strict):
    """One KPI on a dashboard. ``width`` counts quarters of the row; ``by`` cuts bars and tables; ``where`` are filters as
    ``dimension=value``."""

    kpi: str = Field(min_length=1, max_length=80)
    chart: Chart = "tile"
    title: str = Field(default="", max_length=120)
    width: int = Field(default=1, ge=1, le=4)
    by: str = ""
    grain: Grain | None = None
    variant: str = Field(default="", max_length=60)
    where: tuple[str, ...] = Field(default=(), max_length=6)
    limit: int = Field(default=10, ge=1, le=50)

    @field_validator("where")
    @classmethod
    def _conditions(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for text in value:
            name, sign, _ = text.partition("=")
            if not sign or not name or len(text) > 200:
                raise ValueError(f"'{text[:60]}' is no condition; write it as priority=P1")
        return value

    @model_validator(mode="after")
    def _fits(self) -> "Panel":
        if self.chart in _CUTS and not self.by:
            raise ValueError(f"a panel of {self.chart} needs 'by', the dimension that it is cut by")
        if self.by and self.by not in dimensions() and not self.by.startswith("x_"):
            raise ValueError(f"there is no dimension '{self.by}'{_near(self.by, dimensions())}")
        return self

    @property
    def conditions(self) -> tuple[tuple[str, str], ...]:
        """The filters as pairs."""
        return tuple((n, v) for n, _, v in (text.partition("=") for text in self.where))

    @property
    def words(self) -> list[tuple[str, str]]:
        """The words of the address at which it is drawn."""
        pairs = [(n, str(getattr(self, n) or "")) for n in ("kpi", "chart", "title", "by", "grain", "variant")]
        return [*((n, v) for n, v in pairs if v), ("limit", str(self.limit)), *(("where", w) for w in self.where)]


class Dashboard(_Strict):
    """A whole dashboard: its title, the period that it opens with, its panels in order."""

    title: str = Field(min_length=1, max_length=120)
    period: str = "last-month"
    compare: Literal["before", "year"] = "before"
    panel: tuple[Panel, ...] = Field(default=(), max_length=MOST_PANELS)

    @field_validator("period")
    @classmethod
    def _known_period(cls, value: str) -> str:
        if value not in _PERIODS:
            raise ValueError(f"there is no period '{value}'{_near(value, _PERIODS)}; choose of {', '.join(_PERIODS)}")
        return value

    @property
    def stored(self) -> dict[str, Any]:
        """As JSON for the state."""
        return self.model_dump(mode="json", exclude_defaults=True)


def dimensions() -> list[str]:
    """Every dimension that a panel may be cut by."""
    return [*DIMENSIONS, *TIME_DIMENSIONS]


def periods() -> tuple[str, ...]:
    """The periods that a dashboard may open with, as words of the picker."""
    return _PERIODS


def read_stored(content: Mapping[str, Any]) -> Dashboard:
    """The dashboard in a stored content. Raises BadDefinition where it cannot be read."""
    try:
        return Dashboard.model_validate(dict(content))
    except ValidationError as error:
        raise BadDefinition(_complaint(error)[1], where="dashboard") from None


def read_file(text: str, known: Collection[str], where: str = "dashboard.toml") -> Dashboard:
    """The dashboard in a TOML text. ``known`` are the ids of KPIs that there are.

    Raises BadDefinition with the place: the line for what is no TOML, else the panel (from 1) and its key.
    """
    try:
        parsed = tomllib.loads(text.removeprefix("\ufeff"))
    except tomllib.TOMLDecodeError as error:
        raise BadDefinition(f"not valid TOML: {error}", where=where) from None
    try:
        found = Dashboard.model_validate(parsed)
    except ValidationError as error:
        place, what = _complaint(error)
        raise BadDefinition(what, where=f"{where}, {place}" if place else where) from None
    for number, panel in enumerate(found.panel, 1):
        if panel.kpi not in known:
            raise BadDefinition(
                f"there is no KPI '{panel.kpi}'{_near(panel.kpi, known)}", where=f"{where}, panel {number}: kpi"
            )
    return found


def complaints(content: Mapping[str, Any]) -> tuple[Dashboard | None, dict[str, str]]:
    """The dashboard in a form's content; or the messages, by ``title`` or ``panel.N`` (N from 0)."""
    try:
        return Dashboard.model_validate(dict(content)), {}
    except ValidationError as error:
        found: dict[str, str] = {}
        for one in error.errors(include_url=False):
            loc = one["loc"]
            key = f"panel.{loc[1]}" if len(loc) > 1 and loc[0] == "panel" else str(loc[0]) if loc else ""
            found.setdefault(key, _plain(one))
        return None, found


def file_text(dashboard: Dashboard) -> str:
    """The dashboard as a TOML file that ``read_file`` reads to the same."""
    lines = [
        f"title = {_text(dashboard.title)}",
        f"period = {_text(dashboard.period)}",
        f"compare = {_text(dashboard.compare)}",
    ]
    for panel in dashboard.panel:
        lines += ["", "[[panel]]", f"kpi = {_text(panel.kpi)}", f"chart = {_text(panel.chart)}"]
        lines += [f"{n} = {_text(v)}" for n in ("title", "by", "grain", "variant") if (v := getattr(panel, n))]
        lines.append(f"width = {panel.width}")
        if panel.where:
            lines.append(f"where = [{', '.join(_text(w) for w in panel.where)}]")
        if panel.chart in _CUTS:
            lines.append(f"limit = {panel.limit}")
    return "\n".join(lines) + "\n"


def _text(value: str) -> str:
    """A TOML basic string."""
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\u{ord(c):04x}" for c in escaped) + '"'


def _complaint(error: ValidationError) -> tuple[str, str]:
    """The place of the first complaint, counted from 1, and what is wrong."""
    first = error.errors(include_url=False)[0]
    loc = first["loc"]
    if len(loc) > 1 and loc[0] == "panel" and isinstance(loc[1], int):
        rest = ".".join(str(p) for p in loc[2:])
        return f"panel {loc[1] + 1}{f': {rest}' if rest else ''}", _plain(first)
    return ".".join(str(p) for p in loc), _plain(first)


def _plain(one: Any) -> str:
    match one["type"]:
        case "extra_forbidden":
            keys = [*Dashboard.model_fields, *Panel.model_fields]
            return f"unknown key '{one['loc'][-1]}'{_near(str(one['loc'][-1]), keys)}"
        case "missing":
            return f"'{one['loc'][-1]}' is missing"
        case "literal_error":
            return f"'{one['input']}' is not known; choose of {one['ctx']['expected']}".replace("'", "")
        case "too_long":
            return f"at most {one['ctx']['max_length']} of them"
        case "string_too_short":
            return "it is empty"
    return str(one["msg"]).removeprefix("Value error, ").lower().replace("input should be", "it has to be")


def _near(word: str, known: Collection[str]) -> str:
    close = get_close_matches(word, list(known), 1, 0.6)
    return f"; did you mean '{close[0]}'?" if close else ""
