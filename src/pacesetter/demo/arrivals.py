"""When tickets arrive, and of what kind: by hour, weekday, season, client size, outages, patch days and new clients.

Owns the intensities and the draws of a slice. Must not know how tickets are worked.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from pacesetter.demo.arrays import FAR, NEVER, Batch, Floats, Ints, weighted, weighted_rows
from pacesetter.demo.clients import Client
from pacesetter.demo.hours import holiday_dates, zone_offsets
from pacesetter.demo.kinds import ALERT, BY_SUBCATEGORY, HUMAN, KINDS, PATCH
from pacesetter.demo.outages import Outage
from pacesetter.demo.stories.cast import Cast

_OFFICE = np.array(
    [.002, .001, .001, .001, .002, .004, .014, .045, .100, .122, .118, .104, .066, .082, .098, .092, .072, .040, .016,
     .008, .005, .004, .003, .002]
)  # fmt: skip
_WEEK = np.array([1.22, 1.08, 1.03, 0.97, 0.86, 0.10, 0.05])
_SEASON = np.array([1.10, 1.04, 1.02, 0.98, 0.98, 0.97, 0.86, 0.82, 1.10, 1.08, 1.04, 0.86])
_ALERT_SHARE, _PATCH_SEATS = 0.17, 55
PROFILES = 3
BASE, AFTER_SELF_SERVICE, NEWCOMER = range(PROFILES)


@dataclass(frozen=True)
class Slice:
    """One slice of time: its number and its bounds in epoch seconds, half-open."""

    number: int
    start: int
    end: int

    @property
    def first_day(self) -> date:
        """The UTC day on which the slice starts."""
        return datetime.fromtimestamp(self.start, UTC).date()


class Arrivals:
    """The arrivals of one shard. ``expected`` tickets are aimed at over all slices."""

    def __init__(self, clients: list[Client], slices: list[Slice], cast: Cast, expected: float) -> None:
        self.clients, self.cast, self.slices = clients, cast, slices
        self._zones = sorted({c.zone for c in clients})
        start, hours = slices[0].start, -(-(slices[-1].end - slices[0].start) // 3600)
        self._start = start
        self._offsets = {z: zone_offsets(z, start, hours) for z in self._zones}
        self._weights = _kind_weights()
        patches = sum(-(-c.seats // _PATCH_SEATS) for c in clients) * len(slices)
        planned = sum(float(self._human(s).sum()) for s in slices)
        self._rate = max(expected - patches, expected * 0.5) * (1 - _ALERT_SHARE) * 0.955 / planned
        self._rate *= 1 + 0.00007 * len(slices) ** 2  # clients that leave on the way

    def draw(self, rng: np.random.Generator, piece: Slice, gone: dict[int, int], outages: list[Outage]) -> Batch:
        """The tickets of a slice in order of creation; ``gone`` gives the instant at which a client left."""
        human = self._human(piece) * self._rate
        alerts = np.full_like(human, human.sum() * _ALERT_SHARE / (1 - _ALERT_SHARE) / human.size)
        alerts *= (self._seats() / self._seats().mean())[:, None]
        parts = [self._scatter(rng, human, HUMAN, piece), self._scatter(rng, alerts, ALERT, piece)]
        parts += [self._flood(rng, piece), self._patches(rng, piece), self._bursts(rng, piece, outages)]
        batch = {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}
        left = np.array([gone.get(c.number, FAR) for c in self.clients])
        keep = batch["created"] < left[batch["client"]]
        batch = {name: column[keep] for name, column in batch.items()}
        order = np.lexsort((batch["kind"], batch["client"], batch["created"]))
        return {name: column[order] for name, column in batch.items()}

    def _seats(self) -> Floats:
        return np.array([c.seats for c in self.clients], dtype=float)

    def _human(self, piece: Slice) -> Floats:
        """Expected tickets of people by client and UTC hour of the slice, before scaling."""
        first = (piece.start - self._start) // 3600
        hours = -(-(piece.end - piece.start) // 3600)
        stamps = piece.start + 3600 * np.arange(hours)
        rows = [
            self._client_hours(c, stamps, self._offsets[c.zone][first : first + hours], piece) for c in self.clients
        ]
        return np.stack(rows)

    def _client_hours(self, client: Client, stamps: Ints, offsets: Ints, piece: Slice) -> Floats:
        local = stamps + offsets
        hour, weekday, day = local // 3600 % 24, (local // 86400 + 3) % 7, local // 86400
        if client.part == "overnight":
            hour = (hour + 12) % 24
        rate = client.seats * _OFFICE[hour] * _WEEK[weekday]
        if client.part == "around_the_clock":
            rate = client.seats * (0.5 * _OFFICE[hour] * _WEEK[weekday] + 0.5 / 24)
        years = (piece.first_day.year - 1, piece.first_day.year + 1)
        closed = [(d - date(1970, 1, 1)).days for d in holiday_dates(client.calendar.holidays, *years)]
        rate = rate * np.where(np.isin(day, closed), 0.07, 1.0) * _SEASON[piece.first_day.month - 1]
        rate *= 1.06 ** ((piece.start - self._start) / 31_556_952)
        if client.part == "leaving":
            rate *= 1 - 0.30 * client.neglect[piece.number]
        if self.cast.is_simplified(client, piece):
            rate *= _SAME_WORK
        if client.started_on:
            begun = int(datetime.combine(client.started_on, datetime.min.time(), UTC).timestamp())
            age = (stamps - begun) / 86_400
            wave = 1 + 1.3 * np.exp(-age.clip(0) / 35)
            rate = np.where(age < 0, 0.0, rate * np.where(begun >= self._start, wave, 1.0))
        return np.asarray(rate, dtype=float)

    def _scatter(self, rng: np.random.Generator, rates: Floats, stream: int, piece: Slice) -> Batch:
        """Poisson arrivals within each client and hour, with their kinds."""
        counts = rng.poisson(rates)
        client = np.repeat(np.arange(len(self.clients)), counts.sum(axis=1))
        hour = np.concatenate([np.repeat(np.arange(rates.shape[1]), row) for row in counts])
        created = piece.start + hour * 3600 + rng.integers(0, 3600, len(hour))
        created = np.minimum(created, piece.end - 1)
        if stream == ALERT:
            kind = weighted(rng, self._weights[PROFILES], len(client))
        else:
            kind = weighted_rows(rng, self._weights[:PROFILES], self._profile(piece)[client])
        return _rows(created, client, kind, stream)

    def _profile(self, piece: Slice) -> Ints:
        found = []
        for client in self.clients:
            fresh = client.started_on and 0 <= (piece.first_day - client.started_on).days + 30 < 90
            simple = self.cast.is_simplified(client, piece)
            found.append(AFTER_SELF_SERVICE if simple else NEWCOMER if fresh else BASE)
        return np.array(found)

    def _flood(self, rng: np.random.Generator, piece: Slice) -> Batch:
        """Passwords that expire: a wave every Monday morning at one client."""
        reset = BY_SUBCATEGORY["password reset"]
        created: list[Ints] = [np.zeros(0, np.int64)]
        for client in (c for c in self.clients if c.part == "reset_flood"):
            day = piece.first_day
            while day < datetime.fromtimestamp(piece.end, UTC).date():
                if day.weekday() == 0:
                    n = int(rng.poisson(client.seats * self.cast.flood_per_seat))
                    offset = int(self._offsets[client.zone][(piece.start - self._start) // 3600])
                    opening = int(datetime(day.year, day.month, day.day, 8, tzinfo=UTC).timestamp()) - offset
                    created.append(opening + rng.exponential(5400, n).astype(np.int64))
                day += timedelta(days=1)
        at = np.concatenate(created)
        at = at[(at >= piece.start) & (at < piece.end)]
        who = next((c.number for c in self.clients if c.part == "reset_flood"), 0)
        return _rows(at, np.full(len(at), who), np.full(len(at), reset), HUMAN)

    def _patches(self, rng: np.random.Generator, piece: Slice) -> Batch:
        """Patch day: the night after the second Tuesday and the two nights that follow."""
        first = piece.first_day
        patch_day = first + timedelta(days=(1 - first.weekday()) % 7 + 8)
        base = int(datetime(patch_day.year, patch_day.month, patch_day.day, 1, tzinfo=UTC).timestamp())
        client = np.repeat(np.arange(len(self.clients)), [-(-c.seats // _PATCH_SEATS) for c in self.clients])
        begun = np.array([_begun(c) for c in self.clients])[client]
        created = base + rng.integers(0, 3, len(client)) * 86_400 + rng.integers(0, 4 * 3600, len(client))
        keep = (created >= piece.start) & (created < piece.end) & (created >= begun)
        n = int(keep.sum())
        return _rows(created[keep], client[keep], np.full(n, BY_SUBCATEGORY["patch deployment"]), PATCH)

    def _bursts(self, rng: np.random.Generator, piece: Slice, outages: list[Outage]) -> Batch:
        """An alert at the start of each unplanned outage, and calls of people in the half hour that follows."""
        nothing = np.zeros(0, np.int64)
        parts = [_rows(nothing, nothing, nothing, HUMAN)]
        for outage in outages:
            if outage.planned or not piece.start <= outage.starts_at < piece.end:
                continue
            seats = self.clients[outage.client].seats
            calls = 1 + min(int(rng.poisson(seats * outage.affected * 0.06)), 40)
            after = np.sort(rng.exponential(900, calls).astype(np.int64).clip(90, 5400))
            created = np.minimum(outage.starts_at + np.concatenate([[45], after]), piece.end - 1)
            kinds = np.array([BY_SUBCATEGORY["host down"]] + [BY_SUBCATEGORY["outage"]] * calls)
            part = _rows(created, np.full(len(created), outage.client), kinds, HUMAN)
            part["stream"][0] = ALERT
            part["outage"][:] = outage.number
            parts.append(part)
        return {name: np.concatenate([p[name] for p in parts]) for name in parts[0]}


def _begun(client: Client) -> int:
    start = client.started_on or date(1970, 1, 1)
    return int(datetime.combine(start, datetime.min.time(), UTC).timestamp())


def _rows(created: Ints, client: Ints, kind: Ints, stream: int) -> Batch:
    n = len(created)
    return {
        "created": created.astype(np.int64), "client": client.astype(np.int64), "kind": kind.astype(np.int64),
        "stream": np.full(n, stream, np.int64), "outage": np.full(n, NEVER),
    }  # fmt: skip


def _kind_weights() -> Floats:
    """Weights of the kinds by profile, and in a last row those of monitoring."""
    base = np.array([k.weight if k.stream == HUMAN else 0.0 for k in KINDS])
    easy = np.array([k.category in ("access", "telephony", "email") for k in KINDS])
    later = base * np.where(easy, 0.12, 1.0) * np.array([2.6 if k.effort >= 40 else 1.0 for k in KINDS])
    fresh = base * np.array([4.0 if k.category == "onboarding" else 1.0 for k in KINDS])
    alerts = np.array([k.weight if k.stream == ALERT else 0.0 for k in KINDS])
    return np.stack([base, later, fresh, alerts])


def _same_work() -> float:
    """The factor on the volume after self-service that leaves the desk's hours of work as they were."""
    effort = np.array([k.effort for k in KINDS])
    before, after, *_ = _kind_weights()
    return float((before @ effort / before.sum()) / (after @ effort / after.sum()))


_SAME_WORK = _same_work()
