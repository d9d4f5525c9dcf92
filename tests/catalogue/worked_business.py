"""Worked examples of the KPIs about voice, people, money and infrastructure (families E to I): what goes in."""

from catalogue.sheet import Sheet, at
from catalogue.worked_tickets import example, shared

HOUR, DAY = 60, 1440


def _surveys(s: Sheet, kind: str, *scores: tuple[int, object]) -> None:
    for count, score in scores:
        answered = at(60) if score is not None else ""
        s.add(
            "surveys",
            count,
            survey_id="s{n}",
            kind=kind,
            client_id="acme",
            sent_at=at(0),
            answered_at=answered,
            score=score,
        )


@example("csat")
def _(s: Sheet) -> None:
    _surveys(s, "csat", (50, 4), (32, 5), (10, 3), (8, 1))


@example("csat_response_rate")
def _(s: Sheet) -> None:
    _surveys(s, "csat", (30, 4), (70, None))


@example("nps")
def _(s: Sheet) -> None:
    _surveys(s, "nps", (40, 9), (30, 10), (20, 7), (10, 6))


@example("kb_usage_rate")
def _(s: Sheet) -> None:
    s.events(s.tickets(40, 60), "article", 30, to_value="kb")
    s.tickets(60, 60)


@example("kb_self_service_ratio")
def _(s: Sheet) -> None:
    s.add("contacts", 120, contact_id="c{n}", client_id="acme")
    for n in range(80):
        s.add("article_events", 2, event_id="v{n}", occurred_at=at(n), kind="view", contact_id=f"c{n}", session=f"s{n}")
    for n in range(40):
        s.tickets(2, contact_id=f"c{n + 60}")


@example("kb_deflection_rate")
def _(s: Sheet) -> None:
    s.add("contacts", 40, contact_id="c{n}", client_id="acme")
    for n in range(40):
        s.add("article_events", event_id="v{n}", occurred_at=at(0), kind="view", contact_id=f"c{n}", session=f"s{n}")
    for n in range(10):
        s.tickets(1, created=23 * HOUR, contact_id=f"c{n}")
        s.tickets(1, created=25 * HOUR, contact_id=f"c{n + 20}")


@example("kb_article_effectiveness")
def _(s: Sheet) -> None:
    s.add("article_events", 18, event_id="v{n}", occurred_at=at(0), kind="helpful")
    s.add("article_events", 2, event_id="v{n}", occurred_at=at(0), kind="not_helpful")
    s.add("article_events", 9, event_id="v{n}", occurred_at=at(0), kind="view")


@example("technician_utilization")
def _(s: Sheet) -> None:
    for n in range(50):
        s.add(
            "shifts",
            shift_id="s{n}",
            technician_id="ann",
            starts_at=at(n * 600),
            ends_at=at(n * 600 + 540),
            kind="work",
        )
        s.add(
            "shifts",
            shift_id="s{n}",
            technician_id="ann",
            starts_at=at(n * 600),
            ends_at=at(n * 600 + 60),
            kind="absence",
        )
    s.add(
        "time_entries",
        300,
        entry_id="w{n}",
        technician_id="ann",
        started_at=at(5),
        duration_minutes=60,
        client_id="acme",
    )
    s.add("time_entries", 20, entry_id="w{n}", technician_id="ann", started_at=at(5), duration_minutes=60)


@example("technician_efficiency")
def _(s: Sheet) -> None:
    for ticket in s.tickets(25, 60, technician_id="ann"):
        s.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(5),
            duration_minutes=20,
            ticket_id=ticket,
        )


@example("customer_efficiency")
def _(s: Sheet) -> None:
    for ticket in s.tickets(10):
        s.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(5),
            duration_minutes=30,
            ticket_id=ticket,
        )


@shared("training_hours_per_technician", "training_participation")
def _(s: Sheet) -> None:
    s.add("technicians", 20, technician_id="p{n}", name="p{n}", team_id="desk", started_on="2025-01-01")
    s.add("technicians", technician_id="gone", name="gone", started_on="2025-01-01", ended_on="2026-03-01")
    hours = [5] * 14 + [10]
    for n, long in enumerate(hours):
        s.add("trainings", training_id="a{n}", technician_id=f"p{n}", held_on="2026-03-10", hours=long, topic="network")
    s.add("trainings", training_id="a{n}", technician_id="p1", held_on="2026-04-01", hours=8, topic="network")


@shared("improvement_suggestions", "improvement_adoption_rate")
def _(s: Sheet) -> None:
    for decision, count in (("adopted", 9), ("rejected", 3)):
        s.add("improvements", count, improvement_id="i{n}", technician_id="ann", suggested_on="2026-03-01", title="x",
              decided_on="2026-03-20", decision=decision)  # fmt: skip


