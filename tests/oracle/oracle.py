"""The oracle's answers: any KPI below, by period and group, in calendar hours and at its default anchor."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import date
from math import floor
from pathlib import Path

from oracle import flow, quality, speed
from oracle.periods import Span, cut
from oracle.reading import Bundle, read_bundle
from oracle.telling import Telling
from oracle.world import Key, Question, Row, Rules, World

DURATION, SHARE, PER, COUNT, RATIO, NET, POINTS, DISTINCT = (
    "duration", "share", "per", "count", "ratio", "net", "points", "distinct",
)  # fmt: skip
Rows = Callable[[World, Question], Iterator[Row]]

KPIS: dict[str, tuple[str, Rows]] = {
    "first_response_time": (DURATION, speed.first_response),
    "resolution_time": (DURATION, speed.resolution),
    "mttr": (DURATION, speed.closure),
    "time_to_escalate": (DURATION, speed.to_escalation),
    "escalation_response_time": (DURATION, speed.escalation_response),
    "update_interval": (DURATION, speed.silence),
    "time_in_hands": (DURATION, speed.hands),
    "reopen_rate": (SHARE, quality.reopen),
    "first_contact_resolution": (SHARE, quality.first_contact),
    "first_level_resolution": (SHARE, quality.first_level),
    "repeat_incident_rate": (SHARE, quality.repeat),
    "root_cause_rate": (SHARE, quality.root_cause),
    "permanent_fix_rate": (SHARE, quality.permanent_fix),
    "documentation_rate": (SHARE, quality.documentation),
    "remote_resolution_rate": (SHARE, quality.remote),
    "ping_pong_rate": (SHARE, quality.ping_pong),
    "kb_usage_rate": (SHARE, quality.knowledge),
    "proactive_rate": (SHARE, quality.proactive),
    "sla_response_compliance": (SHARE, quality.response_verdict),
    "sla_resolution_compliance": (SHARE, quality.resolution_verdict),
    "sla_compliance": (SHARE, quality.every_verdict),
    "handoffs_per_ticket": (PER, quality.handoffs),
    "tickets_created": (COUNT, flow.created),
    "tickets_resolved": (COUNT, flow.resolved),
    "tickets_closed": (COUNT, flow.closed),
    "new_to_closed_ratio": (RATIO, flow.created_and_closed),
    "net_ticket_change": (NET, flow.created_and_closed),
    "resolution_rate": (SHARE, flow.resolved_and_created),
    "escalation_rate": (DISTINCT, flow.escalated_or_resolved),
    "escalation_bounce_rate": (SHARE, flow.bounces),
    "csat": (SHARE, flow.satisfied),
    "csat_response_rate": (SHARE, flow.answered),
    "nps": (POINTS, flow.promoters),
}
STANDING = {"backlog": COUNT, "backlog_age": DURATION}
ALL_KPIS = (*KPIS, *STANDING)


@dataclass
class Answer:
    """One answer; ``statistic`` is mean, median or p90 for durations, ``mean_score`` for csat's, else ``main``."""

    kpi: str
    statistic: str
    span: Span
    group: Key
    value: float | None
    numerator: float | None
    denominator: float | None
    n: int
    excluded: dict[str, int] = field(default_factory=dict)
    ids: tuple[str, ...] = ()


def quantile(ordered: list[float], share: float) -> float:
    """Linear interpolation between order statistics (type 7)."""
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (ordered[high] - ordered[low]) * (place - low)


