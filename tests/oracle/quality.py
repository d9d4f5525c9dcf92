"""Shares of resolved tickets and of incidents: each row brings 1 or 0 (or a count) to the numerator."""

from collections.abc import Callable, Iterator

from oracle.reading import Cells, truth
from oracle.story import PHASE_FAMILY, Moment, Story
from oracle.world import Question, Row, World

DAY = 86_400


def _resolved(
    world: World,
    question: Question,
    value: Callable[[Story, Moment], float | None],
    *,
    people: bool = False,
) -> Iterator[Row]:
    """A row for each finally resolved ticket for which ``value`` is known."""
    for story in world.stories:
        end = story.resolved
        if end is None:
            continue
        found = value(story, end)
        if found is not None:
            reason = world.out(story, question, people=people)
            yield Row(story.id, end.s, world.dims(story, end.s), found, reason)


def _count(text: str | None) -> float:
    return float(text) if text else 0.0


def was_reopened(story: Story) -> bool:
    """Whether it was ever reopened; a bare count serves where the source tells no phases."""
    if not story.has(*PHASE_FAMILY):
        return _count(story.ticket.get("reopen_count")) > 0
    return bool(story.reopenings)


def reopen(world: World, question: Question) -> Iterator[Row]:
    """Reopened after a resolution."""
    return _resolved(world, question, lambda story, end: was_reopened(story))


def handoffs_of(story: Story, end: Moment) -> float:
    """Changes of team before the resolution; a bare count serves where the source tells no teams."""
    if not story.has("team") and not any(e["kind"] == "escalation" and e.get("to_value") for e in story.everything):
        return _count(story.ticket.get("reassignment_count"))
    return sum(h.pos < end.pos for h in story.handoffs)


def handoffs(world: World, question: Question) -> Iterator[Row]:
    """Changes of team per resolved ticket."""
    return _resolved(world, question, handoffs_of)


def ping_pong(world: World, question: Question) -> Iterator[Row]:
    """Came back to a team that had handed it over."""
    return _resolved(world, question, lambda story, end: any(h.returning and h.pos < end.pos for h in story.handoffs))


def escalated_before(story: Story, end: Moment) -> bool:
    """Whether an escalation came before the resolution in the order of events."""
    return any(e.pos < end.pos for e in story.escalations)


def on_first_contact(world: World, story: Story, end: Moment) -> bool:
    """No second contact, escalation or handoff before the resolution, and no reopening within the window."""
    gap = world.rules.contact_gap_minutes * 60
    window = world.rules.first_contact_window_days * DAY
    messages = story.requester_replies()
    first = story.created  # what the requester did not open he first speaks about later
    if story.ticket.get("opened_by") == "automation" and messages:
        first = messages[0].s
    second_contact = any(m.pos < end.pos and m.s - first > gap for m in messages)
    quickly_undone = any(r.s - r.undone_s <= window for r in story.reopenings)
    if not story.has(*PHASE_FAMILY):
        quickly_undone = was_reopened(story)
    moved = escalated_before(story, end) or handoffs_of(story, end) > 0
    return not (second_contact or moved or quickly_undone)


def first_contact(world: World, question: Question) -> Iterator[Row]:
    """Resolved on the first contact, in three definitions."""

    def value(story: Story, end: Moment) -> float | None:
        if question.variant == "reported":
            return truth(story.ticket.get("reported_first_contact"))
        unfit = (
            story.ticket.get("type") in world.rules.not_first_contact_types
            or story.category.at(end.s) in world.rules.not_first_contact_categories
        )
        return None if question.variant == "eligible" and unfit else on_first_contact(world, story, end)

    return _resolved(world, question, value, people=True)


def first_level(world: World, question: Question) -> Iterator[Row]:
    """Resolved by tier 1 without an escalation."""

    def value(story: Story, end: Moment) -> float:
        return world.context.tier(story.team.at(end.s)) == 1 and not escalated_before(story, end)

    return _resolved(world, question, value)


