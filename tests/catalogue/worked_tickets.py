"""Worked examples of the KPIs about tickets (families A to D): what goes in."""

from collections.abc import Callable

from catalogue.sheet import Sheet, at

HOUR, DAY = 60, 1440
Builder = Callable[[Sheet], None]
EXAMPLES: dict[str, Builder] = {}


def example(kpi: str) -> Callable[[Builder], Builder]:
    def keep(builder: Builder) -> Builder:
        EXAMPLES[kpi] = builder
        return builder

    return keep


def shared(*kpis: str) -> Callable[[Builder], Builder]:
    def keep(builder: Builder) -> Builder:
        EXAMPLES.update(dict.fromkeys(kpis, builder))
        return builder

    return keep


@example("first_response_time")
def _(s: Sheet) -> None:
    for wait in (5, 35) * 10:
        s.tickets(1, first_response_at=at(wait))


@shared("resolution_time", "time_to_resolution_median_km")
def _(s: Sheet) -> None:
    for hours in (1, 2, 6):
        s.tickets(1, hours * HOUR)


EXAMPLES["time_to_resolution_median_km"] = EXAMPLES["resolution_time"]


@example("mttr")
def _(s: Sheet) -> None:
    for days in (1, 3):
        s.tickets(1, closed_at=at(days * DAY))


@example("time_to_escalate")
def _(s: Sheet) -> None:
    for minute in (30, 90):
        s.events(s.tickets(1, team_id="net"), "escalation", minute, from_value="desk", to_value="net")


@example("escalation_response_time")
def _(s: Sheet) -> None:
    for wait in (10, 30):
        ticket = s.tickets(1)
        s.events(ticket, "escalation", 60, from_value="desk", to_value="net")
        s.events(ticket, "note", 60 + wait, actor_id="ned")


@example("update_interval")
def _(s: Sheet) -> None:
    for silence in (60, 120):
        ticket = s.tickets(1)
        s.events(ticket, "reply", silence, actor_id="ann", is_public="true")
        s.events(ticket, "resolved", silence + 5)


@example("time_in_hands")
def _(s: Sheet) -> None:
    s.add("ticket_statuses", status="Ask", phase="waiting_requester")
    ticket = s.tickets(1, team_id="desk", technician_id="ann")
    s.events(ticket, "status", 60, from_value="active", to_value="Ask")
    s.events(ticket, "status", 180, from_value="Ask", to_value="resolved")


@example("first_contact_resolution")
def _(s: Sheet) -> None:
    s.events(s.tickets(90, 60), "reply", 30, actor_id="ann", is_public="true")
    s.events(s.tickets(10, 60), "reply", 30, "requester")


@example("first_level_resolution")
def _(s: Sheet) -> None:
    s.tickets(70, 60, team_id="desk")
    s.tickets(30, 60, team_id="net")


@example("reopen_rate")
def _(s: Sheet) -> None:
    for count, reopened in ((95, False), (5, True)):
        tickets = s.tickets(count)
        s.events(tickets, "resolved", 60)
        if reopened:
            s.events(tickets, "reopened", 120)
            s.events(tickets, "resolved", 180)


@example("repeat_incident_rate")
def _(s: Sheet) -> None:
    s.tickets(94, 60, type="incident", category="print", asset="printer-{n}")
    for n in range(6):
        s.tickets(1, 60, created=DAY, type="incident", category="print", asset=f"printer-{n}")


@example("resolution_accuracy")
def _(s: Sheet) -> None:
    tickets = s.tickets(4, type="incident", category="mail", asset="mail-{n}")
    s.events(tickets, "resolved", 60)
    s.events(tickets, "reopened", 120)
    s.events(tickets, "resolved", 180)
    s.tickets(90, 60, type="incident", category="print", asset="printer-{n}")
    for n in range(6):
        s.tickets(1, 60, created=DAY, type="incident", category="print", asset=f"printer-{n + 4}")


@example("root_cause_rate")
def _(s: Sheet) -> None:
    s.tickets(60, 60, type="incident", root_cause="worn out")
    s.tickets(40, 60, type="incident")


@example("permanent_fix_rate")
def _(s: Sheet) -> None:
    s.tickets(30, 60, type="incident", fix="permanent")
    s.tickets(10, 60, type="incident", fix="workaround")


@example("documentation_rate")
def _(s: Sheet) -> None:
    s.tickets(80, 60, resolution_note="Replaced the worn out cable behind the desk")
    s.tickets(20, 60, resolution_note="done")


@example("speed_quality")
def _(s: Sheet) -> None:
    s.tickets(20, 60, category="print", technician_id="ann")
    s.tickets(20, 120, category="print", technician_id="ned")


@shared("tickets_created", "backlog", "resolution_rate")
def _(s: Sheet) -> None:
    s.tickets(100, 60)
    s.tickets(20)


@shared("tickets_resolved")
def _(s: Sheet) -> None:
    s.tickets(100, 60)


@shared("tickets_closed", "new_to_closed_ratio", "net_ticket_change")
def _(s: Sheet) -> None:
    s.tickets(100, closed_at=at(60))
    s.tickets(20)


