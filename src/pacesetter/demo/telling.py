"""Turns worked steps into the events that a PSA would have logged, and into the SLA time that it would have counted.

Owns the telling of ordinary tickets. Must not know files, nor who plays a story, except for the marks on the batch.
"""

from dataclasses import dataclass, field

import numpy as np

from pacesetter.demo.arrays import AnyArray, Batch, Flags, Ints
from pacesetter.demo.kinds import CATEGORY_OF, PRIORITIES
from pacesetter.demo.levels import Levels
from pacesetter.demo.log import AUTOMATION, REQUESTER_ACTOR, TECHNICIAN, VENDOR_ACTOR, EventLog
from pacesetter.demo.plans import (
    ASIDE,
    AUTOMATIC,
    BOOKED,
    BY_AUTOMATION,
    BY_REQUESTER,
    BY_TECHNICIAN,
    DELETED,
    DONE,
    EMAIL,
    HANDOVER,
    MERGED,
    PORTAL,
    REOPEN,
    REQUESTER,
    SPAM,
    STEPS,
    SUPPLIER,
    TEST,
    WITHDRAWN,
    WORKED,
)  # fmt: skip
from pacesetter.demo.words import Words
from pacesetter.demo.world import World

_DAY = 86_400


@dataclass
class Told:
    """What the telling found out beside the events; all arrays are as long as the batch.

    ``resolved`` is the instant of the last resolution (-1 where none), ``spent`` the business seconds without pauses up
    to it, ``targets`` the numbers of the tickets that others were merged into.
    """

    log: EventLog
    resolved: Ints
    spent: Ints
    promised: Ints
    reopened: Flags
    targets: Ints = field(default_factory=lambda: np.zeros(0, np.int64))


