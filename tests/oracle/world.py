"""All stories of a bundle as of an instant, the population rules, and dimensions."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from oracle.attribution import Contracts, Shifts
from oracle.reading import Bundle, Cells, micros, seconds
from oracle.story import Context, Story

TICKET_DIMENSIONS = {
    "client": "client_id", "site": "site_id", "offering": "offering_id", "type": "type", "channel": "channel",
    "subcategory": "subcategory", "source": "source", "opened_by": "opened_by",
}  # fmt: skip
Key = tuple[object, ...]


@dataclass(frozen=True)
class Rules:
    """The workspace's choices, with the defaults that the documents give."""

    first_contact_window_days: float = 7
    repeat_window_days: float = 30
    contact_gap_minutes: float = 10
    not_first_contact_types: tuple[str, ...] = ()
    not_first_contact_categories: tuple[str, ...] = ()
    usable_note_length: int = 20
    boilerplate_notes: tuple[str, ...] = ("done", "fixed", "resolved", "closed", "ok", "n/a")


@dataclass(frozen=True)
class Question:
    """What is asked; ``as_of`` in epoch seconds."""

    as_of: int
    by: tuple[str, ...] = ()
    where: Mapping[str, str] = field(default_factory=dict)
    variant: str | None = None


class Dimensions:
    """A row's dimensions: the ticket's, as they were when second ``at`` ended, over which ``fixed`` ones go."""

    def __init__(self, world: "World", story: Story | None, at: int, fixed: Mapping[str, object] | None = None) -> None:
        self.world, self.story, self.at, self.fixed = world, story, at, fixed or {}

    def get(self, name: str) -> object:
        """The value of a dimension, None where it is missing."""
        if name in self.fixed:
            return self.fixed[name]
        if self.story is None:
            return None
        ticket = self.story.ticket
        if name in TICKET_DIMENSIONS:
            return ticket.get(TICKET_DIMENSIONS[name])
        if name.startswith("x_"):
            return ticket.get(name[2:])
        if name == "department":
            contact = self.world.contacts.get(str(ticket.get("contact_id")))
            return contact.get("department") if contact else None
        if name == "agreement":
            return self.world.contracts.of(self.story)
        if name == "shift":
            return self.world.shifts.of(self.story.technician.at(self.at), self.at)
        if name in ("team", "technician", "priority", "category"):
            return getattr(self.story, name).at(self.at)
        team = self.story.team.at(self.at)
        if name == "tier":
            return self.world.context.tier(team)
        if name == "organisation":
            return self.world.context.teams[team].get("organisation") if team in self.world.context.teams else None
        raise KeyError(name)

    def key(self, names: tuple[str, ...]) -> Key:
        """The group that the row belongs to."""
        return tuple(self.get(name) for name in names)

    def fits(self, where: Mapping[str, str]) -> bool:
        """Whether the row is among those asked for."""
        return all(same(self.get(name), value) for name, value in where.items())


def same(value: object, asked: str) -> bool:
    """Whether a dimension's value is the one that was asked for; tiers compare as numbers."""
    return value == float(asked) if isinstance(value, float) else value == asked


@dataclass
class Row:
    """One row of a KPI's fact: when it counts, what it brings, and why it does not count."""

    id: str
    at: int
    dims: Dimensions
    value: float = 1
    reason: str | None = None
    part: str = "both"


class World:
    """A bundle read as of a second; memberships of teams change at the midnights of ``zone``."""

    def __init__(self, bundle: Bundle, as_of: int, rules: Rules, zone: str) -> None:
        self.bundle, self.as_of, self.rules = bundle, as_of, rules
        self.contacts = bundle.by_id("contacts", "contact_id")
        self.contracts, self.shifts = Contracts(bundle, zone), Shifts(bundle)
        self.context = Context(
            bundle.by_id("ticket_statuses", "status"),
            bundle.by_id("teams", "team_id"),
            bundle.by_id("technicians", "technician_id"),
            bundle.rows("team_memberships"),
            zone,
        )
        tickets = bundle.rows("tickets")
        told = [Story(t, bundle.events_of.get(str(t["ticket_id"]), []), self.context, as_of) for t in tickets]
        self.stories = [s for s in told if s.exists]
        self.story_of = {s.id: s for s in told}

    def out(self, story: Story | None, question: Question, *, people: bool = False) -> str | None:
        """Why the ticket is out of the population, None where it is in; ``people`` leaves alerts out as well."""
        if story is None:
            return None
        ticket = story.ticket
        if ticket.get("excluded_as"):
            return ticket["excluded_as"]
        merged = any(m.kind == "merge" and m.to is not None for m in story.moves)
        if ticket.get("merged_into") or merged:
            return "merged"
        if people and ticket.get("type") == "alert" and "type" not in question.where:
            return "alert"
        return None

    def dims(self, story: Story, at: int, **fixed: object) -> Dimensions:
        """The ticket's dimensions when that second ended."""
        return Dimensions(self, story, at, fixed)

    def visited(self, story: Story) -> bool:
        """Whether the ticket or a time entry on it says that somebody went there."""
        if story.ticket.get("on_site") == "true":
            return True
        return any(
            entry.get("ticket_id") == story.id and entry.get("on_site") == "true"
            for entry in self.bundle.rows("time_entries")
            if seconds(str(entry["started_at"])) <= self.as_of
        )

    def surveys(self, kind: str) -> list[Cells]:
        """Surveys of a kind that had been sent."""
        rows = [r for r in self.bundle.rows("surveys") if r["kind"] == kind]
        return [r for r in rows if micros(str(r["sent_at"])) // 1_000_000 <= self.as_of]
