"""SLA policies: the list of versions, and the form of one with its targets and what the clocks would have done."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.insight.changes import Proposal, policies, stamp
from pacesetter.insight.changes.policies import CLOCKS, Policy, Promise
from pacesetter.insight.changes.record import BadField, differences
from pacesetter.model.vocabularies import TICKET_TYPES
from pacesetter.warehouse.editing import canonical_rows
from pacesetter.web.settings_estimates import estimate
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, opened
from pacesetter.web.settings_targets import today_of

router = APIRouter(prefix="/settings/policies", include_in_schema=False)
BACK = "/settings/policies"
TABLES = ("sla_policies", "sla_targets")
SPARE = 3
"""Empty lines for further targets."""
MOST_LINES = 200


@router.get("")
def listed(request: Request, parts: Parts, asking: Configuring) -> Response:
    """Every version of every policy, those in force first."""
    with opened(request, parts, asking) as desk:
        today = str(today_of(desk))
        found: dict[str, list[tuple[dict[str, str | None], int]]] = {"in force": [], "planned": [], "past": []}
        counts = dict(desk.con.execute("SELECT sla_policy_id, count(*) FROM sla_targets GROUP BY 1").fetchall())
        for row in canonical_rows(desk.con, "sla_policies"):
            first, last = row["valid_from"] or "", row["valid_to"] or "9999"
            if first < last:
                state = "past" if last <= today else "planned" if first > today else "in force"
                found[state].append((row, int(counts.get(row["sla_policy_id"], 0))))
        return desk.render(
            "settings_policies.html", section=BACK, tables=TABLES, title="SLA policies", groups=found,
            label=desk.page.labels("client").of,
        )  # fmt: skip


@router.get("/edit")
def edit(request: Request, parts: Parts, asking: Configuring, id: str = "") -> Response:
    """The form of one policy; without an id, of a new one."""
    with opened(request, parts, asking) as desk:
        now = policies.stored(desk.con, id) if id else None
        if id and now is None:
            raise NotFound("there is no such policy")
        words = [("sla_policy_id", id), ("mode", "from"), ("from", str(today_of(desk)))]
        if now is not None:
            words += [(n, v or "") for n, v in now.values.items()]
            for place, p in enumerate(now.promises):
                words += [
                    (f"clock_{place}", p.clock),
                    (f"priority_{place}", p.priority or ""),
                    (f"type_{place}", p.type or ""),
                ]
                words += [(f"minutes_{place}", f"{p.minutes:g}"), (f"hours_{place}", p.hours)]
        seen = stamp(desk.con, policies.watched(id)) if now else ""
        return _form(desk, Filled(Posted(tuple(words)), seen, {}), now)


@router.post("/edit")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save it."""
    with opened(request, parts, asking) as desk:
        policy_id = posted.get("sla_policy_id")
        now = policies.stored(desk.con, policy_id) if policy_id and posted.get("new") != "1" else None
        return answer(
            desk, request, posted, back=BACK, propose=lambda: _proposal(desk, posted, now),
            show=lambda proposal: _preview(desk, proposal, now, posted), form=lambda filled: _form(desk, filled, now),
        )  # fmt: skip


def _proposal(desk: Desk, posted: Posted, now: Policy | None) -> Proposal:
    if now is not None and posted.get("mode") == "end":
        return policies.propose_end(now, _first(posted))
    wanted = _wanted(posted, now)
    if now is None:
        return policies.propose_new(desk.con, wanted)
    if posted.get("mode") == "all":
        return policies.propose_correction(desk.con, now, wanted)
    return policies.propose_version(desk.con, now, wanted, _first(posted))


def _first(posted: Posted) -> date:
    first = posted.day("from")
    if first is None:
        raise BadField({"from": "say from which day on"})
    return first


