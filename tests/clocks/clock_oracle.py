"""SLA clocks by replaying a ticket's life as of an instant, in plain Python: no line of the product in it.

Written from docs/explanation/how-clocks-run.md. Business time asks the wall clock once a minute (zoneinfo); the borders of spans and
clock changes in these tests all fall on whole UTC minutes: exact to the second. What happened after the as-of instant does not exist here.
"""

from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

WORKING = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled")
DONE = ("resolved", "closed")
PAUSES = ("waiting_requester", "waiting_vendor", "scheduled")
CLOCKS = ("respond", "plan", "update", "resolve")


class Hours:
    """Open seconds of a calendar between two instants, looked at minute by minute."""

    def __init__(
        self, zone: str, week: dict[int, list[tuple[int, int]]], closed: set[date], first_s: int, last_s: int
    ) -> None:
        self.first_s = first_s
        tz = ZoneInfo(zone)

        def is_open(at_s: int) -> bool:
            wall = datetime.fromtimestamp(at_s, UTC).astimezone(tz)
            minute = wall.hour * 60 + wall.minute
            day = wall.date()
            night = day - timedelta(days=1)
            spans = [] if day in closed else week.get(day.weekday(), [])
            tail = [] if night in closed else week.get(night.weekday(), [])
            return any(a <= minute < b for a, b in spans) or any(a <= minute + 1440 < b for a, b in tail)

        self.flags = [is_open(at_s) for at_s in range(first_s, last_s, 60)]
        self.before = [0, *accumulate(60 if flag else 0 for flag in self.flags)]

    def passed(self, at_s: int) -> int:
        """Open seconds since the window's start."""
        minute, rest = divmod(at_s - self.first_s, 60)
        return self.before[minute] + (rest if rest and self.flags[minute] else 0)

    def between(self, start_s: int, end_s: int) -> int:
        return self.passed(end_s) - self.passed(start_s)

    def due(self, start_s: int, seconds: int) -> int:
        """The earliest instant at which ``seconds`` (more than 0) have passed since ``start_s``."""
        wanted = self.passed(start_s) + seconds
        minute = bisect_left(self.before, wanted)
        return self.first_s + minute * 60 - (self.before[minute] - wanted)


class RoundTheClock:
    """Plain hours."""

    def between(self, start_s: int, end_s: int) -> int:
        return end_s - start_s

    def due(self, start_s: int, seconds: int) -> int:
        return start_s + seconds


@dataclass
class Target:
    clock: str
    minutes: float
    hours: str
    priority: str | None = None
    type: str | None = None


@dataclass
class Policy:
    id: str
    calendar: str | None
    targets: list[Target]
    on_reopen: str | None = None
    on_priority_change: str | None = None
    client: str | None = None
    rank: float | None = None
    valid_from: date | None = None
    valid_to: date | None = None
    pauses: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def target(self, clock: str, priority: str | None, kind: str | None) -> tuple[int, str] | None:
        """Seconds and hours of the most specific target."""
        for asked in ((priority, kind), (priority, None), (None, kind), (None, None)):
            for t in self.targets:
                if t.clock == clock and (t.priority, t.type) == asked:
                    return round(t.minutes * 60), t.hours
        return None


@dataclass
class Event:
    at_s: int
    id: str
    kind: str
    to: str | None = None
    public: bool = True
    actor: str = "technician"


@dataclass
class Ticket:
    id: str
    client: str
    type: str
    created_s: int
    priority: str | None
    events: list[Event] = field(default_factory=list)
    live: bool = False


@dataclass
class Judgement:
    """One cycle of one clock as of an instant. ``due_s`` is null while it pauses, ``judged_s`` where it is met or breached."""

    outcome: str
    due_s: int | None
    judged_s: int | None
    started_s: int
    consumed_s: int | None
    left_s: int | None = None


class Clock:
    """A clock's cycle: what it has used up, whether it broke, how it ended."""

    def __init__(self, at_s: int) -> None:
        self.started_s = at_s
        self.ran: dict[str, int] = {"calendar": 0, "business": 0}
        self.broken_s: int | None = None
        self.stopped_s: int | None = None
        self.cancelled_s: int | None = None
        self.target: tuple[int, str] | None = None

    @property
    def ended_s(self) -> int | None:
        return self.stopped_s if self.stopped_s is not None else self.cancelled_s


