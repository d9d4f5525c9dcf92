"""Composite scorecards: KPIs weighed into one score from 0 to 100, with bounds declared and missing parts said.

Owns the declaration (TOML, shipped in ``cards`` or in the workspace's folder ``scorecards``) and the arithmetic: each
part is 0 at ``worst``, 100 at ``best``, straight between and cut beyond; the score is the weighted mean of the parts
that have a number. A part without a number is named and never counted as 0; where less than ``least_weight`` of the
weight is there, there is no score. Must not know engines.
"""

import tomllib
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.facts import DIMENSIONS
from pacesetter.catalogue.record import Kpi
from pacesetter.errors import BadDefinition
from pacesetter.settings import settings_complaint

FOLDER = "scorecards"


class CardPart(BaseModel):
    """One KPI of a card. ``worst`` and ``best`` are in the KPI's unit; best below worst where lower is better."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kpi: str
    weight: float = Field(gt=0, allow_inf_nan=False)
    worst: float = Field(allow_inf_nan=False)
    best: float = Field(allow_inf_nan=False)
    statistic: str | None = None

    def score(self, value: float) -> float:
        """From 0 to 100."""
        return 100 * min(1.0, max(0.0, (value - self.worst) / (self.best - self.worst)))


class Card(BaseModel):
    """One scorecard. ``source`` is the file of a workspace's own, None where it is shipped; no file may say it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: str = Field(pattern="^[a-z][a-z0-9_]*$")
    title: str = Field(min_length=1)
    question: str = Field(min_length=1)
    by: str
    least_weight: float = Field(default=0.5, ge=0, le=1)
    parts: tuple[CardPart, ...] = Field(min_length=1)
    source: str | None = None

    @property
    def kpis(self) -> list[str]:
        """The ids that it needs, each once."""
        return list(dict.fromkeys(p.kpi for p in self.parts))


@dataclass(frozen=True, kw_only=True)
class PartScore:
    """One part of one score; ``score`` is None with a ``reason`` where the KPI has no number."""

    kpi: str
    weight: float
    value: float | None
    n: int
    score: float | None
    reason: str | None
    small_n: bool


@dataclass(frozen=True, kw_only=True)
class Score:
    """The score of one group in one period; ``weight_there`` is the share (0–1) of the weight that has a number."""

    card: str
    group: Any
    from_s: int
    to_s: int
    score: float | None
    weight_there: float
    reason: str | None
    parts: tuple[PartScore, ...]


def read_cards(root: Path, kpis: Mapping[str, Kpi]) -> Mapping[str, Card]:
    """Shipped cards, and those of the workspace in ``root``, which replace shipped ones of the same id.

    Raises BadDefinition with the file and what is wrong in it.
    """
    found: dict[str, Card] = {}
    for shipped in sorted(files(__package__).joinpath("cards").iterdir(), key=lambda f: f.name):
        if shipped.name.endswith(".toml"):
            card = card_of(tomllib.loads(shipped.read_text("utf-8")), shipped.name, kpis)
            found[card.id] = card
    folder = root / FOLDER
    for path in sorted(folder.glob("*.toml")) if folder.is_dir() else ():
        try:
            content = tomllib.loads(path.read_text("utf-8"))
        except (OSError, tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadDefinition(f"not valid TOML ({error})", where=str(path)) from None
        card = card_of(content, str(path), kpis)
        found[card.id] = card.model_copy(update={"source": path.relative_to(root).as_posix()})
    return found


def card_of(content: Mapping[str, Any], where: str, kpis: Mapping[str, Kpi]) -> Card:
    """The card in the content of a file."""
    if "source" in content:
        raise BadDefinition("source: unknown key", where=where)
    try:
        card = Card.model_validate(content)
    except ValidationError as error:
        raise BadDefinition(settings_complaint(error).replace("unknown setting", "unknown key"), where=where) from None
    if card.by not in DIMENSIONS:
        raise BadDefinition(f"by: there is no dimension '{card.by}'", where=where)
    for part in card.parts:
        if part.kpi not in kpis:
            raise BadDefinition(f"there is no KPI '{part.kpi}'", where=where, do="see 'pacesetter kpi list'")
        if part.worst == part.best:
            raise BadDefinition(f"{part.kpi}: worst and best are the same", where=where)
    return card


def scores(card: Card, answers: Iterable[Answer]) -> Iterator[Score]:
    """The score of each group and period, from the answers of the card's KPIs cut by its dimension; ordered by period and group."""
    cells: dict[tuple[int, int, Any], dict[str, list[Answer]]] = defaultdict(lambda: defaultdict(list))
    for a in answers:
        group = a.dimensions[card.by]
        if group is not None:
            cells[a.from_s, a.to_s, group][a.kpi].append(a)
    for (from_s, to_s, group), by_kpi in sorted(cells.items(), key=lambda c: (c[0][0], str(c[0][2]))):
        parts = tuple(_part_score(p, by_kpi.get(p.kpi, [])) for p in card.parts)
        whole = sum(p.weight for p in parts)
        there = [p for p in parts if p.score is not None]
        weight = sum(p.weight for p in there)
        enough = bool(there) and weight / whole >= card.least_weight
        missing = ", ".join(p.kpi for p in parts if p.score is None)
        yield Score(
            card=card.id, group=group, from_s=from_s, to_s=to_s, parts=parts, weight_there=weight / whole,
            score=sum(p.weight * (p.score or 0) for p in there) / weight if enough else None,
            reason=None if enough else f"too little of it is known: no number for {missing}",
        )  # fmt: skip


def _part_score(part: CardPart, answers: list[Answer]) -> PartScore:
    found = next((a for a in answers if part.statistic in (None, a.statistic)), None)
    if found is None or found.value is None:
        reason = found.reason if found else "no rows of this group"
        return PartScore(kpi=part.kpi, weight=part.weight, value=None, n=0, score=None, reason=reason, small_n=False)
    return PartScore(
        kpi=part.kpi, weight=part.weight, value=found.value, n=found.n, score=part.score(found.value), reason=None,
        small_n=found.small_n,
    )  # fmt: skip
