"""A ticket under construction: its row, its events and a cursor in time. Knows nothing of what the KPIs mean."""

import random
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

SECOND, MINUTE, HOUR, DAY = 1_000_000, 60_000_000, 3_600_000_000, 86_400_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DELTAS = (
    0, 0, 1 * SECOND, 59 * SECOND, 5 * MINUTE, 599 * SECOND, 600 * SECOND, 601 * SECOND, HOUR, 3 * HOUR, 9 * HOUR,
    DAY, DAY + SECOND, 3 * DAY, 7 * DAY, 7 * DAY + SECOND, 30 * DAY, 30 * DAY + SECOND, 61 * DAY,
)  # fmt: skip
WEIGHTS = (3, 2, 2, 2, 6, 2, 2, 2, 6, 6, 4, 4, 1, 3, 1, 1, 1, 1, 1)

Cells = dict[str, object]


def iso(us: int, zone: ZoneInfo | None = None) -> str:
    """ISO 8601 of microseconds since the epoch, in a zone or as ``Z``."""
    instant = EPOCH + timedelta(microseconds=us)
    return instant.astimezone(zone).isoformat() if zone else instant.isoformat().replace("+00:00", "Z")


@dataclass
class Cast:
    """The people, teams and words that drafts draw from, and when things may happen."""

    rng: random.Random
    zone: ZoneInfo
    first: date
    last: date
    clients: list[str]
    contacts: dict[str, list[str]]
    sites: dict[str, list[str]]
    tiers: dict[str, list[str]]  # msp1, msp2, msp3, msp (no tier), client, vendor -> team ids
    technicians: dict[str | None, list[str]]  # team -> technician ids
    instants: list[int]  # microseconds
    merged_targets: list[str] = field(default_factory=list)
    event_count: int = 0

    @property
    def everybody(self) -> list[str]:
        """All technicians."""
        return [t for group in self.technicians.values() for t in group]

    @property
    def teams(self) -> list[str]:
        """All teams."""
        return [t for group in self.tiers.values() for t in group]

    def member(self, team: str | None) -> str:
        """Somebody of the team, or anybody where it has nobody."""
        return self.rng.choice(self.technicians.get(team) or self.everybody)

    def event_id(self) -> str:
        """An id whose order as text has nothing to do with the order of making."""
        self.event_count += 1
        return f"{self.rng.choice(['e', 'E', 'é', 'z-', '0', '9'])}{self.event_count}"


class Draft:
    """One ticket; ``now`` is the cursor in microseconds."""

    def __init__(self, cast: Cast, ticket_id: str) -> None:
        rng = cast.rng
        self.cast, self.rng, self.id = cast, rng, ticket_id
        self.now = self.start = rng.choice(cast.instants)
        client = rng.choice(cast.clients)
        self.team: str | None = rng.choice(cast.tiers["msp1"])
        self.events: list[Cells] = []
        self.row: Cells = {
            "ticket_id": ticket_id,
            "client_id": client,
            "created_at": self.start,
            "type": rng.choice(["incident", "incident", "incident", "request", "problem", "change", "task", None]),
            "subject": rng.choice(["VPN, down", 'said "help"', "two\nlines", None]),
            "channel": rng.choice(["email", "phone", "portal", "chat", "walk_in", None]),
            "opened_by": rng.choice(["requester", "requester", "requester", None, "automation"]),
            "priority": rng.choice(["P1", "P2", "P3", None]),
            "category": rng.choice(["mail", "network", "print", None]),
            "subcategory": rng.choice(["a", "b", None]),
            "contact_id": rng.choice([*cast.contacts[client], None]),
            "site_id": rng.choice([*cast.sites[client], None]),
            "asset": rng.choice([None, "pc-1", "pc-2"]),
            "root_cause": rng.choice([None, "cable"]),
            "fix": rng.choice([None, "permanent", "workaround"]),
            "on_site": rng.choice([None, True, False]),
            "resolution_note": rng.choice([None, "Fixed", "  done ", "n" * 19, "n" * 20, "Cable replaced and tested"]),
            "source": rng.choice([None, "psa", "itsm"]),
            "region": rng.choice(["north", "south", None]),
            **{
                f"reported_{what}": rng.choice([None, True, True, False])
                for what in ("response_met", "resolution_met", "first_contact")
            },
        }

    def wait(self, *choices: int) -> "Draft":
        """Let some time pass: one of the choices, or one of the awkward usual ones."""
        self.now += self.rng.choice(choices) if choices else self.rng.choices(DELTAS, WEIGHTS)[0]
        if not choices and self.rng.random() < 0.1:
            self.now += self.rng.randrange(DAY)
        return self

    def event(self, kind: str, actor: str | None = "technician", *, at: int | None = None, **cells: object) -> "Draft":
        """Add an event at the cursor (or at ``at``)."""
        if "actor_id" not in cells:
            known = {"technician": self.cast.member(self.team), "requester": self.row["contact_id"]}
            cells["actor_id"] = known.get(actor or "") if self.rng.random() < 0.9 else None
        base: Cells = {"event_id": self.cast.event_id(), "ticket_id": self.id, "kind": kind, "actor_kind": actor}
        self.events.append(base | {"occurred_at": self.now if at is None else at} | cells)
        return self

    def reply(self, **cells: object) -> "Draft":
        """A public reply by a technician."""
        return self.event("reply", **({"is_public": self.rng.choice([True, True, None])} | cells))

    def ask(self) -> "Draft":
        """A message by the requester."""
        return self.event("reply", "requester", is_public=self.rng.choice([True, None]))

    def status(self, before: str | None, after: str | None) -> "Draft":
        """A change of status."""
        return self.event("status", from_value=before, to_value=after)

    def move(self, team: str | None) -> "Draft":
        """A change of team."""
        self.event("team", from_value=self.team, to_value=team)
        self.team = team
        return self

    def solve(self) -> "Draft":
        """The shortest way to a resolution."""
        way = self.rng.randrange(3)
        if way == 0:
            return self.event("resolved")
        self.status("Open", "Solved")
        return self.event("resolved") if way == 2 else self
