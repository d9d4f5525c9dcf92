"""Durations: response, resolution, silence, escalations, hands. All in calendar seconds."""

from collections.abc import Iterator
from itertools import pairwise

from oracle.reading import seconds
from oracle.story import Moment, Move, Story
from oracle.world import Question, Row, World

LIVE = ("phone", "chat", "walk_in")


def _row(world: World, story: Story, at: int, length: int, bad: bool, reason: str | None, tag: str = "") -> Row:
    why = reason or ("bad_timestamp" if bad else None)
    return Row(story.id + tag, at, world.dims(story, at), length, why)


def response_of(story: Story) -> tuple[int, bool] | None:
    """Second of the first response and whether it stood before creation; None where there is none yet."""
    ticket = story.ticket
    if ticket.get("opened_by") == "technician" and ticket.get("channel") in LIVE:
        return story.created, False
    if story.has("reply"):
        replies = story.human_replies()
        return (replies[0].s, replies[0].bad) if replies else None
    column = ticket.get("first_response_at")
    if not column or seconds(column) > story.as_of:
        return None
    return max(seconds(column), story.created), seconds(column) < story.created


def first_response(world: World, question: Question) -> Iterator[Row]:
    """Creation to first public reply by a technician."""
    for story in world.stories:
        if response := response_of(story):
            at, bad = response
            yield _row(world, story, at, at - story.created, bad, world.out(story, question, people=True))


def resolution(world: World, question: Question) -> Iterator[Row]:
    """Creation to final resolution."""
    for story in world.stories:
        if end := story.resolved:
            yield _row(world, story, end.s, end.s - story.created, end.bad, world.out(story, question))


def closure(world: World, question: Question) -> Iterator[Row]:
    """Creation to closure."""
    for story in world.stories:
        if end := story.closed:
            yield _row(world, story, end.s, end.s - story.created, end.bad, world.out(story, question))


def to_escalation(world: World, question: Question) -> Iterator[Row]:
    """Creation to first escalation."""
    for story in world.stories:
        if story.escalations:
            first = story.escalations[0]
            yield _row(world, story, first.s, first.s - story.created, first.bad, world.out(story, question))


def answer_to(world: World, story: Story, escalation: Moment) -> Move | None:
    """The receiving tier's first act after an escalation."""
    for move in story.moves[escalation.pos + 1 :]:
        actor, team = story.actor(move), story.actor_team(move)
        if move.kind in ("escalation", "team", "notification") or actor not in ("technician", "vendor"):
            continue
        if team is None:
            if actor == "technician":
                return move
            continue
        if escalation.team_to is None or team == escalation.team_to:
            return move
        tier = world.context.tier(escalation.team_to)
        if tier is not None and world.context.tier(team) == tier:
            return move
    return None


def escalation_response(world: World, question: Question) -> Iterator[Row]:
    """Escalation to the receiving tier's first act, one row per escalation."""
    for story in world.stories:
        for escalation in story.escalations:
            if act := answer_to(world, story, escalation):
                bad = escalation.bad or act.bad
                reason = world.out(story, question)
                length = act.s - escalation.s
                yield _row(world, story, escalation.s, length, bad, reason, f"#{escalation.pos}")


def pieces(story: Story, start: int, end: int) -> Iterator[tuple[int, int, str | None, str | None]]:
    """``[start, end)`` in pieces of one phase and one team: (from, to, phase, team)."""
    edges = {start, end} | {s for s, _ in (*story.phase.changes, *story.team.changes) if start < s < end}
    ordered = sorted(edges)
    for a, b in pairwise(ordered):
        yield a, b, story.phase.at(a), story.team.at(a)


def longest_silence(story: Story, end: int) -> int:
    """Longest time in `new` or `active` between two public replies (creation and resolution are ends as well)."""
    marks = sorted({story.created, end} | {m.s for m in story.human_replies() if m.s < end})
    longest = 0
    for a, b in pairwise(marks):
        ours = sum(y - x for x, y, phase, _ in pieces(story, a, b) if phase in ("new", "active"))
        longest = max(longest, ours)
    return longest


def silence(world: World, question: Question) -> Iterator[Row]:
    """The longest silence of each resolved ticket."""
    for story in world.stories:
        if end := story.resolved:
            yield _row(world, story, end.s, longest_silence(story, end.s), end.bad, world.out(story, question))


def holder(world: World, phase: str | None, team: str | None) -> str:
    """Who holds a ticket in this phase and team."""
    if phase in ("waiting_requester", "waiting_vendor"):
        return str(phase).removeprefix("waiting_")
    if team is None or team not in world.context.teams:
        return "nobody"
    organisation = str(world.context.teams[team]["organisation"])
    tier = world.context.tier(team)
    return f"msp tier {tier:g}" if organisation == "msp" and tier is not None else organisation


def hands(world: World, question: Question) -> Iterator[Row]:
    """Resolution time by who held the ticket: one row per ticket and holder, or per ticket where it is not asked."""
    split = "holder" in (*question.by, *question.where)
    for story in world.stories:
        end = story.resolved
        if end is None:
            continue
        reason = world.out(story, question) or ("bad_timestamp" if end.bad else None)
        held: dict[str, int] = {}
        for a, b, phase, team in pieces(story, story.created, end.s):
            who = holder(world, phase, team)
            held[who] = held.get(who, 0) + b - a
        if split:
            for who, length in held.items():
                yield Row(story.id, end.s, world.dims(story, end.s, holder=who), length, reason)
        else:
            yield Row(story.id, end.s, world.dims(story, end.s), sum(held.values()), reason)
