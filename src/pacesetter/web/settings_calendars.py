"""Calendars: the list, the form of one with its week and the month as a person reads it, single days, and public holidays."""

from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.insight.changes import Proposal, calendars, stamp
from pacesetter.insight.changes.calendars import Wanted, day_text, week_text
from pacesetter.insight.changes.record import BadField
from pacesetter.model.calendar_month import CalendarDay, CalendarMonth, calendar_month
from pacesetter.model.calendar_zones import DAY_S
from pacesetter.model.calendars import Calendar
from pacesetter.model.hours import DAYS
from pacesetter.warehouse.editing import canonical_rows
from pacesetter.web.settings_estimates import estimate
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, opened
from pacesetter.web.settings_targets import today_of
from pacesetter.web.spans import add_months

router = APIRouter(prefix="/settings/calendars", include_in_schema=False)
BACK = "/settings/calendars"
TABLES = ("calendars", "calendar_exceptions")


@router.get("")
def listed(request: Request, parts: Parts, asking: Configuring) -> Response:
    """Every calendar with its week, and who uses it."""
    with opened(request, parts, asking) as desk:
        users = _users(desk)
        rows = [(r, users.get(r["calendar_id"] or "", [])) for r in canonical_rows(desk.con, "calendars")]
        return desk.render("settings_calendars.html", section=BACK, tables=TABLES, title="Calendars", rows=rows)


def _users(desk: Desk) -> dict[str, list[tuple[str, int]]]:
    """How many policies, clients and teams are judged by each calendar."""
    found: dict[str, list[tuple[str, int]]] = {}
    for kind, table in (("policies", "sla_policies"), ("clients", "clients"), ("teams", "teams")):
        for name, count in desk.con.execute(
            f"SELECT calendar_id, count(*) FROM {table} WHERE calendar_id IS NOT NULL GROUP BY 1"
        ).fetchall():
            found.setdefault(str(name), []).append((kind, int(count)))
    home = desk.parts.workspace.settings.calendar
    if home:
        found.setdefault(home, []).append(("workspace", 1))
    return found


@router.get("/edit")
def edit(request: Request, parts: Parts, asking: Configuring, id: str = "", month: str = "") -> Response:
    """The form of one calendar; without an id, of a new one."""
    with opened(request, parts, asking) as desk:
        now = calendars.stored(desk.con, id) if id else None
        if id and now is None:
            raise NotFound("there is no such calendar")
        words = [("calendar_id", id), ("mode", "from"), ("from", str(today_of(desk))), ("month", month)]
        if now is not None:
            words += [("name", now.name), ("time_zone", now.time_zone), ("holidays", now.holidays or "")]
            words += [(day, day_text(spans)) for day, spans in zip(DAYS, now.week, strict=True)]
        else:
            words += [("time_zone", desk.parts.workspace.settings.time_zone)] + [(d, "08:00-17:00") for d in DAYS[:5]]
        seen = stamp(desk.con, calendars.watched(id)) if now else ""
        return _form(desk, Filled(Posted(tuple(words)), seen, {}), now)


