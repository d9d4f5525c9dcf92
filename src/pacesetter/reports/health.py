"""Health of clients: the shipped card's score with its parts, and which part pulls it down most.

Owns the reading of a card through remembered answers. What a card says is declared in the catalogue. Must not know pages.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.scorecards import Card, PartScore, Score, scores
from pacesetter.reports.tiles import Ask

CARD = "client_health"


@dataclass(frozen=True)
class Health:
    """One client's score as against the period before; ``None`` where too little is known."""

    client: str
    now: Score
    before: Score | None

    @property
    def missing(self) -> tuple[PartScore, ...]:
        """The parts that have no number."""
        return tuple(p for p in self.now.parts if p.score is None)

    @property
    def drag(self) -> PartScore | None:
        """The part that costs most of the score, None where every part is full."""
        known = [p for p in self.now.parts if p.score is not None and p.score < 100]
        return max(known, key=lambda p: (100 - (p.score or 0)) * p.weight, default=None)

    @property
    def band(self) -> str:
        """``good`` from 75, ``fair`` from 50, ``poor`` below, ``unknown`` without a score."""
        score = self.now.score
        return "unknown" if score is None else "good" if score >= 75 else "fair" if score >= 50 else "poor"

    @property
    def step(self) -> float | None:
        """Points won or lost since the period before."""
        if self.now.score is None or self.before is None or self.before.score is None:
            return None
        return self.now.score - self.before.score


def card_of(desk: Desk) -> Card | None:
    """The card of health, None where the scope may not ask all of it."""
    return desk.cards().get(CARD)


def read_health(ask: Ask, card: Card, now: Query, before: Query) -> list[Health]:
    """Every client within reach, the one in the worst health first; those without a score last."""
    present = _scores(ask, card, now)
    past = {s.group: s for s in _scores(ask, card, before)}
    found = [Health(str(s.group), s, past.get(s.group)) for s in present]
    return sorted(found, key=lambda h: (h.now.score is None, h.now.score or 0.0, h.client))


def _scores(ask: Ask, card: Card, query: Query) -> Sequence[Score]:
    asked = replace(query, by=(card.by,), variant=None)
    return list(scores(card, ask(card.kpis, asked)))
