"""Time that passes in opening hours, in plain Python: alerts until they are taken up, updates and patches when due, downtime of users."""

from collections import defaultdict
from collections.abc import Iterator
from fractions import Fraction
from functools import cache
from itertools import pairwise
from pathlib import Path

from catalogue.plain_breaches import calendar_of, judged
from catalogue.plain_hours import WORKSPACE, opening
from catalogue.plain_python import Books, Month, Values, midnight, second
from catalogue.plain_tickets import AS_OF, in_month, share, told
from oracle.story import PHASE_FAMILY, Story

PATCH_WORDS = {"patch", "patches", "patching", "patch deployment", "patch management", "updates"}


def _taken_up(story: Story) -> int | None:
    """When an alert left phase new."""
    return next((at_s for at_s, phase in story.phase.changes if phase != "new"), None)


def _is_early(story: Story, at_s: int) -> bool:
    """Whether what took it up is said to have happened before the alert was created."""
    return at_s == story.created and any(m.bad and m.kind in PHASE_FAMILY for m in story.moves)


def alert_triage_time(books: Books, month: Month) -> Values:
    waited: dict[str | None, list[int]] = defaultdict(list)
    for story in told(books):
        at_s = _taken_up(story) if story.ticket.get("type") == "alert" else None
        if at_s is not None and in_month(month, at_s) and not _is_early(story, at_s):
            waited[story.team.at(at_s)].append(calendar_of(books, story).between(story.created, at_s))
    return {team: Fraction(sum(lengths), len(lengths)) for team, lengths in waited.items()}


@cache
def _cycles(folder: Path) -> dict[str, list[tuple[Story, int, bool]]]:
    """By clock: the ticket, the instant that judges it, and whether it was met, of every cycle that was met or ran out."""
    books = Books(folder)
    found: dict[str, list[tuple[Story, int, bool]]] = defaultdict(list)
    for story in told(books):
        for clock, j in judged(books, story, AS_OF):
            if j.judged_s is not None and j.outcome in ("met", "breached"):
                found[clock].append((story, j.judged_s, j.outcome == "met"))
    return found


def _judged_in(books: Books, month: Month, clock: str) -> list[tuple[Story, int, bool]]:
    return [cycle for cycle in _cycles(books.folder)[clock] if in_month(month, cycle[1])]


def update_timeliness(books: Books, month: Month) -> Values:
    return share(_judged_in(books, month, "update"), lambda c: c[0].priority.at(c[1]), lambda c: c[2])


def _is_patch(story: Story, at_s: int) -> bool:
    words = (story.category.at(at_s), story.ticket.get("subcategory"))
    return any((word or "").lower() in PATCH_WORDS for word in words)


def patch_on_time_rate(books: Books, month: Month) -> Values:
    cycles = [c for c in _judged_in(books, month, "resolve") if _is_patch(c[0], c[1])]
    return share(cycles, lambda c: c[0].ticket["client_id"], lambda c: c[2])


def _downtime(books: Books) -> dict[str, list[tuple[int, int, Fraction]]]:
    """Unplanned outages by service: from, to, share of the users; all of them where none is told."""
    found: dict[str, list[tuple[int, int, Fraction]]] = defaultdict(list)
    for row in books.rows("outages"):
        if row["is_planned"] != "true":
            end_s = second(row["ends_at"]) if row["ends_at"] else AS_OF
            found[row["service_id"]].append((second(row["starts_at"]), end_s, Fraction(row["users_affected"] or 1)))
    return found


def _pieces(outages: list[tuple[int, int, Fraction]], low: int, high: int) -> Iterator[tuple[int, int, Fraction]]:
    """``[low, high)`` in pieces over which the same outages last, with the largest share of users among them."""
    edges = {low, high, *(edge for start, end, _ in outages for edge in (start, end) if low < edge < high)}
    for a, b in pairwise(sorted(edges)):
        users = [share for start, end, share in outages if start <= a and b <= end]
        if users:
            yield a, b, max(users)


def lost_business_hours(books: Books, month: Month) -> Values:
    """Each service by itself; downtime counts as it is told, also where a service is said to begin later or to have ended."""
    calendar = {r["client_id"]: r["calendar_id"] or WORKSPACE for r in books.rows("clients")}
    client_of = {r["service_id"]: r["client_id"] for r in books.rows("services")}
    low, high = midnight(month.first), min(midnight(month.after), AS_OF)
    found: Values = defaultdict(Fraction)
    for service, outages in _downtime(books).items():
        hours = opening(books, calendar[client_of[service]])
        for start, end, users in _pieces(outages, low, high):
            if open_s := hours.between(start, end):
                found[service] += users * open_s / 3_600
    return found


BY = {
    "team": (alert_triage_time,),
    "priority": (update_timeliness,),
    "client": (patch_on_time_rate,),
    "service": (lost_business_hours,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
