"""The page of one KPI: its value, course, distribution, cuts, rival definitions, what it means and whether it can be trusted.

Owns what that page gathers. Its charts are in ``kpi_charts``, the rows behind its numbers in ``kpi_rows``.
"""

import shlex
from collections.abc import Callable
from dataclasses import replace
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.kpis import known
from pacesetter.api.serving import Asking, Parts
from pacesetter.catalogue import guard, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.completeness import completeness
from pacesetter.catalogue.needs import NEEDS
from pacesetter.catalogue.record import Kpi, Part
from pacesetter.reports.charts import is_in_sight
from pacesetter.reports.cuts import dimensions_of
from pacesetter.reports.tiles import change_of
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.kept import kept_of
from pacesetter.web.kpi_charts import benchmark_of, distribution_of, rows_of_bar, rows_of_period, variant_of

router = APIRouter(include_in_schema=False)
GRAINS = ("day", "week", "month", "quarter", "year")
GROUPS = 100
"""Rows that the table of a cut shows, the first in its order; all are in its files."""
_FIRST_CUTS = ("client", "priority", "team", "type", "category", "channel", "technician")


@router.get("/kpis/{kpi_id}")
def kpi_page(kpi_id: str, request: Request, parts: Parts, asking: Asking) -> Response:
    """Everything about one KPI in one view."""
    with sheet(request, parts, asking) as page:
        kpi = known(page.desk, kpi_id)
        now, before = (page.opened.ask([kpi.id], q(variant=variant_of(page))) for q in (page.now, page.before))
        course = page.opened.ask([kpi.id], page.now(grain=page.view.grain, variant=variant_of(page)))
        offered = cuts(page, kpi)
        by = page.view.get("by") or (offered[0] if offered else "")
        page = replace(page, view=replace(page.view, words={**page.view.words, "by": by}))
        main = now[0]
        spread = distribution_of(page, kpi)
        return page.render(
            "kpi.html", title=kpi.title, kpi=kpi, family=registry.FAMILIES[kpi.family], main=main, others=now[1:],
            change=change_of(main, before[0] if before else None, kpi.better, page.locale), before=before[0] if before else None,
            course=_course(course, main), rows_of_period=rows_of_period(page, kpi), cuts=offered, by=by,
            groups=_groups(page, kpi, by), most_groups=GROUPS, sort=page.view.get("sort", "-value"),
            spread=spread, rows_of_bar=lambda bar: rows_of_bar(page, kpi, bar), benchmark_drawn=_draws_benchmark(course, main),
            variants=_variants(page, kpi), parts_text=_parts_text(page, kpi), needs=_needs(kpi), grains=GRAINS,
            shares=_shares(page, kpi), commands=_commands(page, kpi, by), definition=kpi.definition_of(variant_of(page)),
        )  # fmt: skip


def _course(course: list[Answer], main: Answer) -> list[tuple[Answer, list[Answer]]]:
    """The periods: the main statistic's answer and the others'."""
    found: dict[int, tuple[Answer, list[Answer]]] = {}
    for answer in course:
        if answer.statistic == main.statistic:
            found[answer.from_s] = (answer, [])
        elif answer.from_s in found:
            found[answer.from_s][1].append(answer)
    return list(found.values())


def _draws_benchmark(course: list[Answer], main: Answer) -> bool:
    values = [v for a in course for v in (a.value, *(a.ci or ())) if v is not None]
    return is_in_sight(benchmark_of(main), values)


def _shares(page: Sheet, kpi: Kpi) -> list[tuple[str, float]]:
    """What share of the records carries what the KPI needs, for those who see all of them."""
    if not page.desk.scope.is_whole:
        return []

    def read() -> list[tuple[str, float]]:
        found = completeness(page.desk.evaluator.con, page.desk.evaluator.provided, {kpi.id: kpi})[0]
        return [(NEEDS[need].text, 100 * share) for need, share in found.shares.items() if share is not None]

    return kept_of(page.request).get(("shares", page.opened.generation, kpi.id), read)


def cuts(page: Sheet, kpi: Kpi) -> list[str]:
    """The dimensions by which this KPI may be cut here, the usual ones first."""
    allowed = [d for d in dimensions_of(kpi) if guard.may_cut_by(d, page.desk.scope)]
    if len(page.clients) == 1 or any(name == "client" for name, _ in page.view.where):
        allowed = [d for d in allowed if d != "client"]
    first = [d for d in _FIRST_CUTS if d in allowed]
    return [*first, *(d for d in allowed if d not in first)]


