"""The simulated clients: where they are, when they work, how large they are and which story they play.

Owns the client records and their calendars. Must not know tickets or technicians.
"""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

from pacesetter.demo.arrays import generator
from pacesetter.demo.hours import WorkingCalendar
from pacesetter.demo.names import INDUSTRIES, client_names
from pacesetter.demo.sizes import Size

PODS = ("europe", "americas", "pacific")
ZONES = (
    (("Europe/Berlin", "DE-BE", "berlin"), ("Europe/London", "GB-ENG", "london"),
     ("Africa/Johannesburg", "ZA", "johannesburg")),
    (("America/New_York", "US-NY", "new-york"), ("America/Los_Angeles", "US-CA", "los-angeles"),
     ("America/Sao_Paulo", "BR-SP", "sao-paulo")),
    (("Australia/Sydney", "AU-NSW", "sydney"), ("Asia/Kolkata", "IN", "kolkata"), ("Asia/Singapore", "SG", "singapore")),
)  # fmt: skip
HOURS = {
    "berlin": "mon-fri 08:00-18:00",
    "london": "mon-fri 08:30-17:30",
    "johannesburg": "mon-fri 08:00-12:30,13:00-17:00",
    "new-york": "mon-fri 08:00-18:00; sat 09:00-12:00",
    "los-angeles": "mon-fri 07:30-17:30",
    "sao-paulo": "mon-fri 08:00-18:00",
    "sydney": "mon-fri 08:00-18:00",
    "kolkata": "mon-fri 09:30-18:30; sat 09:30-13:30",
    "singapore": "mon-fri 09:00-18:00",
}
ROLES = (
    ("ping_pong", 0, 0), ("two_speeds", 0, 1), ("reset_flood", 2, 0), ("outage_series", 0, 0), ("leaving", 2, 1),
    ("co_managed", 1, 0), ("around_the_clock", 0, 1), ("overnight", 1, 0), ("newcomer", 1, 1), ("lost", 2, 2),
    ("plain", 1, 2), ("plain", 2, 0),
)  # fmt: skip
"""Part played, pod and zone of the first clients of the first shard; every other client plays no part."""
WORKSPACE_CALENDAR = "cal-headquarters"
_CURRENCIES = {"london": "GBP", "new-york": "USD", "los-angeles": "USD"}


@dataclass(frozen=True, kw_only=True)
class Client:
    """One client. ``number`` counts within its shard; ``contacts`` people have the numbers from ``first_contact`` on.

    ``neglect`` is how badly it is served in each month, 0 (as agreed) to 1.
    """

    number: int
    client_id: str
    name: str
    part: str
    pod: int
    zone: str
    industry: str
    seats: int
    calendar: WorkingCalendar
    calendar_id: str | None
    currency: str
    started_on: date | None
    leaves_on: date | None
    first_contact: int
    contacts: int
    sites: int
    co_managed: bool
    neglect: tuple[float, ...]


def working_calendars(first: date, last: date) -> dict[str, WorkingCalendar]:
    """Every calendar of the simulated MSP, by id, with exceptions for each year from ``first`` to ``last``."""
    found = {}
    for pod in ZONES:
        for zone, holidays, place in pod:
            found[f"cal-{place}"] = WorkingCalendar(
                f"cal-{place}", f"Office hours {place}", zone, HOURS[place], holidays, _exceptions(place, first, last)
            )
    headquarters = WorkingCalendar(
        WORKSPACE_CALENDAR, "Headquarters", "Europe/Berlin", "mon-fri 08:00-18:00", "DE-BE",
        _exceptions("berlin", first, last),
    )  # fmt: skip
    watch = WorkingCalendar("cal-around-the-clock", "Around the clock", "Europe/London", "24x7")
    night = WorkingCalendar(
        "cal-overnight", "Overnight warehouse", "America/New_York", "sun 22:00-06:00; mon-thu 22:00-06:00", None, ()
    )
    return found | {c.calendar_id: c for c in (headquarters, watch, night)}


def _exceptions(place: str, first: date, last: date) -> tuple[tuple[date, str, str], ...]:
    """Company days: a shortened one, a closed one, and an opened Saturday."""
    rows = []
    for year in range(first.year, last.year + 1):
        rows.append((date(year, 12, 31), "08:00-12:00", "Last day of the year"))
        if place in ("berlin", "london"):
            rows.append((date(year, 6, 5), "", "Summer outing"))
            inventory = date(year, 9, 1) + timedelta(days=(5 - date(year, 9, 1).weekday()) % 7)
            rows.append((inventory, "09:00-13:00, 14:00-16:00", "Inventory Saturday"))
    return tuple(rows)