def knowledge(world: World, question: Question) -> Iterator[Row]:
    """An article was linked or sent."""
    return _resolved(world, question, lambda story, end: any(m.kind == "article" for m in story.moves))


def _verdict(*columns: str) -> Callable[[Story, Moment], float | None]:
    def value(story: Story, end: Moment) -> float | None:
        verdicts = [truth(story.ticket.get(column)) for column in columns]
        known = [v for v in verdicts if v is not None]
        return all(known) if known else None

    return value


def response_verdict(world: World, question: Question) -> Iterator[Row]:
    """The source's own verdict on the response."""
    return _resolved(world, question, _verdict("reported_response_met"), people=True)


def resolution_verdict(world: World, question: Question) -> Iterator[Row]:
    """The source's own verdict on the resolution."""
    return _resolved(world, question, _verdict("reported_resolution_met"))


def every_verdict(world: World, question: Question) -> Iterator[Row]:
    """The source's own verdicts, all of them."""
    return _resolved(world, question, _verdict("reported_response_met", "reported_resolution_met"))


def root_cause(world: World, question: Question) -> Iterator[Row]:
    """Incidents with a root cause."""

    def value(story: Story, end: Moment) -> float | None:
        return story.ticket.get("root_cause") is not None if story.ticket.get("type") == "incident" else None

    return _resolved(world, question, value)


def permanent_fix(world: World, question: Question) -> Iterator[Row]:
    """Incidents with a permanent fix among those with a fix recorded."""

    def value(story: Story, end: Moment) -> float | None:
        fix = story.ticket.get("fix")
        return fix == "permanent" if fix and story.ticket.get("type") == "incident" else None

    return _resolved(world, question, value)


def documentation(world: World, question: Question) -> Iterator[Row]:
    """A usable resolution note: long enough and none of the empty phrases."""

    def value(story: Story, end: Moment) -> float:
        note = (story.ticket.get("resolution_note") or "").strip()
        return len(note) >= world.rules.usable_note_length and note.lower() not in world.rules.boilerplate_notes

    return _resolved(world, question, value)


def remote(world: World, question: Question) -> Iterator[Row]:
    """Nobody had to go there."""
    return _resolved(world, question, lambda story, end: not world.visited(story))


def _is_repeat(world: World, question: Question, story: Story) -> bool:
    ticket = story.ticket
    category = story.category.at(world.as_of)
    window = world.rules.repeat_window_days * DAY
    for other in world.stories:
        end = other.resolved
        if other is story or end is None or other.ticket.get("type") != "incident" or world.out(other, question):
            continue
        alike = any(
            ticket.get(column) is not None and ticket.get(column) == other.ticket.get(column)
            for column in ("contact_id", "asset")
        )
        alike = alike and ticket["client_id"] == other.ticket["client_id"]
        alike = alike and category is not None and category == other.category.at(world.as_of)
        if alike and story.created - window < end.s <= story.created:
            return True
    return False


def repeat(world: World, question: Question) -> Iterator[Row]:
    """Incidents that came again."""
    for story in world.stories:
        if story.ticket.get("type") == "incident":
            dims = world.dims(story, world.as_of)
            reason = world.out(story, question)
            yield Row(story.id, story.created, dims, _is_repeat(world, question, story), reason)


def _is_ours(ticket: Cells) -> bool:
    """Whether we noticed before the client did: a machine told us, or a technician began it and nobody was on the line."""
    opened_by, kind = ticket.get("opened_by"), ticket.get("type")
    if opened_by == "automation" or ticket.get("channel") == "monitoring" or kind == "alert":
        return True
    if ticket.get("channel") in ("phone", "chat", "walk_in"):
        return False
    if kind == "problem":
        return opened_by != "requester"
    return kind in ("change", "task") and opened_by == "technician"


def proactive(world: World, question: Question) -> Iterator[Row]:
    """Raised by us before the client noticed."""
    for story in world.stories:
        ours = _is_ours(story.ticket)
        yield Row(story.id, story.created, world.dims(story, world.as_of), ours, world.out(story, question))
