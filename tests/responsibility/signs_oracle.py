"""The integrity signs counted in plain Python, on tickets whose targets run around the clock. No line of the product in it.

A ticket is replayed second by change: which phase, team and priority it has, how much of the target is used up.
"""

import random
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

RESOLVE = {"P1": 4 * 3600, "P2": 8 * 3600, "P3": 24 * 3600}
RESPOND = 2 * 3600
NEAR, DAY = 1800, 86_400
TEAMS = ("t-north", "t-south", "t-west")
START = int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())
AS_OF = int(datetime(2026, 6, 1, tzinfo=UTC).timestamp())
PHASES = {"New": "new", "Work": "active", "Wait": "waiting_requester", "Done": "resolved", "Shut": "closed"}


@dataclass
class Ticket:
    """One ticket as it is imported: its events as (instant, kind, actor kind, from, to)."""

    number: int
    team: str
    created: int
    priority: str
    due_at: int | None
    events: list[tuple[int, str, str, str, str]] = field(default_factory=list)

    @property
    def id(self) -> str:
        return f"S{self.number:05d}"

    def add(self, at: int, kind: str, actor: str, old: str = "", new: str = "") -> None:
        self.events.append((at, kind, actor, old, new))


def draw(seed: int, count: int) -> list[Ticket]:
    """Tickets of every shape: pauses with and without an answer, priorities up and down, reopenings, early and late edits."""
    rng = random.Random(seed)
    return [_ticket(rng, n) for n in range(count)]


