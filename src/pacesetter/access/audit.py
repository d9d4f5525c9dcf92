"""The audit log: who did what, when, with the values before and after. Never a secret."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session as Work

from pacesetter import clock
from pacesetter.access.tables import Entry

CONSOLE = "console"
"""Who it was where somebody at the machine ran a command."""


def note(
    work: Work,
    who: str,
    what: str,
    about: str | None = None,
    *,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
) -> None:
    """Write one line of the log, kept or undone together with what it tells of."""
    work.add(
        Entry(
            at=clock.now(),
            who=who,
            what=what,
            about=about,
            before=dict(before) if before is not None else None,
            after=dict(after) if after is not None else None,
        )
    )


def latest(work: Work, limit: int = 100) -> list[Entry]:
    """The newest lines, newest first."""
    return list(work.scalars(select(Entry).order_by(Entry.id.desc()).limit(limit)))
