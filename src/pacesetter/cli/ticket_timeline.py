"""A ticket's story as lines: what happened, who held it, what the clocks did, when the calendar was shut.

Owns the order of lines and their words. Must not know where a story comes from.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from pacesetter.insight.ticket_story import ClockStretch, Holding, Story, TicketEvent
from pacesetter.reports.wording import duration
from pacesetter.warehouse.facts.clocks import CLOCKS

EVENT, CLOCK, SHUT = "event", "clock", "shut"
SHUT_LINES = 2
"""Shut stretches between two moments that are shown one by one; more are summed up."""
_ORDER = {EVENT: 0, CLOCK: 1, SHUT: 2}


@dataclass(frozen=True, kw_only=True)
class Line:
    """One line of the timeline. ``mark`` is one character, ``colour`` a word of the terminal's palette."""

    at_s: int
    kind: str
    mark: str
    text: str
    colour: str = ""
    until_s: int | None = None


def timeline(story: Story) -> list[Line]:
    """Every line in order: events, then what the clocks do because of them, then the hours that were shut until the next moment."""
    lines = [_event_line(e) for e in story.events if e.kind != "created"]
    created = f"created by {_who(story)}"
    lines.append(Line(at_s=story.facts["created_s"], kind=EVENT, mark="●", text=created, colour="bold"))
    lines += _clock_lines(story)
    moments = sorted({line.at_s for line in lines} | {story.until_s})
    lines += _shut_lines(story, moments)
    return sorted(lines, key=lambda line: (line.at_s, _ORDER[line.kind]))


def holding_at(story: Story, at_s: int) -> Holding:
    """Who held the ticket when that second ended."""
    return next((h for h in reversed(story.holdings) if h.start_s <= at_s), story.holdings[0])


def held(story: Story) -> list[tuple[str, int]]:
    """Seconds by holder until the story ends, the longest first."""
    total: dict[str, int] = defaultdict(int)
    for holding in story.holdings:
        end_s = story.until_s if holding.end_s is None else min(holding.end_s, story.until_s)
        if holding.phase not in ("resolved", "closed", "cancelled"):
            total[holding.holder] += max(0, end_s - holding.start_s)
    return sorted(total.items(), key=lambda item: -item[1])


def told_in(stretch: ClockStretch, seconds: int) -> str:
    """Seconds of a clock as text, by its hours."""
    return duration(seconds, days=stretch.hours == "calendar")


def _who(story: Story) -> str:
    by = story.facts["opened_by"] or "somebody"
    channel = f" by {story.facts['channel']}" if story.facts["channel"] else ""
    return f"{by}{channel}"


def _event_line(event: TicketEvent) -> Line:
    actor = event.actor or event.actor_kind
    by = f" · {actor}" if actor else ""
    if event.actor and event.actor_kind == "vendor" and event.kind != "reply":
        by += " (vendor)"
    if event.is_column:
        return Line(at_s=event.at_s, kind=EVENT, mark="○", text=f"{event.kind} (from the ticket's own column)")
    if event.kind == "reply":
        to_whom = "reply" if event.is_public else "private reply"
        return Line(
            at_s=event.at_s, kind=EVENT, mark="✉", text=f"{to_whom} by {event.actor_kind or 'nobody known'}{by}"
        )
    change = ""
    if event.after is not None:
        change = f" {event.before} → {event.after}" if event.before is not None else f" → {event.after}"
    return Line(at_s=event.at_s, kind=EVENT, mark="●", text=f"{event.kind}{change}{by}")


def _clock_lines(story: Story) -> Iterator[Line]:
    before: ClockStretch | None = None
    for stretch in sorted(story.clocks, key=lambda c: (CLOCKS.index(c.clock), c.cycle, c.version)):
        goes_on = before is not None and (before.clock, before.cycle) == (stretch.clock, stretch.cycle)
        yield from _begin(stretch, before if goes_on else None)
        yield from _end(stretch, story.as_of_s)
        before = stretch