class Replay:
    """One clock of one ticket up to and with the second ``as_of``."""

    def __init__(self, name: str, ticket: Ticket, policy: Policy, hours: Hours | None, as_of: int) -> None:
        self.name, self.ticket, self.policy, self.as_of = name, ticket, policy, as_of
        self.hours = {"calendar": RoundTheClock(), "business": hours}
        self.cycles: list[Clock] = [Clock(ticket.created_s)]
        self.alive = True
        self.phase, self.priority = "new", ticket.priority
        self.aimed_at = ticket.priority
        self.run()

    # -- the life of the ticket ---------------------------------------------------------------------------------

    def run(self) -> None:
        seconds = sorted({e.at_s for e in self.ticket.events if e.at_s <= self.as_of} | {self.ticket.created_s})
        for at_s, until in zip(seconds, [*seconds[1:], self.as_of], strict=True):
            self.second(at_s)
            self.advance(at_s, until)

    def second(self, at_s: int) -> None:
        """Everything that happens in one second, in the order of events; then what it looks like when it ends."""
        here = sorted((e for e in self.ticket.events if e.at_s == at_s), key=lambda e: e.id)
        late = [e for e in here if e.kind == "priority"]
        self.priority = late[-1].to if late else self.priority
        if at_s == self.ticket.created_s:
            self.aim(at_s)
        replied = any(e.kind == "reply" and e.public and e.actor == "technician" for e in here)
        if self.name == "respond" and (replied or (self.ticket.live and at_s == self.ticket.created_s)):
            self.end(at_s, fulfilled=True)
        if self.name == "update" and replied and self.alive and at_s > self.cycles[-1].started_s:
            self.end(at_s, fulfilled=True)
            self.begin_cycle(at_s)
        passing = self.phase
        for event in here:
            self.phase = self.after(event)
            if self.phase in DONE and passing not in DONE:
                if not self.alive:  # it was cancelled, and is solved after all
                    self.go_on(at_s, reopened=False)
                self.end(at_s, fulfilled=self.name in ("plan", "resolve"))
            elif self.phase not in DONE and passing in DONE:
                self.go_on(at_s, reopened=True)
            passing = self.phase
        if self.name == "plan" and self.phase == "scheduled":
            self.end(at_s, fulfilled=True)
        if self.phase == "cancelled":
            self.end(at_s, fulfilled=False)
        elif self.phase in WORKING and not self.alive:
            self.go_on(at_s, reopened=False)
        if self.alive:
            self.aim(at_s)

    def after(self, event: Event) -> str:
        word = {"status": event.to, "resolved": "resolved", "closed": "closed"}.get(event.kind)
        if word is not None:
            return "cancelled" if word == "closed" and self.phase == "cancelled" else word
        if event.kind == "reopened" and self.phase not in WORKING:
            return "active"
        return self.phase

    def end(self, at_s: int, *, fulfilled: bool) -> None:
        if not self.alive:
            return
        clock = self.cycles[-1]
        if self.name == "update" and not fulfilled and at_s == clock.started_s:
            self.cycles.pop()  # no silence can be shorter than a second
        elif fulfilled:
            clock.stopped_s = at_s
        else:
            clock.cancelled_s = at_s
        self.alive = False

    def begin_cycle(self, at_s: int) -> None:
        self.cycles.append(Clock(at_s))
        self.alive = True
        self.aimed_at = self.priority

    def go_on(self, at_s: int, *, reopened: bool) -> None:
        if self.name in ("respond", "plan"):
            return  # over is over
        changed = self.policy.on_priority_change == "restart" and self.priority != self.aimed_at
        if self.name == "update" or (reopened and self.policy.on_reopen == "restart") or changed:
            self.begin_cycle(at_s)
            self.aim(at_s)
            return
        self.alive = True
        self.cycles[-1].stopped_s = self.cycles[-1].cancelled_s = None
        self.aim(at_s)

    def aim(self, at_s: int) -> None:
        """The target in force after this second; a change of priority retargets, restarts or is ignored."""
        clock, rule = self.cycles[-1], self.policy.on_priority_change or "retarget"
        if clock.started_s == at_s:
            self.aimed_at = self.priority
        elif self.priority != self.aimed_at and rule == "restart":
            clock.cancelled_s = at_s
            self.begin_cycle(at_s)
            clock = self.cycles[-1]
        elif self.priority != self.aimed_at and rule == "retarget":
            self.aimed_at = self.priority
        clock.target = self.policy.target(self.name, self.aimed_at, self.ticket.type)

    def runs(self) -> bool:
        pauses = self.policy.pauses.get(self.name, () if self.name == "respond" else PAUSES)
        return self.alive and self.phase not in pauses

    def advance(self, start_s: int, end_s: int) -> None:
        if not self.alive:
            return
        clock = self.cycles[-1]
        due_s = self.due(clock, start_s)
        if clock.broken_s is None and due_s is not None and due_s < end_s:
            clock.broken_s = due_s
        if self.runs():
            for kind, hours in self.hours.items():
                clock.ran[kind] += hours.between(start_s, end_s) if hours else 0
        self.last_s = start_s
        self.last_due_s = due_s

    def due(self, clock: Clock, at_s: int) -> int | None:
        """When the target is used up if the ticket stays as it is from ``at_s`` on."""
        left = self.left(clock)
        if left is None:
            return None
        if left <= 0:
            return at_s
        hours = self.hours[clock.target[1]] if clock.target else None
        return hours.due(at_s, left) if hours and self.runs() else None

    def left(self, clock: Clock) -> int | None:
        if clock.target is None or self.hours[clock.target[1]] is None:
            return None
        return clock.target[0] - clock.ran[clock.target[1]]

    def judgements(self) -> dict[int, Judgement]:
        """By cycle, without those that have no target now."""
        return {n: j for n, c in enumerate(self.cycles, 1) if (j := self.judge(c, c is self.cycles[-1])) is not None}

    def judge(self, clock: Clock, is_last: bool) -> Judgement | None:
        used = None if clock.target is None else clock.ran[clock.target[1]]
        if clock.broken_s is not None:
            return Judgement("breached", clock.broken_s, clock.broken_s, clock.started_s, used)
        if clock.target is None:
            return None
        if self.hours[clock.target[1]] is None:
            return Judgement("unknown", None, clock.stopped_s, clock.started_s, None)
        if clock.stopped_s is not None:
            return Judgement("met", None, clock.stopped_s, clock.started_s, used)
        if clock.cancelled_s is not None:
            return Judgement("cancelled", None, None, clock.started_s, used)
        assert is_last
        outcome = "running" if self.runs() else "paused"
        return Judgement(outcome, self.last_due_s, None, clock.started_s, used, self.left(clock))
