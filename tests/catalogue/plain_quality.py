"""What became of tickets, in plain Python beside ``plain_python``: done without hands, well recorded, staying solved, cleared in days.

The life of a ticket is read by ``oracle.story``, which shares nothing with the product.
"""

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, timedelta
from fractions import Fraction
from functools import cache
from pathlib import Path

from catalogue.plain_hours import WORKSPACE, Opening
from catalogue.plain_python import Books, Month, Row, Values, midnight, second
from catalogue.plain_tickets import AS_OF, in_month, resolved_in, share, told, world
from oracle.quality import DAY, was_reopened
from oracle.story import PHASE_FAMILY, Moment, Move, Story

PACE_DAYS = 20


@cache
def _entries(folder: Path) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in Books(folder).rows("time_entries"):
        if second(row["started_at"]) <= AS_OF:
            found[row["ticket_id"]].append(row)
    return found


def entries_of(books: Books, ticket: str) -> list[Row]:
    """Time entries on a ticket that had begun by the instant asked."""
    return _entries(books.folder).get(ticket, [])


def _is_touched(books: Books, story: Story, end: Moment) -> bool:
    """Whether a technician opened it, a technician or a vendor did anything until it was resolved, or somebody logged work; where nothing
    is recorded, whether a technician held it.

    A total of worked minutes stands for entries where there are none: none of it is no work.
    """
    entries = entries_of(books, story.id)
    total = Fraction(story.ticket.get("worked_minutes") or 0)
    acted = any(story.actor(m) in ("technician", "vendor") for m in _acts(story, end))
    held = not _acts(story, end) and story.technician.at(end.s) is not None
    return acted or held or bool(entries) or total > 0 or story.ticket.get("opened_by") == "technician"


def _acts(story: Story, end: Moment) -> list[Move]:
    """What the record says was done until it was resolved; columns that stand in for events are no acts."""
    return [m for m in story.moves if m.id and m.kind != "created" and m.pos <= end.pos]


def _is_told(books: Books, story: Story, end: Moment) -> bool:
    """Whether the record tells that somebody worked on it, or that nobody did."""
    acts = _acts(story, end)
    known = any(story.actor(m) is not None for m in acts)
    return _is_touched(books, story, end) or known or (not acts and story.ticket.get("opened_by") == "automation")


def automation_rate(books: Books, month: Month) -> Values:
    told_of = [r for r in resolved_in(books, month) if _is_told(books, *r)]
    return share(told_of, lambda r: r[0].ticket["client_id"], lambda r: not _is_touched(books, *r))


def _fields(books: Books, story: Story, end: Moment) -> tuple[bool, ...]:
    """Which of the required fields are filled when the ticket is closed."""
    logged = bool(entries_of(books, story.id)) or story.ticket.get("worked_minutes") is not None
    changing = (story.category, story.priority, story.team, story.technician)
    return (*(t.at(end.s) is not None for t in changing), story.ticket.get("contact_id") is not None, logged)


def record_completeness(books: Books, month: Month) -> Values:
    closed = [(story, end) for story in told(books) if (end := story.closed) and in_month(month, end.s)]
    fields = [(story.team.at(end.s), filled) for story, end in closed for filled in _fields(books, story, end)]
    return share(fields, lambda f: f[0], lambda f: f[1])


def _quickly_reopened(books: Books, story: Story) -> bool:
    """Reopened within the window of the resolution that it undid; a bare count cannot say when."""
    if not story.has(*PHASE_FAMILY):
        return was_reopened(story)
    return any(r.s - r.undone_s <= world(books).rules.first_contact_window_days * DAY for r in story.reopenings)


def _like(story: Story) -> Iterator[tuple[str, str, str, str]]:
    """What makes two incidents alike: client and category, with the requester or the asset."""
    category = story.category.at(AS_OF)
    for column in ("contact_id", "asset"):
        value = story.ticket.get(column)
        if value and category and story.ticket.get("type") == "incident":
            yield str(story.ticket["client_id"]), category, column, value


@cache
def _incidents(folder: Path) -> dict[tuple[str, str, str, str], list[tuple[int, str]]]:
    """When incidents were created, by what makes them alike."""
    found: dict[tuple[str, str, str, str], list[tuple[int, str]]] = defaultdict(list)
    for story in told(Books(folder)):
        for likeness in _like(story):
            found[likeness].append((story.created, story.id))
    return found


def was_undone(books: Books, story: Story, end: Moment) -> bool:
    """Reopened within the window, or followed by a repeat within 30 days."""
    window = world(books).rules.repeat_window_days * DAY
    repeated = any(
        end.s <= created < end.s + window and other != story.id
        for likeness in _like(story)
        for created, other in _incidents(books.folder).get(likeness, [])
    )
    return repeated or _quickly_reopened(books, story)


def resolution_accuracy(books: Books, month: Month) -> Values:
    return share(resolved_in(books, month), lambda r: r[0].technician.at(r[1].s), lambda r: not was_undone(books, *r))


def _pace_begin(books: Books, after: date) -> int:
    """Midnight of the twentieth working day before a day."""
    opening = Opening(books, WORKSPACE)
    day, left = after, PACE_DAYS
    while left:
        day -= timedelta(days=1)
        left -= bool(opening.spans(day))
    return midnight(day)


def backlog_days(books: Books, month: Month) -> Values:
    begin, end = _pace_begin(books, month.after), midnight(month.after)
    still: Values = defaultdict(int)
    solved: Values = defaultdict(int)
    for story in told(books):
        client = story.ticket["client_id"]
        still[client] += story.open_at(end - 1)
        done = story.resolved
        solved[client] += done is not None and begin <= done.s < end
    return {client: Fraction(PACE_DAYS * still[client], n) for client, n in solved.items() if n}


BY = {
    "client": (automation_rate, backlog_days),
    "team": (record_completeness,),
    "technician": (resolution_accuracy,),
}