@router.post("/edit")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save it."""
    with opened(request, parts, asking) as desk:
        calendar_id = posted.get("calendar_id")
        now = calendars.stored(desk.con, calendar_id) if calendar_id and posted.get("new") != "1" else None
        return answer(
            desk, request, posted, back=BACK, propose=lambda: _proposal(desk, posted, now),
            show=lambda proposal: _preview(desk, proposal, now, posted), form=lambda filled: _form(desk, filled, now),
        )  # fmt: skip


def _proposal(desk: Desk, posted: Posted, now: Calendar | None) -> Proposal:
    wanted = Wanted(
        calendar_id=posted.get("calendar_id"), name=posted.get("name"), time_zone=posted.get("time_zone"),
        hours=week_text(posted.get(day) for day in DAYS), holidays=posted.get("holidays") or None,
    )  # fmt: skip
    if now is None and calendars.stored(desk.con, wanted.calendar_id) is not None:
        raise BadField({"calendar_id": "there is a calendar of that id already"})
    if now is not None and posted.get("mode") != "all":
        first = posted.day("from")
        if first is None:
            raise BadField({"from": "say from which day on"})
        same_hours = {d: day_text(s) for d, s in zip(DAYS, now.week, strict=True)} == {d: posted.get(d) for d in DAYS}
        return calendars.propose(desk.con, replace(wanted, hours=now.hours) if same_hours else wanted, first)
    return calendars.propose(desk.con, wanted, None)


def _preview(desk: Desk, proposal: Proposal, now: Calendar | None, posted: Posted) -> dict[str, Any]:
    """The month then and now, and the clocks that would have changed sides."""
    coming = calendars.after(desk.con, proposal, posted.get("calendar_id"), desk.page.locale)
    first = posted.day("from") if posted.get("mode") == "from" else None
    around = first or desk.page.view.today
    pair = _pair(now, coming, around.year, around.month)
    what_if = calendars.what_if(desk.con, coming) if now is not None else None
    return {
        **pair, "kept": len(proposal.rows.get("calendar_exceptions", ())), "first": first, "new": now is None,
        "estimate": estimate(desk.page.desk, desk.asking.scope, what_if) if now is not None else None,
    }  # fmt: skip


def _pair(now: Calendar | None, coming: Calendar, year: int, month: int) -> dict[str, Any]:
    """A month under both: cells of (day as it will be, day as it is), and the open seconds of either."""
    new = calendar_month(coming, year, month)
    old = calendar_month(now, year, month) if now else None
    was = {d.day: d for d in old.days} if old else {}
    weeks = [[(day, was.get(day.day)) if day else None for day in week] for week in new.weeks]
    changed = sum(1 for d in new.days if d.day in was and was[d.day].spans != d.spans)
    return {
        "weeks": weeks, "month": date(year, month, 1), "open_s": new.open_s, "was_open_s": old.open_s if old else None,
        "changed": changed,
    }  # fmt: skip


def spans_text(day: CalendarDay) -> str:
    """What is open on a day."""
    return ", ".join(s.text() for s in day.spans)


def _form(desk: Desk, filled: Filled, now: Calendar | None) -> Response:
    shown = _month(filled.posted.get("month"), desk.page.view.today)
    stands: CalendarMonth | None = calendar_month(now, shown.year, shown.month) if now else None
    days = [] if now is None else [e for e in reversed(now.exceptions) if not (e.name or "").startswith(calendars.KEPT)]
    return desk.render(
        "settings_calendar.html", section=BACK, tables=TABLES, status=filled.status, title=now.name if now else "New calendar",
        filled=filled, problems=filled.problems, preview=filled.preview, calendar=now, stands=stands, shown=shown,
        months=(str(add_months(shown, -1))[:7], str(add_months(shown, 1))[:7]), days=days, spans_text=spans_text,
        day_hours=day_text, weekdays=DAYS, whole_day_s=DAY_S,
        kept=0 if now is None else len(now.exceptions) - len(days), users=_users(desk).get(now.calendar_id, []) if now else [],
    )  # fmt: skip


def _month(text: str, today: date) -> date:
    try:
        found = date.fromisoformat(f"{text}-01") if len(text) == 7 else today.replace(day=1)
    except ValueError:
        found = today.replace(day=1)
    return found if 1971 <= found.year <= 2100 else today.replace(day=1)


@router.post("/day")
def change_day(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """A single day of a calendar: other hours, closed, or as usual again."""
    with opened(request, parts, asking) as desk:
        now = calendars.stored(desk.con, posted.get("calendar_id"))
        if now is None:
            raise NotFound("there is no such calendar")
        return answer(
            desk, request, posted, back=f"{BACK}/edit?{urlencode({'id': now.calendar_id})}", propose=lambda: _day_proposal(desk, posted),
            show=lambda proposal: _day_preview(desk, proposal, now, posted), form=lambda filled: _day_form(desk, filled, now),
        )  # fmt: skip


def _day_proposal(desk: Desk, posted: Posted) -> Proposal:
    day, calendar_id = posted.day("day"), posted.get("calendar_id")
    if day is None:
        raise BadField({"day": "say which day"})
    if posted.get("act") == "usual":
        return calendars.propose_usual(desk.con, calendar_id, day)
    if posted.get("act") == "hours" and not posted.get("hours"):
        raise BadField({"hours": "give the hours, such as 10:00-14:00, or choose closed"})
    hours = posted.get("hours") if posted.get("act") == "hours" else None
    return calendars.propose_day(desk.con, calendar_id, day, hours, posted.get("name") or None)


def _day_preview(desk: Desk, proposal: Proposal, now: Calendar, posted: Posted) -> dict[str, Any]:
    day = posted.day("day") or desk.page.view.today
    return _pair(now, calendars.after(desk.con, proposal, now.calendar_id, desk.page.locale), day.year, day.month)


@router.get("/day")
def day(request: Request, parts: Parts, asking: Configuring, id: str = "", day: str = "") -> Response:
    """The form of a single day."""
    with opened(request, parts, asking) as desk:
        now = calendars.stored(desk.con, id)
        if now is None:
            raise NotFound("there is no such calendar")
        known = next((e for e in now.exceptions if str(e.day) == day), None)
        hours = day_text(known.spans) if known else ""
        words = [("calendar_id", id), ("day", day or str(today_of(desk))), ("hours", hours)]
        words += [("name", (known.name if known else "") or ""), ("act", "hours" if hours else "closed")]
        return _day_form(desk, Filled(Posted(tuple(words)), stamp(desk.con, calendars.watched(id)), {}), now)


def _day_form(desk: Desk, filled: Filled, now: Calendar) -> Response:
    return desk.render(
        "settings_calendar_day.html", section=BACK, tables=TABLES, status=filled.status, title=now.name, filled=filled,
        problems=filled.problems, preview=filled.preview, calendar=now, spans_text=spans_text, weekdays=DAYS, whole_day_s=DAY_S,
    )  # fmt: skip
