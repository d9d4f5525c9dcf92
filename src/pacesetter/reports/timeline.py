"""A ticket's time as a drawing: lanes of who held it, of each clock running, paused and late, of what happened, over the shut hours.

Owns the geometry: places are percentages of the time from the creation to the last resolution (the wait for the closing would dwarf the
rest). Must not know how it is drawn.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.dates import format_datetime

from pacesetter.insight.ticket_story import ClockStretch, Holding, Story, TicketEvent
from pacesetter.warehouse.facts.clocks import CLOCKS

RUNNING, PAUSED, LATE = "running", "paused", "late"
_DONE = ("resolved", "closed", "cancelled")
_WAITING = ("waiting_requester", "waiting_vendor", "scheduled")
_STEPS_M = (
    15,
    30,
    60,
    120,
    180,
    360,
    720,
    1440,
    2880,
    5 * 1440,
    7 * 1440,
    14 * 1440,
    30 * 1440,
    60 * 1440,
    180 * 1440,
    365 * 1440,
)
MOST_TICKS = 6
_NARROWEST = 0.3


@dataclass(frozen=True)
class Stretch:
    """A half-open stretch on a lane: ``left`` and ``width`` in percent, what it is, and from when to when."""

    left: float
    width: float
    kind: str
    start_s: int
    end_s: int
    name: str = ""


@dataclass(frozen=True)
class Mark:
    """A moment on a lane."""

    left: float
    kind: str
    at_s: int


@dataclass(frozen=True)
class Lane:
    """One lane: a clock by its name, the holders (``held``) or the events (``events``)."""

    name: str
    stretches: tuple[Stretch, ...]
    marks: tuple[Mark, ...] = ()


@dataclass(frozen=True)
class Tick:
    """A named instant on the axis; ``is_minor`` ones are left out where there is little room."""

    left: float
    text: str
    is_minor: bool


@dataclass(frozen=True)
class Drawn:
    """The whole drawing, from ``begin_s`` to ``end_s``."""

    begin_s: int
    end_s: int
    shut: tuple[Stretch, ...]
    lanes: tuple[Lane, ...]
    ticks: tuple[Tick, ...]


@dataclass(frozen=True)
class _Axis:
    begin_s: int
    end_s: int

    def at(self, at_s: int) -> float:
        whole = max(1, self.end_s - self.begin_s)
        return (min(max(at_s, self.begin_s), self.end_s) - self.begin_s) / whole * 100

    def stretch(self, start_s: int, end_s: int, kind: str, name: str = "") -> Stretch:
        left = self.at(start_s)
        return Stretch(left, max(_NARROWEST, self.at(end_s) - left), kind, start_s, end_s, name)

    def holds(self, start_s: int, end_s: int) -> bool:
        return start_s < self.end_s and end_s > self.begin_s


def draw(story: Story, zone: ZoneInfo, locale: str) -> Drawn | None:
    """The drawing of a story, None where the source keeps no states of the ticket."""
    lasting = list(story.holdings)
    while len(lasting) > 1 and lasting[-1].phase in _DONE:
        lasting.pop()
    if not lasting:
        return None
    axis = _Axis(lasting[0].start_s, max(lasting[0].start_s + 60, *(h.end_s or story.as_of_s for h in lasting)))
    lanes = [Lane("held", tuple(_held(lasting, axis, story.as_of_s)))]
    lanes += [lane for name in CLOCKS if (lane := _clock(name, story, axis)) is not None]
    lanes.append(Lane("events", (), tuple(_events(story.events, axis))))
    shut = tuple(axis.stretch(a, b, "shut") for a, b in story.shut if axis.holds(a, b))
    return Drawn(axis.begin_s, axis.end_s, shut, tuple(lanes), tuple(_ticks(axis, zone, locale)))


def kind_of(holding: Holding) -> str:
    """Whose hands a ticket was in: ``msp``, ``client``, ``vendor``, ``waiting``, ``done``, ``nobody``."""
    if holding.phase in _WAITING:
        return "waiting"
    if holding.phase in _DONE:
        return "done"
    return holding.holder.split(" ")[0] if holding.team else "nobody"


def _held(holdings: Iterable[Holding], axis: _Axis, as_of_s: int) -> Iterator[Stretch]:
    last: Stretch | None = None
    for h in holdings:
        name = h.phase if h.phase in (*_WAITING, *_DONE) else h.team or ""
        one = axis.stretch(h.start_s, h.end_s or as_of_s, kind_of(h), name)
        if last is not None and (last.kind, last.name) == (one.kind, one.name):
            last = axis.stretch(last.start_s, one.end_s, one.kind, one.name)
            continue
        if last is not None:
            yield last
        last = one
    if last is not None:
        yield last


def _clock(name: str, story: Story, axis: _Axis) -> Lane | None:
    """The lane of one clock, all its cycles and versions."""
    own = [c for c in story.clocks if c.clock == name and c.target_s is not None]
    found = [s for c in own for s in stretches_of(c, story.as_of_s)]
    pieces = tuple(axis.stretch(a, b, kind) for a, b, kind in found if axis.holds(a, b))
    ends = [c for c in own if c.superseded_s is None or c.superseded_s > story.as_of_s]
    marks = [
        Mark(axis.at(c.stopped_s), c.outcome or "met", c.stopped_s)
        for c in ends
        if c.stopped_s is not None and axis.holds(c.stopped_s - 1, c.stopped_s)
    ]
    if name != "update":
        marks += [
            Mark(axis.at(c.due_s), "due", c.due_s)
            for c in ends
            if c.due_s is not None and axis.holds(c.due_s - 1, c.due_s)
        ]
    return Lane(name, pieces, tuple(marks)) if pieces else None


def stretches_of(c: ClockStretch, as_of_s: int) -> list[tuple[int, int, str]]:
    """What one version of a clock did: running or paused, and late from its due instant on."""
    ends = [s for s in (c.superseded_s, c.stopped_s, c.cancelled_s) if s is not None]
    begin, end = c.valid_from_s, min([*ends, as_of_s])
    state = RUNNING if c.is_running else PAUSED
    if end <= begin:
        return []
    if c.due_s is None or c.due_s >= end:
        return [(begin, end, state)]
    if c.due_s <= begin:
        return [(begin, end, LATE)]
    return [(begin, c.due_s, state), (c.due_s, end, LATE)]


def _events(events: Iterable[TicketEvent], axis: _Axis) -> Iterator[Mark]:
    for e in events:
        if axis.begin_s <= e.at_s <= axis.end_s:
            yield Mark(axis.at(e.at_s), e.kind.replace(" ", "_"), e.at_s)


def _ticks(axis: _Axis, zone: ZoneInfo, locale: str) -> Iterator[Tick]:
    """At most six instants at round local times."""
    minutes = (axis.end_s - axis.begin_s) / 60
    step = next((s for s in _STEPS_M if minutes / s <= MOST_TICKS), _STEPS_M[-1])
    begin = datetime.fromtimestamp(axis.begin_s, zone)
    at = begin.replace(hour=0, minute=0, second=0, microsecond=0)
    pattern = ("d MMM" if locale[:2] == "en" else "dd.MM.") + (" HH:mm" if step < 1440 else "")
    count = 0
    while at.timestamp() <= axis.end_s:
        if at.timestamp() >= axis.begin_s:
            text = format_datetime(at, pattern, tzinfo=zone, locale=locale)
            yield Tick(axis.at(round(at.timestamp())), text, count % 2 == 1)
            count += 1
        at = at + timedelta(minutes=step)  # on the wall clock, so that days stay days when the clocks change
