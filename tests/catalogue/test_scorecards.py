"""Composite scores: bounds, weights, missing parts said and not counted as zero."""

from pathlib import Path
from typing import Any

import pytest

from pacesetter.catalogue import registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.scorecards import card_of, read_cards, scores
from pacesetter.errors import BadDefinition

KPIS = registry.catalogue()
CARD: dict[str, Any] = {
    "id": "health", "title": "Health", "question": "How?", "by": "client", "least_weight": 0.5,
    "parts": [{"kpi": "csat", "weight": 3, "worst": 50, "best": 90}, {"kpi": "reopen_rate", "weight": 1, "worst": 20, "best": 0}],
}  # fmt: skip


def answer(kpi: str, value: float | None, client: str = "acme") -> Answer:
    return Answer(
        kpi=kpi, statistic="share", value=value, unit="percent", numerator=None, denominator=None, n=9, excluded={},
        reason=None if value is not None else "nothing", from_s=0, to_s=9, grain="all", dimensions={"client": client},
        anchor="x", hours=None, variant=None, as_of_s=9, partial=False, small_n=False, ci=None,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("csat", "reopened", "score"), [(90, 0, 100), (50, 20, 0), (70, 10, 50), (95, 20, 75), (40, 0, 25), (80, 15, 62.5)]
)
def test_by_hand(csat: float, reopened: float, score: float) -> None:
    [found] = scores(card_of(CARD, "x", KPIS), [answer("csat", csat), answer("reopen_rate", reopened)])
    assert found.score == pytest.approx(score) and found.weight_there == 1


def test_what_is_missing_is_said_and_not_zero() -> None:
    card = card_of(CARD, "x", KPIS)
    [one] = scores(card, [answer("csat", 80), answer("reopen_rate", None)])
    assert one.score == 75 and one.weight_there == 0.75 and one.parts[1].reason == "nothing"
    [none] = scores(card, [answer("reopen_rate", 0)])
    assert none.score is None and none.reason == "too little of it is known: no number for csat"


@pytest.mark.parametrize(
    ("change", "said"),
    [({"by": "moon"}, "no dimension"), ({"parts": []}, "parts"), ({"surprise": 1}, "unknown key"), ({"id": "A b"}, "id"),
     ({"parts": [{"kpi": "luck", "weight": 1, "worst": 0, "best": 1}]}, "no KPI"),
     ({"parts": [{"kpi": "csat", "weight": 0, "worst": 0, "best": 1}]}, "weight"),
     ({"parts": [{"kpi": "csat", "weight": 1, "worst": 1, "best": 1}]}, "the same")],
)  # fmt: skip
def test_each_mistake_is_said(change: dict[str, Any], said: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        card_of({**CARD, **change}, "cards/x.toml", KPIS)
    assert said in refused.value.line()


def test_the_shipped_card_scores_clients(desk: Desk, tmp_path: Path) -> None:
    found = desk.scorecard("client_health", desk.query(grain="quarter"))
    known = [s for s in found if s.score is not None]
    assert known and all(0 <= (s.score or 0) <= 100 for s in known)
    part = known[0]
    whole = sum(p.weight * p.score for p in part.parts if p.score is not None)
    assert part.score == pytest.approx(whole / sum(p.weight for p in part.parts if p.score is not None))
    assert "client_health" in read_cards(tmp_path, KPIS)
