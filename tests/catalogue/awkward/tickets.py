"""Tickets, their events, surveys, time entries and shifts made awkward: reopenings, ties within a second, edges of months, nulls."""

import random
from datetime import datetime, timedelta

from catalogue.awkward.told import COLUMNS_OF_TIME, DAY, EDGES, HOUR, SECOND, Row, Told, instant, said


def _shift(told: Told, ticket: Row, by: timedelta) -> None:
    for row, column in [(e, "occurred_at") for e in told.events[ticket["ticket_id"]]] + [
        (ticket, c) for c in COLUMNS_OF_TIME
    ]:
        if row.get(column):
            row[column] = said(instant(row[column]) + by)


def edges(told: Told) -> None:
    """Tickets created, resolved or closed exactly at the edge of a month, or in the hour that comes twice."""
    for number, ticket in enumerate(told.some(told.tables["tickets"], 140)):
        kind = ("created", "resolved", "closed")[number % 3]
        moment = next((e for e in told.events[ticket["ticket_id"]] if e["kind"] == kind), None)
        if moment:
            _shift(told, ticket, instant(EDGES[number % len(EDGES)]) - instant(moment["occurred_at"]))


def _begin(told: Told, ticket: Row, at: datetime, **cells: str) -> None:
    """Let a ticket begin at an instant, with what it is about."""
    _shift(told, ticket, at - instant(ticket["created_at"]))
    ticket |= {"site_id": "", "offering_id": "", **cells}


def repeats(told: Told) -> None:
    """Incidents of the requester or asset of another one, begun at the edges of the window after its end."""
    incidents = [t for t in told.tables["tickets"] if t["type"] == "incident" and t["resolved_at"] and t["contact_id"]]
    chosen = told.some(incidents, 80)
    for number, (one, two) in enumerate(zip(chosen[:40], chosen[40:], strict=True)):
        end = max(instant(e["occurred_at"]) for e in told.events[one["ticket_id"]] if e["kind"] == "resolved")
        wait = (0, 1, -1, 30 * DAY, 30 * DAY - 1)[number % 5]
        about = {
            "client_id": one["client_id"],
            "category": one["category"],
            "contact_id": one["contact_id"],
            "asset": "",
        }
        _begin(told, two, end + timedelta(seconds=wait), **about)


def to_the_second(told: Told) -> None:
    """First replies of the client that is served around the clock, exactly when they are due, or a second later."""
    minutes = {
        t["priority"]: int(t["target_minutes"])
        for t in told.tables["sla_targets"]
        if t["sla_policy_id"] == "sla-premium-wandering-dragon-2026-v2" and t["clock"] == "respond"
    }
    ours = [
        t for t in told.tables["tickets"] if t["client_id"] == "wandering-dragon" and t["created_at"] > "2026-07-02"
    ]
    for number, ticket in enumerate(t for t in ours if t["priority"] in minutes):
        replies = [
            e for e in told.events[ticket["ticket_id"]] if e["kind"] == "reply" and e["actor_kind"] == "technician"
        ]
        if replies:
            due = instant(ticket["created_at"]) + timedelta(minutes=minutes[ticket["priority"]])
            replies[0]["occurred_at"] = said(due + timedelta(seconds=number % 2))


def readers(told: Told) -> None:
    """Tickets opened by who read an article: at once, just within 24 hours, just after."""
    views = [v for v in told.tables["article_events"] if v["kind"] == "view" and v["contact_id"]]
    client_of = {c["contact_id"]: c["client_id"] for c in told.tables["contacts"]}
    pairs = zip(told.some(views, 40), told.some(told.tables["tickets"], 40), strict=True)
    for number, (view, ticket) in enumerate(pairs):
        at = instant(view["occurred_at"]) + timedelta(seconds=(0, DAY - 1, DAY, -1)[number % 4])
        _begin(told, ticket, at, client_id=client_of[view["contact_id"]], contact_id=view["contact_id"])


def reopenings(told: Told) -> None:
    rng = told.rng
    waits = (0, SECOND, HOUR, 3 * DAY, 7 * DAY, 7 * DAY + 1, 20 * DAY)
    for ticket, last in rng.sample(told.solved(), 160):
        at = last
        for _ in range(rng.choice((1, 1, 2))):
            at += timedelta(seconds=rng.choice(waits))
            told.event(ticket, at, "reopened", "requester", to_value="In Progress")
            if rng.random() < 0.2:
                break
            at += timedelta(seconds=rng.choice((0, SECOND, 2 * HOUR, 30 * HOUR, 5 * DAY)))
            told.event(ticket, at, "reply", is_public="true", actor_id="tech-00003")
            told.event(ticket, at, "resolved", from_value="In Progress", to_value="Completed", actor_id="tech-00003")
            if rng.random() < 0.6:
                at += timedelta(seconds=rng.choice((0, 5 * DAY)))
                told.event(ticket, at, "closed", "automation", from_value="Completed", to_value="Closed")


