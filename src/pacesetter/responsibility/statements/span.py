"""The period of a statement: a year, a quarter or a month of a zone.

Owns the words ``2026``, ``2026-Q3``, ``2026-09``.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from zoneinfo import ZoneInfo

from pacesetter.catalogue.periods import midnight
from pacesetter.errors import BadRequest

_WORDS = re.compile(r"(\d{4})(?:-(?:Q([1-4])|(0[1-9]|1[0-2])))?")


@dataclass(frozen=True)
class Span:
    """Local days ``[first, last)`` of ``zone``, named ``name``."""

    name: str
    first: date
    last: date
    zone: ZoneInfo

    @property
    def from_s(self) -> int:
        """The first instant, epoch seconds."""
        return midnight(self.first, self.zone)

    @property
    def to_s(self) -> int:
        """The first instant after it, epoch seconds."""
        return midnight(self.last, self.zone)

    @property
    def has_months(self) -> bool:
        """Whether it is longer than a month."""
        return (self.last - self.first).days > 31

    def may_hold(self, text: str | None) -> bool:
        """Whether an instant written by a source lies within; one that cannot be read may."""
        try:
            at = datetime.fromisoformat(text or "")
        except ValueError:
            return True
        placed = at if at.tzinfo else at.replace(tzinfo=self.zone)
        return self.from_s <= placed.timestamp() < self.to_s


def read_span(text: str, zone: ZoneInfo, where: str = "--period") -> Span:
    """The period of a word. Raises BadRequest for another."""
    found = _WORDS.fullmatch(text.strip().upper())
    if found is None or not 1 <= int(found[1]) <= 9998:
        raise BadRequest(f"'{text}' is no period", where=where, do="write 2026, 2026-Q3 or 2026-09")
    year, quarter, month = int(found[1]), int(found[2] or 0), int(found[3] or 0)
    start, length = (month, 1) if month else (3 * quarter - 2, 3) if quarter else (1, 12)
    after = start + length
    last = date(year + (after > 12), after - 12 if after > 12 else after, 1)
    return Span(found[0], date(year, start, 1), last, zone)