def _named(stretch: ClockStretch) -> str:
    return f"{stretch.clock} {stretch.cycle}" if stretch.clock == "update" or stretch.cycle > 1 else stretch.clock


def _begin(stretch: ClockStretch, before: ClockStretch | None) -> Iterator[Line]:
    name, at_s = _named(stretch), stretch.valid_from_s
    if stretch.target_s is None:
        return
    aim = f"{told_in(stretch, stretch.target_s)} in {stretch.hours} time"
    if before is None:
        state = "starts" if stretch.is_running else "starts, paused"
        lacking = f" ({_reason(stretch)})" if stretch.due_reason else ""
        yield Line(at_s=at_s, kind=CLOCK, mark="▶", text=f"{name} clock {state}: {aim}{lacking}", colour="cyan")
        return
    if stretch.target_s != before.target_s:
        yield Line(at_s=at_s, kind=CLOCK, mark="◎", text=f"{name} clock has a new target: {aim}", colour="cyan")
    used = (
        ""
        if stretch.consumed_s is None
        else f" at {told_in(stretch, stretch.consumed_s)} of {told_in(stretch, stretch.target_s)}"
    )
    if (
        before.stopped_s is not None
        or before.cancelled_s is not None
        or (before.is_running, stretch.is_running) == (False, True)
    ):
        yield Line(at_s=at_s, kind=CLOCK, mark="▶", text=f"{name} clock goes on{used}", colour="cyan")
    elif before.is_running and not stretch.is_running:
        yield Line(at_s=at_s, kind=CLOCK, mark="‖", text=f"{name} clock pauses{used}", colour="yellow")


def _end(stretch: ClockStretch, as_of_s: int) -> Iterator[Line]:
    name = _named(stretch)
    ended_s = stretch.stopped_s if stretch.stopped_s is not None else stretch.cancelled_s
    last_s = ended_s if ended_s is not None else stretch.superseded_s if stretch.superseded_s is not None else as_of_s
    broke = stretch.due_s is not None and stretch.due_s < last_s
    if broke and stretch.due_s is not None and stretch.due_s >= stretch.valid_from_s:
        text = f"{name} clock breaks: {told_in(stretch, stretch.target_s or 0)} used up, held by {stretch.holder}"
        yield Line(at_s=stretch.due_s, kind=CLOCK, mark="✗", text=text, colour="red")
    if ended_s is None:
        return
    used = "" if stretch.running_s is None else f" after {told_in(stretch, stretch.running_s)}"
    if broke:
        yield Line(at_s=ended_s, kind=CLOCK, mark="■", text=f"{name} clock ends{used}, broken", colour="red")
    elif stretch.stopped_s is not None:
        yield Line(at_s=ended_s, kind=CLOCK, mark="✓", text=f"{name} clock met{used}", colour="green")
    else:
        yield Line(at_s=ended_s, kind=CLOCK, mark="■", text=f"{name} clock falls away{used}", colour="dim")


def _reason(stretch: ClockStretch) -> str:
    words = {
        "no_calendar": "no calendar applies: when it is due cannot be said",
        "never_opens": "the calendar never opens",
        "beyond_horizon": "due beyond the years that the calendars cover",
    }
    return words.get(str(stretch.due_reason), str(stretch.due_reason))


def _shut_lines(story: Story, moments: list[int]) -> Iterator[Line]:
    for start_s, end_s in pairwise(moments):
        within = [(max(a, start_s), min(b, end_s)) for a, b in story.shut if b > start_s and a < end_s]
        if len(within) <= SHUT_LINES:
            for a, b in within:
                yield Line(
                    at_s=a, kind=SHUT, mark="░", text=f"shut for {duration(b - a, days=True)}", colour="dim", until_s=b
                )
            continue
        closed = sum(b - a for a, b in within)
        text = (
            f"shut {len(within)} times, {duration(closed, days=True)} in all; open {duration(end_s - start_s - closed)}"
        )
        yield Line(at_s=within[0][0], kind=SHUT, mark="░", text=text, colour="dim", until_s=within[-1][1])