def _groups(page: Sheet, kpi: Kpi, by: str) -> list[dict[str, Any]]:
    """The KPI cut by a dimension: one row per value with every statistic, its change, and the address that narrows to it."""
    if not by:
        return []
    variant = variant_of(page)
    now = page.opened.ask([kpi.id], page.now(by=[by], variant=variant))
    before = page.opened.ask([kpi.id], page.before(by=[by], variant=variant))
    past = {(a.statistic, a.dimensions[by]): a for a in before}
    label, rows = page.labels(by).of, dict[Any, dict[str, Any]]()
    top = max((abs(a.value) for a in now if a.value is not None and a.statistic == now[0].statistic), default=0) or 1
    for a in now:
        value = a.dimensions[by]
        if value not in rows:
            rows[value] = {
                "name": label(by, value), "main": a, "others": [], "share": max(0.0, min(1.0, (a.value or 0) / top)),
                "change": change_of(a, past.get((a.statistic, value)), kpi.better, page.locale),
                "url": page.view.narrowed(by, value).url(by=None, sort=None),
                "rows_url": page.view.narrowed(by, value).url(f"/kpis/{kpi.id}/rows", variant=variant),
            }  # fmt: skip
        else:
            rows[value]["others"].append(a)
    return _sorted(list(rows.values()), page.view.get("sort", "-value"))


def _sorted(rows: list[dict[str, Any]], sort: str) -> list[dict[str, Any]]:
    """By name, n, change or any statistic; what has no value comes last."""
    name, down = sort.removeprefix("-"), sort.startswith("-")
    if name == "name":
        return sorted(rows, key=lambda r: str(r["name"]).lower(), reverse=down)
    key = _sort_key(name)
    known_ = [r for r in rows if key(r) is not None]
    return [*sorted(known_, key=lambda r: key(r) or 0.0, reverse=down), *(r for r in rows if key(r) is None)]


def _sort_key(name: str) -> Callable[[dict[str, Any]], float | None]:
    def key(row: dict[str, Any]) -> float | None:
        if name == "n":
            return float(row["main"].n)
        if name == "change":
            change = row["change"]
            return None if change is None else change.size if change.up else -change.size
        named = [a for a in row["others"] if a.statistic == name]
        found: float | None = (named[0] if named else row["main"]).value
        return found

    return key


def _variants(page: Sheet, kpi: Kpi) -> list[tuple[str, str, Answer]]:
    """Rival definitions side by side: name, meaning, answer; the first statistic of each."""
    if not kpi.variants:
        return []
    answers = page.opened.ask([kpi.id], page.now(variant="all"))
    first: dict[str, Answer] = {}
    for a in answers:
        first.setdefault(a.variant or "", a)
    definitions = {kpi.default_variant or "": kpi.definition, **kpi.variants}
    return [(name or "default", definitions[name].text, a) for name, a in first.items() if name in definitions]


def _parts_text(page: Sheet, kpi: Kpi) -> list[tuple[str, str]]:
    definition = kpi.definition_of(variant_of(page)) or kpi.definition
    found = [("Sum of", _part(definition.numerator))]
    if definition.denominator:
        found.append(("Less" if definition.formula == "difference" else "Over", _part(definition.denominator)))
    return found


def _part(part: Part) -> str:
    where = "" if part.where == "TRUE" else f" where {part.where}"
    return f"{part.value} of {part.fact} by {part.anchor}{where}"


def _needs(kpi: Kpi) -> list[str]:
    return [NEEDS[n].text for n in kpi.definition.needs]


def _commands(page: Sheet, kpi: Kpi, by: str) -> dict[str, str]:
    """The same question as a command, as a call, and as files."""
    pairs = page.view.selection(grain=page.view.grain, variant=variant_of(page) or "")
    words = " ".join(f"--{name.replace('_', '-')} {shlex.quote(value)}" for name, value in pairs)
    address = f"/api/v1/kpis/{kpi.id}/answers?{_encoded(pairs)}"
    cut = f"/api/v1/kpis/{kpi.id}/answers?{_encoded([*page.view.selection(by=by, variant=variant_of(page) or ''), ('format', '')])}"
    base = str(page.request.base_url).rstrip("/")
    return {
        "command": f"pacesetter kpi get {kpi.id} {words}",
        "call": f'curl -H "Authorization: Bearer $PACESETTER_TOKEN" {shlex.quote(base + address)}',
        "file": f"{address}&format=",
        "cut_file": cut,
    }


def _encoded(pairs: list[tuple[str, str]]) -> str:
    return urlencode(pairs)
