"""One ticket folded into its moments: phases, teams, replies, escalations, resolutions, as of an instant.

Which source serves (events or columns) is decided from everything that the bundle holds; what happened later than
the as-of second is then left away.
"""

from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from oracle.reading import Cells, micros

WORKING = ("new", "active", "waiting_requester", "waiting_vendor", "scheduled")
ENDED = ("resolved", "closed")
PHASES = (*WORKING, "resolved", "closed", "cancelled")
PHASE_FAMILY = ("status", "resolved", "reopened", "closed")


@dataclass
class Move:
    """An event in its place: ``s`` is its second (not before creation), ``bad`` says that it stood before creation."""

    s: int
    us: int
    id: str
    kind: str
    cells: Cells
    bad: bool
    column: int = 0
    pos: int = -1

    @property
    def to(self) -> str | None:
        return self.cells.get("to_value")

    @property
    def source(self) -> str | None:
        return self.cells.get("from_value")


@dataclass
class Moment:
    """Something that happened at a place in the order of events."""

    s: int
    pos: int
    bad: bool
    team_from: str | None = None
    team_to: str | None = None
    returning: bool = False
    undone_s: int = 0


@dataclass
class Timeline:
    """A value that changes: before the first change it is ``initial``."""

    initial: str | None
    changes: list[tuple[int, str | None]] = field(default_factory=list)

    def at(self, second: int) -> str | None:
        """The value when that second ended."""
        value = self.initial
        for when, new in self.changes:
            if when <= second:
                value = new
        return value


class Story:
    """A ticket as of second ``as_of``; ``exists`` is false where it had not been created by then."""

    def __init__(self, ticket: Cells, events: list[Cells], context: "Context", as_of: int) -> None:
        self.ticket, self.context, self.as_of = ticket, context, as_of
        self.id = str(ticket["ticket_id"])
        self.everything = sorted(events, key=lambda e: (micros(str(e["occurred_at"])), str(e["event_id"])))
        made = [e for e in self.everything if e["kind"] == "created"]
        self.created_event = made[0] if made else None
        self.created = micros(str(made[0]["occurred_at"] if made else ticket["created_at"])) // 1_000_000
        self.exists = self.created <= as_of
        self.moves = self._ordered_moves()
        self.team = self._timeline("team_id", "team", "escalation")
        self.technician = self._timeline("technician_id", "assignment")
        self.priority = self._timeline("priority", "priority")
        self.category = self._timeline("category", "category")
        self.resolutions: list[Moment] = []
        self.reopenings: list[Moment] = []
        self.leavings: list[Moment] = []
        self.closures: list[Moment] = []
        self.handoffs: list[Moment] = []
        self.escalations: list[Moment] = []
        self.phase = Timeline("new")
        self.unknown_end = False
        self._fold_phases()
        self._fold_teams()

    def has(self, *kinds: str) -> bool:
        """Whether the source gives events of these kinds for the ticket, at any time."""
        return any(e["kind"] in kinds for e in self.everything)

    def _ordered_moves(self) -> list[Move]:
        found = [(micros(str(e["occurred_at"])), str(e["event_id"]), str(e["kind"]), e, 0) for e in self.everything]
        if not self.has("status"):
            for rank, kind in enumerate(("resolved", "closed"), start=1):
                column = self.ticket.get(f"{kind}_at")
                if column and not self.has(kind):
                    found.append((micros(column), "", kind, {}, rank))
        moves = []
        for us, event_id, kind, cells, rank in found:
            second = us // 1_000_000
            if second <= self.as_of:
                early = second < self.created
                moves.append(Move(max(second, self.created), us, event_id, kind, cells, early, rank))
        moves.sort(key=lambda m: (m.s, m.column, m.us, m.id))
        for pos, move in enumerate(moves):
            move.pos = pos
        return moves

    def _timeline(self, column: str, *kinds: str) -> Timeline:
        def serves(kind: str, to: str | None) -> bool:
            return kind in kinds and (kind != "escalation" or to is not None)

        evidence = [e for e in self.everything if serves(str(e["kind"]), e.get("to_value"))]
        if not evidence:
            return Timeline(self.ticket.get(column))
        return Timeline(evidence[0].get("from_value"), [(m.s, m.to) for m in self.moves if serves(m.kind, m.to)])

    # -- phases ---------------------------------------------------------------------------------------------------

    def _initial_phase(self) -> str:
        word = self.created_event.get("to_value") if self.created_event else None
        if word is None:
            first = next((e for e in self.everything if e["kind"] == "status"), None)
            word = first.get("from_value") if first else None
        phase = self.context.known_phase(word)
        return phase if phase in WORKING else "new"

    def _fold_phases(self) -> None:
        columns = self.ticket.get("resolved_at") or self.ticket.get("closed_at")
        if not self.has(*PHASE_FAMILY) and not columns:
            status = self.ticket.get("status")
            initial = self.context.phase_of(status) if status else self._initial_phase()
            self.phase = Timeline(initial)
            self.unknown_end = initial not in WORKING
            return
        now = self._initial_phase()
        self.phase = Timeline(now)
        for move in self.moves:
            then = self._next_phase(now, move)
            if then == now:
                continue
            self._note_moments(now, then, move)
            now = then
            self.phase.changes.append((move.s, now))

    def _next_phase(self, now: str, move: Move) -> str:
        then = now
        if move.kind in ENDED:
            then = move.kind
        elif move.kind == "reopened" and now not in WORKING:
            then = "active"
        elif move.kind == "status" and move.to is not None:
            then = self.context.phase_of(move.to)
        return now if (now, then) == ("cancelled", "closed") else then

    def _note_moments(self, now: str, then: str, move: Move) -> None:
        moment = Moment(move.s, move.pos, move.bad)
        if then in ENDED and now not in ENDED:
            self.resolutions.append(moment)
        if then == "closed":
            self.closures.append(moment)
        if now in ENDED and then not in ENDED:
            self.leavings.append(moment)
        if now in ENDED and then in WORKING:
            moment.undone_s = self.resolutions[-1].s
            self.reopenings.append(moment)

    def _standing(self, moments: list[Moment]) -> Moment | None:
        if self.unknown_end or not moments or self.phase.at(self.as_of) not in ENDED:
            return None
        last = moments[-1]
        return None if any(r.pos > last.pos for r in self.leavings) else last

    @property
    def resolved(self) -> Moment | None:
        """The final resolution."""
        return self._standing(self.resolutions)

    @property
    def closed(self) -> Moment | None:
        """The closure."""
        return self._standing(self.closures)

    def open_at(self, second: int) -> bool:
        """Whether the ticket was open when that second ended."""
        return self.created <= second and not self.unknown_end and self.phase.at(second) in WORKING

    # -- teams ----------------------------------------------------------------------------------------------------

    def _fold_teams(self) -> None:
        current = held = self.team.initial
        handed: set[str] = set()
        brought_up = False  # the last event about teams was a `team` event from a lower tier
        for move in self.moves:
            if move.kind not in ("team", "escalation"):
                continue
            before, target = held, move.to
            same = move.kind == "escalation" and brought_up and target is not None and target == current
            raised = move.kind == "team" and self.context.is_higher(target, before)
            if (move.kind == "escalation" and not same) or raised:
                self.escalations.append(Moment(move.s, move.pos, move.bad, before, target))
            brought_up = raised
            if move.kind == "escalation" and target is None:
                continue
            if target is not None and before is not None and target != before:
                self.handoffs.append(Moment(move.s, move.pos, move.bad, before, target, target in handed))
                handed.add(before)
            current = target
            held = target or held

    # -- people ---------------------------------------------------------------------------------------------------

    def told_actor(self, move: Move) -> str | None:
        """Whose act the record says it is; an event without a kind of actor is a technician's if a known one is named."""
        kind = move.cells.get("actor_kind")
        return "technician" if kind is None and move.cells.get("actor_id") in self.context.technicians else kind

    def actor(self, move: Move) -> str | None:
        """Whose act it is; who belongs to a vendor's team then acts for the vendor."""
        told, team = self.told_actor(move), self.actor_team(move)
        vendors = team is not None and self.context.teams[team]["organisation"] == "vendor"
        return "vendor" if told == "technician" and vendors else told

    def actor_team(self, move: Move) -> str | None:
        """The team that the technician was in when he acted, None where it is not known."""
        return self.context.team_of(move.cells.get("actor_id"), move.s)

    def human_replies(self) -> list[Move]:
        """Public replies by technicians, in order."""
        replies = [m for m in self.moves if m.kind == "reply" and self.actor(m) == "technician"]
        return [m for m in replies if m.cells.get("is_public") != "false"]

    def requester_replies(self) -> list[Move]:
        """Replies by the requester, in order."""
        return [m for m in self.moves if m.kind == "reply" and self.actor(m) == "requester"]


