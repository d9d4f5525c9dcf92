"""Conformance in plain Python, straight from the files of a bundle whose events are all there: no engine, no facts.

Owns a second reading of the rules for the bundle of the simulated MSP: resolutions are ``resolved`` or ``status`` events, tickets keep
their task fields as the file has them unless an event changed them (such tickets are left out).
"""

import csv
from collections import defaultdict
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

Row = dict[str, str]
ACTIONS = {"reply", "note", "status", "article", "resolved"}


def rows(folder: Path, name: str) -> list[Row]:
    path = folder / f"{name}.csv"
    if not path.is_file():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def instant(text: str) -> float:
    return int(datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp())


def holds(row: Row, at: float, zone: ZoneInfo, first: str = "valid_from", last: str = "valid_to") -> bool:
    """Whether a row with dates holds at an instant, by local midnights."""
    day = datetime.fromtimestamp(at, zone).date()
    begun = not row.get(first) or date.fromisoformat(row[first]) <= day
    return begun and (not row.get(last) or day < date.fromisoformat(row[last]))


class Oracle:
    """The tables of a bundle, and what they say of one ticket and one of its resolutions."""

    def __init__(self, folder: Path, zone: str) -> None:
        self.zone = ZoneInfo(zone)
        self.tasks, self.assignments = rows(folder, "raci_tasks"), rows(folder, "raci_assignments")
        self.roles = {r["role_id"]: r for r in rows(folder, "raci_roles")}
        self.people = {t["technician_id"]: t for t in rows(folder, "technicians")}
        self.teams = {t["team_id"]: t for t in rows(folder, "teams")}
        self.tickets = {t["ticket_id"]: t for t in rows(folder, "tickets")}
        self.spells, self.events, self.entries = defaultdict(list), defaultdict(list), defaultdict(list)
        for m in rows(folder, "team_memberships"):
            self.spells[m["technician_id"]].append(m)
        for e in rows(folder, "ticket_events"):
            self.events[e["ticket_id"]].append(e)
        for e in rows(folder, "time_entries"):
            self.entries[e.get("ticket_id", "")].append(e)

    def task(self, ticket: Row) -> Row | None:
        """The most specific task; the demo's tasks differ by client only."""
        at = instant(ticket["created_at"])
        fields = ("client_id", "type", "category", "subcategory", "priority")
        fitting = [t for t in self.tasks if holds(t, at, self.zone)
                   and all(not t.get(f) or t[f] == ticket.get(f) for f in fields)]  # fmt: skip
        return max(fitting, key=lambda t: sum(bool(t.get(f)) for f in fields), default=None)

    def letters(self, task: Row, at: float) -> list[Row]:
        return [a for a in self.assignments if a["task_id"] == task["task_id"] and holds(a, at, self.zone)]

    def is_valid(self, task: Row, at: float) -> bool:
        held = self.letters(task, at)
        if sum(a["letter"] == "A" for a in held) != 1 or not any(a["letter"] == "R" for a in held):
            return False
        return all(self._filled(self.roles[a["role_id"]], at) for a in held)

    def _filled(self, role: Row, at: float) -> bool:
        person = self.people.get(role.get("technician_id", ""))
        if role.get("team_id") or role.get("contact_id"):
            return True
        return person is not None and holds(person, at, self.zone, "started_on", "ended_on")

    def team(self, person: str, at: float) -> str:
        if not self.spells[person]:
            return self.people[person].get("team_id", "")
        return next((m["team_id"] for m in reversed(self.spells[person]) if holds(m, at, self.zone)), "")

    def done_by_responsible(self, ticket: Row, task: Row, resolved: float) -> bool | None:
        """Whether a Responsible role did most of the work; None where nothing of it is recorded."""
        created = instant(ticket["created_at"])
        pieces = [(e["technician_id"], instant(e["started_at"]), round(float(e["duration_minutes"]) * 60), 0)
                  for e in self.entries[ticket["ticket_id"]] if float(e["duration_minutes"]) > 0]  # fmt: skip
        pieces += [(e["actor_id"], instant(e["occurred_at"]), 0, 1) for e in self.events[ticket["ticket_id"]]
                   if e["kind"] in ACTIONS and e["actor_kind"] == "technician" and e["actor_id"] in self.people]  # fmt: skip
        due = {self.roles[a["role_id"]].get("team_id") or self.roles[a["role_id"]].get("technician_id"): a["role_id"]
               for a in self.letters(task, created) if a["letter"] == "R"}  # fmt: skip
        work: dict[tuple[bool, str], list[float]] = {}
        for person, at, seconds, actions in pieces:
            if at > resolved:
                continue
            team = self.team(person, at)
            key = (True, due[team]) if team in due else (False, team)
            mine = work.setdefault(key, [0, 0, -at])
            mine[0], mine[1], mine[2] = mine[0] + seconds, mine[1] + actions, max(mine[2], -at)
        best = max(work.items(), key=lambda pair: pair[1], default=None)
        if best is None or [w for w in work.values()].count(best[1]) > 1:
            return None
        return best[0][0]

    def reached(self, ticket: Row, role: str, kind: str, until: float) -> bool:
        """Whether an event of that kind names the role by an instant."""
        return any(e["kind"] == kind and e["to_value"] == role and instant(e["occurred_at"]) <= until
                   for e in self.events[ticket["ticket_id"]])  # fmt: skip

    def side(self, team: str) -> str:
        """Which side a team is: its tier at the MSP, else its organisation."""
        row = self.teams[team]
        return f"msp tier {row['tier']}" if row["organisation"] == "msp" and row["tier"] else row["organisation"]

    def moves(self, ticket: Row) -> list[tuple[float, str, str]]:
        """Changes of team: when, from which, to which. A ticket that is out of the population has none."""
        if ticket["excluded_as"] or ticket["merged_into"]:
            return []
        found, events = [], sorted(self.events[ticket["ticket_id"]], key=lambda e: (e["occurred_at"], e["event_id"]))
        changes = [e for e in events if e["kind"] in ("team", "escalation") and e["to_value"]]
        now = changes[0]["from_value"] if changes else ticket["team_id"]
        for e in changes:
            if now and e["to_value"] != now:
                found.append((instant(e["occurred_at"]), now, e["to_value"]))
            now = e["to_value"]
        return found

    def handovers(self, ticket: Row) -> list[tuple[str, str, float | None]]:
        """Each handover: giver, taker, and the seconds until somebody of the taker acts; None where nobody does before the next."""
        found, moves = [], self.moves(ticket)
        for n, (at, giver, taker) in enumerate(moves):
            until = moves[n + 1][0] if n + 1 < len(moves) else float("inf")
            acts = [
                instant(e["occurred_at"]) for e in self.events[ticket["ticket_id"]]
                if e["kind"] in (*ACTIONS, "assignment", "team", "escalation") and e["actor_id"] in self.people
                and at <= instant(e["occurred_at"]) <= until and self.team(e["actor_id"], instant(e["occurred_at"])) == taker
            ]  # fmt: skip
            found.append((giver, taker, min(acts) - at if acts else None))
        return found

    def to_and_fro(self, ticket: Row) -> list[tuple[tuple[str, str], int, float]]:
        """Pairs of teams between which the ticket returned: how many times, and the seconds from the first handover to the last return."""
        pairs: dict[tuple[str, str], tuple[int, float, float]] = {}
        first: dict[tuple[str, str], float] = {}
        for at, giver, taker in self.moves(ticket):
            began = first.get((taker, giver))
            if began is not None and began < at:
                pair = (min(giver, taker), max(giver, taker))
                returns, start, _ = pairs.get(pair, (0, began, at))
                pairs[pair] = (returns + 1, min(start, began), at)
            first.setdefault((giver, taker), at)
        return [(pair, returns, last - start) for pair, (returns, start, last) in pairs.items()]

    def was_approved(self, ticket: Row, until: float) -> bool:
        """Whether there is an approval by an instant."""
        return any(
            e["kind"] == "approval" and instant(e["occurred_at"]) <= until for e in self.events[ticket["ticket_id"]]
        )
