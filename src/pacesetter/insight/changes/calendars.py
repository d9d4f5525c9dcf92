"""Calendars: other hours from a day on, single days, public holidays on and off, and what would have been.

Owns how a change of hours leaves the days before it as they were: the model has no validity on a calendar, but an exception replaces the
spans that start on its day, so each past day that would differ is kept as an exception. Must not know pages.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import duckdb

from pacesetter.errors import BadDefinition, BadWorkspace
from pacesetter.insight.changes.record import BadField, Proposal, Row, Watched, differences, rows_where
from pacesetter.insight.what_if.policy_file import CalendarRule, ExceptionRule, PolicyRule, WhatIf
from pacesetter.model.calendars import Calendar, read_calendar
from pacesetter.model.hours import ALL_DAY, DAYS, Spans, parse_day
from pacesetter.warehouse.business_time_tables import read_layout
from pacesetter.warehouse.editing import canonical_rows

KEPT = "hours until "
"""How the name of an exception begins that keeps a past day as it was."""
MOST_KEPT_DAYS = 8000
_FIELDS = ("name", "time_zone", "hours", "holidays")


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """A calendar as somebody wants it, in canonical texts."""

    calendar_id: str
    name: str
    time_zone: str
    hours: str
    holidays: str | None = None

    @property
    def row(self) -> Row:
        """Its row."""
        return {"calendar_id": self.calendar_id, **{n: getattr(self, n) for n in _FIELDS}}


def watched(calendar_id: str) -> Watched:
    """The rows that an editor of a calendar looks at."""
    return [("calendars", {"calendar_id": calendar_id}), ("calendar_exceptions", {"calendar_id": calendar_id})]


def week_text(days: Iterable[str]) -> str:
    """The canonical text of a week from the hours of each day, Monday first; equal neighbours share an entry.

    Raises BadField with the field ``mon`` … ``sun`` of each day that cannot be read.
    """
    spans: list[Spans] = []
    problems: dict[str, str] = {}
    for name, text in zip(DAYS, days, strict=True):
        try:
            spans.append(parse_day("00:00-24:00" if text.strip().lower() in ("24x7", "24h") else text, name))
        except BadDefinition as error:
            problems[name] = error.line()
            spans.append(())
    if problems:
        raise BadField(problems)
    if all(s == (ALL_DAY,) for s in spans):
        return "24x7"
    entries, start = [], 0
    for at in range(1, 8):
        if at == 7 or spans[at] != spans[start]:
            if spans[start]:
                named = DAYS[start] if at - start == 1 else f"{DAYS[start]}-{DAYS[at - 1]}"
                entries.append(f"{named} {day_text(spans[start])}")
            start = at
    if not entries:
        raise BadField({"mon": "no day has hours: a calendar has to be open at some time of the week"})
    return "; ".join(entries)


def day_text(spans: Spans) -> str:
    """The hours of one day as text; empty where it is closed."""
    return ", ".join(s.text() for s in spans)


def stored(con: duckdb.DuckDBPyConnection, calendar_id: str) -> Calendar | None:
    """The calendar of that id as it stands."""
    rows = rows_where(con, "calendars", calendar_id=calendar_id)
    return _read(rows[0], rows_where(con, "calendar_exceptions", calendar_id=calendar_id)) if rows else None


def _read(row: Mapping[str, str | None], exceptions: Iterable[Row], locale: str | None = None) -> Calendar:
    return read_calendar(
        calendar_id=row["calendar_id"] or "", name=row["name"], time_zone=row["time_zone"] or "", hours=row["hours"] or "",
        holidays=row["holidays"], locale=locale,
        exceptions=[(date.fromisoformat(e["day"] or ""), e["hours"], e["name"]) for e in exceptions],
    )  # fmt: skip


def after(con: duckdb.DuckDBPyConnection, proposal: Proposal, calendar_id: str, locale: str | None = None) -> Calendar:
    """The calendar as it will stand once a proposal is written."""
    removed = {r["day"] for r in proposal.remove.get("calendar_exceptions", ())}
    days = {
        e["day"]: e for e in rows_where(con, "calendar_exceptions", calendar_id=calendar_id) if e["day"] not in removed
    }
    for e in proposal.rows.get("calendar_exceptions", ()):
        days[e["day"]] = {**{"hours": None, "name": None}, **days.get(e["day"], {}), **e}
    row = (rows_where(con, "calendars", calendar_id=calendar_id) or [{}])[0]
    for changed in proposal.rows.get("calendars", ()):
        row = {**row, **changed}
    return _read(row, days.values(), locale)


def propose(con: duckdb.DuckDBPyConnection, wanted: Wanted, first: date | None) -> Proposal:
    """A new calendar, or a known one with other values: from the day ``first`` on, or for all time where it is None.

    Raises BadField for values that cannot be read, and for another time zone from a day on: every day has one zone.
    """
    new = _readable(wanted)
    now = stored(con, wanted.calendar_id)
    before = {n: getattr(now, n) for n in _FIELDS} if now else {}
    old_values, new_values = differences(before, {n: getattr(wanted, n) for n in _FIELDS})
    exceptions: list[Row] = []
    if now is not None and first is not None:
        if now.time_zone != new.time_zone:
            raise BadField(
                {"time_zone": "a zone cannot change on a day: correct it for all time, or make another calendar"}
            )
        exceptions = _kept_days(con, now, new, first)
    rows: dict[str, list[Row]] = {"calendars": [wanted.row] if new_values else []}
    if exceptions:
        rows["calendar_exceptions"] = exceptions
    since = str(first) if first else "all time"
    return Proposal(
        what="calendar changed" if now else "calendar added", about=wanted.calendar_id, rows=rows, before=old_values,
        after={**new_values, "from": since, "days kept as they were": len(exceptions)} if new_values else {},
        watched=watched(wanted.calendar_id),
    )  # fmt: skip


def _readable(wanted: Wanted) -> Calendar:
    if not wanted.calendar_id or len(wanted.calendar_id) > 80:
        raise BadField({"calendar_id": "give the calendar an id of at most 80 characters"})
    if not wanted.name:
        raise BadField({"name": "give the calendar a name"})
    try:
        return _read(wanted.row, ())
    except BadDefinition as error:
        where = (error.where or "").rpartition(", ")[2]
        column = next((n for n in _FIELDS if n in (error.where or "")), where)
        raise BadField({column: f"{error.what}; {error.do}" if error.do else error.what}) from None


def _kept_days(con: duckdb.DuckDBPyConnection, now: Calendar, new: Calendar, first: date) -> list[Row]:
    """An exception for each day before ``first`` on which the new hours would open otherwise than the old did."""
    start = first_day(con)
    taken = {e.day for e in now.exceptions}
    found: list[Row] = []
    day = start
    while day < first:
        if day not in taken:
            was = now.plan(day)
            if was.spans != new.plan(day).spans:
                label = f"{KEPT}{first}" + (f" ({was.name})" if was.name else "")
                hours = day_text(was.spans) or None
                found.append({"calendar_id": now.calendar_id, "day": str(day), "hours": hours, "name": label})
        day += timedelta(days=1)
    if len(found) > MOST_KEPT_DAYS:
        raise BadField({"from": f"{len(found):,} days would have to be kept as they were: choose an earlier day"})
    return found


def first_day(con: duckdb.DuckDBPyConnection) -> date:
    """The first day that calendars are asked about: that of the stored tables, today's year where there are none yet."""
    try:
        return datetime.fromtimestamp(read_layout(con).origin_s, UTC).date()
    except BadWorkspace:  # without facts there are no days to keep
        return date.max


