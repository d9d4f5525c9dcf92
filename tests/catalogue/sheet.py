"""Small bundles written by hand: rows by table, counted from Monday 2 March 2026, 09:00 UTC."""

import csv
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
TEAMS = (("desk", "msp", 1, ""), ("net", "msp", 2, ""), ("it", "client", "", "acme"))


def at(minutes: float) -> str:
    """The instant so many minutes after the start."""
    return (START + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


@dataclass
class Sheet:
    """The rows of a bundle in the making."""

    tables: dict[str, list[dict[str, object]]] = field(default_factory=dict)

    def add(self, table: str, count: int = 1, **cells: object) -> None:
        """Add rows; ``{n}`` in a cell becomes the row's number in its table."""
        rows = self.tables.setdefault(table, [])
        for _ in range(count):
            number = len(rows)
            rows.append({k: v.replace("{n}", str(number)) if isinstance(v, str) else v for k, v in cells.items()})

    def tickets(self, count: int, minutes: float | None = None, created: float = 0, **cells: object) -> list[str]:
        """Add tickets, resolved so many minutes after their creation where given; their ids."""
        done = {} if minutes is None else {"resolved_at": at(created + minutes)}
        first = len(self.tables.get("tickets", []))
        base = {"ticket_id": "t{n}", "client_id": "acme", "created_at": at(created)}
        self.add("tickets", count, **(base | done | cells))
        return [f"t{n}" for n in range(first, first + count)]

    def events(self, tickets: list[str], kind: str, minute: float, actor: str = "technician", **cells: object) -> None:
        """Add an event to each of the tickets."""
        for ticket in tickets:
            base = {
                "event_id": "e{n}",
                "ticket_id": ticket,
                "occurred_at": at(minute),
                "kind": kind,
                "actor_kind": actor,
            }
            self.add("ticket_events", **(base | cells))

    def policy(self, **minutes: float) -> None:
        """A policy of calendar hours with these targets."""
        self.add("sla_policies", sla_policy_id="sla", name="SLA")
        for clock, target in minutes.items():
            self.add("sla_targets", sla_policy_id="sla", clock=clock, target_minutes=target, hours="calendar")

    def save(self, folder: Path) -> None:
        """Write the bundle with one client, three teams and two technicians, unless the tables are there."""
        folder.mkdir(parents=True)
        if "clients" not in self.tables:
            self.add("clients", client_id="acme", name="Acme", started_on="2020-01-01")
        for team, organisation, tier, client in TEAMS:
            self.add("teams", team_id=team, name=team, organisation=organisation, tier=tier, client_id=client)
        if "technicians" not in self.tables:
            for person, team in (("ann", "desk"), ("ned", "net")):
                self.add("technicians", technician_id=person, name=person, team_id=team)
        for name, rows in self.tables.items():
            columns = list(dict.fromkeys(c for row in rows for c in row))
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, columns)
                writer.writeheader()
                writer.writerows(rows)
