"""Worked examples of family J, responsibility: what goes in."""

from catalogue.sheet import Sheet
from catalogue.worked_tickets import example


def _matrix(s: Sheet) -> None:
    """The desk does the work, the client's IT answers for it, the engineers are consulted and the client's IT is informed."""
    s.add("raci_tasks", task_id="reset", name="Password reset", category="access")
    for role, team in (("desk-role", "desk"), ("it-role", "it"), ("net-role", "net")):
        s.add("raci_roles", role_id=role, name=role, team_id=team)
    for role, letter in (("desk-role", "R"), ("it-role", "A"), ("net-role", "C")):
        s.add("raci_assignments", task_id="reset", role_id=role, letter=letter, within_minutes="")
    s.add("raci_assignments", task_id="reset", role_id="it-role", letter="I", within_minutes=60)


@example("raci_coverage")
def _(s: Sheet) -> None:
    _matrix(s)
    s.add("raci_tasks", task_id="half", name="Nobody does it", category="network")
    s.add("raci_assignments", task_id="half", role_id="it-role", letter="A")
    s.tickets(80, category="access")
    s.tickets(12, category="network")
    s.tickets(8, category="print")


@example("raci_responsible_conformance")
def _(s: Sheet) -> None:
    _matrix(s)
    for technician, count in (("ann", 90), ("ned", 10)):
        for ticket in s.tickets(count, 60, category="access"):
            entry = {"technician_id": technician, "ticket_id": ticket, "started_at": "2026-03-02T09:10:00Z"}
            s.add("time_entries", entry_id="w{n}", duration_minutes=20, **entry)


@example("raci_consulted_rate")
def _(s: Sheet) -> None:
    _matrix(s)
    tickets = s.tickets(60, 60, category="access")
    s.events(tickets[:45], "consultation", 30, to_value="net-role")
    s.events(tickets[45:], "consultation", 90, to_value="net-role")


@example("raci_informed_rate")
def _(s: Sheet) -> None:
    _matrix(s)
    tickets = s.tickets(60, 60, category="access")
    s.events(tickets[:54], "notification", 120, to_value="it-role")
    s.events(tickets[54:], "notification", 121, to_value="it-role")


@example("raci_accountable_scorecard")
def _(s: Sheet) -> None:
    _matrix(s)
    s.policy(resolve=60)
    s.tickets(95, 30, category="access")
    s.tickets(5, 90, category="access")
    s.tickets(7, 90, category="print")