def _ticket(rng: random.Random, number: int) -> Ticket:
    created = START + rng.randrange(60 * DAY)
    t = Ticket(number, rng.choice(TEAMS), created, rng.choice(list(RESOLVE)), None)
    target, now = RESOLVE[t.priority], created

    def near(left: int) -> int:
        return rng.choice([left - rng.randrange(1, NEAR), left // 2, left - NEAR - 1, left - NEAR, left + 600])

    now += max(30, rng.choice([600, near(RESPOND), RESPOND - 1, RESPOND + 60]))
    t.add(now, "reply", "technician")
    if rng.random() < 0.6:
        now += rng.choice([0, 300, 7200, 7201, 10_000])
        t.add(now, "status", "technician", "New", "Work")
    used, status = now - created, "Work" if len(t.events) > 1 else "New"
    priority = t.priority
    for _ in range(rng.randrange(4)):
        act = rng.random()
        now_wanted = created + max(used + 60, near(target))
        step = now_wanted - created - used
        if act < 0.4:
            now, used = now + step, used + step
            t.add(now, "status", "technician", status, "Wait")
            pause = rng.randrange(600, 3 * DAY)
            if rng.random() < 0.5:
                t.add(now + rng.choice([0, 60, pause]), "reply", "requester")
            now, status = now + pause, "Work"
            t.add(now, "status", "technician", "Wait", "Work")
        elif act < 0.75:
            now, used = now + step, used + step
            other = rng.choice([p for p in RESOLVE if p != priority])
            t.add(now, "priority", "technician", priority, other)
            priority, target = other, RESOLVE[other]
        else:
            now, used = now + 900, used + 900
            t.add(now, "note", "technician")
    now += max(60, near(target) - used)
    t.add(now, "resolved", "technician", status, "Done")
    if rng.random() < 0.35:
        back = now + rng.choice([600, 2 * DAY, 7 * DAY, 7 * DAY + 1])
        if rng.random() < 0.4:
            t.add(rng.choice([now, back, now + 300]), "reply", "requester")
        t.add(back, "reopened", "technician", "Done", "Work")
        now = back + rng.randrange(600, 2 * DAY)
        t.add(now, "resolved", "technician", "Work", "Done")
    if rng.random() < 0.4:
        other = rng.choice([p for p in RESOLVE if p != priority])
        t.add(now + rng.randrange(600, 60 * DAY), "priority", "technician", priority, other)
    t.due_at = created + rng.choice([RESOLVE[t.priority], RESOLVE[t.priority] + 30 * DAY])
    t.events = sorted((e for e in t.events if e[0] < AS_OF), key=lambda e: e[0])
    return t


@dataclass
class Step:
    """What holds from an instant on: phase, priority, seconds of the target used up until then."""

    at: int
    phase: str
    priority: str
    used: int


def steps(t: Ticket) -> list[Step]:
    """The life of a ticket; changes of phase and priority only."""
    first = next((e[3] for e in t.events if e[1] == "priority"), t.priority)
    found = [Step(t.created, "new", first, 0)]
    for at, kind, _, _, new in t.events:
        last = found[-1]
        used = last.used + (at - last.at if last.phase in ("new", "active") else 0)
        if kind == "priority":
            found.append(Step(at, last.phase, new, used))
        elif kind in ("status", "resolved", "reopened"):
            found.append(Step(at, PHASES[new], last.priority, used))
    return found


Counts = Counter[tuple[str, str, bool, bool]]
"""How many moments: by sign, team, whether exposed, whether it shows the sign."""


def count(tickets: list[Ticket]) -> Counts:
    """Every sign of every team."""
    found: Counts = Counter()
    for t in tickets:
        life = steps(t)
        replies = [e[0] for e in t.events if e[1] == "reply" and e[2] == "requester"]
        for name, moments in (
            ("pauses", _pauses(life, replies)), ("priority", _lowered(life)), ("reopened", _reopened(life, replies)),
            ("targets", _extended(t, life)), ("replies", _empty(t)), ("edits", _edits(t, life)),
        ):  # fmt: skip
            for exposed, hit in moments:
                found[name, t.team, exposed, hit] += 1
    return found


def _near(priority: str) -> int:
    return min(NEAR, RESOLVE[priority] // 4)


def _pauses(life: list[Step], replies: list[int]) -> list[tuple[bool, bool]]:
    found = []
    for i, s in enumerate(life):
        if s.phase != "waiting_requester" or life[i - 1].phase == "waiting_requester":
            continue
        end = next((n.at for n in life[i + 1 :] if n.phase != "waiting_requester"), None)
        left = RESOLVE[s.priority] - s.used
        if end is None or left <= 0:
            continue
        found.append((left <= _near(s.priority), not any(s.at <= r <= end for r in replies)))
    return found


def _lowered(life: list[Step]) -> list[tuple[bool, bool]]:
    """Once per cycle (one here: the policy resumes): did it come close while running, and was the priority lowered just then?"""
    came, hit = False, False
    for s, n in zip(life, [*life[1:], None], strict=True):
        if s.phase not in ("new", "active") or RESOLVE[s.priority] <= s.used:
            continue
        left = RESOLVE[s.priority] - s.used - ((n.at if n else AS_OF) - s.at)
        if left > (_near(s.priority) if n else 0):
            continue
        came = True
        hit |= n is not None and left > 0 and n.priority != s.priority and RESOLVE[n.priority] > RESOLVE[s.priority]
    return [(True, hit)] if came else []


def _reopened(life: list[Step], replies: list[int]) -> list[tuple[bool, bool]]:
    found = []
    for i, s in enumerate(life):
        if s.phase != "resolved" or life[i - 1].phase == "resolved":
            continue
        left = RESOLVE[s.priority] - s.used
        if left <= 0:
            continue
        back = next((n.at for n in life[i + 1 :] if n.phase not in ("resolved", "closed")), None)
        quiet = back is not None and back - s.at <= 7 * DAY and not any(s.at <= r <= back for r in replies)
        found.append((left <= _near(s.priority), quiet))
    return found


def _months(at: int) -> int:
    """When the month of an instant is closed: three days after its end (UTC)."""
    day = datetime.fromtimestamp(at, UTC).replace(day=1, hour=0, minute=0, second=0)
    return int(((day + timedelta(days=32)).replace(day=1) + timedelta(days=3)).timestamp())


def _edits(t: Ticket, life: list[Step]) -> list[tuple[bool, bool]]:
    found = []
    for i, s in enumerate(life):
        if s.phase != "resolved" or life[i - 1].phase == "resolved":
            continue
        closed = _months(s.at)
        back = next((n.at for n in life[i + 1 :] if n.phase not in ("resolved", "closed")), None)
        if closed > AS_OF or (back is not None and back <= closed):
            continue
        edits = [e[0] for e in t.events if e[1] == "priority" and e[0] >= closed and (back is None or e[0] < back)]
        found.append((True, bool(edits)))
    return found


def _extended(t: Ticket, life: list[Step]) -> list[tuple[bool, bool]]:
    """Tickets resolved after their target: whether the recorded date is later than any that the target gave until it broke."""
    dues, broken = [], None
    for s, n in zip(life, [*life[1:], None], strict=True):
        left = RESOLVE[s.priority] - s.used
        if s.phase in ("resolved", "closed") or (left > 0 and s.phase == "waiting_requester") or broken is not None:
            continue
        due = s.at if left <= 0 else s.at + left
        dues.append(due)
        if due < (n.at if n else AS_OF):
            broken = due
    resolved = [s.at for i, s in enumerate(life) if s.phase == "resolved" and life[i - 1].phase != "resolved"]
    if broken is None or not any(at > broken for at in resolved):
        return []
    assert t.due_at is not None
    return [(True, t.due_at > max(dues) + 60)]


def _empty(t: Ticket) -> list[tuple[bool, bool]]:
    replies = [e[0] for e in t.events if e[1] == "reply" and e[2] == "technician"]
    if not replies:
        return []
    at = replies[0]
    left = RESPOND - (at - t.created)
    if left <= 0 or at > AS_OF - 7200:
        return []
    acts = [
        e for e in t.events if e[2] == "technician" and at - 900 <= e[0] <= at + 7200 and (e[1] != "reply" or e[0] > at)
    ]
    return [(left <= min(NEAR, RESPOND // 2), not acts)]
