"""The business KPIs in plain Python: csv files, loops, exact decimals and fractions. Shares nothing with the product nor with the SQL.

Each function gives, for one month of the zone, the value by group; a group that is not there has nothing to count. Other KPIs are in the
modules ``plain_*`` beside this; those of plain tickets have their oracle in ``tests/oracle``.
"""

import csv
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, str]
Values = dict[str | None, Fraction | int]
ZONE = ZoneInfo("Europe/Berlin")
FOREVER = 1 << 60


def second(text: str) -> int:
    return int((datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1))


def midnight(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=ZONE).timestamp())


def day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


@dataclass(frozen=True)
class Month:
    """A local month: its first day, and the first day after it."""

    first: date
    after: date

    def has(self, text: str) -> bool:
        found = day(text)
        return found is not None and self.first <= found < self.after

    def has_instant(self, text: str) -> bool:
        return bool(text) and midnight(self.first) <= second(text) < midnight(self.after)

    def overlaps(self, start: str, end: str) -> bool:
        """Whether what began at ``start`` and ended at ``end`` (either may be unknown) was there on any day."""
        return (day(start) or date.min) < self.after and (day(end) or date.max) > self.first


class Books:
    """The tables of a bundle."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def rows(self, table: str) -> list[Row]:
        with (self.folder / f"{table}.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    @cached_property
    def rates(self) -> dict[str, list[tuple[date, Fraction]]]:
        found: dict[str, list[tuple[date, Fraction]]] = defaultdict(list)
        for row in self.rows("exchange_rates"):
            found[row["currency"]].append((date.fromisoformat(row["day"]), Fraction(row["rate"])))
        return {currency: sorted(listed) for currency, listed in found.items()}

    def euro(self, row: Row, on: date, column: str = "amount") -> Fraction:
        amount = Fraction(row[column])
        if row["currency"] in ("", "EUR"):
            return amount
        return amount * [rate for since, rate in self.rates[row["currency"]] if since <= on][-1]

    def held(self, on: date) -> Iterator[Row]:
        """Agreements in force just before a day begins."""
        for row in self.rows("agreements"):
            if date.fromisoformat(row["starts_on"]) < on and (day(row["ends_on"]) or date.max) >= on:
                yield row


def client_churn_rate(books: Books, month: Month) -> Values:
    found: Values = {}
    for row in books.rows("clients"):
        if (day(row["started_on"]) or date.min) < month.first <= (day(row["ended_on"]) or date.max):
            found[row["client_id"]] = 100 if (day(row["ended_on"]) or date.max) < month.after else 0
    return found


def recurring_revenue(books: Books, month: Month) -> Values:
    found: Values = defaultdict(Fraction)
    for row in books.held(month.after):
        found[row["client_id"]] += books.euro(row, month.after - timedelta(days=1), "monthly_amount")
    return found


def recurring_revenue_churn_rate(books: Books, month: Month) -> Values:
    begin: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    end: dict[tuple[str, str], Fraction] = defaultdict(Fraction)
    for cells, on in ((begin, month.first), (end, month.after)):
        for row in books.held(on):
            cells[row["client_id"], row["offering_id"]] += books.euro(row, month.first, "monthly_amount")
    whole: Values = defaultdict(Fraction)
    lost: Values = defaultdict(Fraction)
    for place, amount in begin.items():
        whole[place[0]] += amount
        lost[place[0]] += max(Fraction(0), amount - end[place])
    return {client: 100 * lost[client] / amount for client, amount in whole.items() if amount}


def average_revenue_per_user(books: Books, month: Month) -> Values:
    amounts, clients = Fraction(0), set()
    for row in books.held(month.after):
        amounts += books.euro(row, month.after - timedelta(days=1), "monthly_amount")
        clients.add(row["client_id"])
    return {None: amounts / len(clients)}


def recurring_revenue_rate(books: Books, month: Month) -> Values:
    whole: Values = defaultdict(Fraction)
    again: Values = defaultdict(Fraction)
    for row in books.rows("invoice_lines"):
        if month.has(row["invoiced_on"]):
            amount = books.euro(row, date.fromisoformat(row["invoiced_on"]))
            whole[row["client_id"]] += amount
            again[row["client_id"]] += amount if row["is_recurring"] == "true" else 0
    return {client: 100 * again[client] / amount for client, amount in whole.items() if amount}


def cost_of_goods_sold(books: Books, month: Month) -> Values:
    costs = [r for r in books.rows("costs") if month.has(r["incurred_on"]) and r["kind"] != "overhead"]
    return {None: sum((books.euro(r, date.fromisoformat(r["incurred_on"])) for r in costs), Fraction(0))}


def gross_margin(books: Books, month: Month) -> Values:
    lines = [r for r in books.rows("invoice_lines") if month.has(r["invoiced_on"])]
    revenue = sum((books.euro(r, date.fromisoformat(r["invoiced_on"])) for r in lines), Fraction(0))
    cogs = cost_of_goods_sold(books, month)[None]
    return {None: 100 * (revenue - cogs) / revenue}


def close_ratio(books: Books, month: Month) -> Values:
    won: dict[str | None, list[bool]] = defaultdict(list)
    for row in books.rows("opportunities"):
        if row["outcome"] and month.has(row["decided_on"]):
            won[row["client_id"] or None].append(row["outcome"] == "won")
    return {client: Fraction(100 * sum(listed), len(listed)) for client, listed in won.items()}


def _employed(books: Books, month: Month) -> list[str]:
    return [r["technician_id"] for r in books.rows("technicians") if month.overlaps(r["started_on"], r["ended_on"])]


def training_hours_per_technician(books: Books, month: Month) -> Values:
    people = set(_employed(books, month))
    held = [r for r in books.rows("trainings") if month.has(r["held_on"]) and r["technician_id"] in people]
    return {None: sum((Fraction(r["hours"]) for r in held), Fraction(0)) / len(people)}


def training_participation(books: Books, month: Month) -> Values:
    trained = {r["technician_id"] for r in books.rows("trainings") if month.has(r["held_on"])}
    people = _employed(books, month)
    return {None: Fraction(100 * len(trained & set(people)), len(people))}


def improvement_suggestions(books: Books, month: Month) -> Values:
    found: Values = defaultdict(int)
    for row in books.rows("improvements"):
        if month.has(row["suggested_on"]):
            found[row["technician_id"]] += 1
    return found


def improvement_adoption_rate(books: Books, month: Month) -> Values:
    decided: dict[str | None, list[bool]] = defaultdict(list)
    for row in books.rows("improvements"):
        if row["decision"] and month.has(row["decided_on"]):
            decided[row["technician_id"]].append(row["decision"] == "adopted")
    return {who: Fraction(100 * sum(listed), len(listed)) for who, listed in decided.items()}


def tool_adoption(books: Books, month: Month) -> Values:
    people = set(_employed(books, month))
    uses = books.rows("tool_uses")
    users = {
        t: {r["technician_id"] for r in uses if r["tool"] == t and month.has_instant(r["used_at"])}
        for t in {r["tool"] for r in uses}
    }
    return {tool: Fraction(100 * len(who & people), len(people)) for tool, who in users.items()}


def _outages(books: Books) -> dict[str, list[tuple[int, int]]]:
    """Unplanned downtime by service, overlapping and touching pieces as one."""
    told: dict[str, list[tuple[int, int]]] = defaultdict(list)
    for row in books.rows("outages"):
        if row["is_planned"] != "true":
            told[row["service_id"]].append(
                (second(row["starts_at"]), second(row["ends_at"]) if row["ends_at"] else FOREVER)
            )
    return {service: list(_merged(sorted(pieces))) for service, pieces in told.items()}


def _merged(pieces: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    start, end = pieces[0]
    for a, b in pieces[1:]:
        if a > end:
            yield start, end
            start, end = a, b
        end = max(end, b)
    yield start, end


def _service_time(books: Books, month: Month) -> Iterator[tuple[str, Fraction, int, int]]:
    """Client, weight, seconds in service and seconds of them down, of each service."""
    down = _outages(books)
    for row in books.rows("services"):
        low = max(midnight(month.first), midnight(date.fromisoformat(row["since_on"])))
        until = day(row["until_on"])
        high = min(midnight(month.after), midnight(until) if until else FOREVER)
        if low < high:
            lost = sum(max(0, min(b, high) - max(a, low)) for a, b in down.get(row["service_id"], []))
            yield row["client_id"], Fraction(row["weight"] or "1"), high - low, lost


def availability(books: Books, month: Month) -> Values:
    up: Values = defaultdict(Fraction)
    whole: Values = defaultdict(Fraction)
    for client, weight, seconds, lost in _service_time(books, month):
        up[client] += weight * (seconds - lost)
        whole[client] += weight * seconds
    return {client: 100 * up[client] / amount for client, amount in whole.items() if amount}


def _began(books: Books, month: Month, edge: int) -> dict[str | None, list[int]]:
    """Lengths of the outages that began (edge 0) or ended (edge 1) in the month, by client."""
    client_of = {r["service_id"]: r["client_id"] for r in books.rows("services")}
    found: dict[str | None, list[int]] = defaultdict(list)
    for service, pieces in _outages(books).items():
        for piece in pieces:
            if midnight(month.first) <= piece[edge] < midnight(month.after):
                found[client_of[service]].append(piece[1] - piece[0])
    return found


def outage_count(books: Books, month: Month) -> Values:
    return {client: len(lengths) for client, lengths in _began(books, month, 0).items()}


def outage_duration(books: Books, month: Month) -> Values:
    return {client: Fraction(sum(lengths), len(lengths)) for client, lengths in _began(books, month, 1).items()}


def mtbf(books: Books, month: Month) -> Values:
    running: Values = defaultdict(int)
    for client, _, seconds, lost in _service_time(books, month):
        running[client] += seconds - lost
    return {client: Fraction(running.get(client, 0), n) for client, n in outage_count(books, month).items()}


def _projects(books: Books, month: Month, needed: tuple[str, ...], hit: Callable[[Row], bool]) -> Values:
    found: dict[str | None, list[bool]] = defaultdict(list)
    for row in books.rows("projects"):
        if month.has(row["delivered_on"]) and all(row[column] for column in needed):
            found[row["client_id"]].append(hit(row))
    return {client: Fraction(100 * sum(listed), len(listed)) for client, listed in found.items()}


def _in_time(row: Row) -> bool:
    return row["delivered_on"] <= row["promised_on"]


def _in_budget(row: Row) -> bool:
    return Fraction(row["actual_cost"]) <= Fraction(row["budget"])


def on_time_delivery(books: Books, month: Month) -> Values:
    return _projects(books, month, ("promised_on",), _in_time)


def on_budget_delivery(books: Books, month: Month) -> Values:
    return _projects(books, month, ("budget", "actual_cost"), _in_budget)


def on_time_and_budget(books: Books, month: Month) -> Values:
    return _projects(
        books, month, ("promised_on", "budget", "actual_cost"), lambda row: _in_time(row) and _in_budget(row)
    )


BY = {
    "client": (client_churn_rate, recurring_revenue, recurring_revenue_churn_rate, recurring_revenue_rate, close_ratio, availability,
               outage_count, outage_duration, mtbf, on_time_delivery, on_budget_delivery, on_time_and_budget),
    "technician": (improvement_suggestions, improvement_adoption_rate),
    "tool": (tool_adoption,),
    "": (average_revenue_per_user, cost_of_goods_sold, gross_margin, training_hours_per_technician, training_participation),
}  # fmt: skip
"""The KPIs that are reckoned here, by the dimension that they are cut by."""