def reduced(kind: str, rows: list[Row]) -> list[tuple[str, float | None, float | None, float | None, int]]:
    """(statistic, value, numerator, denominator, n) of the rows of one period and group that count."""
    over = [r for r in rows if r.part in ("both", "numerator")]
    under = [r for r in rows if r.part in ("both", "denominator")]
    top, n = sum(r.value for r in over), len(under)
    if kind == DURATION:
        values = sorted(r.value for r in under)
        mean = ("mean", top / n if n else None, top, n, n)
        ranks = (("median", 0.5), ("p90", 0.9))
        return [mean, *((name, quantile(values, q) if n else None, None, None, n) for name, q in ranks)]
    if kind == COUNT:
        return [("main", n, n, None, n)]
    if kind == NET:
        return [("main", top - n, top, n, n)]
    if kind == DISTINCT:
        n, top = len({r.id for r in under}), len({r.id for r in under if r.value})
    factor = 1 if kind in (PER, RATIO) else 100
    return [("main", factor * top / n if n else None, top, n, n)]


class Oracle:
    """Answers about one bundle."""

    def __init__(self, folder: Path, zone: str, rules: Rules | None = None) -> None:
        self.bundle: Bundle = read_bundle(folder)
        self.zone, self.rules = zone, rules or Rules()
        self._worlds: dict[int, World] = {}
        self.telling = Telling(self.bundle)

    def world(self, as_of: int) -> World:
        """The bundle as of a second."""
        if as_of not in self._worlds:
            self._worlds[as_of] = World(self.bundle, as_of, self.rules, self.zone)
        return self._worlds[as_of]

    def ask(
        self, kpi: str, question: Question, first: date, last: date, grain: str
    ) -> dict[tuple[Span, Key], list[Answer]]:
        """Answers by period and group; without ``by`` every period has one, with it only those with any row."""
        spans = cut(first, last, grain, self.zone)
        world = self.world(question.as_of)
        kind, binned = self._binned(kpi, world, question, spans)
        if not question.by:
            for span in spans:
                binned.setdefault((span, ()), [])
        unknown = self.telling.nobody_tells(kpi, question)
        found = {place: self.answers(kpi, kind, place, rows, unknown=unknown) for place, rows in binned.items()}
        if kpi == "csat":
            scored = self._bins(flow.scores(world, question), question, spans)
            for place, answers in found.items():
                one = self.answers(kpi, PER, place, scored.get(place, []))[0]
                answers.append(replace(one, statistic="mean_score"))
        return found

    def _binned(
        self, kpi: str, world: World, question: Question, spans: list[Span]
    ) -> tuple[str, dict[tuple[Span, Key], list[Row]]]:
        if kpi in STANDING:
            rows = [r for span in spans if span[0] <= question.as_of for r in flow.standing(world, question, *span)]
            return STANDING[kpi], self._bins(rows, question, spans)
        kind, source = KPIS[kpi]
        return kind, self._bins(self.telling.marked(kpi, question, source(world, question)), question, spans)

    @staticmethod
    def _bins(
        rows: "Iterator[Row] | list[Row]", question: Question, spans: list[Span]
    ) -> dict[tuple[Span, Key], list[Row]]:
        binned: dict[tuple[Span, Key], list[Row]] = {}
        for row in rows:
            span = next((s for s in spans if s[0] <= row.at < s[1]), None)
            if span is not None and row.dims.fits(question.where):
                binned.setdefault((span, row.dims.key(question.by)), []).append(row)
        return binned

    @staticmethod
    def answers(
        kpi: str, kind: str, place: tuple[Span, Key], rows: list[Row], *, unknown: bool = False
    ) -> list[Answer]:
        """The answers from the rows of one period and group; null where nobody tells."""
        span, group = place
        counted = [r for r in rows if r.reason is None]
        excluded: dict[str, int] = {}
        seen: set[str] = set()
        for row in rows:
            if row.reason is None or (kind == DISTINCT and row.id in seen):
                continue
            seen.add(row.id)
            excluded[row.reason] = excluded.get(row.reason, 0) + 1
        ids = tuple(sorted(r.id for r in counted))
        found = reduced(kind, counted)
        if unknown or (not counted and "not_provided" in excluded):
            found = [(s, None, None, None, 0) for s, *_ in found]
        return [Answer(kpi, s, span, group, v, t, u, n, excluded, ids) for s, v, t, u, n in found]