def propose_day(
    con: duckdb.DuckDBPyConnection, calendar_id: str, day: date, hours: str | None, name: str | None
) -> Proposal:
    """A single day with its own hours; none: closed. Raises BadField for hours that cannot be read."""
    try:
        parse_day(hours)
    except BadDefinition as error:
        raise BadField({"hours": error.line()}) from None
    before = rows_where(con, "calendar_exceptions", calendar_id=calendar_id, day=str(day))
    row: Row = {"calendar_id": calendar_id, "day": str(day), "hours": hours or None, "name": name or None}
    changed = not before or {n: before[0][n] for n in ("hours", "name")} != {n: row[n] for n in ("hours", "name")}
    return Proposal(
        what="day changed", about=f"{calendar_id} {day}", rows={"calendar_exceptions": [row] if changed else []},
        before=_day(before[0]) if before else {}, after=_day(row), watched=watched(calendar_id),
    )  # fmt: skip


def propose_usual(con: duckdb.DuckDBPyConnection, calendar_id: str, day: date) -> Proposal:
    """A day back to what week and holidays say."""
    before = rows_where(con, "calendar_exceptions", calendar_id=calendar_id, day=str(day))
    key: Row = {"calendar_id": calendar_id, "day": str(day)}
    return Proposal(
        what="day as usual again", about=f"{calendar_id} {day}", remove={"calendar_exceptions": [key] if before else []},
        before=_day(before[0]) if before else {}, after={"hours": "as usual"}, watched=watched(calendar_id),
    )  # fmt: skip


