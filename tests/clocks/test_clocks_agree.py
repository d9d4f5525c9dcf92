"""Clocks against a replay in plain Python: outcome, due instant, moment of judgement and time used, to the second, as of many instants."""

import random

import pytest
from clock_oracle import Judgement
from clock_world import World, generated

SEEDS = (1, 2, 3, 4)
TICKETS = 500


@pytest.fixture(scope="module", params=SEEDS)
def world(request: pytest.FixtureRequest) -> World:
    return generated(request.param, TICKETS)


def differences(world: World, as_of: int) -> tuple[int, list[str]]:
    """How many cycles were compared, and where the product and the replay disagree."""
    found = world.found(as_of)
    problems, compared = [], 0
    for ticket in world.tickets:
        expected = world.expected(ticket, as_of)
        for key in sorted({k for k in found if k[0] == ticket.id} | set(expected)):
            compared += 1
            ours, theirs = expected.get(key), found.get(key)
            if ours is None or theirs is None or not agree(ours, theirs):
                problems.append(f"{key} as of {as_of}: replay {ours}, product {theirs}")
    return compared, problems


def agree(ours: Judgement, theirs: tuple[object, ...]) -> bool:
    outcome, due_s, judged_s, started_s, running_s = theirs
    if (ours.outcome, ours.started_s) != (outcome, started_s):
        return False
    if ours.outcome in ("breached", "met", "unknown") and ours.judged_s != judged_s:
        return False
    if ours.outcome in ("breached", "running", "paused") and ours.due_s != due_s:
        return False
    return ours.outcome not in ("met", "cancelled", "paused") or ours.consumed_s == running_s


def instants(world: World, count: int) -> list[int]:
    """The end of all, and instants at, just before and just after things that happen or are due."""
    draw = random.Random(5)
    moments = [e.at_s for t in world.tickets for e in t.events] + [t.created_s for t in world.tickets]
    moments += [row[1] for row in world.found(max(moments)).values() if isinstance(row[1], int)]
    last = max(e.at_s for t in world.tickets for e in t.events)
    return [last + 86_400, *(draw.choice(moments) + draw.choice([-1, 0, 1]) for _ in range(count))]


def test_as_of_many_instants(world: World) -> None:
    total = 0
    for as_of in instants(world, 14):
        compared, problems = differences(world, as_of)
        total += compared
        assert not problems, f"{len(problems)} of {compared}\n" + "\n".join(problems[:8])
    assert total > 8_000


def test_the_cases_are_hard(world: World) -> None:
    """The generated lives reach every outcome, several cycles, reopenings within a second and changes of priority."""
    rows = world.found(max(e.at_s for t in world.tickets for e in t.events) + 1)
    assert {row[0] for row in rows.values()} >= {"met", "breached", "paused", "cancelled"}
    assert max(key[2] for key in rows if key[1] == "update") > 3 and len({key[:2] for key in rows}) > 500
    same_second = [
        t for t in world.tickets
        for a, b in zip(t.events, t.events[1:], strict=False)
        if a.at_s == b.at_s and (a.kind == "resolved" or a.to == "resolved") and b.kind in ("reopened", "status")
    ]  # fmt: skip
    assert len(same_second) >= 2