def ties(told: Told) -> None:
    """More in the very second of the last event: replies, a second resolution, notes."""
    for number, (ticket, last) in enumerate(told.rng.sample(told.solved(), 90)):
        kind, actor = (
            ("reply", "requester"),
            ("reply", "technician"),
            ("resolved", "technician"),
            ("note", "technician"),
        )[number % 4]
        told.event(ticket, last, kind, actor, is_public="true" if kind == "reply" else "")
    for ticket in told.some(told.tables["tickets"], 60):
        begin = instant(ticket["created_at"])
        told.event(
            ticket["ticket_id"],
            begin + timedelta(seconds=told.rng.choice((0, 600, 601))),
            "reply",
            "requester",
            is_public="true",
        )


def moves(told: Told) -> None:
    """Teams back and forth, also to nobody, also in one second."""
    rng = told.rng
    for ticket, last in rng.sample(told.solved(), 80):
        first = min(instant(e["occurred_at"]) for e in told.events[ticket])
        at, span = first, max(1.0, (last - first).total_seconds())
        for team in rng.choice(
            (
                ("systems", "desk-europe"),
                ("", "systems"),
                ("engineering", "systems", "engineering"),
                ("erp-vendor",),
                ("polite-cloud-it", "desk-europe"),
            )
        ):
            at += timedelta(seconds=int(span * rng.choice((0, 0.1, 0.2))))
            told.event(ticket, at, "team", to_value=team, actor_id="tech-00007")


def nulls(told: Told) -> None:
    for column, count in (
        ("category", 90),
        ("priority", 40),
        ("contact_id", 120),
        ("type", 40),
        ("subcategory", 60),
        ("asset", 200),
        ("root_cause", 60),
        ("fix", 60),
        ("offering_id", 200),
        ("on_site", 60),
    ):
        for ticket in told.some(told.tables["tickets"], count):
            ticket[column] = ""
    for ticket in told.some(told.tables["tickets"], 60):
        ticket["resolution_note"] = told.rng.choice(("Done", "  fixed ", "n" * 19, "n" * 20, "", "OK"))
    for ticket in told.some(told.tables["tickets"], 25):
        ticket["category"] = told.rng.choice(("Patching", "PATCH"))


def exclusions(told: Told) -> None:
    for ticket in told.some(told.tables["tickets"], 60):
        ticket["excluded_as"] = told.rng.choice(("spam", "test", "deleted"))


def promises(told: Told) -> None:
    for ticket in told.some(told.tables["tickets"], 200):
        end = (
            instant(ticket["resolved_at"])
            if ticket["resolved_at"]
            else instant(ticket["created_at"]) + timedelta(days=9)
        )
        ticket["promised_at"] = said(end + timedelta(seconds=told.rng.choice((-DAY, -1, 0, 1, 90 * DAY))))


def surveys(told: Told) -> None:
    rng = told.rng
    for row in told.some(told.tables["surveys"], 260):
        if row["kind"] == "csat":
            scale = rng.choice((5, 10, 7, 4))
            row["scale_max"] = "" if scale == 5 else str(scale)
        else:
            scale = 10
        row["answered_at"] = said(instant(row["sent_at"]) + timedelta(seconds=rng.choice((0, HOUR, 9 * DAY))))
        row["score"] = rng.choice(("", *(str(n) for n in range(0, scale + 1)), str(scale), str(scale - 1)))
        if row["ticket_id"] and rng.random() < 0.4:
            row["client_id"] = ""


def work(told: Told) -> None:
    rng, entries = told.rng, told.tables["time_entries"]
    for row in told.some(entries, 300):
        row["started_at"] = rng.choice(EDGES)
    for row in told.some(entries, 100):
        row["duration_minutes"] = rng.choice(("0", "7.5", "0.01"))
    for row in told.some([e for e in entries if e["ticket_id"]], 120):
        row["on_site"], row["client_id"] = "true", ""
    for row in told.some([e for e in entries if e["project_id"]], 60):
        row["client_id"] = ""
    worked = {e["ticket_id"] for e in entries}
    for ticket in told.some([t for t in told.tables["tickets"] if t["ticket_id"] not in worked], 60):
        ticket["worked_minutes"] = rng.choice(("10", "25.5", "0"))
    for ticket in told.some([t for t in told.tables["tickets"] if t["ticket_id"] in worked], 20):
        ticket["worked_minutes"] = "999"


