"""Cases planted for the integrity signs: what teams do where a promise is about to break, or a month is over.

Owns five kinds of case, each at one team, and the list of them (the truth, written beside the bundle). The sixth, pauses stuffed in before
a breach, is a story of its own (``telling``, ``stories.stuffing``). Draws of its own leave the rest of the world as it is.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from pacesetter.demo.arrays import Batch, Flags, Ints, generator
from pacesetter.demo.kinds import PRIORITIES
from pacesetter.demo.log import TECHNICIAN
from pacesetter.demo.plans import BY_REQUESTER, DONE, EMAIL, REOPEN, STEPS
from pacesetter.demo.staff import SYSTEMS
from pacesetter.demo.telling import Telling
from pacesetter.demo.words import ids

ROW = dict[str, object]
SHARES = {
    "priority_lowered": 0.7,
    "resolved_and_reopened": 0.85,
    "empty_first_reply": 0.7,
    "target_extended": 0.6,
    "edited_after_close": 0.2,
}
"""The share of the tickets that could be a case at the team that plays it."""
ORDINARY = 0.02
"""The same share at every other team: what happens for good reasons, and is no sign."""
PLAYERS = {
    "priority_lowered": 0,
    "resolved_and_reopened": 1,
    "empty_first_reply": 0,
    "target_extended": SYSTEMS,
    "edited_after_close": 2,
}
"""The team (its number in the first shard) that plays each kind of case."""
TRUTH = ".truth.json"
"""The file beside a bundle with every planted case; it is no table, and an import passes it over."""
_DAY = 86_400
_CLOSE_DAYS = 4


Possible = tuple[Flags, Ints, Ints]
"""Which tickets could be a case, at which instant, at which team."""
Choice = tuple[Flags, Ints, Ints, Callable[[Flags, Ints], None]]
"""The same, with what makes those that are chosen one."""


@dataclass
class Planting:
    """The planting in one slice of tickets."""

    telling: Telling
    number: Ints
    rng: np.random.Generator

    def plant(self) -> list[ROW]:
        """Add the cases to the log and the batch; returns one row per case: sign, ticket, team, instant (epoch s), and whether it
        belongs to the habit or is an ordinary one."""
        t = self.telling
        t.b["priority_then"], t.b["extended_due"] = t.b["priority"].copy(), np.full(t.n, -1)
        if not t.world.cast.plays:
            return []
        free = t.worked & ~t.b["stuffed_now"] & (t.b["first_priority"] == t.b["priority"])
        found: list[ROW] = []
        names = ids("T", self.number, 8).to_pylist()
        for sign, could in (
            ("priority_lowered", self._lower), ("resolved_and_reopened", self._resolve_and_reopen),
            ("empty_first_reply", self._reply_emptily), ("target_extended", self._extend),
            ("edited_after_close", self._edit_late),
        ):  # fmt: skip
            who, at, team, do = could(free)
            share = np.where(team == PLAYERS[sign], SHARES[sign], ORDINARY)
            who = who & (at < t.world.as_of) & (self.rng.random(t.n) < share)
            do(who, at)
            free &= ~who
            found += [
                {"sign": sign, "ticket_id": names[i], "team_id": t.world.teams[int(team[i])].team_id, "at_s": int(at[i]),
                 "is_planted": bool(team[i] == PLAYERS[sign])}
                for i in np.flatnonzero(who).tolist()
            ]  # fmt: skip
        return found

    def _before_due(self, who: Flags) -> Possible:
        """Tickets that lie aside while the time to resolve runs out, and a moment before that."""
        b, rows = self.telling.b, np.arange(self.telling.n)
        at = b["aside_due"] - self.rng.integers(180, 1500, self.telling.n)
        team = b["team"][rows, b["aside_step"].clip(0)]
        return who & (b["aside_step"] >= 0), at, team

    def _lower(self, who: Flags) -> Choice:
        b = self.telling.b
        return *self._before_due(who & (b["priority"] < len(PRIORITIES) - 1)), self._lower_aside

    def _lower_aside(self, who: Flags, at: Ints) -> None:
        b = self.telling.b
        self._change_priority(who, at, b["by"][np.arange(self.telling.n), b["aside_step"].clip(0)])

    def _change_priority(self, who: Flags, at: Ints, by: Ints) -> None:
        t, b = self.telling, self.telling.b
        words = t.words
        t.log.add(who, at, "priority", TECHNICIAN, words.technician + by, words.priority + b["priority"],
                  words.priority + b["priority"] + 1, order=32)  # fmt: skip
        b["priority"] = np.where(who, b["priority"] + 1, b["priority"])
        b["first_priority"] = np.where(who, b["priority"], b["first_priority"])

    def _again(self) -> tuple[Ints, Ints, Ints]:
        """The step before the ticket lies aside, the step after, and when that one begins."""
        b = self.telling.b
        before = b["aside_step"].clip(0)
        after = (before + 1).clip(0, STEPS - 1)
        return before, after, b["start"][np.arange(self.telling.n), after]

    def _resolve_and_reopen(self, who: Flags) -> Choice:
        who, at, team = self._before_due(who)
        _, _, start = self._again()
        who = who & (start >= 0) & (start < self.telling.world.as_of) & (start - at < 5 * _DAY)
        return who, at, team, self._resolve_for_now

    def _resolve_for_now(self, who: Flags, at: Ints) -> None:
        t, b, rows = self.telling, self.telling.b, np.arange(self.telling.n)
        words, busy = t.words, t.words.status_number("In Progress")
        done = words.status_number("Completed")
        before, after, start = self._again()
        t.log.add(who, at, "resolved", TECHNICIAN, words.technician + b["by"][rows, before], busy, done, order=43)
        t.log.add(
            who, start - 90, "reopened", TECHNICIAN, words.technician + b["by"][rows, after], done, busy, order=23
        )
        t.told.reopened |= who

    def _reply_emptily(self, who: Flags) -> Choice:
        t, b = self.telling, self.telling.b
        due = t.world.due(b["client"], b["created"], t.levels.respond_seconds(b))
        at = due - self.rng.integers(60, 600, t.n)
        first = b["start"][:, 0]
        who = who & (b["opened"] == BY_REQUESTER) & (first >= 0) & (at > b["created"] + 120) & (at < first - 3 * 3600)
        return who, at, b["team"][:, 0], self._reply

    def _reply(self, who: Flags, at: Ints) -> None:
        by = self.telling.words.technician + self.telling.b["by"][:, 0]
        self.telling.log.add(who, at, "reply", TECHNICIAN, by, public=1, channel=EMAIL, order=20)

    def _extend(self, who: Flags) -> Choice:
        t, b = self.telling, self.telling.b
        late = (t.told.resolved >= 0) & (t.told.spent > t.levels.resolve_seconds(b) + 900)
        late &= ~np.any(b["gap"] == REOPEN, axis=1)
        return who & late, t.told.resolved, self._last("team"), self._promise_later

    def _promise_later(self, who: Flags, at: Ints) -> None:
        later = at + self.rng.integers(600, 7200, self.telling.n)
        self.telling.b["extended_due"] = np.where(who, later, -1)

    def _edit_late(self, who: Flags) -> Choice:
        t, b = self.telling, self.telling.b
        resolved = t.told.resolved
        over = np.array([s.end for s in t.world.slices])
        month = np.searchsorted(over, resolved, side="right").clip(0, len(over) - 1)
        closing = np.maximum(over[month] + _CLOSE_DAYS * _DAY, resolved + 6 * _DAY)
        at = closing + self.rng.integers(3600, 12 * _DAY, t.n)
        ended = (self._last("gap") == DONE) & (resolved >= 0) & ~np.any((b["gap"] == REOPEN) & self._used(), axis=1)
        ended &= resolved < over[month] - 14 * 3600  # the month is the same wherever the reader is
        return who & ended & (b["priority"] < len(PRIORITIES) - 1), at, self._last("team"), self._edit

    def _edit(self, who: Flags, at: Ints) -> None:
        self._change_priority(who, at, self._last("by"))

    def _last(self, name: str) -> Ints:
        """A column of steps at each ticket's last one."""
        b = self.telling.b
        found: Ints = b[name][np.arange(self.telling.n), (b["steps"] - 1).clip(0)]
        return found

    def _used(self) -> Flags:
        used: Flags = np.arange(STEPS)[None, :] < self.telling.b["steps"][:, None]
        return used


def plant(telling: Telling, batch: Batch, *keys: int) -> list[ROW]:
    """Plant the cases of one slice; ``keys`` are seed, shard and slice. A batch without cases gets the marks that its rows read."""
    seed, *rest = keys
    return Planting(telling, batch["number"], generator(seed, 43, *rest)).plant()


assert set(SHARES) == set(PLAYERS)
