"""Targets of KPIs: what is in force, planned and past; a form that sets or ends one, with what it does to past periods."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.api.serving import Parts
from pacesetter.catalogue.record import Better, Kpi
from pacesetter.insight.changes import Proposal, stamp
from pacesetter.insight.changes.record import BadField, Row
from pacesetter.insight.changes.targets import TABLE, Aim, Judged, judged, propose, propose_end
from pacesetter.reports.cuts import can_answer
from pacesetter.reports.tiles import main_answers
from pacesetter.warehouse.editing import canonical_rows
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, opened
from pacesetter.web.spans import add_months

router = APIRouter(prefix="/settings/targets", include_in_schema=False)
UNITS = {"s": 1.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
"""The units in which a duration is written, in seconds."""
MONTHS = 12
BACK = "/settings/targets"


@dataclass(frozen=True)
class Line:
    """One row of the list."""

    aim: Aim
    kpi: Kpi
    row: Row
    state: str


@router.get("")
def targets(request: Request, parts: Parts, asking: Configuring) -> Response:
    """Every target, those in force first."""
    with opened(request, parts, asking) as desk:
        lines = _lines(desk)
        groups = [(state, [line for line in lines if line.state == state]) for state in ("in force", "planned", "past")]
        return desk.render(
            "settings_targets.html", section=BACK, tables=[TABLE], title="Targets", groups=groups, total=len(lines),
            label=desk.page.labels("client", "team").of,
        )  # fmt: skip


def today_of(desk: Desk) -> date:
    """Today in the workspace's zone."""
    return clock.now().astimezone(ZoneInfo(desk.parts.workspace.settings.time_zone)).date()


def _lines(desk: Desk) -> list[Line]:
    kpis, today = desk.page.desk.kpis(), str(today_of(desk))
    found = []
    for row in canonical_rows(desk.con, TABLE):
        first, last = row["valid_from"] or "", row["valid_to"] or "9999"
        if row["kpi"] not in kpis or first >= last:
            continue
        state = "past" if last <= today else "planned" if first > today else "in force"
        aim = Aim(kpi=row["kpi"] or "", client=row["client_id"], team=row["team_id"])
        found.append(Line(aim, kpis[aim.kpi], row, state))
    return sorted(
        found, key=lambda line: (line.kpi.family, line.kpi.title, line.aim.text, line.row["valid_from"] or "")
    )


@router.get("/edit")
def edit(
    request: Request, parts: Parts, asking: Configuring, kpi: str = "", client: str = "", team: str = ""
) -> Response:
    """The form of one target, filled with what is in force."""
    with opened(request, parts, asking) as desk:
        aim = Aim(kpi=kpi, client=client or None, team=team or None)
        known = desk.page.desk.kpis().get(kpi)
        row = _in_force(desk, aim)
        words: list[tuple[str, str]] = [("kpi", kpi), ("client", client), ("team", team), ("act", "set")]
        words += [("from", str(today_of(desk)))]
        if known is not None:
            unit = _unit(known, row)
            words += [("unit", unit)] + [(n, _shown(row[n], unit)) for n in ("value", "warn") if row and row[n]]
        seen = stamp(desk.con, aim.watched) if known else ""
        return _form(desk, Filled(Posted(tuple(words)), seen, {}))


def _in_force(desk: Desk, aim: Aim) -> Row | None:
    lines = [line for line in _lines(desk) if line.aim == aim and line.state == "in force"]
    return lines[-1].row if lines else None


def _unit(kpi: Kpi, row: Row | None) -> str:
    """The unit in which a duration is easiest to read."""
    if kpi.unit != "s":
        return ""
    value = float((row or {}).get("value") or 3600)
    units = ("d", "h", "min") if kpi.hours == "calendar" else ("h", "min")
    return next((u for u in units if value >= UNITS[u] and value % UNITS[u] == 0), "min" if value >= 60 else "s")


def _shown(text: str | None, unit: str) -> str:
    return f"{float(text or 0) / UNITS.get(unit, 1.0):g}"


