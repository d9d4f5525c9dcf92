"""Services of the clients and the times at which they were down.

Owns services and outages, a series of them at one client among the rest. Must not know tickets.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from pacesetter.demo.arrays import generator
from pacesetter.demo.clients import Client
from pacesetter.demo.hours import zone_offsets

SERVICES = (("Internet line", 1.0), ("Virtual private network", 0.6), ("File service", 0.8), ("Order system", 1.5))
CAUSES = ("carrier", "power", "software defect", "capacity", "change gone wrong", "hardware fault")
SERIES_CAUSE = "ageing line card at the branch router"


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One outage of a client's service (its place in ``SERVICES``); ``ends_at`` may lie after the horizon."""

    number: int
    client: int
    service: int
    starts_at: int
    ends_at: int
    planned: bool
    affected: float
    cause: str


def service_id(client: Client, service: int) -> str:
    """The id of a client's service."""
    return f"{client.client_id}-{SERVICES[service][0].split()[0].lower()}"


def build_outages(clients: list[Client], seed: int, shard: int, start: int, end: int, stride: int) -> list[Outage]:
    """Every outage of a shard between two instants, in order of their start; numbers begin at ``shard * stride``."""
    rng = generator(seed, 4, shard)
    rows: list[tuple[int, int, int, int, bool, float, str]] = []
    for client in clients:
        begun = datetime.combine(client.started_on or date(1970, 1, 1), datetime.min.time(), UTC).timestamp()
        low = max(start, int(begun))
        for service in range(len(SERVICES)):
            rows += _random_outages(rng, client.number, service, low, end)
        rows += _maintenance(rng, client.number, low, end)
        if client.part == "outage_series":
            rows += _series(rng, client, end)
    rows.sort()
    return [
        Outage(number=shard * stride + i, starts_at=a, client=c, service=s, ends_at=b, planned=p, affected=u, cause=why)
        for i, (a, c, s, b, p, u, why) in enumerate(rows)
    ]


def _random_outages(
    rng: np.random.Generator, client: int, service: int, start: int, end: int
) -> list[tuple[int, int, int, int, bool, float, str]]:
    rows, at = [], start + int(rng.exponential(150 * 86_400))
    while at < end:
        length = int(3000 * np.exp(0.9 * rng.standard_normal()))
        cause = CAUSES[int(rng.integers(len(CAUSES)))]
        rows.append(
            (at, client, service, at + max(180, length), False, round(0.1 + 0.9 * float(rng.random()), 2), cause)
        )
        if rng.random() < 0.08:  # the neighbouring service fails with it, overlapping
            rows.append(
                (at + 300, client, (service + 1) % 4, at + max(600, length), False, 0.5, "follows another outage")
            )
        at += int(rng.exponential(150 * 86_400)) + 3600
    return rows


def _maintenance(
    rng: np.random.Generator, client: int, start: int, end: int
) -> list[tuple[int, int, int, int, bool, float, str]]:
    """A planned window on a Saturday night every other month or so."""
    rows, at = [], start + int(rng.integers(5, 60)) * 86_400
    while at < end:
        day = datetime.fromtimestamp(at, UTC)
        night = day.replace(hour=20, minute=0, second=0) + timedelta(days=(5 - day.weekday()) % 7)
        begin = int(night.timestamp())
        if begin < end:
            rows.append((begin, client, int(rng.integers(4)), begin + 7200, True, 1.0, "announced maintenance"))
        at += int(rng.integers(40, 80)) * 86_400
    return rows


def _series(rng: np.random.Generator, client: Client, end: int) -> list[tuple[int, int, int, int, bool, float, str]]:
    """Eight outages in the last ten weeks or so, each on a weekday morning of the client."""
    rows = []
    for week in range(8):
        day = datetime.fromtimestamp(end, UTC).date() - timedelta(weeks=10 - week)
        day += timedelta(days=(int(rng.integers(0, 5)) - day.weekday()))
        midnight = int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
        begin = midnight - int(zone_offsets(client.zone, midnight, 1)[0]) + int(rng.integers(9 * 3600, 11 * 3600))
        rows.append((begin, client.number, 0, begin + int(rng.integers(6000, 14_000)), False, 0.8, SERIES_CAUSE))
    return rows
