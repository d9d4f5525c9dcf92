"""Clients, money, sales, projects, outages, people and articles made awkward: other currencies, overlaps, edges of months, nulls."""

from datetime import date, timedelta

from catalogue.awkward.told import EDGES, Told, instant, said


def clients(told: Told) -> None:
    base = told.tables["clients"][0]
    for number, (start, end, reason) in enumerate(
        (
            ("2020-01-01", "2026-06-01", "price"),
            ("2020-01-01", "2026-06-30", ""),
            ("2026-07-01", "2026-08-01", "merged"),
            ("", "2026-09-15", "price"),
            ("2026-08-01", "", ""),
            ("", "", ""),
            ("2019-01-01", "2025-01-01", "old"),
            ("2020-01-01", "2026-12-01", "not yet"),
        )
    ):
        told.tables["clients"].append(
            {
                **base,
                "client_id": f"odd-{number}",
                "name": f"Odd {number}",
                "started_on": start,
                "ended_on": end,
                "end_reason": reason,
                "seats": ("", "5", "0", "12")[number % 4],
                "calendar_id": "",
            }
        )


def leavers(told: Told) -> None:
    """A client lost in each month in which no other one is, so that every month has a rate of loss; one without a calendar has outages."""
    base = told.tables["clients"][0]
    for month, start, end in (
        ("may", "2020-01-01", "2026-05-31"),
        ("july", "2026-06-30", "2026-07-01"),
        ("october", "2021-03-01", "2026-10-31"),
    ):
        told.tables["clients"].append(
            {
                **base,
                "client_id": f"gone-in-{month}",
                "name": f"Gone in {month}",
                "started_on": start,
                "ended_on": end,
                "end_reason": "price",
                "seats": "3",
                "calendar_id": "",
            }
        )
    told.tables["services"].append(
        {"service_id": "odd-mail", "client_id": "gone-in-october", "name": "Mail", "since_on": "2021-03-01"}
    )
    for number, (start, end) in enumerate((("06:15", "16:30"), ("05:00", "07:00"), ("17:00", "20:00"))):
        told.tables["outages"].append(
            {
                "outage_id": f"odd-mail-{number}",
                "service_id": "odd-mail",
                "starts_at": f"2026-07-2{number}T{start}:00Z",
                "ends_at": f"2026-07-2{number}T{end}:00Z",
                "is_planned": "false",
                "users_affected": "0.25",
            }
        )


def money(told: Told) -> None:
    rng, tables = told.rng, told.tables
    tables["exchange_rates"] += [
        {"day": "2026-08-15", "currency": "USD", "rate": "0.5"},
        {"day": "2026-04-01", "currency": "CHF", "rate": "1.05"},
    ]
    clients = [c["client_id"] for c in tables["clients"]]
    offerings = [o["offering_id"] for o in tables["offerings"]]
    for number in range(60):
        start = date(2026, 1, 1) + timedelta(days=rng.randrange(290))
        tables["agreements"].append(
            {
                "agreement_id": f"odd-{number}",
                "client_id": rng.choice(clients),
                "offering_id": rng.choice(offerings),
                "starts_on": str(rng.choice((start, start.replace(day=1)))),
                "monthly_amount": str(rng.randrange(0, 90_000) / 100),
                "ends_on": str(start + timedelta(days=rng.choice((1, 31, 100)))) if number % 2 else "",
                "currency": rng.choice(("", "EUR", "USD", "CHF")),
                "quantity": rng.choice(("", "0", "3", "10")),
                "end_reason": rng.choice(("", "price", "closed")),
            }
        )
    for number in range(120):
        day = str(date(2026, 4, 20) + timedelta(days=rng.randrange(194)))
        tables["invoice_lines"].append(
            {
                "line_id": f"odd-{number}",
                "client_id": rng.choice(clients),
                "invoiced_on": day,
                "amount": str(rng.randrange(-9_000, 90_000) / 100),
                "currency": rng.choice(("", "EUR", "USD", "CHF")),
                "is_recurring": rng.choice(("true", "false")),
                "offering_id": rng.choice(("", *offerings)),
            }
        )
        tables["costs"].append(
            {
                "cost_id": f"odd-{number}",
                "incurred_on": day,
                "kind": rng.choice(("labor", "material", "software", "infrastructure", "overhead")),
                "amount": str(rng.randrange(0, 90_000) / 100),
                "currency": rng.choice(("", "EUR", "USD")),
                "client_id": rng.choice(("", "", *clients)),
                "offering_id": rng.choice(("", "", *offerings)),
                "is_support": rng.choice(("", "true", "false")),
            }
        )