def _day(row: Row) -> dict[str, str | None]:
    return {"hours": row["hours"] or "closed", "name": row["name"]}


@dataclass(frozen=True)
class Holiday:
    """A public holiday of a calendar: whether it closes the desk, what the day's hours are, and what stands in its place."""

    day: date
    name: str
    closed: bool
    hours: str
    replaced_by: str | None


def holidays(calendar: Calendar, year: int) -> list[Holiday]:
    """The public holidays of a year, for review."""
    replaced = {e.day: e for e in calendar.exceptions}
    found = []
    for day, name in calendar.holidays_in(year):
        spans = calendar.plan(day).spans
        by = replaced.get(day)
        found.append(Holiday(day, name, not spans, day_text(spans), None if by is None else by.name or "an exception"))
    return found


def propose_holidays(
    con: duckdb.DuckDBPyConnection, calendar: Calendar, year: int, closed: frozenset[date]
) -> Proposal:
    """Of a year's public holidays, those in ``closed`` close the desk; on the others it has the hours of that weekday.

    A holiday that is on again loses its exception where the exception only switched it off.
    """
    rows: list[Row] = []
    remove: list[Row] = []
    before, coming = {}, {}
    for holiday in holidays(calendar, year):
        wanted = holiday.day in closed
        if wanted == holiday.closed:
            continue
        key: Row = {"calendar_id": calendar.calendar_id, "day": str(holiday.day)}
        if wanted:
            remove.append(key)
        elif calendar.week[holiday.day.weekday()]:
            hours = day_text(calendar.week[holiday.day.weekday()])
            rows.append({**key, "hours": hours, "name": f"{holiday.name}: open"})
        else:
            continue  # the weekday has no hours of its own
        before[f"{holiday.day} {holiday.name}"] = "closed" if holiday.closed else "open"
        coming[f"{holiday.day} {holiday.name}"] = "closed" if wanted else "open"
    return Proposal(
        what="holidays changed", about=f"{calendar.calendar_id} {year}", rows={"calendar_exceptions": rows},
        remove={"calendar_exceptions": remove}, before=before, after=coming, watched=watched(calendar.calendar_id),
    )  # fmt: skip


def what_if(con: duckdb.DuckDBPyConnection, calendar: Calendar) -> WhatIf | None:
    """The question of what the clocks would have done under this calendar, in the place of the one of its id; None where no policy
    and no client is judged by it.

    Days that are only kept as they were do not belong to the question: it is about the new hours.
    """
    policies = canonical_rows(con, "sla_policies")
    own = [r["sla_policy_id"] or "" for r in policies if r["calendar_id"] == calendar.calendar_id]
    bare = [r["sla_policy_id"] or "" for r in policies if r["calendar_id"] is None]
    clients = [r["client_id"] or "" for r in canonical_rows(con, "clients") if r["calendar_id"] == calendar.calendar_id]
    rules = [PolicyRule(policies=tuple(own), calendar=_ASKED)] if own else []
    if bare and clients:
        rules.append(PolicyRule(policies=tuple(bare), clients=tuple(clients), calendar=_ASKED))
    if not rules:
        return None
    days = tuple(
        ExceptionRule(day=e.day, hours=day_text(e.spans) or None, name=e.name)
        for e in calendar.exceptions
        if not (e.name or "").startswith(KEPT)
    )
    rule = CalendarRule(time_zone=calendar.time_zone, hours=calendar.hours, holidays=calendar.holidays, exceptions=days)
    return WhatIf(name=calendar.name, policy=tuple(rules), calendars={_ASKED: rule})


_ASKED = "as proposed"


def usual(calendar: Calendar) -> Calendar:
    """The calendar without the days that are only kept as they were."""
    return replace(calendar, exceptions=tuple(e for e in calendar.exceptions if not (e.name or "").startswith(KEPT)))
