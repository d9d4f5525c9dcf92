"""Statuses of the source and the phase that each stands for, with how many tickets a change touches."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.serving import Parts
from pacesetter.insight.changes import Proposal, stamp, statuses
from pacesetter.insight.changes.record import BadField
from pacesetter.model.vocabularies import PHASES
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, opened

router = APIRouter(prefix="/settings/statuses", include_in_schema=False)
BACK = "/settings/statuses"
PREFIX = "phase:"
MEANINGS = {
    "new": "nobody has begun", "active": "being worked on", "waiting_requester": "waiting for the requester: clocks pause",
    "waiting_vendor": "waiting for a vendor: clocks pause", "scheduled": "planned for a date: clocks pause",
    "resolved": "solved; may be reopened", "closed": "closed for good", "cancelled": "ended without a solution",
}  # fmt: skip


@router.get("")
def listed(request: Request, parts: Parts, asking: Configuring) -> Response:
    """Every status with its phase."""
    with opened(request, parts, asking) as desk:
        words = tuple((f"{PREFIX}{s.status}", s.phase or "") for s in statuses.read_statuses(desk.con))
        return _form(desk, Filled(Posted(words), stamp(desk.con, statuses.WATCHED), {}))


@router.post("")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save other phases."""
    with opened(request, parts, asking) as desk:
        return answer(
            desk, request, posted, back=BACK, propose=lambda: _proposal(desk, posted),
            show=lambda proposal: _preview(desk, proposal), form=lambda filled: _form(desk, filled),
        )  # fmt: skip


def _proposal(desk: Desk, posted: Posted) -> Proposal:
    wanted = posted.named(PREFIX)
    if posted.get("new_status"):
        if not posted.get("new_phase"):
            raise BadField({"new_phase": "say what it means"})
        if len(posted.get("new_status")) > 200:
            raise BadField({"new_status": "at most 200 characters"})
        wanted |= {posted.get("new_status"): posted.get("new_phase")}
    return statuses.propose(desk.con, wanted)


def _preview(desk: Desk, proposal: Proposal) -> dict[str, Any]:
    names = sorted(proposal.after)
    lines = [(n, proposal.before.get(n), proposal.after[n], *statuses.touched(desk.con, [n])) for n in names]
    return {"lines": lines, "all": statuses.touched(desk.con, names)}


def _form(desk: Desk, filled: Filled) -> Response:
    return desk.render(
        "settings_statuses.html", section=BACK, tables=[statuses.TABLE], status=filled.status, title="Statuses", filled=filled,
        problems=filled.problems, preview=filled.preview, rows=statuses.read_statuses(desk.con), phases=PHASES, meanings=MEANINGS,
        prefix=PREFIX, phase_choices=lambda say: [(f, f"{say(f.replace('_', ' '))}: {say(MEANINGS[f])}") for f in PHASES],
    )  # fmt: skip
