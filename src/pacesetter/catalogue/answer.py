"""The answer to a question: one record per KPI, statistic, period and group, as in the JSON.

Owns its shape. Must not know how it was computed.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo


@dataclass(kw_only=True, slots=True)
class Answer:
    """One answer. Instants are epoch seconds; ``value`` is None with a ``reason`` where it cannot be known.

    ``population`` is ``people`` where alerts of monitoring are out, else ``all``.

    Only the evaluator fills it in; nobody changes one that was given away (it may be remembered). It is not frozen because a frozen
    one takes four times as long to make, and there are hundreds of thousands of them.
    """

    kpi: str
    statistic: str
    value: float | None
    unit: str
    numerator: float | None
    denominator: float | None
    n: int
    excluded: Mapping[str, int]
    reason: str | None
    from_s: int
    to_s: int
    grain: str
    dimensions: Mapping[str, Any]
    anchor: str
    hours: str | None
    variant: str | None
    as_of_s: int
    partial: bool
    small_n: bool
    ci: tuple[float, float] | None
    target: float | None = None
    status: str | None = None
    benchmark: Mapping[str, Any] | None = None
    notes: tuple[str, ...] = ()
    population: str = "all"
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self, zone: ZoneInfo) -> dict[str, Any]:
        """The stable JSON object, in the settled order of keys, instants in ``zone``."""
        return {
            "kpi": self.kpi,
            "statistic": self.statistic,
            "value": self.value,
            "unit": self.unit,
            "numerator": self.numerator,
            "denominator": self.denominator,
            "n": self.n,
            "excluded": dict(self.excluded),
            "reason": self.reason,
            "from": local_text(self.from_s, zone),
            "to": local_text(self.to_s, zone),
            "grain": self.grain,
            "dimensions": dict(self.dimensions),
            "anchor": self.anchor,
            "hours": self.hours,
            "variant": self.variant,
            "as_of": local_text(self.as_of_s, zone),
            "partial": self.partial,
            "small_n": self.small_n,
            "ci": list(self.ci) if self.ci else None,
            "target": self.target,
            "status": self.status,
            "benchmark": dict(self.benchmark) if self.benchmark else None,
            "notes": list(self.notes),
            "population": self.population,
            **self.extra,
        }


def local_text(at_s: int, zone: ZoneInfo) -> str:
    """An epoch second as ISO 8601 with the offset of ``zone``."""
    return datetime.fromtimestamp(at_s, zone).isoformat()
