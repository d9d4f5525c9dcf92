"""Public holidays, listed for review by calendar and year: each closes the desk or does not."""

from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import Response

from pacesetter.api.problems import NotFound
from pacesetter.api.serving import Parts
from pacesetter.insight.changes import Proposal, calendars, stamp
from pacesetter.model.calendar_holidays import holidays_version
from pacesetter.model.calendars import Calendar
from pacesetter.warehouse.business_time_tables import read_calendars
from pacesetter.web.settings_frame import Configuring, Desk, Filled, Form, Posted, answer, opened

router = APIRouter(prefix="/settings/holidays", include_in_schema=False)
BACK = "/settings/holidays"
TABLES = ("calendar_exceptions",)


@router.get("")
def review(request: Request, parts: Parts, asking: Configuring, calendar: str = "", year: str = "") -> Response:
    """The holidays of one calendar in one year."""
    with opened(request, parts, asking) as desk:
        known = _known(desk)
        chosen = next((c for c in known if c.calendar_id == calendar), known[0] if known else None)
        if calendar and (chosen is None or chosen.calendar_id != calendar):
            raise NotFound("there is no such calendar with public holidays")
        number = _year(year, desk)
        closed = [("closed", str(h.day)) for h in calendars.holidays(chosen, number) if h.closed] if chosen else []
        words = [("calendar_id", chosen.calendar_id if chosen else ""), ("year", str(number)), *closed]
        seen = stamp(desk.con, calendars.watched(chosen.calendar_id)) if chosen else ""
        return _form(desk, Filled(Posted(tuple(words)), seen, {}), chosen, known)


def _known(desk: Desk) -> list[Calendar]:
    return [c for c in read_calendars(desk.con, desk.page.locale) if c.holidays]


def _year(text: str, desk: Desk) -> int:
    return int(text) if text.isascii() and text.isdigit() and 1971 <= int(text) <= 2100 else desk.page.view.today.year


@router.post("")
def change(request: Request, parts: Parts, asking: Configuring, posted: Form) -> Response:
    """Preview or save which of them close the desk."""
    with opened(request, parts, asking) as desk:
        known = _known(desk)
        chosen = next((c for c in known if c.calendar_id == posted.get("calendar_id")), None)
        if chosen is None:
            raise NotFound("there is no such calendar with public holidays")
        year = _year(posted.get("year"), desk)
        closed = frozenset(day for text in posted.all("closed") if (day := _day(text)) is not None)
        return answer(
            desk, request, posted, back=f"{BACK}?{urlencode({'calendar': chosen.calendar_id, 'year': year})}",
            propose=lambda: calendars.propose_holidays(desk.con, chosen, year, closed),
            show=lambda proposal: _preview(desk, proposal, chosen, year),
            form=lambda filled: _form(desk, filled, chosen, known),
        )  # fmt: skip


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _preview(desk: Desk, proposal: Proposal, now: Calendar, year: int) -> dict[str, Any]:
    """The days that change, and the open days of the year then and now."""
    coming = calendars.after(desk.con, proposal, now.calendar_id, desk.page.locale)
    was = {h.day: h for h in calendars.holidays(now, year)}
    changed = [(h, was[h.day]) for h in calendars.holidays(coming, year) if h.closed != was[h.day].closed]
    past = [h for h, _ in changed if h.day <= desk.page.view.today]
    return {"changed": changed, "past": len(past)}


def _form(desk: Desk, filled: Filled, now: Calendar | None, known: list[Calendar]) -> Response:
    year = _year(filled.posted.get("year"), desk)
    shared = (
        [] if now is None else [c for c in known if c.holidays == now.holidays and c.calendar_id != now.calendar_id]
    )
    return desk.render(
        "settings_holidays.html", section=BACK, tables=TABLES, status=filled.status, title="Holidays", filled=filled,
        problems=filled.problems, preview=filled.preview, calendar=now, known=known, year=year, shared=shared,
        days=calendars.holidays(now, year) if now else [], closed=set(filled.posted.all("closed")), package=holidays_version(),
    )  # fmt: skip