def shifts(told: Told) -> None:
    rng, shifts = told.rng, told.tables["shifts"]
    for number, row in enumerate(told.some([s for s in shifts if s["kind"] == "work"], 120)):
        begin, end = instant(row["starts_at"]), instant(row["ends_at"])
        new = {**row, "shift_id": f"X{number}"}
        if number % 3 == 0:  # an absence over all or the end of it
            new |= {"kind": "absence", "starts_at": said(begin + timedelta(hours=rng.choice((0, 3))))}
        elif number % 3 == 1:  # a shift that overlaps, or lies within
            new |= {
                "kind": rng.choice(("work", "")),
                "starts_at": said(begin + timedelta(hours=2)),
                "ends_at": said(end + timedelta(hours=rng.choice((-1, 2)))),
            }
        else:  # through the edge of a month
            new |= {"starts_at": "2026-08-31T20:00:00Z", "ends_at": "2026-09-01T02:00:00Z"}
        shifts.append(new)
    for number, row in enumerate(shifts[:: len(shifts) // 40]):  # on call for three days and nights
        ends = said(instant(row["starts_at"]) + timedelta(hours=71))
        shifts.append({**row, "shift_id": f"long-{number}", "kind": "work", "ends_at": ends})


def careless(told: Told) -> None:
    """A technician half of whose tickets about access come back after three hours."""
    hers = {
        t["ticket_id"]
        for t in told.tables["tickets"]
        if (t["technician_id"], t["category"]) == ("tech-00006", "access") and t["resolved_at"]
    }
    for ticket, last in [pair for pair in told.solved() if pair[0] in hers][::2]:
        told.event(ticket, last + timedelta(hours=3), "reopened", "requester", to_value="In Progress")
        told.event(ticket, last + timedelta(hours=4), "resolved", from_value="In Progress", to_value="Completed",
                   actor_id="tech-00006")  # fmt: skip


def robots_alone(told: Told) -> None:
    """A client whose robots solve what nobody ever worked on by hand."""
    entered = {e["ticket_id"] for e in told.tables["time_entries"]}
    moved = {t for t, events in told.events.items() if any(e["kind"] == "category" for e in events)}
    for ticket in told.tables["tickets"]:
        acts = {e["actor_kind"] for e in told.events[ticket["ticket_id"]]}
        untouched = (
            not acts & {"technician", "vendor"} and ticket["ticket_id"] not in entered and not ticket["worked_minutes"]
        )
        ours = ticket["client_id"] == "wandering-dragon" and ticket["ticket_id"] not in moved
        if ours and untouched and ticket["opened_by"] == "automation":
            ticket["category"] = "self-healing"


def outsiders(told: Told) -> None:
    """Technicians who went to a vendor for a while, or are known by a membership alone; acts of persons whom nobody knows; requesters who
    write about what a robot opened."""
    memberships = told.tables["team_memberships"]
    systems = [
        m for m in memberships if m["team_id"] == "systems" and not m["valid_to"] and m["valid_from"] < "2026-06"
    ][:2]
    for row in systems:
        memberships.append({**row, "team_id": "erp-vendor", "valid_from": "2026-07-01", "valid_to": "2026-08-20"})
        memberships.append({**row, "valid_from": "2026-08-20"})
        row["valid_to"] = "2026-07-01"
    for person in told.tables["technicians"]:
        if person["technician_id"] in {m["technician_id"] for m in memberships[:6]}:
            person["team_id"] = ""
    entered = {e["ticket_id"] for e in told.tables["time_entries"]}
    untouched = [
        t for t in told.tables["tickets"]
        if t["ticket_id"] not in entered and not t["worked_minutes"] and t["resolved_at"] and t["opened_by"] != "technician"
    ]  # fmt: skip
    for number, ticket in enumerate(told.some(untouched, 60)):
        for event in told.events[ticket["ticket_id"]]:
            if number % 3 or event["kind"] != "note":
                event["actor_kind"], event["actor_id"] = "", "somebody"
    for number, ticket in enumerate(
        told.some([t for t in told.tables["tickets"] if t["opened_by"] == "automation"], 80)
    ):
        begin = instant(ticket["created_at"])
        for wait in ((900,), (900, 1500), (900, 1501), (0, 601))[number % 4]:
            told.event(ticket["ticket_id"], begin + timedelta(seconds=wait), "reply", "requester", is_public="true")


def openers(told: Told) -> None:
    """Problems, changes and tasks opened by whomever, by whatever way, or by nobody who is named; draws of its own."""
    rng = random.Random(13)
    kinds = [t for t in told.tables["tickets"] if t["type"] in ("problem", "change", "task")]
    others = [t for t in told.tables["tickets"] if t["type"] in ("incident", "request")]
    for ticket in others[::40]:
        ticket["type"] = rng.choice(("problem", "change", "task", ""))
    for ticket in (*kinds[::2], *others[::40]):
        ticket["opened_by"] = rng.choice(("requester", "technician", "technician", ""))
        ticket["channel"] = rng.choice(("", "", "portal", "email", "phone", "chat", "walk_in"))