@router.post("/edit")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save it."""
    with opened(request, parts, asking) as desk:
        aim = Aim(kpi=posted.get("kpi"), client=posted.get("client") or None, team=posted.get("team") or None)
        return answer(
            desk, request, posted, back=BACK, propose=lambda: _proposal(desk, posted, aim),
            show=lambda proposal: _preview(desk, aim, proposal, posted), form=lambda filled: _form(desk, filled),
        )  # fmt: skip


def _kpi(desk: Desk, aim: Aim) -> Kpi:
    found = _offered(desk).get(aim.kpi)
    if found is None:
        raise BadField({"kpi": "choose a KPI"})
    return found


def _offered(desk: Desk) -> dict[str, Kpi]:
    return {i: k for i, k in desk.page.desk.kpis().items() if k.band or k.better is not Better.NEITHER}


def _proposal(desk: Desk, posted: Posted, aim: Aim) -> Proposal:
    kpi, first = _kpi(desk, aim), posted.day("from")
    if first is None:
        raise BadField({"from": "say from which day on"})
    if posted.get("act") == "end":
        return propose_end(desk.con, aim, first)
    value, warn = posted.number("value"), posted.number("warn")
    if value is None:
        raise BadField({"value": "give the target"})
    if aim.client and not can_answer(kpi, desk.page.now(by=["client"])):
        raise BadField({"client": f"{kpi.title} cannot be told by client"})
    if aim.team and not can_answer(kpi, desk.page.now(by=["team"])):
        raise BadField({"team": f"{kpi.title} cannot be told by team"})
    by = UNITS.get(posted.get("unit"), 1.0) if kpi.unit == "s" else 1.0
    return propose(
        desk.con, kpi, aim, value=value * by, warn=None if warn is None else warn * by, first=first, last=posted.day("to")
    )  # fmt: skip


def _preview(desk: Desk, aim: Aim, proposal: Proposal, posted: Posted) -> dict[str, Any]:
    """The status of the last months then and now."""
    kpi, page = _kpi(desk, aim), desk.page
    first = add_months(page.view.today.replace(day=1), -(MONTHS - 1))
    where = [f"{n}={v}" for n, v in (("client", aim.client), ("team", aim.team)) if v]
    query = page.desk.query(first=str(first), grain="month", where=where)
    answers = main_answers(kpi, page.opened.ask([kpi.id], query))
    known = next((n for n, a in enumerate(answers) if a.value is not None), 0)
    months: Sequence[Judged] = judged(desk.con, kpi, answers[known:], query, aim, proposal)
    return {
        "kpi": kpi, "months": list(reversed(months)), "ends": posted.get("act") == "end",
        "changed": sum(m.now.status != m.after.status for m in months),
        "rows": [r for r in proposal.rows[TABLE]], "always": _count([m.always.status for m in months]),
        "unit": _unit(kpi, None) if kpi.unit == "s" else "",
    }  # fmt: skip


def _count(statuses: list[str | None]) -> dict[str, int]:
    return {word: statuses.count(word) for word in ("met", "warning", "missed", "no_data") if statuses.count(word)}


def _form(desk: Desk, filled: Filled) -> Response:
    kpis = _offered(desk)
    aim = Aim(
        kpi=filled.posted.get("kpi"), client=filled.posted.get("client") or None, team=filled.posted.get("team") or None
    )
    families: dict[str, list[Kpi]] = {}
    for kpi in kpis.values():
        families.setdefault(kpi.family, []).append(kpi)
    labels = desk.page.labels("client", "team")
    return desk.render(
        "settings_target.html", section=BACK, tables=[TABLE], status=filled.status, title="Target", filled=filled,
        problems=filled.problems, preview=filled.preview, families=families, kpi=kpis.get(aim.kpi), units=list(UNITS),
        clients_named=labels.names["client"], teams_named=labels.names["team"], label=labels.of,
        standing=_in_force(desk, aim), history=[line for line in _lines(desk) if line.aim == aim],
    )  # fmt: skip
