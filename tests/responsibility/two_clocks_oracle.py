"""Two clocks minute by minute: for every minute of a case, whether each side counts, and why not. No line of the product in it.

Written from docs/explanation/two-clocks.md. Lives in these tests change at whole minutes only, and so do calendars.
"""

from collections import Counter
from dataclasses import dataclass

from clock_oracle import DONE, PAUSES, WORKING, Hours, Policy, Replay, Ticket

MINUTE = 60
NEAR = 60  # minutes between the beginnings of two stretches that are still the same one


@dataclass
class Log:
    """One side: its ticket, what judges it, and by minute what it was doing (None before its creation)."""

    ticket: Ticket
    policy: Policy
    hours: Hours | None
    doing: list[str | None]
    cycle_s: int
    clock_hours: str
    knows_statuses: bool


def log_of(ticket: Ticket, policy: Policy, hours: Hours | None, first_s: int, as_of: int) -> Log:
    replay = Replay("resolve", ticket, policy, hours, as_of)
    phase, known = "new", "new"
    replay.phase = "new"
    doing: list[str | None] = []
    events = sorted((e for e in ticket.events if e.at_s <= as_of), key=lambda e: (e.at_s, e.id))
    at = 0
    for now in range(first_s, as_of, MINUTE):
        while at < len(events) and events[at].at_s <= now:
            replay.phase = phase
            phase = replay.after(events[at])
            at += 1
        doing.append(phase if now >= ticket.created_s else None)
    assert known == "new"
    clock = Replay("resolve", ticket, policy, hours, as_of).cycles[-1]
    kind = clock.target[1] if clock.target else "business"
    return Log(ticket, policy, hours, doing, clock.began_s if hasattr(clock, "began_s") else clock.started_s, kind,
               any(e.kind == "status" for e in ticket.events))  # fmt: skip


def stretches(log: Log, words: tuple[str, ...]) -> list[tuple[int, int]]:
    """(first minute, minute after the last) of each unbroken stretch in one of these phases."""
    found, begin = [], None
    for n, word in enumerate([*log.doing, "end"]):
        if word in words and begin is None:
            begin = n
        elif word not in words and begin is not None:
            found.append((begin, n))
            begin = None
    return found


def alike(stretch: tuple[int, int], others: list[tuple[int, int]]) -> bool:
    return any(max(stretch[0], c) < min(stretch[1], d) or abs(stretch[0] - c) <= NEAR for c, d in others)


def opened(log: Log, at_s: int) -> int:
    if log.clock_hours == "calendar" or log.hours is None:
        return MINUTE
    return log.hours.between(at_s, at_s + MINUTE)


OVER = (*DONE, "cancelled")


def explained(ours: Log, theirs: Log, first_s: int, as_of: int) -> tuple[int, int, Counter[str]]:
    """Seconds that each clock counted, and the difference by cause."""
    causes: Counter[str] = Counter()
    used = [0, 0]
    seen = {
        id(log): (stretches(log, PAUSES), [s for s in stretches(log, OVER) if s[1] < len(log.doing)])
        for log in (ours, theirs)
    }
    for n, now in enumerate(range(first_s, as_of, MINUTE)):
        counts = [_counts(log, n, now) for log in (ours, theirs)]
        amounts = [opened(log, now) if yes else 0 for log, yes in zip((ours, theirs), counts, strict=True)]
        used = [u + a for u, a in zip(used, amounts, strict=True)]
        if amounts[0] != amounts[1] or counts[0] != counts[1]:
            causes[_why(counts, ours, theirs, n, now, seen)] += amounts[0] - amounts[1]
    return used[0], used[1], Counter({c: s for c, s in causes.items() if s})


def _counts(log: Log, n: int, now: int) -> bool:
    return log.doing[n] in ("new", "active") and now >= log.cycle_s


def _why(counts: list[bool], ours: Log, theirs: Log, n: int, now: int, seen: dict[int, tuple[list, list]]) -> str:  # type: ignore[type-arg]
    if all(counts):
        return "other policy" if ours.clock_hours != theirs.clock_hours else "other calendar or zone"
    runner, other = (ours, theirs) if counts[0] else (theirs, ours)
    doing = other.doing[n]
    if doing is None:
        return "created late"
    if now < other.cycle_s:
        rules = [(p.on_reopen or "resume", p.on_priority_change or "retarget") for p in (runner.policy, other.policy)]
        return "reopening counted differently" if rules[0] == rules[1] else "other policy"
    waits, aways = seen[id(runner)]
    own_waits, own_aways = seen[id(other)]
    if doing in PAUSES:
        if not runner.knows_statuses:
            return "missing event"
        stretch = next(s for s in own_waits if s[0] <= n < s[1])
        return "status lag" if alike(stretch, waits) else "other pause"
    assert doing in OVER
    away = next((s for s in own_aways if s[0] <= n < s[1]), None)
    if away is not None:
        return "status lag" if alike(away, aways) else "reopening counted differently"
    if any(s[1] <= n and not alike(s, own_aways) for s in aways):
        return "reopening counted differently"
    return "missing event" if runner.doing[-1] in WORKING else "status lag"
