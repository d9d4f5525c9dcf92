"""One case in two systems: where the two clocks do not count alike, span by span, and why.

Time is cut at every instant at which either log changes. In each piece either both clocks count, or one, or none; where they do not count
the same, the piece has exactly one cause. So the causes sum to the difference, to the second. Pure arithmetic on instants; calendars are
somebody else's (``two_clocks``). The meaning of each cause is docs/explanation/two-clocks.md.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise

ACTIVE, SCHEDULED, RESOLVED = 2, 5, 6
"""Phase codes: new and active run, up to scheduled it pauses, from resolved on it is off."""
LAG_S = 3_600
"""Two pauses (or two returns) that do not overlap are the same one if they begin within an hour of each other."""
RESPOND, RESOLVE = "respond", "resolve"


class Cause(StrEnum):
    """Why two clocks differ."""

    CREATED_LATE = "created late"
    STATUS_LAG = "status lag"
    OTHER_PAUSE = "other pause"
    OTHER_CALENDAR = "other calendar or zone"
    OTHER_POLICY = "other policy"
    REOPENING = "reopening counted differently"
    MISSING_EVENT = "missing event"


@dataclass(frozen=True, kw_only=True)
class Side:
    """One system's log of a case as of an instant. ``phases`` are (from, to, phase code) without gaps from ``created_s`` on, the last one
    to the as-of instant. ``cycle_s`` is where the cycle of the clock that is judged began. ``rules`` are what the policy does on
    reopenings and changes of priority; ``has_history`` whether the log tells statuses at all."""

    created_s: int
    phases: tuple[tuple[int, int, int], ...]
    cycle_s: int
    responded_s: int | None
    hours: str
    rules: tuple[str, str]
    has_history: bool = True

    @property
    def pauses(self) -> list[tuple[int, int]]:
        """The stretches in which it waits, joined where they touch."""
        return _joined([(a, b) for a, b, phase in self.phases if ACTIVE < phase <= SCHEDULED])

    @property
    def offs(self) -> list[tuple[int, int]]:
        """The stretches in which it is resolved, closed or cancelled, joined where they touch."""
        return _joined([(a, b) for a, b, phase in self.phases if phase >= RESOLVED])

    @property
    def end_s(self) -> int:
        """The as-of instant."""
        return self.phases[-1][1]

    @property
    def ended_s(self) -> int | None:
        """Since when it is over, None where it is open."""
        return self.offs[-1][0] if self.phases[-1][2] >= RESOLVED else None

    @property
    def returns(self) -> list[tuple[int, int]]:
        """The stretches in which it was over and from which it came back."""
        return [(a, b) for a, b in self.offs if b < self.end_s or self.phases[-1][2] < RESOLVED]


@dataclass(frozen=True)
class Piece:
    """``[start_s, end_s)``: which side counts, and the cause of what differs."""

    start_s: int
    end_s: int
    ours: bool
    theirs: bool
    cause: Cause


def _joined(spans: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    found: list[tuple[int, int]] = []
    for a, b in spans:
        if found and found[-1][1] == a:
            found[-1] = (found[-1][0], b)
        elif b > a:
            found.append((a, b))
    return found


def counting(side: Side, clock: str) -> list[tuple[int, int]]:
    """The stretches in which the clock of a side counts, in its judged cycle."""
    if clock == RESPOND:
        ends = [s for s in (side.responded_s, side.offs[0][0] if side.offs else None) if s is not None]
        end = min(ends) if ends else side.end_s
        return [(side.created_s, end)] if end > side.created_s else []
    spans = [(max(a, side.cycle_s), b) for a, b, phase in side.phases if phase <= ACTIVE and b > side.cycle_s]
    return _joined(spans)


def pieces(ours: Side, theirs: Side, clock: str) -> list[Piece]:
    """Every piece in which at least one of the two counts, in order."""
    one, other = counting(ours, clock), counting(theirs, clock)
    edges = {edge for span in (*one, *other) for edge in span}
    edges |= {s for side in (ours, theirs) for a, b, _ in side.phases for s in (a, b)} | {ours.cycle_s, theirs.cycle_s}
    found = []
    for a, b in pairwise(sorted(edges)):
        mine, yours = _within(a, one), _within(a, other)
        if mine or yours:
            found.append(Piece(a, b, mine, yours, _cause(a, mine, yours, ours, theirs, clock)))
    return found


def _within(at: int, spans: Sequence[tuple[int, int]]) -> bool:
    return any(a <= at < b for a, b in spans)


def _cause(at: int, mine: bool, yours: bool, ours: Side, theirs: Side, clock: str) -> Cause:
    if mine and yours:
        return Cause.OTHER_CALENDAR if ours.hours == theirs.hours else Cause.OTHER_POLICY
    runner, other = (ours, theirs) if mine else (theirs, ours)
    if at < other.created_s:
        return Cause.CREATED_LATE
    return _unanswered(runner, other) if clock == RESPOND else _standing(at, runner, other)


def _unanswered(runner: Side, other: Side) -> Cause:
    """The other's response clock has ended."""
    if other.responded_s is not None and runner.responded_s is None:
        return Cause.MISSING_EVENT
    if other.responded_s is None and runner.responded_s is not None:
        return Cause.MISSING_EVENT  # the other was over without an answer that the runner knows of
    return Cause.STATUS_LAG


def _standing(at: int, runner: Side, other: Side) -> Cause:
    """Why the other's resolution clock does not count at ``at`` while the runner's does."""
    if at < other.cycle_s:
        return Cause.OTHER_POLICY if runner.rules != other.rules else Cause.REOPENING
    pause = _span_at(at, other.pauses)
    if pause is not None:
        if not runner.has_history:
            return Cause.MISSING_EVENT
        return Cause.STATUS_LAG if _same(pause, runner.pauses) else Cause.OTHER_PAUSE
    away = _span_at(at, other.returns)
    if away is not None:
        return Cause.STATUS_LAG if _same(away, runner.returns) else Cause.REOPENING
    came_back = [back for back in runner.returns if back[1] <= at and not _same(back, other.returns)]
    if came_back:
        return Cause.REOPENING  # the other stayed resolved, the runner was reopened
    return Cause.MISSING_EVENT if runner.ended_s is None else Cause.STATUS_LAG


def _span_at(at: int, spans: Sequence[tuple[int, int]]) -> tuple[int, int] | None:
    return next(((a, b) for a, b in spans if a <= at < b), None)


def _same(span: tuple[int, int], others: Sequence[tuple[int, int]]) -> bool:
    """Whether one of the others is the same stretch, told a little earlier or later."""
    a, b = span
    return any((c < b and a < d) or abs(c - a) <= LAG_S for c, d in others)


def differing(found: Sequence[Piece]) -> Iterator[Piece]:
    """The pieces in which one side counts alone."""
    return (piece for piece in found if piece.ours != piece.theirs)
