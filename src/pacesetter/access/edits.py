"""Changes of the workspace's records that people ask for on pages: begun, under way, done or refused, each with values before and after.

Owns the record of them and its entry in the audit log. Must not know what a change means or how it is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access import audit
from pacesetter.access.tables import Edit

LOST_AFTER = timedelta(seconds=45)
"""A change of which nothing was heard for so long is not being made any more."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """A change as somebody asked for it."""

    person_id: int
    who: str
    what: str
    about: str
    before: Mapping[str, Any]
    after: Mapping[str, Any]
    back: str


def begin(work: Work, asked: Asked) -> Edit:
    """Keep what is asked for before it is made."""
    now = clock.now()
    edit = Edit(
        person_id=asked.person_id, who=asked.who, what=asked.what[:60], about=asked.about[:254], before=dict(asked.before),
        after=dict(asked.after), back=asked.back[:500], step="waiting for its turn", started_at=now, seen_at=now,
    )  # fmt: skip
    work.add(edit)
    work.flush()
    return edit


def heard(work: Work, edit_id: int, step: str) -> None:
    """Say that it is still being made, and at which step."""
    edit = work.get(Edit, edit_id)
    if edit is not None and edit.outcome is None:
        edit.seen_at, edit.step = clock.now(), step[:200]


def finish(work: Work, edit_id: int) -> Edit | None:
    """It stands: the audit log says so in the same piece of work."""
    edit = work.get(Edit, edit_id)
    if edit is None or edit.outcome == "done":
        return edit
    edit.outcome, edit.ended_at, edit.message = "done", clock.now(), None
    audit.note(work, edit.who, edit.what, edit.about, before=edit.before, after=edit.after)
    return edit


def refuse(work: Work, edit_id: int, message: str, outcome: str = "refused") -> None:
    """It was not made, and why."""
    edit = work.get(Edit, edit_id)
    if edit is not None and edit.outcome is None:
        edit.outcome, edit.ended_at, edit.message = outcome, clock.now(), message


def record(work: Work, asked: Asked) -> Edit:
    """A change that has been made already, in one step."""
    edit = begin(work, asked)
    finish(work, edit.id)
    return edit


def edit_of(work: Work, edit_id: int) -> Edit | None:
    """The change of that number."""
    return work.get(Edit, edit_id)


def latest(work: Work, limit: int = 50) -> list[Edit]:
    """The newest changes that were made, newest first."""
    query = select(Edit).where(Edit.outcome == "done").order_by(Edit.id.desc()).limit(limit)
    return list(work.scalars(query))


def silent(work: Work) -> list[Edit]:
    """Changes that nobody makes any more although they never ended: the program was stopped meanwhile."""
    before = clock.now() - LOST_AFTER
    return list(work.scalars(select(Edit).where(Edit.outcome.is_(None), Edit.seen_at < before)))
