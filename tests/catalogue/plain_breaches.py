"""Promises that break, in plain Python beside ``plain_python``: which clocks ran out, in whose hands, and which are about to.

The clocks are replayed by ``clocks.clock_oracle`` from the lives that ``oracle.story`` reads; neither shares anything with the product.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from functools import cache
from pathlib import Path

from catalogue.plain_hours import WORKSPACE, Opening, opening
from catalogue.plain_python import ZONE, Books, Month, Row, Values, day, midnight
from catalogue.plain_tickets import AS_OF, in_month, told, world
from clocks.clock_oracle import CLOCKS, Event, Judgement, Policy, Replay, Target, Ticket
from oracle.reading import seconds
from oracle.speed import LIVE, holder, pieces
from oracle.story import Story

AT_RISK_S = 8 * 3_600


@cache
def _policies(folder: Path) -> list[tuple[Policy, Row]]:
    """The policies in the order in which they are tried, with their rows."""
    books = Books(folder)
    targets: dict[str, list[Target]] = defaultdict(list)
    for t in books.rows("sla_targets"):
        one = Target(t["clock"], float(t["target_minutes"]), t["hours"], t["priority"] or None, t["type"] or None)
        targets[t["sla_policy_id"]].append(one)
    found = [
        (Policy(r["sla_policy_id"], r["calendar_id"] or None, targets[r["sla_policy_id"]], r["on_reopen"] or None,
                r["on_priority_change"] or None, r["client_id"] or None, float(r["rank"] or "inf")), r)
        for r in books.rows("sla_policies")
    ]  # fmt: skip
    assert not any(r["agreement_id"] for _, r in found), "policies of an agreement are not read here"
    return sorted(found, key=lambda pair: (pair[0].rank, pair[0].id))


def policy_of(books: Books, story: Story) -> Policy | None:
    """The policy that the source names, else the first that fits the client and the day of creation in the policy's own zone."""
    for policy, row in _policies(books.folder):
        zone = opening(books, policy.calendar).zone if policy.calendar else ZONE
        created = datetime.fromtimestamp(story.created, UTC).astimezone(zone).date()
        is_valid = (day(row["valid_from"]) or date.min) <= created < (day(row["valid_to"]) or date.max)
        fits = is_valid and policy.client in (None, story.ticket["client_id"])
        if story.ticket.get("sla_policy_id") == policy.id or (fits and not story.ticket.get("sla_policy_id")):
            return policy
    return None


@cache
def _clients(folder: Path) -> dict[str, Row]:
    return {r["client_id"]: r for r in Books(folder).rows("clients")}


def calendar_of(books: Books, story: Story) -> Opening:
    """Of the policy, else the client, the team that held the ticket first, the workspace."""
    policy = policy_of(books, story)
    client = _clients(books.folder)[str(story.ticket["client_id"])]
    held = (story.team.initial, *(team for _, team in story.team.changes))
    team = world(books).context.teams.get(next((t for t in held if t), ""), {})
    named = (policy.calendar if policy else None, client["calendar_id"], team.get("calendar_id"), WORKSPACE)
    return opening(books, next(c for c in named if c))


def _life(story: Story, clock: str) -> Ticket:
    """The ticket as the replay reads it: statuses are phases, and every event stands where the story put it."""
    ticket = story.ticket
    live = ticket.get("opened_by") == "technician" and ticket.get("channel") in LIVE
    found = Ticket(
        story.id, str(ticket["client_id"]), str(ticket.get("type")), story.created, story.priority.initial, live=live
    )
    before = story.phase.initial
    found.events.append(Event(story.created, "", "status", before, actor=""))
    for move in story.moves:
        to = story.context.phase_of(move.to) if move.kind == "status" and move.to else move.to
        public = move.cells.get("is_public") != "false"
        found.events.append(Event(move.s, f"{move.pos:06}", move.kind, to, public, story.actor(move) or ""))
    column = ticket.get("first_response_at")
    if clock == "respond" and column and not story.has("reply") and seconds(column) <= story.as_of:
        found.events.append(Event(max(seconds(column), story.created), "", "reply"))
    return found


def clocks_of(books: Books, story: Story, as_of: int) -> Iterator[tuple[str, Replay]]:
    """Every clock of the ticket as of an instant, by its name."""
    policy = policy_of(books, story)
    for clock in CLOCKS:
        if policy and any(t.clock == clock for t in policy.targets):
            yield clock, Replay(clock, _life(story, clock), policy, calendar_of(books, story), as_of)


def judged(books: Books, story: Story, as_of: int) -> Iterator[tuple[str, Judgement]]:
    """Every cycle of every clock of the ticket as of an instant, by the name of the clock."""
    for clock, replay in clocks_of(books, story, as_of):
        yield from ((clock, j) for j in replay.judgements().values())


@dataclass(frozen=True)
class Broken:
    """A clock that ran out: when its cycle began and when it was due."""

    story: Story
    clock: str
    started_s: int
    due_s: int


@cache
def _broken(folder: Path) -> tuple[Broken, ...]:
    books = Books(folder)
    return tuple(
        Broken(story, clock, j.started_s, j.due_s)
        for story in told(books)
        for clock, j in judged(books, story, AS_OF)
        if j.outcome == "breached" and j.due_s is not None
    )


def broken_in(books: Books, month: Month) -> list[Broken]:
    """The clocks of the population that were due in the month and had not ended by then."""
    return [b for b in _broken(books.folder) if in_month(month, b.due_s)]


def sla_breaches(books: Books, month: Month) -> Values:
    found: Values = defaultdict(int)
    for b in broken_in(books, month):
        found[holder(world(books), b.story.phase.at(b.due_s), b.story.team.at(b.due_s))] += 1
    return found


def sla_breach_hands(books: Books, month: Month) -> Values:
    held: dict[str | None, list[int]] = defaultdict(list)
    for b in broken_in(books, month):
        hours = calendar_of(books, b.story)
        parts: dict[str, int] = defaultdict(int)
        for start, end, phase, team in pieces(b.story, b.started_s, b.due_s):
            parts[holder(world(books), phase, team)] += hours.between(start, end)
        for who, length in parts.items():
            held[who].append(length)
    return {who: Fraction(sum(lengths), len(lengths)) for who, lengths in held.items()}


def _is_near(judgement: Judgement) -> bool:
    left = judgement.left_s
    return judgement.outcome == "running" and left is not None and left <= AT_RISK_S


def sla_at_risk(books: Books, month: Month) -> Values:
    """As it stood in the last second of the month."""
    at = min(midnight(month.after) - 1, AS_OF)
    found: Values = defaultdict(int)
    for story in told(books):
        if story.open_at(at) and any(_is_near(j) for _, j in judged(books, story, at)):
            found[story.ticket["client_id"]] += 1
    return found


BY = {"holder": (sla_breaches, sla_breach_hands), "client": (sla_at_risk,)}
