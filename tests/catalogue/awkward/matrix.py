"""The RACI matrix made awkward: rows that are incomplete or have two Accountable, people as Responsible, events that name who fills a role,
consultations after the fact, notifications on the second, as many hours by several, nothing of who worked.
"""

import random
from datetime import timedelta

from catalogue.awkward.told import DAY, HOUR, MINUTE, Row, Told, instant, said

WITHIN = 240 * MINUTE


def responsibility(told: Told) -> None:
    """Draws of its own, so that it changes nothing in what the other steps draw."""
    rng = random.Random(11)
    _assignments(told)
    _reached(told, rng)
    _ties(told, rng)
    _silent(told, rng)


def _assignments(told: Told) -> None:
    roles, assigned = told.tables["raci_roles"], told.tables["raci_assignments"]
    base = dict.fromkeys(roles[0], "")
    roles += [
        {**base, "role_id": "odd-nobody", "name": "Nobody yet"},
        {**base, "role_id": "odd-person", "name": "Somebody", "technician_id": "tech-00011"},
        {**base, "role_id": "odd-leaver", "name": "Who left", "technician_id": "tech-00001"},
    ]
    blank = dict.fromkeys(assigned[0], "")
    assigned += [
        {**blank, "task_id": "task-firewall", "role_id": "odd-nobody", "letter": "I", "valid_from": "2026-09-01"},
        {**blank, "task_id": "task-erp", "role_id": "role-lead-desk", "letter": "A", "valid_from": "2026-08-01"},
        {**blank, "task_id": "task-password", "role_id": "odd-person", "letter": "R"},
        {**blank, "task_id": "task-patching", "role_id": "odd-leaver", "letter": "C", "valid_to": "2026-10-01"},
        {**blank, "task_id": "task-password", "role_id": "role-watch", "letter": "I", "within_minutes": "100000"},
        {**blank, "task_id": "task-password", "role_id": "role-systems", "letter": "C", "within_minutes": "60"},
        {**blank, "task_id": "task-password", "role_id": "role-engineering", "letter": "I"},
    ]


def _end(told: Told, ticket: str) -> Row | None:
    return next((e for e in told.events[ticket] if e["kind"] == "resolved"), None)


def _reached(told: Told, rng: random.Random) -> None:
    """Events moved about the resolution, and more of them; they name the role, who fills it or what it is called."""
    roles = {r["role_id"]: r for r in told.tables["raci_roles"]}
    for ticket in told.tables["tickets"]:
        events, end = told.events[ticket["ticket_id"]], _end(told, ticket["ticket_id"])
        if end is None:
            continue
        if (ticket["subcategory"] or "") == "password reset":
            for role, kind in (
                ("role-watch", "notification"),
                ("role-systems", "consultation"),
                ("role-engineering", "notification"),
            ):
                begin = instant(ticket["created_at"])
                at = begin + timedelta(seconds=rng.choice((0, HOUR, HOUR + 1, 40 * DAY)))
                if rng.random() < 0.5:
                    told.event(ticket["ticket_id"], at, kind, to_value=role)
        for event in [e for e in events if e["kind"] in ("consultation", "notification")]:
            role = roles.get(event["to_value"])
            if role and rng.random() < 0.6:
                filler = role["team_id"] or role["technician_id"] or role["contact_id"]
                event["to_value"] = rng.choice((role["role_id"], role["name"], filler, "somebody else"))
            if rng.random() < 0.4:
                wait = rng.choice((-1, 0, 1, WITHIN, WITHIN + 1, 30 * DAY))
                event["occurred_at"] = said(instant(end["occurred_at"]) + timedelta(seconds=wait))


def _ties(told: Told, rng: random.Random) -> None:
    """Entries of the same length on tickets that have a task; some of which begin only after the resolution."""
    ours = {
        t["ticket_id"]
        for t in told.tables["tickets"]
        if t["category"] in ("access", "onboarding", "patching", "security", "network")
    }
    chosen = set(rng.sample(sorted(ours), 150))
    for entry in told.tables["time_entries"]:
        end = _end(told, entry["ticket_id"]) if entry["ticket_id"] in chosen else None
        if end is not None:
            entry["duration_minutes"] = "15"
            if rng.random() < 0.4:
                entry["started_at"] = said(instant(end["occurred_at"]) + timedelta(seconds=rng.choice((0, 1, HOUR))))


def _silent(told: Told, rng: random.Random) -> None:
    """Tickets of which nobody tells who worked on them: who held them stands for it."""
    tasks = {r["subcategory"] for r in told.tables["raci_tasks"]}
    ours = sorted(t["ticket_id"] for t in told.tables["tickets"] if t["subcategory"] in tasks)
    chosen = set(rng.sample(ours, 60))
    told.tables["time_entries"] = [e for e in told.tables["time_entries"] if e["ticket_id"] not in chosen]
    for event in (e for ticket in sorted(chosen) for e in told.events[ticket] if e["kind"] != "created"):
        event["actor_id"] = ""