def sales_and_projects(told: Told) -> None:
    rng, tables = told.rng, told.tables
    clients = [c["client_id"] for c in tables["clients"]]
    for number in range(80):
        opened = date(2026, 4, 1) + timedelta(days=rng.randrange(200))
        decided = opened + timedelta(days=rng.randrange(60))
        outcome = rng.choice(("won", "lost", "lost", ""))
        tables["opportunities"].append(
            {
                "opportunity_id": f"odd-{number}",
                "opened_on": str(opened),
                "amount": str(rng.randrange(0, 900_000) / 100),
                "currency": rng.choice(("", "USD")),
                "decided_on": str(decided) if outcome else "",
                "outcome": outcome,
                "lost_reason": rng.choice(("price", "")) if outcome == "lost" else "",
                "client_id": rng.choice(("", *clients)),
            }
        )
        delivered = rng.random() < 0.8
        tables["projects"].append(
            {
                "project_id": f"odd-{number}",
                "client_id": rng.choice(clients),
                "name": "Odd",
                "promised_on": rng.choice(("", str(decided))),
                "delivered_on": str(decided + timedelta(days=rng.choice((-3, 0, 1, 20)))) if delivered else "",
                "currency": rng.choice(("", "USD")),
                "budget": rng.choice(("", "1000.00", "500.50")),
                "actual_cost": rng.choice(("", "1000.00", "1200.25")) if delivered else "",
            }
        )


def outages(told: Told) -> None:
    """Outages that overlap, touch, lie within each other, never end, are planned at the same time, or told without a share of users."""
    rng, outages = told.rng, told.tables["outages"]
    for number, row in enumerate(told.some(outages, 60)):
        begin, end = instant(row["starts_at"]), instant(row["ends_at"])
        start, stop = rng.choice(
            (
                (begin, end),
                (end, end + timedelta(hours=2)),
                (begin + timedelta(minutes=5), end + timedelta(hours=30)),
                (begin - timedelta(days=2), begin + timedelta(seconds=1)),
            )
        )
        outages.append(
            {
                **row,
                "outage_id": f"odd-{number}",
                "starts_at": said(start),
                "ends_at": said(stop) if number % 12 else "",
                "is_planned": rng.choice(("true", "false", "false", "")),
                "users_affected": rng.choice(("", "0.5", "1", "0")),
            }
        )
    for row in told.some(told.tables["services"], 12):
        row["weight"] = rng.choice(("", "0", "2.5"))
        row["until_on"] = rng.choice(("", "2026-08-10", "2026-09-01"))
    for row in told.some(told.tables["services"], 8):
        row["since_on"], row["until_on"] = "2026-07-15", ""


def people(told: Told) -> None:
    rng, tables = told.rng, told.tables
    people = tables["technicians"]
    people[3]["cost_rate"] = ""
    for number in range(6):
        people.append(
            {
                "technician_id": f"odd-{number}",
                "name": f"Odd {number}",
                "team_id": rng.choice(("", "systems")),
                "started_on": ("", "2026-07-01", "2026-06-30")[number % 3],
                "ended_on": ("", "2026-08-01", "2026-08-02")[number // 2],
            }
        )
    everybody = [p["technician_id"] for p in people]
    for number in range(60):
        day = date(2026, 4, 25) + timedelta(days=rng.randrange(189))
        tables["trainings"].append(
            {
                "training_id": f"odd-{number}",
                "technician_id": rng.choice(everybody),
                "held_on": str(day),
                "hours": rng.choice(("0", "1.5", "8")),
                "topic": "odd",
            }
        )
        decision = rng.choice(("", "adopted", "rejected"))
        tables["improvements"].append(
            {
                "improvement_id": f"odd-{number}",
                "technician_id": rng.choice(everybody),
                "title": "Odd",
                "suggested_on": str(day),
                "decision": decision,
                "decided_on": str(day + timedelta(days=rng.randrange(40))) if decision else "",
            }
        )
        tables["tool_uses"].append(
            {
                "technician_id": rng.choice(everybody),
                "used_at": rng.choice(EDGES),
                "tool": rng.choice(("remote control", "odd")),
            }
        )


def knowledge(told: Told) -> None:
    rng, events = told.rng, told.tables["article_events"]
    for row in told.some(events, 300):
        row["occurred_at"] = rng.choice(EDGES)
    for row in told.some(events, 300):
        row["contact_id"] = ""
    for row in told.some([e for e in events if not e["contact_id"]], 40):
        row["session"] = ""
