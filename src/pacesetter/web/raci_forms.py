"""What every form of the RACI matrix shares: the matrix that it changes, its preview, its saving.

Owns the turning of a form into a previewed proposal. Must not know single forms.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.insight.changes import Proposal, Watched, stamp
from pacesetter.insight.changes.record import BadField
from pacesetter.model.raci_document import Document, cell_text
from pacesetter.responsibility.matrix_preview import Ground, Preview, preview
from pacesetter.responsibility.matrix_reading import own_tasks, read_document
from pacesetter.responsibility.matrix_saving import AUDITED_AS, Changes
from pacesetter.web.raci import TABS, address_of, chosen_client
from pacesetter.web.settings_frame import Desk, Filled, Posted, answer, field_marks, slug

WATCHED: Watched = (("raci_tasks", {}), ("raci_roles", {}), ("raci_assignments", {}))


@dataclass(frozen=True)
class Editing:
    """One change of the matrix of a client (or of every client) while it is made."""

    desk: Desk
    client: str | None
    document: Document
    today: date

    @property
    def own(self) -> Document:
        """The tasks that are edited here."""
        return own_tasks(self.document, self.client)

    @property
    def back(self) -> str:
        """The page of this matrix."""
        return address_of(self.desk.page, self.client)


def editing_of(desk: Desk) -> Editing:
    """The matrix that the address of a form is about."""
    client = chosen_client(desk.page)
    today = clock.now().astimezone(desk.page.desk.zone).date()
    return Editing(desk, client, read_document(desk.con, desk.page.desk.scope), today)


Propose = Callable[[], tuple[Changes, date]]


def answered(
    edit: Editing, request: Request, posted: Posted, propose: Propose, form: Callable[[Filled], Response]
) -> Response:
    """Preview or save what a form proposes."""
    made: dict[str, Any] = {}

    def proposal() -> Proposal:
        changes, day = propose()
        made["shown"] = shown = _previewed(edit, changes, day)
        return Proposal(
            what=AUDITED_AS, about=edit.client or "every client", rows=changes.rows(), before={},
            after={"from": str(day), "lines": list(shown.lines)[:200]}, watched=WATCHED,
        )  # fmt: skip

    return answer(edit.desk, request, posted, propose=proposal, show=lambda _: made["shown"], form=form, back=edit.back)


def _previewed(edit: Editing, changes: Changes, day: date) -> Preview:
    page = edit.desk.page.desk
    ground = Ground(con=edit.desk.con, settings=page.settings, scope=page.scope, as_of_s=page.as_of_s)
    return preview(ground, edit.document, changes, day, client=edit.client)


def rendered(edit: Editing, template: str, filled: Filled, **values: Any) -> Response:
    """The page of a form, with what was filled in, what is wrong with it and its preview."""
    response = edit.desk.page.render(
        template, filled=filled, problems=filled.problems, preview=filled.preview, client=edit.client, tabs=TABS,
        back=edit.back, address=edit.back, cell_text=cell_text, page_name=template[5:-5], field_marks=field_marks,
        slug=slug, **values,
    )  # fmt: skip
    response.status_code = filled.status
    return response


def fresh(edit: Editing, *words: tuple[str, str]) -> Filled:
    """A form that nobody has filled in yet."""
    return Filled(Posted(words), stamp(edit.desk.con, WATCHED), {})


def day_or(posted: Posted, other: date) -> date:
    """The day from which a form holds; another one where it says none that can be read."""
    try:
        return posted.day("from") or other
    except BadField:
        return other
