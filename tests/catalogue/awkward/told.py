"""The tables of a bundle in the making, and how instants are written."""

import csv
import random
from collections import defaultdict
from datetime import datetime
from pathlib import Path

Row = dict[str, str]
EDGES = (
    "2026-06-30T22:00:00Z",
    "2026-07-31T21:59:59Z",
    "2026-08-31T22:00:00Z",
    "2026-09-30T22:00:01Z",
    "2026-10-25T00:30:00Z",
    "2026-10-25T01:00:00Z",
    "2026-10-24T22:00:00Z",
)
SECOND, MINUTE, HOUR, DAY = 1, 60, 3_600, 86_400
COLUMNS_OF_TIME = ("created_at", "first_response_at", "resolved_at", "closed_at", "due_at", "promised_at")


def instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def said(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


class Told:
    """The tables of a bundle in the making."""

    def __init__(self, folder: Path, seed: int) -> None:
        self.rng = random.Random(seed)
        self.tables: dict[str, list[Row]] = {}
        for path in sorted(folder.glob("*.csv")):
            with path.open(encoding="utf-8", newline="") as file:
                self.tables[path.stem] = list(csv.DictReader(file))
        self.events: dict[str, list[Row]] = defaultdict(list)
        for row in self.tables["ticket_events"]:
            self.events[row["ticket_id"]].append(row)
        self.made = 0

    def some(self, rows: list[Row], count: int) -> list[Row]:
        return self.rng.sample(rows, min(count, len(rows)))

    def event(self, ticket: str, at: datetime, kind: str, actor: str = "technician", **cells: str) -> None:
        """A further event; its id sorts after every other."""
        self.made += 1
        base = {
            "event_id": f"Z{self.made:06}",
            "ticket_id": ticket,
            "occurred_at": said(at),
            "kind": kind,
            "actor_kind": actor,
        }
        self.events[ticket].append(base | cells)

    def solved(self) -> list[tuple[str, datetime]]:
        """Tickets with a resolution, and the instant of their last event."""
        return [
            (ticket, max(instant(e["occurred_at"]) for e in events))
            for ticket, events in sorted(self.events.items())
            if any(e["kind"] == "resolved" for e in events)
        ]

    def save(self, folder: Path) -> None:
        folder.mkdir(parents=True)
        self.tables["ticket_events"] = [e for events in self.events.values() for e in events]
        for name, rows in ((n, r) for n, r in self.tables.items() if r):
            columns = list(dict.fromkeys(c for row in rows for c in row))
            with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as out:
                writer = csv.DictWriter(out, columns)
                writer.writeheader()
                writer.writerows(rows)
