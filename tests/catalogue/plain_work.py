"""Work and the people who do it, in plain Python: time per ticket, time at work, shifts, shared tickets, promises, votes on articles."""

from collections import defaultdict

from catalogue.plain_python import Books, Month, Row, Values, midnight, second
from catalogue.plain_tickets import AS_OF, in_month, ratios, resolved_in, share, sums, told, work, world
from oracle.reading import seconds
from oracle.story import Moment, Story

WORKING = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled")
Spans = list[tuple[int, int]]


def technician_efficiency(books: Books, month: Month) -> Values:
    spent = sums([w for w in work(books, month) if w.story], lambda w: w.technician, lambda w: w.seconds)
    solved = sums(resolved_in(books, month), lambda r: r[0].technician.at(r[1].s), lambda _: 1)
    return ratios(spent, solved)


def customer_efficiency(books: Books, month: Month) -> Values:
    """Time on a ticket goes to the client of the ticket, whatever client its entry names."""
    spent = sums([w for w in work(books, month) if w.story], lambda w: w.client, lambda w: w.seconds)
    new = sums([s for s in told(books) if in_month(month, s.created)], lambda s: s.ticket["client_id"], lambda _: 1)
    return ratios(spent, new)


def joined(spans: Spans) -> Spans:
    """The time that any of the spans covers."""
    found: Spans = []
    for low, high in sorted(s for s in spans if s[0] < s[1]):
        if found and low <= found[-1][1]:
            found[-1] = (found[-1][0], max(high, found[-1][1]))
        else:
            found.append((low, high))
    return found


def without(spans: Spans, taken: Spans) -> Spans:
    """What is left of spans where others are taken out."""
    for low, high in taken:
        spans = [piece for a, b in spans for piece in ((a, min(b, low)), (max(a, high), b)) if piece[0] < piece[1]]
    return spans


def _absences(rows: list[Row]) -> dict[str, Spans]:
    found: dict[str, Spans] = defaultdict(list)
    for row in rows:
        if row["kind"] == "absence":
            found[row["technician_id"]].append((second(row["starts_at"]), second(row["ends_at"])))
    return found


def _present(books: Books, month: Month) -> Values:
    """Seconds at work by technician: shifts less absences, each second once, within the month."""
    rows = books.rows("shifts")
    away, at_work = _absences(rows), defaultdict(list)
    low, high = midnight(month.first), min(midnight(month.after), AS_OF)
    for row in rows:
        if row["kind"] != "absence":
            at_work[row["technician_id"]].append(
                (max(low, second(row["starts_at"])), min(high, second(row["ends_at"])))
            )
    return {who: sum(b - a for a, b in without(joined(spans), away[who])) for who, spans in at_work.items()}


def technician_utilization(books: Books, month: Month) -> Values:
    spent = sums([w for w in work(books, month) if w.client], lambda w: w.technician, lambda w: w.seconds)
    return ratios(spent, _present(books, month), 100)


def tickets_per_shift(books: Books, month: Month) -> Values:
    rows = books.rows("shifts")
    away = _absences(rows)
    worked: Values = defaultdict(int)
    for row in rows:
        if row["kind"] != "absence" and month.has_instant(row["starts_at"]):
            who = row["technician_id"]
            worked[who] += bool(without([(second(row["starts_at"]), second(row["ends_at"]))], away[who]))
    solved = sums(resolved_in(books, month), lambda r: r[0].technician.at(r[1].s), lambda _: 1)
    return ratios(solved, worked)


def organisations_of(books: Books, story: Story, end: Moment) -> set[str | None]:
    """Whose teams held the ticket while it was worked on, up to its resolution; a team that it came to while it was resolved did not."""
    changes = (*story.team.changes, *story.phase.changes)
    begun = {story.created, *(at_s for at_s, _ in changes if at_s <= end.s)}
    teams = {story.team.at(at_s) for at_s in begun if at_s == end.s or story.phase.at(at_s) in WORKING}
    known = world(books).context.teams
    return {known[team]["organisation"] for team in teams if team in known}


def comanaged_share(books: Books, month: Month) -> Values:
    return share(
        resolved_in(books, month),
        lambda r: r[0].category.at(r[1].s),
        lambda r: {"msp", "client"} <= organisations_of(books, r[0], r[1]),
    )


def promise_kept_rate(books: Books, month: Month) -> Values:
    due = [(s, seconds(str(s.ticket["promised_at"]))) for s in told(books) if s.ticket.get("promised_at")]
    return share(
        [(s, at_s) for s, at_s in due if in_month(month, at_s) and s.phase.at(at_s) != "cancelled"],
        lambda r: r[0].ticket.get("type"),
        lambda r: r[0].resolved is not None and r[0].resolved.s <= r[1],
    )


def kb_article_effectiveness(books: Books, month: Month) -> Values:
    votes = [
        r
        for r in books.rows("article_events")
        if r["kind"] in ("helpful", "not_helpful") and month.has_instant(r["occurred_at"])
    ]
    return share(votes, lambda r: r["article_id"] or None, lambda r: r["kind"] == "helpful")


BY = {
    "technician": (technician_efficiency, technician_utilization, tickets_per_shift),
    "client": (customer_efficiency,),
    "category": (comanaged_share,),
    "type": (promise_kept_rate,),
    "article": (kb_article_effectiveness,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
