"""The discrete-event core: tickets queue for technicians, technicians come and go, work takes the time that it takes.

Owns the event queue, the queues of teams and technicians, and who does which step when. Must not know what a step
means, nor rows, files or names. State is bounded by the open tickets, whatever the length of the simulation.

Three kinds of event: a ticket becomes ready for its next step, a technician is free, a technician's shift begins.
"""

from dataclasses import dataclass
from heapq import heapify, heappop, heappush

import numpy as np

from pacesetter.demo.arrays import NEVER, Batch, Ints, chosen, joined
from pacesetter.demo.hours import OpenHours
from pacesetter.demo.plans import DONE, HANDOVER, STEPS
from pacesetter.demo.sizes import epoch_day
from pacesetter.demo.staff import Technician

READY, FREE, SHIFT = range(3)
_TAIL = 2700
_LONG_ABSENCE = 4 * 86_400
_TRAINED = 0.82
_OVERFLOW = 5


@dataclass
class OtherWork:
    """Blocks of work that is not on tickets: who, from when (epoch s), how long (s)."""

    technician: list[int]
    start: list[int]
    seconds: list[int]


class Desk:
    """All teams of a shard. ``fill`` is how readily an idle technician turns to project work, 0 to 1.

    The ``specialist`` helps with the team's common queue only when it is long.
    """

    def __init__(
        self, staff: list[Technician], teams: int, hours: list[OpenHours], categories: tuple[int, ...],
        rng: np.random.Generator, fill: float, specialist: int = -1,
    ) -> None:  # fmt: skip
        self.staff, self.hours, self.categories, self.fill = staff, hours, categories, fill
        self.rng, self.specialist = rng, specialist
        self.shifts = [t.work[::-1] for t in staff]
        self.speed = [t.speed for t in staff]
        self.team = [t.team for t in staff]
        self.moves = [(epoch_day(t.moves[0]), t.moves[1]) if t.moves else None for t in staff]
        self.trained = {(t.number, c): epoch_day(d) for t in staff for c, (d, _) in t.trained.items()}
        self.until = [0] * len(staff)
        self.busy = [False] * len(staff)
        self.next_shift = [0] * len(staff)
        self.own: list[list[tuple[int, int, int]]] = [[] for _ in staff]
        self.queue: list[list[tuple[int, int, int]]] = [[] for _ in range(teams)]
        self.idle: list[dict[int, None]] = [{} for _ in range(teams)]
        self.heap: list[tuple[int, int, int, int]] = []
        self.count = 0
        self.batch: Batch | None = None
        self.other = OtherWork([], [], [])
        self._noise: list[float] = []
        for number, spans in enumerate(self.shifts):
            if spans:
                self._push(spans[-1][0], SHIFT, number)

    def _push(self, at: int, what: int, who: int) -> None:
        self.count += 1
        heappush(self.heap, (at, self.count, what, who))

    def _random(self) -> float:
        if not self._noise:
            self._noise = self.rng.random(4096).tolist()
        return self._noise.pop()

    def take_in(self, batch: Batch) -> None:
        """Add the tickets of a slice (those with steps are worked; the others only pass through)."""
        n = len(batch["created"])
        batch["start"] = np.full((n, STEPS), NEVER)
        batch["end"] = np.full((n, STEPS), NEVER)
        batch["back"] = np.full((n, STEPS), NEVER)
        batch["by"] = np.full((n, STEPS), NEVER)
        batch["done"] = batch["steps"] == 0
        batch["at"] = np.zeros(n, np.int64)
        carried = 0 if self.batch is None else len(self.batch["created"])
        self.batch = batch if self.batch is None else joined([self.batch, batch])
        self._unpack()
        lag = batch["lag"].tolist()
        created, client = batch["created"].tolist(), batch["client"].tolist()
        for i in np.flatnonzero(~batch["done"]).tolist():
            ready = self.hours[client[i]].due_one(created[i], lag[i]) if lag[i] else created[i]
            self._back[(carried + i) * STEPS] = ready
            self._push(ready, READY, carried + i)

    def _unpack(self) -> None:
        """Columns as plain lists, which a loop reads faster than arrays."""
        assert self.batch is not None
        b = self.batch
        self._team, self._gap = b["team"].ravel().tolist(), b["gap"].ravel().tolist()
        self._effort, self._length = b["effort"].ravel().tolist(), b["length"].ravel().tolist()
        self._priority, self._client, self._at = b["priority"].tolist(), b["client"].tolist(), b["at"].tolist()
        self._category = [self.categories[k] for k in b["kind"].tolist()]
        self._prefers, self._steps = b["prefers"].tolist(), b["steps"].tolist()
        self._start, self._end = b["start"].ravel().tolist(), b["end"].ravel().tolist()
        self._back, self._by = b["back"].ravel().tolist(), b["by"].ravel().tolist()
        self._done = b["done"].tolist()

    def run(self, until: int) -> None:
        """Let everything happen that happens before ``until`` (epoch s)."""
        heap = self.heap
        while heap and heap[0][0] < until:
            now, _, what, who = heappop(heap)
            if what == READY:
                self._ready(now, who)
            elif what == FREE:
                self._free(now, who)
            else:
                self._begin_shift(now, who)

    def _ready(self, now: int, ticket: int) -> None:
        """A ticket wants its next step: its own technician, the specialist, an idle one, or the queue."""
        step = self._at[ticket]
        team = self._team[ticket * STEPS + step]
        owner = self._owner(ticket, step, team)
        if owner >= 0:
            if now < self.until[owner] and not self.busy[owner]:
                self.idle[team].pop(owner, None)
                self._work(now, owner, ticket)
                return
            gone = self.next_shift[owner] - now
            if now < self.until[owner] or (0 < gone < _LONG_ABSENCE and self._priority[ticket] > 1):
                heappush(self.own[owner], (self._priority[ticket], now, ticket))
                return
        idle = self.idle[team]
        while idle:
            technician = next(iter(idle))
            del idle[technician]
            if now < self.until[technician]:
                self._work(now, technician, ticket)
                return
        heappush(self.queue[team], (self._priority[ticket], now, ticket))

    def _owner(self, ticket: int, step: int, team: int) -> int:
        """Who had the ticket in this team before, or the specialist who is to get it; -1 where nobody."""
        base = ticket * STEPS
        for k in range(step - 1, -1, -1):
            if self._team[base + k] == team:
                by: int = self._by[base + k]
                return by if by >= 0 and self.team[by] == team else -1
        specialist: int = self._prefers[ticket]
        return specialist if specialist >= 0 and self.team[specialist] == team else -1

    def _work(self, now: int, technician: int, ticket: int) -> None:
        """A technician does a step, and what comes after it is put into the event queue."""
        k = ticket * STEPS + self._at[ticket]
        seconds = self._effort[k] * self.speed[technician] * (0.9 + 0.2 * self._random())
        if self.trained:
            day = self.trained.get((technician, self._category[ticket]))
            if day is not None and now >= day:
                seconds *= _TRAINED
        end = now + max(60, int(seconds))
        self._start[k], self._end[k], self._by[k] = now, end, technician
        self.busy[technician] = True
        self._push(end + 60 + int(600 * self._random()), FREE, technician)
        gap = self._gap[k]
        if gap == DONE:
            self._done[ticket] = True
            return
        back = end + 45 if gap == HANDOVER else self.hours[self._client[ticket]].due_one(end, self._length[k])
        self._at[ticket] += 1
        self._back[k + 1] = back
        self._push(back, READY, ticket)

    def _free(self, now: int, technician: int) -> None:
        """A technician takes the most urgent ticket, turns to other work, waits, or goes home."""
        self.busy[technician] = False
        team = self.team[technician]
        if now >= self.until[technician] - 300:
            self._leave(now, technician, team)
            return
        own, queue = self.own[technician], self.queue[team]
        reserved = technician == self.specialist and len(queue) < _OVERFLOW
        if reserved:
            queue = []
        if own or queue:
            source = own if own and (not queue or own[0] < queue[0]) else queue
            ticket = source[0][2]
            fits = self._effort[ticket * STEPS + self._at[ticket]] <= self.until[technician] - now + _TAIL
            if not fits and self.until[technician] - now < 3600:
                self._leave(now, technician, team)
                return
            heappop(source)
            self._work(now, technician, ticket)
        elif (reserved or self._random() < self.fill) and self.until[technician] - now > 1800:
            seconds = 900 + int(2400 * self._random())
            self.other.technician.append(technician)
            self.other.start.append(now)
            self.other.seconds.append(seconds)
            self.busy[technician] = True
            self._push(now + seconds, FREE, technician)
        elif not reserved:
            self.idle[team][technician] = None
        else:
            self._leave(now, technician, team)

    def _leave(self, now: int, technician: int, team: int) -> None:
        """End of the shift; before a long absence the technician's tickets go back to the team."""
        self.until[technician] = min(self.until[technician], now)
        if not 0 < self.next_shift[technician] - now < _LONG_ABSENCE:
            self._give_back(technician, team)

    def _give_back(self, technician: int, team: int) -> None:
        for entry in self.own[technician]:
            heappush(self.queue[team], entry)
        self.own[technician].clear()

    def _begin_shift(self, now: int, technician: int) -> None:
        spans = self.shifts[technician]
        end = spans.pop()[1]
        self.idle[self.team[technician]].pop(technician, None)
        self.until[technician] = end
        self.next_shift[technician] = spans[-1][0] if spans else 0
        if spans:
            self._push(spans[-1][0], SHIFT, technician)
        move = self.moves[technician]
        if move and now >= move[0] and self.team[technician] != move[1]:
            self._give_back(technician, self.team[technician])
            self.team[technician] = move[1]
        if not self.busy[technician]:
            self._free(now, technician)

    def collect(self, everything: bool = False) -> Batch:
        """Hand out the tickets that are done (all of them at the end) and forget them."""
        assert self.batch is not None
        b, shape = self.batch, (len(self._done), STEPS)
        b["at"] = np.array(self._at, dtype=np.int64)
        for name, values in (("start", self._start), ("end", self._end), ("back", self._back), ("by", self._by)):
            b[name] = np.array(values, dtype=np.int64).reshape(shape)
        done = np.array(self._done, dtype=bool)
        b["done"] = done
        out = chosen(b, np.ones_like(done) if everything else done)
        self._renumber(np.flatnonzero(~done))
        self.batch = chosen(b, ~done)
        self._unpack()
        return out

    def _renumber(self, kept: Ints) -> None:
        """Tickets that stay get new numbers in every queue."""
        new = {old: i for i, old in enumerate(kept.tolist())}
        self.heap = [(t, c, w, new[x] if w == READY else x) for t, c, w, x in self.heap]
        heapify(self.heap)
        for queues in (self.own, self.queue):
            for i, queue in enumerate(queues):
                queues[i] = [(p, t, new[x]) for p, t, x in queue]
                heapify(queues[i])
