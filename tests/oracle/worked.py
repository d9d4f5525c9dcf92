"""Tiny bundles written by hand, each with answers worked out on paper (the catalogue's worked examples among them)."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

from oracle.bundles import write_table
from oracle.drafts import HOUR, MINUTE, SECOND, Cells
from oracle.reading import micros

BASE = "2026-03-02T09:00:00Z"
STATUSES = {"New": "new", "Open": "active", "Ask": "waiting_requester", "Maker": "waiting_vendor", "Solved": "resolved",
            "Done": "closed", "Void": "cancelled"}  # fmt: skip
TEAMS = [
    {"team_id": "desk", "name": "Desk", "organisation": "msp", "tier": 1},
    {"team_id": "net", "name": "Network", "organisation": "msp", "tier": 2},
    {"team_id": "it", "name": "Internal IT", "organisation": "client", "client_id": "acme"},
]


@dataclass(frozen=True)
class Ask:
    """One question about a worked bundle and the fields of the answer that were worked out."""

    kpi: str
    expected: Mapping[str, object]
    statistic: str = "main"
    first: date = date(2026, 3, 1)
    last: date = date(2026, 4, 1)
    grain: str = "month"
    period: int = 0
    by: tuple[str, ...] = ()
    group: tuple[object, ...] = ()
    variant: str | None = None
    as_of: str = "2026-12-01T00:00:00Z"


@dataclass(frozen=True)
class Worked:
    """A bundle and its questions; ``in_oracle`` is false for KPIs that only the product knows."""

    name: str
    write: Callable[["Sheet"], None]
    asks: tuple[Ask, ...]
    zone: str = "UTC"
    in_oracle: bool = True


@dataclass
class Sheet:
    """The rows of a bundle in the making; minutes count from BASE."""

    tables: dict[str, list[Cells]] = field(default_factory=dict)

    def add(self, table: str, **cells: object) -> None:
        """Add a row."""
        self.tables.setdefault(table, []).append(cells)

    def ticket(self, ticket_id: str, minute: float = 0, **cells: object) -> None:
        """Add a ticket created at a minute (or at ``created_at``)."""
        base: Cells = {"ticket_id": ticket_id, "client_id": "acme", "created_at": at(minute)}
        self.add("tickets", **(base | cells))

    def event(
        self, ticket_id: str, minute: float, kind: str, actor: str | None = "technician", **cells: object
    ) -> None:
        """Add an event; ids rise in the order of writing."""
        number = len(self.tables.get("ticket_events", []))
        base: Cells = {"event_id": f"e{number:05}", "ticket_id": ticket_id, "occurred_at": at(minute), "kind": kind}
        self.add("ticket_events", **(base | {"actor_kind": actor} | cells))

    def save(self, folder: Path) -> None:
        """Write the bundle with a client, three teams and two technicians."""
        folder.mkdir(parents=True)
        write_table(folder, "clients", self.tables.pop("clients", [{"client_id": "acme", "name": "Acme"}]))
        write_table(folder, "teams", TEAMS)
        people = (("ann", "desk"), ("ned", "net"))
        write_table(folder, "technicians", [{"technician_id": p, "name": p, "team_id": t} for p, t in people])
        write_table(folder, "ticket_statuses", [{"status": s, "phase": p} for s, p in STATUSES.items()])
        for name, rows in self.tables.items():
            write_table(folder, name, rows)


def at(minute: float) -> int:
    """Microseconds of a minute after BASE."""
    return micros(BASE) + round(minute * MINUTE)


def _responses(sheet: Sheet) -> None:
    for n in range(20):
        sheet.ticket(f"t{n}", n)
        sheet.event(f"t{n}", n + 0.1, "reply", "automation", is_public=True)
        sheet.event(f"t{n}", n + 0.5, "reply", is_public=False)
        sheet.event(f"t{n}", n + 1, "reply", "requester", is_public=True)
        sheet.event(f"t{n}", n + (10 if n < 10 else 30), "reply", is_public=True)
        sheet.event(f"t{n}", n + 90, "reply", is_public=True)
    sheet.ticket("spam", 0, excluded_as="spam", first_response_at=at(5))
    sheet.ticket("alert", 0, type="alert", first_response_at=at(5))
    sheet.ticket("backwards", 0, first_response_at=at(-5))
    sheet.ticket("unanswered", 0)


def _first_contacts(sheet: Sheet) -> None:
    for n in range(100):
        sheet.ticket(f"t{n:03}", team_id="desk")
        spoilt = n - 90
        if spoilt in (0, 1, 2):
            sheet.event(f"t{n:03}", 10 + 1 / 60, "reply", "requester")  # a second contact by one second
        elif spoilt in (3, 4):
            sheet.event(f"t{n:03}", 20, "escalation")
        elif spoilt in (5, 6):
            sheet.event(f"t{n:03}", 20, "team", from_value="desk", to_value="it")
        elif n == 0:
            sheet.event("t000", 10, "reply", "requester")  # still the first contact
            sheet.event("t000", 70, "reply", "requester")  # thanks, after the resolution
        sheet.event(f"t{n:03}", 60, "resolved")
        if spoilt in (7, 8, 9) or n == 1:
            undone = 60 + 7 * 24 * 60 + (1 / 60 if n == 1 else 0)
            sheet.event(f"t{n:03}", undone, "reopened", "requester")
            sheet.event(f"t{n:03}", undone + 60, "resolved")


def _flow(sheet: Sheet) -> None:
    for n in range(120):
        sheet.ticket(f"t{n:03}", n, closed_at=at(n + 60) if n < 100 else None)


def _verdicts(sheet: Sheet) -> None:
    for n in range(100):
        sheet.ticket(f"t{n:03}", resolved_at=at(30), reported_resolution_met=n >= 5, reported_response_met=n >= 3)
    sheet.ticket("unknown", resolved_at=at(30))
    sheet.ticket("test", resolved_at=at(30), reported_resolution_met=True, excluded_as="test")


def _promoters(sheet: Sheet) -> None:
    for n, score in enumerate((9, 10, 9, 10, 9, 10, 9, 7, 8, 6)):
        sheet.add(
            "surveys", survey_id=f"s{n}", kind="nps", sent_at=at(0), answered_at=at(1), score=score, client_id="acme"
        )
    sheet.add("surveys", survey_id="silent", kind="nps", sent_at=at(0), client_id="acme")


def _smiles(sheet: Sheet) -> None:
    for n, (score, best) in enumerate(((5, None), (4, 5), (3, None), (8, 10), (7, 10), (1, 1), (0, 1), (None, None))):
        cells = {"score": score, "scale_max": best, "answered_at": at(1 + n)}
        sheet.add("surveys", survey_id=f"s{n}", kind="csat", sent_at=at(0), client_id="acme", **cells)
    sheet.add("surveys", survey_id="silent", kind="csat", sent_at=at(0), client_id="acme")


def _hands(sheet: Sheet) -> None:
    ticket = {"type": "incident", "fix": "permanent", "root_cause": "cable", "resolution_note": "done"}
    sheet.ticket("t1", team_id="net", on_site=True, **ticket)
    story = (
        (10, "reply", {}), (60, "escalation", {"from_value": "desk", "to_value": "net"}),
        (60, "status", {"from_value": "New", "to_value": "Ask", "actor_id": "ann"}),
        (120, "status", {"from_value": "Ask", "to_value": "Open", "actor_id": "ann"}),
        (125, "note", {"actor_id": "ann"}), (130, "note", {"actor_id": "ned"}),
        (180, "resolved", {}), (240, "reopened", {}), (245, "team", {"from_value": "net", "to_value": "desk"}),
        (250, "team", {"from_value": "desk", "to_value": "net"}), (300, "resolved", {}), (400, "closed", {}),
        (410, "team", {"from_value": "net", "to_value": "it"}),
    )  # fmt: skip
    for minute, kind, cells in story:
        sheet.event("t1", minute, kind, **cells)


def _edges(sheet: Sheet) -> None:
    for n, created in enumerate(
        ("2026-03-31T21:59:59Z", "2026-03-31T22:00:00Z", "2026-02-28T22:59:59Z", "2026-02-28T23:00:00Z")
    ):
        sheet.ticket(f"t{n}", created_at=micros(created), resolved_at=micros("2026-03-31T22:00:00Z"))


def _tenths(sheet: Sheet) -> None:
    for n in range(1, 11):
        sheet.ticket(f"t{n}", resolved_at=at(n))


def _efforts(sheet: Sheet) -> None:
    for n in range(25):
        sheet.ticket(f"t{n}", resolved_at=at(60), technician_id="ann")
        sheet.add("time_entries", entry_id=f"w{n}", technician_id="ann", started_at=at(5), duration_minutes=20,
                  ticket_id=f"t{n}")  # fmt: skip


def _customer(sheet: Sheet) -> None:
    for n in range(10):
        sheet.ticket(f"t{n}", resolved_at=at(60))
        sheet.add("time_entries", entry_id=f"w{n}", technician_id="ann", started_at=at(5),
                  duration_minutes=10 if n % 2 else 50, ticket_id=f"t{n}", client_id="acme")  # fmt: skip


def _lost(sheet: Sheet) -> None:
    for n in range(100):
        sheet.add("clients", client_id=f"c{n}" if n else "acme", name=f"C {n}", started_on="2025-01-01",
                  ended_on="2026-03-15" if n < 3 else None)  # fmt: skip
    sheet.add("clients", client_id="gained", name="Gained", started_on="2026-03-10")


def _durations(kpi: str, count: int, **values: float) -> tuple[Ask, ...]:
    return tuple(Ask(kpi, {"value": value, "n": count}, statistic=name) for name, value in values.items())


_BERLIN = {"first": date(2026, 2, 1), "last": date(2026, 5, 1)}
_HELD = {"msp tier 1": 65 * 60, "requester": 3600, "msp tier 2": (60 + 65 + 50) * 60}
assert sum(_HELD.values()) == 5 * HOUR // SECOND

WORKED = (
    Worked("400 minutes over 20 tickets", _responses, (
        Ask("first_response_time", {"value": 1200, "numerator": 24_000, "denominator": 20, "n": 20,
                                    "excluded": {"spam": 1, "alert": 1, "bad_timestamp": 1}}, "mean"),
        Ask("first_response_time", {"value": 1200, "n": 20}, "median"),
        Ask("first_response_time", {"value": 1800, "n": 20}, "p90"),
    )),
    Worked("90 of 100 on the first contact", _first_contacts, (
        Ask("first_contact_resolution", {"value": 90, "numerator": 90, "denominator": 100, "n": 100, "excluded": {}}),
        Ask("reopen_rate", {"value": 4, "numerator": 4, "n": 100}),
        Ask("first_level_resolution", {"value": 96, "numerator": 96, "n": 100}),
        Ask("escalation_rate", {"value": 2, "numerator": 2, "n": 100}),
        Ask("handoffs_per_ticket", {"value": 0.02, "numerator": 2, "n": 100}),
    )),
    Worked("120 opened, 100 closed", _flow, (
        Ask("new_to_closed_ratio", {"value": 1.2, "numerator": 120, "denominator": 100}),
        Ask("net_ticket_change", {"value": 20}),
        Ask("resolution_rate", {"value": 100 * 100 / 120, "numerator": 100, "denominator": 120}),
        Ask("mttr", {"value": 3600, "numerator": 360_000, "n": 100}, "mean"),
        Ask("backlog", {"value": 20, "n": 20}),
        Ask("tickets_created", {"value": 0}, period=1, last=date(2026, 5, 1)),
        Ask("new_to_closed_ratio", {"value": None}, period=1, last=date(2026, 5, 1)),
    )),
    Worked("95 of 100 within the level", _verdicts, (
        Ask("sla_resolution_compliance", {"value": 95, "numerator": 95, "n": 100, "excluded": {"test": 1}},
            variant="reported"),
        Ask("sla_response_compliance", {"value": 97, "n": 100}, variant="reported"),
        Ask("sla_compliance", {"value": 95, "n": 100}, variant="reported"),
    )),
    Worked("70 % less 10 %", _promoters, (
        Ask("nps", {"value": 60, "denominator": 10, "n": 10}),
        Ask("nps", {"value": 60, "n": 10}, by=("client",), group=("acme",)),
    )),
    Worked("smiles on several scales", _smiles, (
        Ask("csat", {"value": 400 / 7, "numerator": 4, "n": 7}),
        Ask("csat_response_rate", {"value": 700 / 9, "numerator": 7, "n": 9}),
    )),
    Worked("one ticket through many hands", _hands, (
        *_durations("resolution_time", 1, mean=18_000, median=18_000, p90=18_000),
        *_durations("mttr", 1, mean=24_000),
        *_durations("time_to_escalate", 1, mean=3600),
        *_durations("escalation_response_time", 2, mean=(70 + 50) / 2 * 60),
        # from the reply at minute 10 to the resolution at 300, less the wait of 60 and the resolved 60
        *_durations("update_interval", 1, mean=170 * 60),
        *(Ask("time_in_hands", {"numerator": s}, "mean", by=("holder",), group=(who,)) for who, s in _HELD.items()),
        Ask("reopen_rate", {"value": 100, "n": 1}), Ask("handoffs_per_ticket", {"value": 3, "n": 1}),
        Ask("ping_pong_rate", {"value": 100}), Ask("escalation_bounce_rate", {"value": 50, "numerator": 1, "n": 2}),
        Ask("root_cause_rate", {"value": 100}), Ask("permanent_fix_rate", {"value": 100}),
        Ask("remote_resolution_rate", {"value": 0}), Ask("documentation_rate", {"value": 0}),
        Ask("resolution_time", {"value": 10_800, "n": 1}, "mean", as_of="2026-03-02T12:59:59Z"),
        Ask("resolution_time", {"value": None, "n": 0}, "mean", as_of="2026-03-02T13:00:00Z"),
        Ask("backlog", {"value": 1}, as_of="2026-03-02T13:00:00Z"),
        Ask("backlog", {"value": 0}, as_of="2026-03-02T12:00:00Z"),
    )),
    Worked("month ends in Berlin", _edges, tuple(
        Ask("tickets_created", {"value": value}, period=n, **_BERLIN) for n, value in enumerate((1, 2, 1))
    ) + tuple(
        Ask("tickets_resolved", {"value": value}, period=n, **_BERLIN) for n, value in enumerate((0, 0, 4))
    ) + tuple(Ask("backlog", {"value": value}, period=n, **_BERLIN) for n, value in enumerate((1, 3, 0))),
        zone="Europe/Berlin"),
    Worked("one to ten minutes", _tenths, _durations("resolution_time", 10, mean=330, median=330, p90=546)),
    Worked("500 minutes for 25 tickets", _efforts, (
        Ask("technician_efficiency", {"value": 1200, "numerator": 30_000, "denominator": 25}, "mean"),
    ), in_oracle=False),
    Worked("300 minutes for 10 tickets", _customer, (
        Ask("customer_efficiency", {"value": 1800, "numerator": 18_000, "denominator": 10}, "mean"),
    ), in_oracle=False),
    Worked("3 of 100 clients lost", _lost, (
        Ask("client_churn_rate", {"value": 3, "numerator": 3, "denominator": 100}),), in_oracle=False),
)  # fmt: skip