@example("tool_adoption")
def _(s: Sheet) -> None:
    s.add("technicians", 20, technician_id="p{n}", name="p{n}")
    for n in range(18):
        tool = "remote control" if n % 2 else "knowledge base"
        s.add("tool_uses", technician_id=f"p{n}", used_at=at(n), tool=tool)


@example("training_gap")
def _(s: Sheet) -> None:
    s.add("technicians", 5, technician_id="p{n}", name="p{n}", team_id="desk")
    for n in range(5):
        for k in range(40):
            s.tickets(1, (240 if n == 0 else 60) + k % 7, category="print", technician_id=f"p{n}")
            s.tickets(1, 60 + k % 7, category="mail", technician_id=f"p{n}")


@example("client_churn_rate")
def _(s: Sheet) -> None:
    s.add("clients", 97, client_id="c{n}", name="c{n}", started_on="2025-01-01")
    s.add(
        "clients", 3, client_id="c{n}", name="c{n}", started_on="2025-01-01", ended_on="2026-03-31", end_reason="price"
    )
    s.add("clients", 5, client_id="c{n}", name="c{n}", started_on="2026-03-01")
    s.add("clients", client_id="c{n}", name="c{n}", started_on="2026-03-05", ended_on="2026-03-20")
    s.add("clients", client_id="c{n}", name="c{n}", started_on="2025-01-01", ended_on="2026-04-01")
    s.tables["clients"].pop(0)


def _agreements(s: Sheet, *rows: tuple[str, str, float, str]) -> None:
    s.add("offerings", offering_id="desk", name="Desk", unit="seat")
    for client, start, amount, end in rows:
        s.add("agreements", agreement_id="a{n}", client_id=client, offering_id="desk", starts_on=start, ends_on=end,
              monthly_amount=amount, quantity=10)  # fmt: skip


@example("recurring_revenue_churn_rate")
def _(s: Sheet) -> None:
    s.add("clients", 5, client_id="c{n}", name="c{n}", started_on="2025-01-01")
    _agreements(
        s, ("c0", "2025-01-01", 9500, ""), ("c1", "2025-01-01", 200, "2026-03-15"),  # cancelled: 200
        ("c2", "2025-01-01", 300, "2026-03-10"), ("c2", "2026-03-10", 200, ""),  # shrunk: 100
        ("c3", "2026-03-05", 5000, ""),  # gained: in neither
    )  # fmt: skip


@example("recurring_revenue")
def _(s: Sheet) -> None:
    _agreements(
        s, ("acme", "2025-01-01", 600, ""), ("acme", "2026-03-31", 400, ""), ("acme", "2025-01-01", 99, "2026-03-31")
    )


@example("recurring_revenue_rate")
def _(s: Sheet) -> None:
    for amount, recurring in ((850, "true"), (150, "false")):
        s.add(
            "invoice_lines",
            line_id="l{n}",
            client_id="acme",
            invoiced_on="2026-03-31",
            amount=amount,
            is_recurring=recurring,
        )


@example("average_revenue_per_user")
def _(s: Sheet) -> None:
    s.add("clients", 25, client_id="c{n}", name="c{n}", started_on="2025-01-01", seats=10)
    _agreements(s, *((f"c{n}", "2025-01-01", 250, "") for n in range(20) for _ in range(2)))


def _cost(s: Sheet, kind: str, amount: float, **cells: object) -> None:
    s.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind=kind, amount=amount, **cells)


@example("client_contribution")
def _(s: Sheet) -> None:
    s.add("technicians", technician_id="ann", name="ann", cost_rate=40)
    s.add("invoice_lines", line_id="l{n}", client_id="acme", invoiced_on="2026-03-31", amount=1000, is_recurring="true")
    s.add(
        "time_entries", entry_id="w{n}", technician_id="ann", started_at=at(5), duration_minutes=600, client_id="acme"
    )
    _cost(s, "software", 100, client_id="acme")
    _cost(s, "infrastructure", 50)
    _cost(s, "labor", 5000)


@example("customer_lifetime_value")
def _(s: Sheet) -> None:
    s.add("clients", 49, client_id="c{n}", name="c{n}", started_on="2025-01-01")
    s.add("clients", client_id="c{n}", name="c{n}", started_on="2025-01-01", ended_on="2026-03-15")
    _agreements(s, *((f"c{n}", "2025-01-01", 500, "") for n in range(49)))
    s.add("invoice_lines", line_id="l{n}", client_id="c0", invoiced_on="2026-03-31", amount=1000, is_recurring="true")
    _cost(s, "labor", 600)