class Telling:
    """The telling of one batch of tickets."""

    def __init__(self, world: World, words: Words, levels: Levels, batch: Batch, rng: np.random.Generator) -> None:
        self.world, self.words, self.levels, self.b, self.rng = world, words, levels, batch, rng
        self.n = n = len(batch["created"])
        self.log = EventLog()
        self.worked = batch["fate"] == WORKED
        self.status = np.full(n, words.status_number("New"))
        self.holder = np.full(n, -1)
        self.told = Told(self.log, np.full(n, -1), np.zeros(n, np.int64), np.full(n, -1), np.zeros(n, bool))
        self.contact = np.where(batch["contact"] >= 0, words.contact + batch["contact"], -1)
        self.tier = np.array([t.tier for t in world.teams])
        self.ours = np.array([t.organisation == "msp" for t in world.teams])
        live = (batch["opened"] == BY_TECHNICIAN) & self.worked
        first = batch["start"][:, 0]
        batch["created"] = np.where(live, np.where(first >= 0, first, world.as_of + _DAY), batch["created"])
        batch["stuffed_now"] = np.zeros(n, bool)
        batch["aside_step"], batch["aside_due"] = np.full(n, -1), np.full(n, -1)

    def chance(self, share: float) -> Flags:
        """True with that probability, for each ticket."""
        return self.rng.random(self.n) < share

    def seconds(self, low: int, high: int) -> Ints:
        """Whole seconds between two bounds, for each ticket."""
        return self.rng.integers(low, high, self.n)

    def turn(self, who: Flags, at: Ints, word: str, actor_kind: int, actor: AnyArray | int, order: int) -> None:
        """A status event to ``word``, where the status is another one."""
        new = self.words.status_number(word)
        who = who & (self.status != new)
        self.log.add(who, at, "status", actor_kind, actor, self.status, new, order=order)
        self.status = np.where(who, new, self.status)

    def tell(self) -> Told:
        """All events of the batch, settled."""
        self._opening()
        self._unworked()
        for k in range(STEPS):
            live = self.worked & (self.b["steps"] > k) & (self.b["start"][:, k] >= 0)
            self._step_begins(k, live)
            self._step_ends(k, live)
        self._corrections()
        return self.told

    def _opening(self) -> None:
        b, words = self.b, self.words
        opener = np.choose(b["opened"], [self.contact, np.where(b["by"][:, 0] >= 0, words.technician + b["by"][:, 0], -1),
                                         np.full(self.n, words.robot)])  # fmt: skip
        kind = np.choose(b["opened"], [REQUESTER_ACTOR, TECHNICIAN, AUTOMATION])
        new = words.status_number("New")
        self.log.add(np.ones(self.n, bool), b["created"], "created", kind, opener, -1, new, 1, b["channel"], order=0)
        written = ((b["channel"] == EMAIL) | (b["channel"] == PORTAL)) & (b["opened"] == BY_REQUESTER)
        self.log.add(written & self.chance(0.6), b["created"] + self.seconds(15, 80), "reply", AUTOMATION,
                     words.robot + 1, public=1, channel=EMAIL, order=5)  # fmt: skip

    def _unworked(self) -> None:
        """Spam, tests, deletions, merges, withdrawals, and what no human touched."""
        b, words, fate = self.b, self.words, self.b["fate"]
        later = b["created"] + self.seconds(240, 5400)
        for code, robot in ((SPAM, True), (DELETED, False), (TEST, False)):
            actor = words.robot + 1 if robot else -1
            self.turn(fate == code, later, "Cancelled", AUTOMATION if robot else TECHNICIAN, actor, 10)
        gone = fate == WITHDRAWN
        self.log.add(gone, later - 30, "reply", REQUESTER_ACTOR, self.contact, public=1, channel=EMAIL, order=9)
        self.turn(gone, later, "Cancelled", REQUESTER_ACTOR, self.contact, 10)
        targets, place = np.unique(b["into"], return_inverse=True)
        self.told.targets = targets  # words of their own, after the common ones, each of them once
        self.log.add(fate == MERGED, later, "merge", TECHNICIAN, -1, new=len(words.list) + place, order=10)
        self._close(fate == MERGED, later + 1)
        auto = fate == AUTOMATIC
        done = b["created"] + self.seconds(90, 1500)
        self.log.add(auto & (b["opened"] != BY_AUTOMATION), done - 2, "reply", AUTOMATION, words.robot + 2, public=1,
                     channel=PORTAL, order=20)  # fmt: skip
        self._resolve(auto, done, AUTOMATION, words.robot + 2)
        self._close(auto, done + _DAY)

    def _step_begins(self, k: int, live: Flags) -> None:
        b, words, log = self.b, self.words, self.log
        start, by = b["start"][:, k], words.technician + b["by"][:, k]
        room = (b["end"][:, k] - start - 2).clip(1)
        log.add(live & (self.holder != by), start, "assignment", TECHNICIAN, by, self.holder, by, order=30)
        self.holder = np.where(live, by, self.holder)
        self.turn(live, start, "In Progress", TECHNICIAN, by, 31)
        logged = b["opened"] == BY_TECHNICIAN
        human = b["opened"] != BY_AUTOMATION
        if k == 0:
            greets = live & human & ~logged & self.chance(0.93)
            log.add(greets, start + np.minimum(self.seconds(45, 280), room), "reply", TECHNICIAN, by, public=1,
                    channel=EMAIL, order=33)  # fmt: skip
        else:
            again = live & human & (b["gap"][:, k - 1] == ASIDE) & self.chance(0.4)
            log.add(again, start + np.minimum(self.seconds(30, 400), room), "reply", TECHNICIAN, by, public=1,
                    channel=EMAIL, order=33)  # fmt: skip
        noted = live & self.chance(0.28)
        log.add(noted, start + room // 2, "note", TECHNICIAN, by, public=0, order=34)
        uses = live & (b["article"] >= 0) & (b["steps"] == k + 1)
        log.add(
            uses, start + room // 3, "article", TECHNICIAN, by, new=words.article + b["article"], public=1, order=35
        )

    def _step_ends(self, k: int, live: Flags) -> None:
        b, told = self.b, self.told
        end, gap, by = b["end"][:, k], b["gap"][:, k], self.words.technician + b["by"][:, k]
        ready = b["created"]
        if k:  # an appointment or a vendor's turn ends when the technician takes the ticket up again
            until_taken = (b["gap"][:, k - 1] == SUPPLIER) | (b["gap"][:, k - 1] == BOOKED)
            ready = np.where(until_taken, b["start"][:, k], b["back"][:, k])
        counted = self.world.open_between(b["client"], ready, end)
        told.spent = np.where(live, told.spent + counted, told.spent)
        back = b["back"][:, k + 1] if k + 1 < STEPS else np.full(self.n, -1)
        self._pauses(live, end, gap, by, back)
        self._hands_over(k, live & (gap == HANDOVER), end, by)
        self._aside(k, live & (gap == ASIDE), end, by)
        finished = live & ((gap == DONE) | (gap == REOPEN))
        human = b["opened"] != BY_AUTOMATION
        self.log.add(finished & human & self.chance(0.8), end - 1, "reply", TECHNICIAN, by, public=1, channel=EMAIL,
                     order=20)  # fmt: skip
        self._resolve(finished, end, TECHNICIAN, by)
        closing = end + np.where(self.chance(0.25), self.seconds(1800, _DAY), 5 * _DAY)
        again = live & (gap == REOPEN)
        self._close(finished & (~again | (closing < back - 60)), closing)
        self._reopen(again & (back < self.world.as_of), back)

    def _pauses(self, live: Flags, end: Ints, gap: Ints, by: Ints, back: Ints) -> None:
        log, words, human = self.log, self.words, self.b["opened"] != BY_AUTOMATION
        ask = live & (gap == REQUESTER)
        log.add(ask, end - 1, "reply", TECHNICIAN, by, public=1, channel=EMAIL, order=20)
        self.turn(ask, end, "Waiting Customer", TECHNICIAN, by, 40)
        heard = ask & (back < self.world.as_of)
        who = np.where(self.contact >= 0, self.contact, -1)
        log.add(heard, back, "reply", REQUESTER_ACTOR, who, public=1, channel=EMAIL, order=22)
        self.turn(heard, back, "Customer Responded", AUTOMATION, words.robot + 2, 23)
        vendor = live & (gap == SUPPLIER)
        self.turn(vendor, end, "Waiting Vendor", TECHNICIAN, by, 40)
        log.add(vendor & self.chance(0.6), back, "reply", VENDOR_ACTOR, -1, public=0, channel=EMAIL, order=22)
        booked = live & (gap == BOOKED)
        log.add(booked & human, end - 1, "reply", TECHNICIAN, by, public=1, channel=EMAIL, order=20)
        self.turn(booked, end, "Scheduled", TECHNICIAN, by, 40)
        self.told.promised = np.where(booked, back + 3 * 3600, self.told.promised)

    def _hands_over(self, k: int, who: Flags, end: Ints, by: Ints) -> None:
        """To another team: an escalation where its tier is higher, and nobody holds the ticket until it is taken."""
        if k + 1 >= STEPS:
            return
        old, new = self.b["team"][:, k].clip(0), self.b["team"][:, k + 1].clip(0)
        up = who & (self.tier[new] > self.tier[old])
        words, log = self.words, self.log
        log.add(up, end, "escalation", TECHNICIAN, by, words.team + old, words.team + new, order=41)
        log.add(who & ~up, end, "team", TECHNICIAN, by, words.team + old, words.team + new, order=41)
        log.add(who, end, "assignment", TECHNICIAN, by, self.holder, -1, order=42)
        log.add(who & self.chance(0.6), end, "note", TECHNICIAN, by, public=0, order=39)
        self.holder = np.where(who, -1, self.holder)

    def _aside(self, k: int, who: Flags, end: Ints, by: Ints) -> None:
        """Put aside with the clock running; one team stops the clock just before it runs out (a planted story)."""
        b, told = self.b, self.told
        if k + 1 >= STEPS:
            return
        until = np.where(b["start"][:, k + 1] >= 0, b["start"][:, k + 1], self.world.as_of)
        left = self.levels.resolve_seconds(b) - told.spent
        due = self.world.due(b["client"], end, left.clip(0))
        pause = due - self.seconds(180, 1500)
        runs_out = who & (left > 0) & (due > end + 1800) & (due < until - 3600) & (b["aside_step"] < 0)
        b["aside_step"], b["aside_due"] = (
            np.where(runs_out, k, b["aside_step"]),
            np.where(runs_out, due, b["aside_due"]),
        )
        own = b["team"][:, k] == self.world.pause_team
        stuffed = who & b["stuffed"] & own & (left > 0) & (pause > end + 300) & (pause < until - 600)
        self.turn(stuffed, pause, "Waiting Customer", TECHNICIAN, by, 40)
        stop = np.where(stuffed, pause, until)
        told.spent = np.where(who, told.spent + self.world.open_between(b["client"], end, stop), told.spent)
        back = b["back"][:, k + 1]
        twice = self.world.open_between(b["client"], back, until)
        told.spent = np.where(who, told.spent - np.where(back >= 0, twice, 0), told.spent)
        b["stuffed_now"] |= stuffed

    def _resolve(self, who: Flags, at: Ints, actor_kind: int, actor: AnyArray | int) -> None:
        new = self.words.status_number("Completed")
        self.log.add(who, at, "resolved", actor_kind, actor, self.status, new, order=43)
        self.status = np.where(who, new, self.status)
        self.told.resolved = np.where(who & (at < self.world.as_of), at, self.told.resolved)

    def _close(self, who: Flags, at: Ints) -> None:
        new = self.words.status_number("Closed")
        self.log.add(who, at, "closed", AUTOMATION, self.words.robot + 2, self.status, new, order=45)
        self.status = np.where(who, new, self.status)

    def _reopen(self, who: Flags, at: Ints) -> None:
        new = self.words.status_number("Assigned")
        self.log.add(who, at, "reply", REQUESTER_ACTOR, self.contact, public=1, channel=EMAIL, order=22)
        self.log.add(who, at, "reopened", REQUESTER_ACTOR, self.contact, self.status, new, order=23)
        self.status = np.where(who, new, self.status)
        self.told.reopened |= who
        self.told.resolved = np.where(who, -1, self.told.resolved)

    def _corrections(self) -> None:
        """Priorities and categories that were first written down wrong."""
        b, words = self.b, self.words
        start, by = b["start"][:, 0], words.technician + b["by"][:, 0]
        live = self.worked & (start >= 0)
        shift = np.where(self.chance(0.5), 1, -1)
        first = b["priority"] + shift
        wrong = live & self.chance(0.05) & (first >= 0) & (first < len(PRIORITIES)) & (b["opened"] == BY_REQUESTER)
        self.log.add(wrong, start + 20, "priority", TECHNICIAN, by, words.priority + first,
                     words.priority + b["priority"], order=32)  # fmt: skip
        b["first_priority"] = np.where(wrong, first, b["priority"])
        right = np.array(CATEGORY_OF)[b["kind"]]
        other = self.rng.integers(0, max(CATEGORY_OF) + 1, self.n)
        moved = live & self.chance(0.03) & (other != right) & (b["opened"] == BY_REQUESTER)
        self.log.add(moved, start + 25, "category", TECHNICIAN, by, words.category + other, words.category + right,
                     order=32)  # fmt: skip