class Context:
    """What a story needs to know of the rest of the bundle."""

    def __init__(
        self,
        statuses: dict[str, Cells],
        teams: dict[str, Cells],
        technicians: dict[str, Cells],
        memberships: list[Cells],
        zone: str,
    ) -> None:
        self.statuses, self.teams, self.technicians = statuses, teams, technicians
        self.memberships = memberships
        self.zone = ZoneInfo(zone)

    def team_of(self, person: str | None, at: int) -> str | None:
        """The team that a technician was in at a second: of memberships that hold on that local day the one begun last, the technician's
        own where he has none at all."""
        mine = [m for m in self.memberships if m["technician_id"] == person]
        if not mine:
            return self.technicians[person]["team_id"] if person in self.technicians else None
        day = datetime.fromtimestamp(at, self.zone).date().isoformat()
        begun = [m for m in mine if (m.get("valid_from") or "") <= day < (m.get("valid_to") or "9999")]
        return max(((m.get("valid_from") or "", m["team_id"]) for m in begun), default=("", None))[1]

    def known_phase(self, word: str | None) -> str | None:
        """The phase of a listed word or of a phase's own name."""
        if word in self.statuses:
            return self.statuses[word]["phase"]
        return word if word in PHASES else None

    def phase_of(self, word: str) -> str:
        """The phase of any word; an unknown one counts as active."""
        return self.known_phase(word) or "active"

    def tier(self, team: str | None) -> float | None:
        """The tier of a team."""
        text = self.teams[team].get("tier") if team in self.teams else None
        return None if text is None else float(text)

    def is_higher(self, team: str | None, than: str | None) -> bool:
        """Whether a team's tier is above another's, both known."""
        upper, lower = self.tier(team), self.tier(than)
        return upper is not None and lower is not None and upper > lower
