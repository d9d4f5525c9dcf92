"""What every settings page shares: who may open it, the words of a posted form, preview and save, the notes at the top.

Owns the permission, the reading of fields and the two buttons. Must not know single settings.
"""

import contextlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import PurePath
from typing import Annotated, Any

import duckdb
from babel.dates import format_date
from fastapi import Depends, Request
from fastapi.responses import Response
from markupsafe import Markup

from pacesetter.access import edits
from pacesetter.access.roles import Permission
from pacesetter.access.tables import Edit
from pacesetter.api.serving import Asking, Caller, Parts, Serving
from pacesetter.errors import BadDefinition, BadRequest, Forbidden
from pacesetter.insight.changes import Proposal, stamp
from pacesetter.insight.changes.record import BadField
from pacesetter.model.hours import DAYS
from pacesetter.reports import wording
from pacesetter.warehouse.editing import Busy, EditedMeanwhile, EditRefused
from pacesetter.warehouse.storage import IMPORTED
from pacesetter.web import forms
from pacesetter.web.frame import Sheet, sheet
from pacesetter.web.settings_saving import save

SECTIONS = (
    ("/settings/targets", "Targets", "What each KPI is to reach, for everybody, a client or a team, and from when."),
    ("/settings/calendars", "Calendars", "Weekly hours, time zones and single days, which every clock runs by."),
    ("/settings/holidays", "Holidays", "Public holidays, listed for review; each can be switched off."),
    ("/settings/policies", "SLA policies", "What was promised, to whom, and from when."),
    ("/settings/statuses", "Statuses", "What each status of the source means: working, waiting, resolved."),
    ("/settings/mappings", "Mappings", "How files of other systems become records."),
)
MOST_BYTES = 2_000_000


@dataclass(frozen=True)
class Posted:
    """The words of a form, trimmed, and the files that came with it, by name."""

    pairs: tuple[tuple[str, str], ...] = ()
    files: tuple[tuple[str, bytes], ...] = ()

    def get(self, name: str, default: str = "") -> str:
        """The last word of that name."""
        return next((v for n, v in reversed(self.pairs) if n == name), default)

    def all(self, name: str) -> list[str]:
        """Every word of that name."""
        return [v for n, v in self.pairs if n == name]

    def named(self, prefix: str) -> dict[str, str]:
        """The words whose names begin so, by the rest of the name."""
        return {n.removeprefix(prefix): v for n, v in self.pairs if n.startswith(prefix)}

    def day(self, name: str) -> date | None:
        """A day; None where the field is empty. Raises BadField."""
        text = self.get(name)
        try:
            found = date.fromisoformat(text) if text else None
        except ValueError:
            found = None
        if text and (found is None or not 1970 <= found.year < 2200):
            raise BadField({name: "this is no day; write 2026-10-01"})
        return found

    def number(self, name: str) -> float | None:
        """A number, with a point or one comma before its decimals; None where the field is empty. Raises BadField."""
        text = self.get(name).replace("\u202f", "").replace("\xa0", "")
        plain = text.replace(",", ".") if text.count(",") == 1 and "." not in text else text
        try:
            found = float(plain) if text else None
        except ValueError:
            found = None
        if text and (found is None or abs(found) > 1e12 or found != found):
            raise BadField({name: "this is no number; write 12.5"})
        return found


async def _posted(request: Request) -> Posted:
    if int(request.headers.get("content-length") or 0) > MOST_BYTES:
        raise BadRequest("the form is too large")
    pairs, files = [], []
    async with request.form(max_files=4, max_fields=5000) as form:
        for name, value in form.multi_items():
            if isinstance(value, str):
                pairs.append((name, value.replace("\r\n", "\n").strip()))
            elif value.filename:
                files.append((PurePath(value.filename).name, await value.read(MOST_BYTES)))
    return Posted(tuple(pairs), tuple(files))


Form = Annotated[Posted, Depends(_posted)]


def _configuring(asking: Asking) -> Caller:
    asking.scope.need(Permission.CONFIGURE, "changing what figures are judged by")
    if not asking.scope.is_whole:
        raise Forbidden("these settings hold for the whole workspace, which is not within what you may see")
    return asking


Configuring = Annotated[Caller, Depends(_configuring)]
"""Who may open the settings."""


def slug(name: str) -> str:
    """A field's name as part of an id."""
    return re.sub(r"\W", "_", name)


def field_marks(problems: Mapping[str, str], name: str, hint: str = "") -> Markup:
    """The attributes that tie a field to what is wrong with it, or to its hint."""
    if name in problems:
        return Markup(' aria-invalid="true" aria-describedby="e-{}"').format(slug(name))
    return Markup(' aria-describedby="h-{}"').format(slug(name)) if hint else Markup("")


