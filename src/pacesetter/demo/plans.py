"""The way that each ticket will go: its priority and channel, the steps of work, and what lies between them.

Owns the draws; who does the work and when is found out by the desk. Works on whole slices, no loop over tickets.
"""

import numpy as np

from pacesetter.demo.arrays import NEVER, Batch, Flags, Floats, Ints, lognormal, weighted_rows
from pacesetter.demo.arrivals import Slice
from pacesetter.demo.kinds import HUMAN, KINDS
from pacesetter.demo.staff import ENGINEERING, SYSTEMS, VENDOR, WATCH
from pacesetter.demo.stories.cast import PAUSE_POD, WRONG_ROLE_POD
from pacesetter.demo.world import World

STEPS = 8
DONE, REQUESTER, SUPPLIER, BOOKED, ASIDE, HANDOVER, REOPEN = range(7)
"""What follows a step: the end, three pauses, put aside, another team, or the end and a reopening."""
WORKED, AUTOMATIC, SPAM, MERGED, DELETED, TEST, WITHDRAWN = range(7)
"""What becomes of a ticket."""
EMAIL, PHONE, PORTAL, CHAT, WALK_IN, MONITORING = range(6)
BY_REQUESTER, BY_TECHNICIAN, BY_AUTOMATION = range(3)

_FATES = {SPAM: 0.016, MERGED: 0.012, DELETED: 0.003, TEST: 0.002, WITHDRAWN: 0.015}
_LENGTHS = {REQUESTER: (3.2, 1.35), SUPPLIER: (14.0, 1.0), BOOKED: (11.0, 0.9), ASIDE: (5.0, 1.5)}
"""Median open hours and spread of what lies between two steps."""


def _per_kind(name: str) -> Floats:
    return np.array([getattr(k, name) for k in KINDS], dtype=float)


_OF = {n: _per_kind(n) for n in ("effort", "spread", "tier", "escalates", "waits", "vendor", "books", "defers",
                                 "reopens", "automated", "hard", "live")}  # fmt: skip
_URGENT = np.array([k.urgent for k in KINDS])


def draw_plans(rng: np.random.Generator, world: World, piece: Slice, batch: Batch) -> None:
    """Add to a slice of arrivals everything that is decided before the work starts."""
    _draw_forms(rng, world, batch)
    _draw_fates(rng, world, batch)
    _draw_article(rng, world, batch)
    route = _Route(rng, world, piece, batch)
    route.start()
    route.between_organisations()
    route.up_the_tiers()
    route.pauses()
    route.finish()


def _draw_forms(rng: np.random.Generator, world: World, batch: Batch) -> None:
    """Priority, channel, who opened it, who asked, and the subject's number."""
    n, kind, stream = len(batch["kind"]), batch["kind"], batch["stream"]
    contacts = np.array([c.contacts for c in world.clients])[batch["client"]]
    first = np.array([c.first_contact for c in world.clients])[batch["client"]]
    person = first + (rng.random(n) ** 1.7 * contacts).astype(np.int64)
    batch["contact"] = np.where(stream == HUMAN, person, NEVER)
    priority = weighted_rows(rng, _URGENT, kind)
    vip = world.is_vip[person] & (stream == HUMAN) & (rng.random(n) < 0.5)
    batch["priority"] = np.where(vip, np.maximum(priority - 1, 0), priority)
    live = (rng.random(n) < _OF["live"][kind]) & (stream == HUMAN)
    written = np.where(rng.random(n) < 0.62, EMAIL, PORTAL)
    spoken = np.choose(np.searchsorted([0.76, 0.95], rng.random(n)), [PHONE, CHAT, WALK_IN])
    batch["channel"] = np.where(stream != HUMAN, MONITORING, np.where(live, spoken, written))
    logged = live & (rng.random(n) < 0.9)
    batch["opened"] = np.where(stream != HUMAN, BY_AUTOMATION, np.where(logged, BY_TECHNICIAN, BY_REQUESTER))
    subjects = np.array([len(k.subjects) for k in KINDS])[kind]
    batch["subject"] = (rng.random(n) * subjects).astype(np.int64)


def _draw_fates(rng: np.random.Generator, world: World, batch: Batch) -> None:
    """Spam, merged, deleted, test, withdrawn and solved without a human; the rest is worked on."""
    n = len(batch["kind"])
    human = (batch["stream"] == HUMAN) & (batch["opened"] != BY_TECHNICIAN)
    u, fate, edge = rng.random(n), np.full(n, WORKED), 0.0
    for code, share in _FATES.items():
        fate = np.where(human & (u >= edge) & (u < edge + share / 0.6), code, fate)
        edge += share / 0.6
    auto = (rng.random(n) < _OF["automated"][batch["kind"]]) & (batch["opened"] != BY_TECHNICIAN)
    batch["fate"] = np.where((fate == WORKED) & auto, AUTOMATIC, fate)
    # A merged ticket needs one to be merged into: the worked one that the same client opened before it.
    batch["into"] = np.full(n, NEVER)
    stands = (batch["fate"] == WORKED) & (batch["opened"] != BY_TECHNICIAN)  # a call may not be answered any more
    worked = np.where(stands, np.arange(n), -1)
    for client in range(len(world.clients)):
        own = np.flatnonzero(batch["client"] == client)
        before = np.maximum.accumulate(worked[own]) if len(own) else own
        merged = batch["fate"][own] == MERGED
        target = np.where(before < 0, NEVER, before)
        batch["into"][own[merged]] = target[merged]
    orphan = (batch["fate"] == MERGED) & (batch["into"] < 0)
    batch["fate"] = np.where(orphan, WORKED, batch["fate"])