@example("rate_per_offering")
def _(s: Sheet) -> None:
    s.add("offerings", offering_id="desk", name="Desk")
    s.add("invoice_lines", line_id="l{n}", client_id="acme", invoiced_on="2026-03-31", amount=12_000, is_recurring="true",
          offering_id="desk")  # fmt: skip
    for ticket in s.tickets(100, offering_id="desk"):
        s.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(5),
            duration_minutes=60,
            ticket_id=ticket,
        )


@example("close_ratio")
def _(s: Sheet) -> None:
    for count, outcome, amount in ((12, "won", 100), (28, "lost", 50)):
        s.add("opportunities", count, opportunity_id="o{n}", opened_on="2026-02-01", amount=amount, decided_on="2026-03-10",
              outcome=outcome)  # fmt: skip
    s.add("opportunities", 9, opportunity_id="o{n}", opened_on="2026-03-01", amount=1)


@example("cost_per_ticket")
def _(s: Sheet) -> None:
    s.tickets(1000, 60)
    _cost(s, "labor", 15_000, is_support="true")
    _cost(s, "software", 5_000, is_support="true")
    _cost(s, "labor", 99_999, is_support="false")


@example("cost_of_goods_sold")
def _(s: Sheet) -> None:
    for kind, amount in (
        ("labor", 600),
        ("material", 100),
        ("software", 200),
        ("infrastructure", 50),
        ("overhead", 70),
    ):
        _cost(s, kind, amount)


@example("gross_margin")
def _(s: Sheet) -> None:
    s.add("invoice_lines", line_id="l{n}", client_id="acme", invoiced_on="2026-03-31", amount=1000, is_recurring="true")
    _cost(s, "labor", 550)


def _outage(s: Sheet, start: str, end: str, service: str = "mail", **cells: object) -> None:
    s.add("outages", outage_id="o{n}", service_id=service, starts_at=start, ends_at=end, **cells)


@example("availability")
def _(s: Sheet) -> None:
    s.add("services", service_id="mail", client_id="acme", name="Mail", since_on="2026-03-27", until_on="2026-03-31")
    s.add(
        "services",
        service_id="web",
        client_id="acme",
        name="Web",
        since_on="2026-03-31",
        until_on="2026-04-01",
        weight=4 / 24,
    )
    _outage(s, "2026-03-28T10:00:00Z", "2026-03-28T10:40:00Z")
    _outage(s, "2026-03-28T10:30:00Z", "2026-03-28T11:00:00Z")
    _outage(s, "2026-03-28T20:00:00Z", "2026-03-28T22:00:00Z", is_planned="true")


@example("outage_count")
def _(s: Sheet) -> None:
    s.add("services", service_id="mail", client_id="acme", name="Mail", since_on="2026-01-01")
    for start, end in (("10:00", "10:40"), ("10:30", "11:00"), ("12:00", "12:10"), ("13:00", "13:05")):
        _outage(s, f"2026-03-28T{start}:00Z", f"2026-03-28T{end}:00Z")


@example("mtbf")
def _(s: Sheet) -> None:
    s.add("services", service_id="mail", client_id="acme", name="Mail", since_on="2026-03-27", until_on="2026-04-01")
    for hour in (0, 8, 16):
        _outage(s, f"2026-03-28T{hour:02}:00:00Z", f"2026-03-28T{hour + 7:02}:00:00Z")


@example("outage_duration")
def _(s: Sheet) -> None:
    s.add("services", service_id="mail", client_id="acme", name="Mail", since_on="2026-01-01")
    _outage(s, "2026-03-28T10:00:00Z", "2026-03-28T10:30:00Z")
    _outage(s, "2026-03-29T10:00:00Z", "2026-03-29T11:30:00Z")


@example("lost_business_hours")
def _(s: Sheet) -> None:
    s.add("calendars", calendar_id="office", name="Office", time_zone="Europe/Berlin", hours="mon-fri 08:00-18:00")
    s.add("clients", client_id="acme", name="Acme", calendar_id="office")
    s.add("services", service_id="mail", client_id="acme", name="Mail", since_on="2026-01-01")
    _outage(s, "2026-03-27T17:00:00+01:00", "2026-03-27T19:00:00+01:00", users_affected=0.5)


@shared("on_time_delivery", "on_budget_delivery", "on_time_and_budget")
def _(s: Sheet) -> None:
    for n in range(10):
        late, dear = n in (0, 1), n in (1, 2, 3)
        s.add("projects", project_id="p{n}", client_id="acme", name="p", promised_on="2026-03-10",
              delivered_on="2026-03-20" if late else "2026-03-10", budget=100, actual_cost=150 if dear else 100)  # fmt: skip
