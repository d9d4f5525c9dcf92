"""Yardsticks: targets with their validity, and published figures, put beside answers.

Owns the choice of the target that applies and the status against it, and which benchmark may stand beside an answer. Must not know how
answers are computed.
"""

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import duckdb

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.benchmarks import BENCHMARKS, Benchmark
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Better, Kpi


@dataclass(frozen=True, kw_only=True)
class Target:
    """One row of ``targets``."""

    kpi: str
    value: float
    warn: float | None
    client_id: str | None
    team_id: str | None
    valid_from: date | None
    valid_to: date | None

    def holds(self, day: date, client: Any, team: Any) -> bool:
        """Whether it is in force on that day for that client and team."""
        if (self.valid_from and day < self.valid_from) or (self.valid_to and day >= self.valid_to):
            return False
        return self.client_id in (None, client) and self.team_id in (None, team)

    @property
    def rank(self) -> tuple[bool, bool, date]:
        """The most specific wins: team before client before all; then the latest."""
        return (self.team_id is not None, self.client_id is not None, self.valid_from or date.min)


@dataclass(frozen=True)
class Yardsticks:
    """The targets and benchmarks of a generation."""

    targets: Mapping[str, tuple[Target, ...]]
    benchmarks: Mapping[str, tuple[Benchmark, ...]]

    @classmethod
    def read(cls, con: duckdb.DuckDBPyConnection) -> "Yardsticks":
        """From the canonical tables; published figures come with the product, a workspace's own stand before them."""
        targets: dict[str, list[Target]] = {}
        rows = con.execute("SELECT kpi, value, warn, client_id, team_id, valid_from, valid_to FROM targets").fetchall()
        names = ("kpi", "value", "warn", "client_id", "team_id", "valid_from", "valid_to")
        for row in rows:
            targets.setdefault(row[0], []).append(Target(**dict(zip(names, row, strict=True))))
        own = con.execute(
            "SELECT kpi, value, unit, statistic, definition, CAST(year AS INTEGER), grade, source, segment FROM benchmarks "
            "ORDER BY kpi, year DESC, source, segment"
        ).fetchall()
        columns = ("kpi", "value", "unit", "statistic", "definition", "year", "grade", "source", "segment")
        figures: dict[str, list[Benchmark]] = {}
        for figure in (*(Benchmark(**dict(zip(columns, row, strict=True))) for row in own), *BENCHMARKS):
            figures.setdefault(figure.kpi, []).append(figure)
        return cls({k: tuple(v) for k, v in targets.items()}, {k: tuple(v) for k, v in figures.items()})

    def measured(self, answers: Iterable[Answer], kpis: Mapping[str, Kpi], query: Query) -> list[Answer]:
        """The answers, freshly made, with target, status and benchmark filled in."""
        listed = list(answers)
        figures: dict[tuple[str | None, ...], dict[str, Any] | None] = {}
        for answer in listed:
            if answer.kpi in self.targets:
                self._put_target(answer, kpis[answer.kpi], query)
            if answer.kpi in self.benchmarks:
                key = (answer.kpi, answer.variant, answer.statistic, answer.unit, answer.hours)
                if key not in figures:
                    figures[key] = self._figure(answer, kpis[answer.kpi])
                answer.benchmark = figures[key]
        return listed

    def _put_target(self, answer: Answer, kpi: Kpi, query: Query) -> None:
        default = answer.variant in (None, kpi.default_variant)
        if not (default and answer.statistic == kpi.definition.statistics[0] and answer.unit == kpi.unit.value):
            return
        target = self._target(answer, query)
        if target:
            answer.target, answer.status = target.value, status(answer.value, target, kpi)

    def _target(self, answer: Answer, query: Query) -> Target | None:
        day = local_day(max(answer.from_s, min(answer.to_s, answer.as_of_s) - 1), ZoneInfo(str(query.zone)))
        client, team = (_one(name, answer, query) for name in ("client", "team"))
        fitting = [t for t in self.targets.get(answer.kpi, ()) if t.holds(day, client, team)]
        return max(fitting, key=lambda t: t.rank, default=None)

    def _figure(self, answer: Answer, kpi: Kpi) -> dict[str, Any] | None:
        figures = self.benchmarks.get(answer.kpi, ())
        known = [f for f in figures if f.unit == answer.unit and _statistic_fits(f, answer)]
        if not known or answer.variant not in (None, kpi.default_variant):
            return None
        figure = known[0]
        shown = {k: v for k, v in asdict(figure).items() if k not in ("kpi", "hours") and v is not None}
        shown["difference"] = "; ".join(_differences(figure, answer)) or None
        return shown


def status(value: float | None, target: Target, kpi: Kpi) -> str | None:
    """``met``, ``warning`` (between target and warning line), ``missed`` or ``no_data``; None where no way is better.

    A KPI with a target band is met between ``value`` and ``warn``; where only one end is given, from there upwards.
    """
    if value is None:
        return "no_data"
    if kpi.band:
        low, high = sorted((target.value, target.warn if target.warn is not None else math.inf))
        return "met" if low <= value <= high else "missed"
    if kpi.better is Better.NEITHER:
        return None
    sign = 1 if kpi.better is Better.HIGHER else -1
    if sign * value >= sign * target.value:
        return "met"
    return "warning" if target.warn is not None and sign * value >= sign * target.warn else "missed"


def _one(name: str, answer: Answer, query: Query) -> Any:
    if name in answer.dimensions:
        return answer.dimensions[name]
    values = query.where.get(name, ())
    return values[0] if len(values) == 1 else None


def _statistic_fits(figure: Benchmark, answer: Answer) -> bool:
    if answer.statistic in ("mean", "median", "p90"):
        return figure.statistic == answer.statistic
    return answer.statistic not in ("mean_score",)


def _differences(figure: Benchmark, answer: Answer) -> list[str]:
    found = [figure.difference] if figure.difference and (figure.hours is None or figure.hours != answer.hours) else []
    if figure.segment and not any(figure.segment in text for text in found):
        found.append(f"of {figure.segment}")
    return found
