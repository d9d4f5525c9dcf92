"""Money that is spread in plain Python: what serving a client costs, a ticket, a client's lifetime, an offering's revenue."""

from collections import defaultdict
from collections.abc import Callable
from datetime import date
from fractions import Fraction

from catalogue.plain_python import (
    Books,
    Month,
    Row,
    Values,
    average_revenue_per_user,
    client_churn_rate,
    gross_margin,
)
from catalogue.plain_tickets import Work, in_month, ratios, resolved_in, sums, told, work


def _booked(books: Books, month: Month, table: str, dated: str) -> list[tuple[Row, Fraction]]:
    """The month's rows of a table and their amounts in the workspace's currency."""
    rows = [r for r in books.rows(table) if month.has(r[dated])]
    return [(r, books.euro(r, date.fromisoformat(r[dated]))) for r in rows]


def rate_per_offering(books: Books, month: Month) -> Values:
    lines = _booked(books, month, "invoice_lines", "invoiced_on")
    return sums(lines, lambda line: line[0]["offering_id"] or None, lambda line: line[1])


def _spread(
    costs: list[tuple[Row, Fraction]], efforts: list[tuple[str | None, Work]], booked: Callable[[Row, Work], bool]
) -> Values:
    """Each cost over the groups of the work that ``booked`` says it is for, by effort; unspread, under no group, where there is none."""
    found: Values = defaultdict(Fraction)
    for row, amount in costs:
        effort = sums([e for e in efforts if booked(row, e[1])], lambda e: e[0], lambda e: e[1].seconds)
        whole = sum(effort.values())
        for group, part in effort.items() if whole else [(None, 1)]:
            found[group] += amount * part / (whole or 1)
    return found


def _is_for_offering(row: Row, piece: Work) -> bool:
    """A shared cost that is booked on an offering is for the work on that offering's tickets."""
    return not row["offering_id"] or (
        piece.story is not None and piece.story.ticket.get("offering_id") == row["offering_id"]
    )


def client_contribution(books: Books, month: Month) -> Values:
    """Revenue, less hours at their rate, less costs but for labor; those of no client are spread by hours worked for clients."""
    lines = _booked(books, month, "invoice_lines", "invoiced_on")
    costs = [c for c in _booked(books, month, "costs", "incurred_on") if c[0]["kind"] != "labor"]
    rate = {r["technician_id"]: Fraction(r["cost_rate"] or 0) for r in books.rows("technicians")}
    hours = [w for w in work(books, month, of_population=False) if w.client]
    shared = [c for c in costs if not c[0]["client_id"]]
    found: Values = defaultdict(Fraction)
    for sign, part in (
        (1, sums(lines, lambda c: c[0]["client_id"], lambda c: c[1])),
        (-1, sums(costs, lambda c: c[0]["client_id"], lambda c: c[1] if c[0]["client_id"] else 0)),
        (-1, sums(hours, lambda w: w.client, lambda w: w.seconds / 3600 * rate.get(w.technician or "", Fraction(0)))),
        (-1, _spread(shared, [(w.client, w) for w in work(books, month) if w.client], _is_for_offering)),
    ):
        for client, amount in part.items():
            found[client or None] += sign * amount
    return found


def cost_per_ticket(books: Books, month: Month) -> Values:
    """The month's support costs, by the time worked on tickets (of the client that they are booked on), ÷ tickets handled."""
    costs = [c for c in _booked(books, month, "costs", "incurred_on") if c[0]["is_support"] == "true"]
    efforts = [(w.story.ticket.get("channel"), w) for w in work(books, month) if w.story]
    cost = _spread(costs, efforts, lambda row, w: row["client_id"] in ("", w.client))
    solved = {story.id for story, _ in resolved_in(books, month)}
    handled = [s for s in told(books) if s.id in solved or any(in_month(month, e.s) for e in s.escalations)]
    return ratios(cost, sums(handled, lambda s: s.ticket.get("channel"), lambda _: 1))


def customer_lifetime_value(books: Books, month: Month) -> Values:
    """Monthly revenue per client × gross margin ÷ share of clients lost in the month: the three KPIs as they stand."""
    lost = client_churn_rate(books, month).values()
    churn = Fraction(sum(lost), 100 * len(lost))
    arpu, margin = average_revenue_per_user(books, month)[None], gross_margin(books, month)[None] / 100
    return {None: arpu * margin / churn} if churn else {}


BY = {
    "offering": (rate_per_offering,),
    "client": (client_contribution,),
    "channel": (cost_per_ticket,),
    "": (customer_lifetime_value,),
}
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
