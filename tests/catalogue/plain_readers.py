"""Self-service in plain Python, beside ``plain_python``: who looks for himself, and whether reading was enough."""

from collections import defaultdict
from fractions import Fraction

from catalogue.plain_python import Books, Month, Row, Values, second

LAST = "2026-11-01T00:00:00Z"


def _tickets(books: Books) -> list[Row]:
    """Tickets of the population: none that are merged, spam, test or deleted."""
    events = books.rows("ticket_events")
    merged = {e["ticket_id"] for e in events if e["kind"] == "merge" and e["to_value"] and e["occurred_at"] <= LAST}
    return [
        t
        for t in books.rows("tickets")
        if not t["excluded_as"] and not t["merged_into"] and t["ticket_id"] not in merged and t["created_at"] <= LAST
    ]


def _clients(books: Books) -> dict[str, str]:
    return {row["contact_id"]: row["client_id"] for row in books.rows("contacts")}


def kb_self_service_ratio(books: Books, month: Month) -> Values:
    client_of = _clients(books)
    visitors: dict[str | None, set[str]] = defaultdict(set)
    for event in books.rows("article_events"):
        if month.has_instant(event["occurred_at"]) and (event["contact_id"] or event["session"]):
            visitors[client_of.get(event["contact_id"])].add(event["contact_id"] or event["session"])
    people: dict[str | None, set[str]] = defaultdict(set)
    for ticket in _tickets(books):
        if month.has_instant(ticket["created_at"]) and ticket["contact_id"]:
            people[ticket["client_id"]].add(ticket["contact_id"])
    return {client: Fraction(len(visitors[client]), len(who)) for client, who in people.items()}


def kb_deflection_rate(books: Books, month: Month) -> Values:
    client_of = _clients(books)
    asked: dict[str, list[int]] = defaultdict(list)
    for ticket in _tickets(books):
        asked[ticket["contact_id"]].append(second(ticket["created_at"]))
    sessions: dict[str, list[Row]] = defaultdict(list)
    for event in books.rows("article_events"):
        if event["kind"] == "view" and event["session"]:
            sessions[event["session"]].append(event)
    found: dict[str | None, list[bool]] = defaultdict(list)
    for views in sessions.values():
        first = min(views, key=lambda v: second(v["occurred_at"]))
        if month.has_instant(first["occurred_at"]):
            reader = min((v["contact_id"] for v in views if v["contact_id"]), default="")
            at = second(first["occurred_at"])
            stuck = bool(reader) and any(at <= begun < at + 86_400 for begun in asked[reader])
            found[client_of.get(reader)].append(not stuck)
    return {client: Fraction(100 * sum(listed), len(listed)) for client, listed in found.items()}


BY = {"client": (kb_self_service_ratio, kb_deflection_rate)}