@dataclass(frozen=True)
class Desk:
    """A settings page while it is being made."""

    page: Sheet
    parts: Serving
    asking: Caller
    done: Edit | None

    @property
    def con(self) -> duckdb.DuckDBPyConnection:
        """The current generation. Whoever may configure sees the whole workspace."""
        return self.page.desk.evaluator.con

    def day_text(self, text: str | None) -> str:
        """A canonical day as the reader writes it; nothing where there is none."""
        return wording.day_text(date.fromisoformat(text), self.page.locale) if text else ""

    def render(
        self, template: str, *, section: str, tables: Sequence[str] = (), status: int = 200, **values: Any
    ) -> Response:
        """The page; ``tables`` are those that its forms write, for the note on where else they come from."""
        frame: dict[str, Any] = {
            "sections": SECTIONS, "section": section, "done": self.done, "problems": {}, "preview": None,
            "sources": sources_of(self.con, tables), "day_text": self.day_text,
            "spoken_month": lambda day: format_date(day, "LLLL yyyy", locale=self.page.locale),
            "field_marks": field_marks, "slug": slug,
            "hours_text": lambda s: f"{wording.number(s / 3600, '#,##0.#', self.page.locale)} h",
            "weekday": lambda day: DAYS[day.weekday()],
        }  # fmt: skip
        response = self.page.render(template, **(frame | values))
        response.status_code = status
        return response


@contextlib.contextmanager
def opened(request: Request, parts: Parts, asking: Caller) -> Iterator[Desk]:
    """A settings page for this caller, on the current generation."""
    number = request.query_params.get("done", "")
    done = None
    if number.isascii() and number.isdigit() and len(number) < 10:
        with parts.work() as work:
            found = edits.edit_of(work, int(number))
            done = found if found is not None and found.outcome == "done" else None
    with sheet(request, parts, asking) as page:
        yield Desk(page, parts, asking, done)


def sources_of(con: duckdb.DuckDBPyConnection, tables: Sequence[str]) -> list[tuple[str, datetime]]:
    """The imports that brought rows of these tables, by name with their last instant: the next one may replace an edit."""
    if not tables:
        return []
    rows = con.execute(f"SELECT source, imported_at, counts FROM _imports WHERE {IMPORTED} ORDER BY id").fetchall()
    found: dict[str, datetime] = {}
    for source, at, counts in rows:
        told = json.loads(counts or "{}")
        if any(told.get(t, {}).get("read") for t in tables):
            found[PurePath(source).name] = at.replace(tzinfo=UTC)
    return list(found.items())[-3:]


@dataclass(frozen=True)
class Filled:
    """A form on its way: what was posted, what is wrong with it, the preview; the marks of what its editor saw and previewed."""

    posted: Posted
    seen: str
    problems: dict[str, str]
    preview: Any = None
    status: int = 200
    previewed: str = ""


def answer(
    desk: Desk,
    request: Request,
    posted: Posted,
    *,
    propose: Callable[[], Proposal],
    show: Callable[[Proposal], Any],
    form: Callable[[Filled], Response],
    back: str,
) -> Response:
    """Preview or save a posted form. ``show`` makes the preview of a proposal, ``form`` the page with what was filled in."""
    forms.check_session_form(request, desk.asking, posted.get("token"))
    seen = posted.get("seen")
    try:
        proposal = propose()
        if proposal.changes_nothing:
            raise BadField({"": "nothing is different from what stands now"})
        if posted.get("do") == "save" and posted.get("previewed") == proposal.digest:
            return save(desk.parts, desk.asking, proposal, seen, back)
        if seen and stamp(desk.con, proposal.watched) != seen:
            raise EditedMeanwhile(
                "somebody else changed this since you opened it",
                do="look at what stands now and make your change again",
            )
        note = (
            {"": "the form was changed after its preview: this is what it would do now"}
            if posted.get("do") == "save"
            else {}
        )
        return form(
            Filled(posted, seen or stamp(desk.con, proposal.watched), note, show(proposal), previewed=proposal.digest)
        )
    except BadField as wrong:
        return form(Filled(posted, seen, wrong.problems, status=400))
    except EditRefused as refused:
        problems = {c.column or "": c.message for c in refused.complaints}
        return form(Filled(posted, seen, problems, status=400))
    except (Busy, EditedMeanwhile) as refused:
        return form(
            Filled(posted, "" if isinstance(refused, EditedMeanwhile) else seen, {"": refused.line()}, status=409)
        )
    except BadDefinition as refused:
        return form(Filled(posted, seen, {"": refused.line()}, status=400))
