"""The audit log: who did what, when, with the values before and after. Never a secret."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
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


@dataclass(frozen=True, kw_only=True)
class Search:
    """Which lines: by whom, what was done, about whom or what (parts of the words, whatever their case), from one instant until before
    another, with an id below ``before``."""

    who: str = ""
    what: str = ""
    about: str = ""
    first: datetime | None = None
    last: datetime | None = None
    before: int | None = None


def search(work: Work, asked: Search, limit: int = 100) -> list[Entry]:
    """The lines that fit, newest first."""
    found = select(Entry).order_by(Entry.id.desc()).limit(limit)
    for column, words in ((Entry.who, asked.who), (Entry.what, asked.what), (Entry.about, asked.about)):
        if words.strip():
            found = found.where(func.lower(column).contains(words.strip().lower(), autoescape=True))
    if asked.first is not None:
        found = found.where(Entry.at >= asked.first)
    if asked.last is not None:
        found = found.where(Entry.at < asked.last)
    if asked.before is not None:
        found = found.where(Entry.id < asked.before)
    return list(work.scalars(found))


def kinds(work: Work) -> list[str]:
    """Every kind of deed that the log has."""
    return list(work.scalars(select(Entry.what).distinct().order_by(Entry.what)))


def latest(work: Work, limit: int = 100) -> list[Entry]:
    """The newest lines, newest first."""
    return list(work.scalars(select(Entry).order_by(Entry.id.desc()).limit(limit)))