def _wanted(posted: Posted, now: Policy | None) -> Policy:
    """The policy that the form describes. Raises BadField with every line that cannot be read."""
    names = ("name", "calendar_id", "client_id", "agreement_id", "on_reopen", "on_priority_change")
    values: dict[str, str | None] = {n: posted.get(n) or None for n in names}
    rank = posted.number("rank")
    values["rank"] = None if rank is None else f"{rank:g}"
    first, last = (posted.day("valid_from"), None) if now is None else (None, None)
    values["valid_from"] = now.values.get("valid_from") if now else str(first) if first else None
    values["valid_to"] = now.values.get("valid_to") if now else str(last) if last else None
    problems: dict[str, str] = {}
    promises = []
    for place in _places(posted):
        try:
            minutes = posted.number(f"minutes_{place}")
        except BadField as wrong:
            problems |= wrong.problems
            continue
        if minutes is None:
            continue
        if minutes <= 0:
            problems[f"minutes_{place}"] = "more than no time"
        promises.append(
            Promise(
                clock=posted.get(f"clock_{place}"), priority=posted.get(f"priority_{place}") or None,
                type=posted.get(f"type_{place}") or None, minutes=minutes, hours=posted.get(f"hours_{place}") or "business",
            )
        )  # fmt: skip
    if problems:
        raise BadField(problems)
    return Policy(policy_id=posted.get("sla_policy_id"), values=values, promises=tuple(promises))


def _places(posted: Posted) -> list[int]:
    """The numbers of the lines of targets."""
    found = {int(n) for n in posted.named("clock_") if n.isascii() and n.isdigit() and len(n) < 5}
    return sorted(found)[:MOST_LINES]


def _preview(desk: Desk, proposal: Proposal, now: Policy | None, posted: Posted) -> dict[str, Any]:
    """What differs, who is judged by it, and the clocks of recent tickets under it."""
    told: dict[str, Any] = {
        "before": proposal.before, "after": proposal.after, "mode": posted.get("mode") if now else "new",
        "first": posted.day("from"), "naming": 0, "estimate": None, "gone": [],
    }  # fmt: skip
    if now is None:
        return told
    told["naming"] = policies.tickets_naming(desk.con, now.policy_id)
    if posted.get("mode") == "end":
        return told
    wanted = _wanted(posted, now)
    _, after = differences(dict(now.values), dict(wanted.values))
    told["only_names"] = set(after) <= {"name", "rank"} and not set(proposal.after) & {"targets"}
    what_if, told["gone"] = policies.what_if(now, wanted)
    if not told["only_names"]:
        told["estimate"] = estimate(desk.page.desk, desk.asking.scope, what_if)
    return told


def _form(desk: Desk, filled: Filled, now: Policy | None) -> Response:
    calendars = [(r["calendar_id"], r["name"]) for r in canonical_rows(desk.con, "calendars")]
    labels = desk.page.labels("client")
    return desk.render(
        "settings_policy.html", section=BACK, tables=TABLES, status=filled.status,
        title=(now.values["name"] or "") if now else "New policy",
        filled=filled, problems=filled.problems, preview=filled.preview, policy=now, calendars=calendars,
        clients_named=labels.names["client"], priorities=_priorities(desk), types=TICKET_TYPES, clocks=CLOCKS,
        lines=_lines(filled.posted), agreements=_agreements(desk),
    )  # fmt: skip


def _lines(posted: Posted) -> list[int]:
    used = _places(posted)
    start = (used[-1] + 1) if used else 0
    filled = [n for n in used if posted.get(f"minutes_{n}")]
    spare = [n for n in used if n not in filled][:SPARE]
    return [*filled, *spare, *range(start, start + SPARE - len(spare))]


def _priorities(desk: Desk) -> Sequence[str]:
    rows = desk.con.execute(
        "SELECT priority FROM f_tickets WHERE priority IS NOT NULL GROUP BY 1 ORDER BY count(*) DESC LIMIT 20"
    ).fetchall()
    known = [r["priority"] for r in canonical_rows(desk.con, "sla_targets") if r["priority"]]
    return sorted({str(p) for (p,) in rows} | {str(p) for p in known})


def _agreements(desk: Desk) -> list[tuple[str, str]]:
    rows = desk.con.execute(
        """SELECT a.agreement_id, c.name, o.name FROM agreements AS a LEFT JOIN clients AS c ON c.client_id = a.client_id
        LEFT JOIN offerings AS o ON o.offering_id = a.offering_id ORDER BY 2, 3, 1 LIMIT 500"""
    ).fetchall()
    return [(str(i), f"{client}: {offering} ({i})") for i, client, offering in rows]
