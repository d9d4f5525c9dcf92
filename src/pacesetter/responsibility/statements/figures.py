"""The figures of a statement: which questions it answers, asked at the same desk as everything else.

Owns the list of questions and the shape of a figure. Must not know files.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pacesetter.access.scope import Scope
from pacesetter.catalogue import guard, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.needs import Provided
from pacesetter.catalogue.periods import Grain
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi

HOURS = ("business", "calendar", "sla")
PROMISES = (
    "sla_response_compliance",
    "sla_resolution_compliance",
    "sla_compliance",
    "sla_breaches",
    "patch_on_time_rate",
)
SPEED = (
    "first_response_time", "resolution_time", "mttr", "update_interval", "time_to_escalate", "escalation_response_time",
    "time_in_hands", "time_to_resolution_median_km", "alert_triage_time",
)  # fmt: skip
FLOW = ("tickets_created", "tickets_resolved", "tickets_closed", "backlog")
QUALITY = ("first_contact_resolution", "first_level_resolution", "reopen_rate", "csat", "csat_response_rate")
KPIS = (*PROMISES, *SPEED, *FLOW, *QUALITY)
"""The KPIs of a statement. ``sla_at_risk`` looks ahead, and a statement looks back."""
_MONTHLY = (*PROMISES[:4], "first_response_time", "resolution_time", *FLOW, "csat")
_BY_PRIORITY = (*PROMISES[:4], "first_response_time", "resolution_time", "tickets_created", "tickets_resolved")
_PROVIDED = ("tickets.", "teams.", "surveys.", "sla_targets.")
_LONG_AGO = -(1 << 60)
"""Stands for the second of a kind's first event, which a statement does not tell: what it names was there as of its instant."""
_KEYS = (
    "kpi", "statistic", "value", "unit", "numerator", "denominator", "n", "excluded", "reason", "from", "to", "grain",
    "dimensions", "anchor", "hours", "partial", "small_n",
)  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """Some KPIs in one kind of hours (None: each in its own), grain and cut."""

    kpis: tuple[str, ...]
    hours: str | None = None
    grain: Grain = Grain.ALL
    by: tuple[str, ...] = ()


def questions(*, months: bool) -> Iterator[Asked]:
    """The questions of a statement; those by month where the period is longer than one."""
    yield Asked(KPIS)
    for hours in HOURS:
        yield Asked(("first_response_time", "resolution_time", "mttr"), hours)
    yield Asked(("time_in_hands",), "business", by=("holder",))
    yield Asked(("time_in_hands",), "calendar", by=("holder",))
    yield Asked(("sla_breaches",), by=("clock",))
    yield Asked(("sla_breaches",), by=("holder",))
    yield Asked(_BY_PRIORITY, by=("priority",))
    if months:
        yield Asked(_MONTHLY, grain=Grain.MONTH)


def ask(evaluator: Evaluator, query: Query, scope: Scope, *, months: bool) -> list[dict[str, Any]]:
    """Every figure of the span of ``query``, numbered by its place in the list; the same question is answered once."""
    found: list[dict[str, Any]] = []
    seen: set[str] = set()
    for asked in questions(months=months):
        kpis = [registry.find(i) for i in asked.kpis]
        own = Query(
            first=query.first, last=query.last, zone=query.zone, as_of_s=query.as_of_s, where=query.where,
            grain=asked.grain, by=asked.by, hours=asked.hours,
        )  # fmt: skip
        for answer in evaluator.ask(kpis, guard.narrowed(kpis, own, scope), scope):
            figure = figure_of(answer, registry.find(answer.kpi), own)
            key = figure_key(figure)
            if key not in seen:
                seen.add(key)
                found.append(figure)
    return found


def figure_of(answer: Answer, kpi: Kpi, query: Query) -> dict[str, Any]:
    """An answer as a figure: what can be recomputed from rows, and the revision of its definition."""
    value = answer.as_json(query.zone)
    return {name: value[name] for name in _KEYS} | {"revision": kpi.revision}


def figure_key(figure: dict[str, Any]) -> str:
    """The text that names a figure within a statement."""
    cut = " ".join(f"{name}={'' if value is None else value}" for name, value in figure["dimensions"].items())
    parts = [figure["kpi"], figure["statistic"], figure["hours"] or "", figure["from"][:10], figure["to"][:10], cut]
    return " ".join(part for part in parts if part)


def provided_words(provided: Provided) -> dict[str, Any]:
    """What the workspace's sources provide, without counts; and each of them, where tickets come from several."""
    by_source = sorted(provided.by_source.items(), key=lambda item: (item[0] is not None, item[0] or ""))
    return _words(provided) | {"by_source": [{"source": source} | _words(of) for source, of in by_source]}


def _words(provided: Provided) -> dict[str, list[str]]:
    return {
        "events": sorted(provided.events),
        "columns": sorted(n for n, count in provided.filled.items() if count and n.startswith(_PROVIDED)),
    }


def as_provided(words: Mapping[str, Any], own: Provided) -> Provided:
    """What a statement says that its sources provide, for an evaluator over its rows."""
    spans = {name: value for name, value in own.filled.items() if name.startswith("span.")}
    by_source = {of["source"]: _of_words(of, spans) for of in words.get("by_source", ())}
    return replace(_of_words(words, spans), by_source=by_source)


def _of_words(words: Mapping[str, Any], spans: Mapping[str, int]) -> Provided:
    return Provided(dict.fromkeys(words["events"], _LONG_AGO), dict.fromkeys(words["columns"], 1) | dict(spans))


def definitions(ids: Sequence[str] = KPIS) -> list[dict[str, Any]]:
    """The definitions behind the figures as the product has them: words, parts, hours, revision."""
    return [_definition(registry.find(i)) for i in ids]


def _definition(kpi: Kpi) -> dict[str, Any]:
    d = kpi.definition
    parts = {"numerator": d.numerator, "denominator": d.denominator}
    return {
        "kpi": kpi.id, "title": kpi.title, "question": kpi.question, "revision": kpi.revision, "unit": kpi.unit.value,
        "better": kpi.better.value, "text": d.text, "hours": kpi.hours, "anchor": kpi.anchor, "people": kpi.people,
        "floor": kpi.floor, "needs": list(d.needs),
        "parts": {
            name: {"fact": p.fact, "anchor": p.anchor, "value": p.value, "where": p.where, "distinct": p.distinct}
            for name, p in parts.items() if p
        },
        "caveats": list(kpi.caveats),
    }  # fmt: skip