def _draw_article(rng: np.random.Generator, world: World, batch: Batch) -> None:
    """The number of the article that the technician uses, where one on this kind of work is out by then."""
    article = world.article_of_kind[batch["kind"]]
    out = (article >= 0) & (world.article_published[article.clip(0)] < batch["created"])
    used = out & (batch["fate"] == WORKED) & (rng.random(len(article)) < 0.4)
    batch["article"] = np.where(used, article, NEVER)


class _Route:
    """Builds the steps of all tickets of a slice side by side. ``at`` is the step that each ticket is in."""

    def __init__(self, rng: np.random.Generator, world: World, piece: Slice, batch: Batch) -> None:
        n = len(batch["kind"])
        self.rng, self.world, self.piece, self.batch, self.n = rng, world, piece, batch, n
        self.team = np.full((n, STEPS), NEVER)
        self.gap = np.zeros((n, STEPS), np.int64)
        self.length = np.zeros((n, STEPS), np.int64)
        self.at = np.zeros(n, np.int64)
        self.now = np.zeros(n, np.int64)
        self.kind, self.client = batch["kind"], batch["client"]
        self.neglect = np.array([c.neglect[piece.number] for c in world.clients])[self.client]
        batch["neglect"] = self.neglect
        parts = np.array([c.part for c in world.clients])[self.client]
        self.two_speeds = parts == "two_speeds"
        self.ease = np.where(self.two_speeds, 0.12, 1.0)
        self.pod = np.array([c.pod for c in world.clients])[self.client]
        self.internal = world.internal_team[self.client]
        share = np.where(parts == "ping_pong", world.cast.ping_pong_share, world.cast.ordinary_ping_pong)
        self.ping_pong = (rng.random(n) < share) & (self.internal >= 0) & (batch["stream"] == HUMAN)

    def chance(self, share: Floats | float) -> Flags:
        """True with that probability."""
        return self.rng.random(self.n) < share

    def close(self, who: Flags, gap: int, hours: Floats | None = None) -> None:
        """End the current step of ``who`` with ``gap`` after it; later steps stay with the same team."""
        i = np.flatnonzero(who & (self.at < STEPS - 2))
        k = self.at[i]
        self.team[i, k], self.gap[i, k] = self.now[i], gap
        if hours is not None:
            self.length[i, k] = (hours[i] * 3600).astype(np.int64).clip(300, 5_000_000)
        self.at[i] += 1

    def hand(self, who: Flags, team: Ints | int) -> None:
        """Hand over to another team, where it is another one."""
        target = np.broadcast_to(np.asarray(team), (self.n,))
        who = who & (target != self.now) & (target >= 0) & (self.at < STEPS - 2)
        self.close(who, HANDOVER)
        self.now = np.where(who, target, self.now)

    def start(self) -> None:
        """The team that gets the ticket first, and how long it lies before anybody looks."""
        batch, tier = self.batch, _OF["tier"][self.kind]
        desk = self.pod.copy()
        closed = ~self.world.desk_open(self.pod, batch["created"])
        off_hours = np.isin(self.client, self.world.served_at_night) | (batch["priority"] == 0)
        first = np.where(closed & off_hours, WATCH, desk)
        direct = self.chance(0.25) & (batch["stream"] == HUMAN)
        first = np.where(direct & (tier == 2), SYSTEMS, np.where(direct & (tier == 3), ENGINEERING, first))
        alert = batch["channel"] == MONITORING
        patch = alert & (tier == 3)
        wrong = patch & (self.pod == WRONG_ROLE_POD) & self.chance(self.world.cast.wrong_role_share)
        first = np.where(alert, WATCH, first)
        first = np.where(patch, np.where(wrong & self.world.cast.plays, desk, ENGINEERING), first)
        ours = (self.internal >= 0) & (tier == 1) & ~alert & (self.chance(0.35) | self.ping_pong)
        self.now = np.where(ours & ~(self.ping_pong & self.chance(0.5)), self.internal, first)
        lag = np.where(self.chance(0.25 + 0.5 * self.neglect), lognormal(self.rng, 2400.0, 1.0, self.n), 0.0)
        lag += np.where(self.neglect > 0, lognormal(self.rng, 5400.0, 0.7, self.n) * self.neglect, 0.0)
        if self.piece.number == self.world.cast.shift_month:
            lag += lognormal(self.rng, self.world.cast.shift_lag_median_s, 0.5, self.n)
        urgent = (batch["priority"] == 0) | (batch["opened"] == BY_TECHNICIAN)
        batch["lag"] = np.where(urgent, 0, lag * np.where(batch["priority"] == 1, 0.5, 1.0)).astype(np.int64)

    def between_organisations(self) -> None:
        """Between the MSP's desk and a client's internal IT, and the game of ping-pong that some play."""
        own = self.now == self.internal
        msp_first = (self.internal >= 0) & ~own & (self.now < 3)
        self.hand(own & self.chance(0.4) | (own & self.ping_pong), self.pod)
        self.hand(msp_first & (self.chance(0.12) | self.ping_pong), self.internal)
        for more in (1.0, 0.75):
            back = self.ping_pong & self.chance(more)
            self.hand(back, np.where(self.now == self.internal, self.pod, self.internal))

    def up_the_tiers(self) -> None:
        """From tier 1 to 2, from 2 to 3, some sent back."""
        tier = _OF["tier"][self.kind]
        share = 1.35 * _OF["escalates"][self.kind] * self.ease
        low = (self.now < 3) | (self.now == WATCH)
        patch = self.batch["channel"] == MONITORING
        needs = low & (((tier >= 2) & ~patch) | self.chance(share)) & ~self.ping_pong
        self.hand(needs, np.where((tier == 3) & ~patch, ENGINEERING, SYSTEMS))
        back = needs & (self.now == SYSTEMS) & (tier == 1) & self.chance(0.09)
        self.hand(back, self.pod)
        self.hand(needs & (self.now == SYSTEMS) & self.chance(0.13), ENGINEERING)

    def pauses(self) -> None:
        """Questions to the requester, vendors, appointments, and work that is put aside."""
        batch, of, kind = self.batch, _OF, self.kind
        slow = 1 + 2.5 * self.neglect
        asked = self.chance(
            1.25 * of["waits"][kind] * self.ease * np.where(batch["opened"] == BY_TECHNICIAN, 0.45, 1.0)
        )
        for who in (asked, asked & self.chance(0.22)):
            self.close(who, REQUESTER, self._hours(REQUESTER))
        vendor = self.chance(of["vendor"][kind] * self.ease)
        erp = vendor & (of["hard"][kind] > 0) & (self.now == SYSTEMS) & self.chance(0.5)
        self.hand(erp, VENDOR)
        self.hand(erp & (self.now == VENDOR), SYSTEMS)
        self.close(vendor & ~erp, SUPPLIER, self._hours(SUPPLIER))
        self.close(self.chance(of["books"][kind] * self.ease), BOOKED, self._hours(BOOKED))
        relaxed = np.array([0.25, 0.6, 1.0, 1.25])[batch["priority"]]
        aside = self.chance((1.35 * of["defers"][kind] * relaxed + 0.45 * self.neglect) * self.ease)
        for who in (aside, aside & self.chance(0.3)):
            self.close(who, ASIDE, self._hours(ASIDE) * relaxed * slow)
        lane = self.two_speeds & (batch["stream"] == HUMAN)
        lane &= np.cumsum(lane) % self.world.cast.slow_lane_every == 0
        self.close(lane, ASIDE, 60 + 35 * self.rng.random(self.n))

    def _hours(self, gap: int) -> Floats:
        return lognormal(self.rng, *_LENGTHS[gap], self.n)

    def finish(self) -> None:
        """The last step, a reopening for some, and the effort of each step in seconds."""
        batch, kind, rng = self.batch, self.kind, self.rng
        helped = batch["article"] >= 0
        again = self.chance((_OF["reopens"][kind] + 0.10 * self.neglect) * np.where(helped, 0.5, 1.0))
        self.close(again, REOPEN, lognormal(rng, 6.0, 1.1, self.n))
        rows = np.arange(self.n)
        self.team[rows, self.at] = self.now
        steps = np.where(batch["fate"] == WORKED, self.at + 1, 0)
        used = np.arange(STEPS)[None, :] < steps[:, None]
        weights = (0.35 + rng.random((self.n, STEPS))) * used
        total = lognormal(rng, _OF["effort"][kind] * 60, _OF["spread"][kind], self.n)
        total *= np.where(helped, 0.74, 1.0) * (1 + 0.12 * (steps - 1).clip(0))
        share = weights / weights.sum(axis=1, keepdims=True).clip(1e-9)
        batch["effort"] = (share * total[:, None]).clip(90, 9000).astype(np.int64)
        batch["steps"], batch["team"], batch["gap"], batch["length"] = steps, self.team, self.gap, self.length
        hard = (_OF["hard"][kind] > 0) & self.chance(self.world.hard_share) & self.world.cast.plays
        batch["prefers"] = np.where(hard, self.world.specialist, NEVER)
        batch["stuffed"] = (self.pod == PAUSE_POD) & self.chance(self.world.cast.stuffed_share) & self.world.cast.plays
