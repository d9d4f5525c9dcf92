"""Questions by cohort in plain Python, beside ``plain_python``: of the tickets created in the month, as of the end.

A survey or an hour of work counts with its ticket, whenever it was; what is about no ticket is not in it.
"""

from datetime import date
from fractions import Fraction

from catalogue.plain_python import Books, Month, Row, Values, second
from catalogue.plain_tickets import AS_OF, Work, in_month, ratios, share, sums, told, work, world
from catalogue.plain_work import organisations_of
from oracle.story import Moment, Story

EVER = Month(date(2000, 1, 1), date(2100, 1, 1))
ANCHOR = "created"


def _created_in(books: Books, month: Month) -> list[Story]:
    return [s for s in told(books) if in_month(month, s.created)]


def _resolved(books: Books, month: Month) -> list[tuple[Story, Moment]]:
    return [(s, s.resolved) for s in _created_in(books, month) if s.resolved]


def _work_on(books: Books, month: Month) -> list[Work]:
    cohort = {s.id for s in _created_in(books, month)}
    return [w for w in work(books, EVER) if w.story and w.story.id in cohort]


def technician_efficiency(books: Books, month: Month) -> Values:
    spent = sums(_work_on(books, month), lambda w: w.technician, lambda w: w.seconds)
    return ratios(spent, sums(_resolved(books, month), lambda r: r[0].technician.at(r[1].s), lambda _: 1))


def customer_efficiency(books: Books, month: Month) -> Values:
    spent = sums(_work_on(books, month), lambda w: w.client, lambda w: w.seconds)
    return ratios(spent, sums(_created_in(books, month), lambda s: s.ticket["client_id"], lambda _: 1))


def comanaged_share(books: Books, month: Month) -> Values:
    return share(
        _resolved(books, month),
        lambda r: r[0].category.at(r[1].s),
        lambda r: {"msp", "client"} <= organisations_of(books, r[0], r[1]),
    )


def _surveys(books: Books, month: Month) -> list[tuple[Row, Fraction | None]]:
    """The csat surveys about tickets of the month, alerts aside, each with its score as a share of the best; None where nobody answered."""
    people = {s.id for s in _created_in(books, month) if s.ticket.get("type") != "alert"}
    rows = [
        r
        for r in books.rows("surveys")
        if r["kind"] == "csat" and r["ticket_id"] in people and second(r["sent_at"]) <= AS_OF
    ]
    return [(r, _score(r)) for r in rows]


def _score(row: Row) -> Fraction | None:
    best = Fraction(row["scale_max"] or 5)
    if not row["score"] or not row["answered_at"] or second(row["answered_at"]) > AS_OF:
        return None
    return Fraction(row["score"]) / best if 0 <= Fraction(row["score"]) <= best else None


def _client(books: Books, row: Row) -> str | None:
    return str(world(books).story_of[row["ticket_id"]].ticket["client_id"])


def csat(books: Books, month: Month) -> Values:
    answers = [(row, score) for row, score in _surveys(books, month) if score is not None]
    return share(answers, lambda a: _client(books, a[0]), lambda a: a[1] >= Fraction(4, 5))


def csat_response_rate(books: Books, month: Month) -> Values:
    return share(_surveys(books, month), lambda a: _client(books, a[0]), lambda a: a[1] is not None)


def _still_open(books: Books, month: Month) -> list[Story]:
    return [s for s in _created_in(books, month) if s.open_at(AS_OF)]


def backlog(books: Books, month: Month) -> Values:
    return sums(_still_open(books, month), lambda s: s.ticket["client_id"], lambda _: 1)


def backlog_age(books: Books, month: Month) -> Values:
    still = _still_open(books, month)
    ages = sums(still, lambda s: s.priority.at(AS_OF), lambda s: AS_OF - s.created)
    return ratios(ages, sums(still, lambda s: s.priority.at(AS_OF), lambda _: 1))


BY = {
    "technician": (technician_efficiency,),
    "category": (comanaged_share,),
    "client": (customer_efficiency, csat, csat_response_rate, backlog),
    "priority": (backlog_age,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