@example("backlog_age")
def _(s: Sheet) -> None:
    s.tickets(1, created_at="2026-03-31T00:00:00Z")
    s.tickets(1, created_at="2026-03-29T00:00:00Z")


@example("backlog_days")
def _(s: Sheet) -> None:
    s.tickets(300, created_at="2026-03-20T08:00:00Z", resolved_at="2026-03-20T09:00:00Z")
    s.tickets(60)


@example("update_timeliness")
def _(s: Sheet) -> None:
    s.policy(update=60)
    for count, minute in ((90, 30), (10, 90)):
        tickets = s.tickets(count)
        s.events(tickets, "reply", minute, actor_id="ann", is_public="true")
        s.events(tickets, "resolved", minute + 20)


@example("promise_kept_rate")
def _(s: Sheet) -> None:
    s.tickets(80, 60, promised_at=at(90))
    s.tickets(20, 120, promised_at=at(90))


@example("escalation_rate")
def _(s: Sheet) -> None:
    s.events(s.tickets(15, 60), "escalation", 30, from_value="desk", to_value="net")
    s.tickets(85, 60, team_id="desk")


@example("escalation_bounce_rate")
def _(s: Sheet) -> None:
    s.events(s.tickets(17), "escalation", 30, from_value="desk", to_value="net")
    back = s.tickets(3)
    s.events(back, "escalation", 30, from_value="desk", to_value="net")
    s.events(back, "team", 60, from_value="net", to_value="desk")


@example("handoffs_per_ticket")
def _(s: Sheet) -> None:
    s.events(s.tickets(50, 60), "team", 30, from_value="net", to_value="desk")
    s.tickets(50, 60, team_id="desk")


@example("ping_pong_rate")
def _(s: Sheet) -> None:
    there_and_back = s.tickets(4, 60)
    s.events(there_and_back, "team", 20, from_value="net", to_value="desk")
    s.events(there_and_back, "team", 30, from_value="desk", to_value="net")
    s.tickets(96, 60, team_id="desk")


@example("comanaged_share")
def _(s: Sheet) -> None:
    s.events(s.tickets(20, 60), "team", 30, from_value="it", to_value="desk")
    s.tickets(80, 60, team_id="desk")


@example("tickets_per_shift")
def _(s: Sheet) -> None:
    s.tickets(240, 60, technician_id="ann")
    for n in range(40):
        s.add("shifts", shift_id="s{n}", technician_id="ann", starts_at=at(n * 600), ends_at=at(n * 600 + 480))


@example("proactive_rate")
def _(s: Sheet) -> None:
    s.tickets(25, opened_by="automation")
    s.tickets(75, opened_by="requester")


@example("automation_rate")
def _(s: Sheet) -> None:
    s.events(s.tickets(12), "resolved", 60, "automation")
    s.events(s.tickets(88), "resolved", 60)


@example("remote_resolution_rate")
def _(s: Sheet) -> None:
    s.tickets(95, 60, on_site="false")
    s.tickets(5, 60, on_site="true")


@example("repetitive_work_share")
def _(s: Sheet) -> None:
    for n, ticket in enumerate(s.tickets(90, 60, subject="Password reset for user {n}", category="access")):
        s.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(n),
            duration_minutes=20,
            ticket_id=ticket,
        )
    for ticket in s.tickets(70, 60, subject="Plan a new office network", category="network"):
        s.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ned",
            started_at=at(5),
            duration_minutes=60,
            ticket_id=ticket,
        )


@example("record_completeness")
def _(s: Sheet) -> None:
    s.add("contacts", contact_id="c", client_id="acme")
    full = {"category": "print", "priority": "P3", "team_id": "desk", "technician_id": "ann", "contact_id": "c",
            "closed_at": at(60)}  # fmt: skip
    s.tickets(40, worked_minutes=5, **full)
    s.tickets(60, **full)


@shared("sla_response_compliance")
def _(s: Sheet) -> None:
    s.policy(respond=60)
    s.tickets(95, first_response_at=at(30))
    s.tickets(5, first_response_at=at(90))


@shared("sla_resolution_compliance", "sla_compliance", "patch_on_time_rate")
def _(s: Sheet) -> None:
    s.policy(resolve=60)
    s.tickets(95, 30, type="change", category="patch")
    s.tickets(5, 90, type="change", category="patch")


@example("sla_breaches")
def _(s: Sheet) -> None:
    s.policy(respond=60, resolve=120)
    s.tickets(2, 110, first_response_at=at(90))
    s.tickets(1, 180, first_response_at=at(30))


@example("sla_at_risk")
def _(s: Sheet) -> None:
    s.policy(resolve=12 * HOUR)
    s.tickets(4, created_at="2026-03-31T18:00:00Z")
    s.tickets(8, created_at="2026-03-31T22:00:00Z")


@example("alert_triage_time")
def _(s: Sheet) -> None:
    for wait in (10, 30):
        ticket = s.tickets(1, type="alert", category="security")
        s.events(ticket, "status", wait, from_value="new", to_value="active", actor_id="ann")


@example("sla_breach_hands")
def _(s: Sheet) -> None:
    s.policy(resolve=4 * HOUR)
    s.events(s.tickets(1, 5 * HOUR), "team", HOUR, from_value="desk", to_value="net")
