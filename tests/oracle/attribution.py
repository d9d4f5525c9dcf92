"""Which agreement a ticket stands under, and in which shift of a technician an instant lies."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from oracle.reading import Bundle, Cells, seconds
from oracle.story import Story


def _began(day: str | None, zone: str) -> int | None:
    """The second in which a day begins in a zone."""
    if day is None:
        return None
    found = date.fromisoformat(day)
    return int(datetime(found.year, found.month, found.day, tzinfo=ZoneInfo(zone)).timestamp())


class Contracts:
    """The agreements and policies of a bundle; days begin in ``zone``."""

    def __init__(self, bundle: Bundle, zone: str) -> None:
        self.zone, self.agreements = zone, bundle.by_id("agreements", "agreement_id")
        self.policies = bundle.by_id("sla_policies", "sla_policy_id")

    def _holds(self, agreement: Cells, at: int) -> bool:
        starts, ends = (_began(agreement.get(name), self.zone) for name in ("starts_on", "ends_on"))
        return (starts is None or starts <= at) and (ends is None or at < ends)

    def of(self, story: Story) -> str | None:
        """The agreement that the source names by its policy, else the only one of the client that could be meant."""
        ticket = story.ticket
        policy = self.policies.get(str(ticket.get("sla_policy_id")), {})
        named = self.agreements.get(str(policy.get("agreement_id")))
        if named is not None and named["client_id"] == ticket["client_id"]:
            return named["agreement_id"]
        offering = ticket.get("offering_id")
        near = [
            a["agreement_id"]
            for a in self.agreements.values()
            if a["client_id"] == ticket["client_id"]
            and offering in (None, a["offering_id"])
            and self._holds(a, story.created)
        ]
        return near[0] if len(near) == 1 else None


class Shifts:
    """The shifts of a bundle of which something is left beside absences."""

    def __init__(self, bundle: Bundle) -> None:
        rows = bundle.rows("shifts")
        away = [self._span(r) for r in rows if r.get("kind") == "absence"]
        worked = [(self._span(r), str(r["shift_id"])) for r in rows if r.get("kind") != "absence"]
        self.worked = [(span, name) for span, name in worked if self._is_left(span, away)]

    @staticmethod
    def _span(row: Cells) -> tuple[str | None, int, int]:
        return row["technician_id"], seconds(str(row["starts_at"])), seconds(str(row["ends_at"]))

    @staticmethod
    def _is_left(span: tuple[str | None, int, int], away: list[tuple[str | None, int, int]]) -> bool:
        who, start, end = span
        mine = [(a, b) for other, a, b in away if other == who]
        begun = [s for s in (start, *(b for _, b in mine)) if start <= s < end]
        return any(not any(a <= s < b for a, b in mine) for s in begun)

    def of(self, technician: object, at: int) -> str | None:
        """The shift of a technician in which a second lies, that of the lowest id where there are two."""
        found = [name for (who, start, end), name in self.worked if who == technician and start <= at < end]
        return min(found, default=None)