def build_clients(size: Size, seed: int, shard: int, bounds: list[date]) -> list[Client]:
    """The clients of a shard. ``bounds`` are the first days of the slices and the day after the last one."""
    per_shard = size.clients // size.shards
    names = client_names(generator(seed, 1), size.clients)[shard * per_shard : (shard + 1) * per_shard]
    rng = generator(seed, 2, shard)
    calendars = working_calendars(bounds[0], bounds[-1])
    typical = size.tickets / (size.months * size.clients) / 1.2
    built: list[Client] = []
    for number, (client_id, name) in enumerate(names):
        part, pod, place = (
            ROLES[number] if shard == 0 and number < len(ROLES) else ("plain", number % 3, number // 3 % 3)
        )
        seats = max(5, round(typical * (float(np.exp(0.6 * rng.standard_normal())) if part == "plain" else 1.15)))
        contacts = min(max(4, seats), 250)
        previous = built[-1] if built else None
        built.append(
            Client(
                number=number, client_id=client_id, name=name, part=part, pod=pod, zone=ZONES[pod][place][0],
                industry=INDUSTRIES[int(rng.integers(len(INDUSTRIES)))], seats=seats,
                calendar=_calendar_for(part, ZONES[pod][place][2], calendars),
                calendar_id=_own_calendar(part, number, ZONES[pod][place][2]),
                currency=_CURRENCIES.get(ZONES[pod][place][2], "EUR") if number % 4 in (1, 3) else "EUR",
                started_on=_start(part, rng, bounds), leaves_on=bounds[len(bounds) * 7 // 10] if part == "lost" else None,
                first_contact=previous.first_contact + previous.contacts if previous else 0, contacts=contacts,
                sites=1 + int(rng.integers(0, 3)), co_managed=part in ("ping_pong", "co_managed") or (
                    part == "plain" and bool(rng.random() < 0.1)),
                neglect=_neglect(part, rng, len(bounds) - 1),
            )
        )  # fmt: skip
    return built


def _calendar_for(part: str, place: str, calendars: dict[str, WorkingCalendar]) -> WorkingCalendar:
    special = {"around_the_clock": "cal-around-the-clock", "overnight": "cal-overnight"}
    return calendars[special.get(part, f"cal-{place}")]


def _own_calendar(part: str, number: int, place: str) -> str | None:
    """The calendar that the client's row names; one client in Berlin leaves it to the workspace."""
    special = {"around_the_clock": "cal-around-the-clock", "overnight": "cal-overnight"}
    if part == "plain" and place == "berlin" and number % 2:
        return None
    return special.get(part, f"cal-{place}")


def _start(part: str, rng: np.random.Generator, bounds: list[date]) -> date | None:
    """First day as a client: years before the horizon for most, within it for some."""
    months = len(bounds) - 1
    if part == "newcomer":
        return bounds[max(1, months // 3)] + timedelta(days=2)
    if part == "plain" and rng.random() < 0.12:
        return bounds[int(rng.integers(1, max(2, months - 1)))] + timedelta(days=int(rng.integers(0, 20)))
    return bounds[0] - timedelta(days=int(rng.integers(90, 2400)))


def _neglect(part: str, rng: np.random.Generator, months: int) -> tuple[float, ...]:
    """How badly a client is served, month by month; bad spells of three months come at random."""
    levels = [0.0] * months
    if part == "leaving":
        for back, level in zip(range(1, 5), (1.0, 0.9, 0.7, 0.4), strict=True):
            if back <= months - 1:
                levels[-back] = level
    elif part == "lost":
        last = (months + 1) * 7 // 10
        for back, level in zip(range(1, 5), (1.0, 0.9, 0.7, 0.4), strict=True):
            if last - back >= 0:
                levels[last - back] = level
    elif part == "plain":
        spell = rng.random() < 0.02 * months
        start, deep = int(rng.integers(0, max(1, months - 3))), 0.5 + 0.5 * float(rng.random())
        if spell and months > 6:
            levels[start : start + 3] = [deep] * 3
    return tuple(levels)
