"""What is built on clocks agrees with the replay: verdicts over a ticket, what is at risk, what-if, facts of changed tickets."""

import random
from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace

import pytest
from clock_oracle import Judgement, Policy, Replay, Target
from clock_world import World, generated

from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue.facts import FACTS
from pacesetter.errors import BadDefinition
from pacesetter.insight.at_risk import at_risk
from pacesetter.insight.what_if import WhatIf
from pacesetter.insight.what_if import replay as replay_history
from pacesetter.settings import Settings
from pacesetter.warehouse.facts import build

FAR = 1 << 60


@pytest.fixture(scope="module")
def world() -> World:
    return generated(11, 300)


def moments(world: World, count: int) -> list[int]:
    draw = random.Random(3)
    times = [e.at_s for t in world.tickets for e in t.events]
    return [max(times) + 1, *(draw.choice(times) + draw.choice([0, 1, 3_000]) for _ in range(count))]


def test_verdicts_over_all_clocks_of_a_ticket(world: World) -> None:
    """Broken by the earliest broken clock; kept when one was met and none runs or pauses, at the latest end; neither, and out, where one
    that has ended has no calendar to be judged by."""
    seen = set()
    for as_of in moments(world, 8):
        rows = world.con.execute(
            f"""SELECT t.ticket_id, v.is_kept, v.judged_s, v.out_as FROM ({FACTS["verdicts"].source.replace(":as_of", str(as_of))}) AS v
            JOIN f_tickets AS t ON t.ticket_key = v.ticket_key"""
        ).fetchall()
        found = {row[0]: row[1:] for row in rows}
        assert len(found) == len(rows)
        for ticket in world.tickets:
            judged = list(world.expected(ticket, as_of).values())
            broken = [j.due_s for j in judged if j.outcome == "breached" and j.due_s is not None]
            met = any(j.outcome == "met" for j in judged)
            doubtful = any(j.outcome == "unknown" for j in judged)
            running = any(
                j.outcome in ("running", "paused") or (j.outcome == "unknown" and j.judged_s is None) for j in judged
            )
            if broken:
                assert found[ticket.id] == (False, min(broken), None), (ticket.id, as_of)
            elif met and not running:
                kept, reason = (None, "no_calendar") if doubtful else (True, None)
                assert (found[ticket.id][0], found[ticket.id][2]) == (kept, reason), (ticket.id, as_of)
                assert found[ticket.id][1] >= max(j.judged_s or 0 for j in judged)
            elif not doubtful:
                assert ticket.id not in found, (ticket.id, as_of)
            else:  # a clock without a calendar that ran, or fell away
                assert ticket.id not in found or found[ticket.id][0] is None
            seen.add("broken" if broken else ("doubtful" if doubtful else "kept") if met and not running else "open")
    assert seen == {"broken", "kept", "doubtful", "open"}


def test_at_risk_is_what_runs_and_has_little_left(world: World) -> None:
    shown = 0
    for as_of in moments(world, 10):
        within = 6 * 3600
        queue = at_risk(world.con, operator_scope(), as_of_s=as_of, within_s=within)
        found = {(r.ticket_id, r.clock, r.cycle): (r.due_s, r.remaining_s) for r in queue.risks}
        expected, broken = {}, 0
        for ticket in world.tickets:
            for key, judgement in world.expected(ticket, as_of).items():
                left = judgement.left_s
                if judgement.outcome == "running" and left is not None and left <= within:
                    expected[key] = (judgement.due_s, left)
        assert found == expected
        assert [r.due_s for r in queue.risks] == sorted(r.due_s for r in queue.risks)
        spells = world.con.execute(
            f"""SELECT count(*) FROM ({FACTS["risks"].source.replace(":as_of", str(as_of))}) AS r
            WHERE r.start_s <= {as_of} AND (r.end_s IS NULL OR r.end_s > {as_of})"""
        ).fetchall()[0][0]
        eight = at_risk(world.con, operator_scope(), as_of_s=as_of, within_s=8 * 3600)
        assert spells == len(eight.risks), "the KPI and the list disagree"
        shown, broken = shown + len(expected), broken + queue.broken
    assert shown > 20


def test_facts_of_changed_tickets_equal_those_of_all(world: World) -> None:
    tables = ("f_clocks", "f_verdicts", "f_breach_hands", "f_hands", "f_resolutions")
    before = {t: sorted(world.con.execute(f"SELECT * FROM {t}").fetchall(), key=repr) for t in tables}
    world.con.execute("CREATE OR REPLACE TABLE changed AS SELECT ticket_key FROM tickets WHERE ticket_key % 3 = 0")
    build(world.con, Settings(), "changed")
    for table in tables:
        assert sorted(world.con.execute(f"SELECT * FROM {table}").fetchall(), key=repr) == before[table], table


def test_hands_sum_to_the_whole(world: World) -> None:
    rows = world.con.execute(
        """SELECT r.calendar_s, r.business_s, r.sla_s, sum(h.calendar_s), sum(h.business_s), sum(h.sla_s), r.ticket_key
        FROM f_resolutions AS r JOIN f_hands AS h ON h.ticket_key = r.ticket_key AND h.resolved_s = r.resolved_s
        WHERE r.superseded_s IS NULL OR r.superseded_s > r.resolved_s GROUP BY ALL"""
    ).fetchall()
    assert len(rows) > 100
    assert all(row[:3] == row[3:6] for row in rows)
    counted = "SELECT count(*) FROM f_resolutions WHERE superseded_s IS NULL OR superseded_s > resolved_s"
    assert len(rows) <= world.con.execute(counted).fetchall()[0][0]


def test_hands_before_a_breach_sum_to_the_cycle(world: World) -> None:
    """For every broken cycle: the holders' calendar seconds from its start to its due instant, and the business seconds in between."""
    as_of = moments(world, 0)[0]
    rows = world.con.execute(
        f"""SELECT t.ticket_id, h.clock, h.cycle, sum(h.calendar_s), sum(h.business_s)
        FROM ({FACTS["breach_hands"].source.replace(":as_of", str(as_of))}) AS h JOIN f_tickets AS t ON t.ticket_key = h.ticket_key
        GROUP BY ALL"""
    ).fetchall()
    found = {row[:3]: row[3:] for row in rows}
    expected = {}
    for ticket in world.tickets:
        policy = world.policy_of(ticket)
        hours = world.hours[policy.calendar] if policy and policy.calendar else None
        for key, judgement in world.expected(ticket, as_of).items():
            if (
                judgement.outcome == "breached"
                and judgement.due_s is not None
                and judgement.due_s > judgement.started_s
            ):
                whole = judgement.due_s - judgement.started_s
                expected[key] = (whole, hours.between(judgement.started_s, judgement.due_s) if hours else whole)
    assert found == expected and len(found) > 50


# -- what-if ---------------------------------------------------------------------------------------------------------

SPAN = {"from_s": 0, "to_s": FAR}


def sides(judgements: dict[tuple[str, str, int], Judgement]) -> dict[tuple[str, str], str | None]:
    """Per ticket and clock: breached if any cycle is, else met if any is."""
    outcomes = defaultdict(set)
    for (ticket, clock, _), judgement in judgements.items():
        outcomes[ticket, clock].add(judgement.outcome)
    return {k: "breached" if "breached" in o else "met" if "met" in o else None for k, o in outcomes.items()}


def changed(policy: Policy) -> Policy:
    """The same by hand as the rules of the file below."""
    targets = [
        replace(t, minutes=t.minutes * 60 * 0.5 // 1 / 60)
        for t in policy.targets
        if t.clock not in ("resolve", "respond")
    ]
    targets += [
        Target("resolve", 90, "business"),
        Target("resolve", 600, "calendar", "P1"),
        Target("respond", 45, "calendar"),
    ]
    return replace(
        policy, targets=targets, on_reopen="restart", pauses={"resolve": ("waiting_vendor",)}, calendar="all_day"
    )


WHAT_IF = WhatIf.model_validate({
    "policy": [{
        "clients": ["c1", "c2", "c3", "c4"], "scale": 0.5, "on_reopen": "restart", "calendar": "all_day",
        "pauses": {"resolve": ["waiting_vendor"]},
        "targets": [
            {"clock": "resolve", "minutes": 90}, {"clock": "resolve", "minutes": 600, "hours": "calendar", "priority": "P1"},
            {"clock": "respond", "minutes": 45, "hours": "calendar"},
        ],
    }],
})  # fmt: skip


def replayed(world: World, rule: Callable[[Policy], Policy], as_of: int) -> dict[tuple[str, str], str | None]:
    found: dict[tuple[str, str, int], Judgement] = {}
    for ticket in world.tickets:
        policy = world.policy_of(ticket)
        if ticket.client not in ("c1", "c2", "c3", "c4") or as_of < ticket.created_s or policy is None:
            continue
        made = rule(policy)
        for clock in {t.clock for t in made.targets}:
            hours = world.hours[made.calendar] if made.calendar else None
            for cycle, judgement in Replay(clock, ticket, made, hours, as_of).judgements().items():
                found[ticket.id, clock, cycle] = judgement
    return sides(found)


def test_what_if_agrees_with_the_replay_under_the_other_policy(world: World) -> None:
    for as_of in moments(world, 2):
        report = replay_history(
            world.con, Settings(), operator_scope(), WHAT_IF, **SPAN, as_of_s=as_of, limit=10_000
        )  # fmt: skip
        then, now = replayed(world, lambda p: p, as_of), replayed(world, changed, as_of)
        type_of = {t.id: t.type for t in world.tickets}
        expected = {
            key: (then.get(key) or "none", now.get(key) or "none")
            for key in then.keys() | now.keys()
            if then.get(key) != now.get(key) and not (key[1] == "respond" and type_of[key[0]] == "alert")
        }
        with_policy = {t.id for t in world.tickets if world.policy_of(t)}
        found = {(c.ticket_id, c.clock): (c.then, c.now) for c in report.changes if c.ticket_id in with_policy}
        assert found == expected
        assert len({c.ticket_id for c in report.changes}) == report.changed
    assert len(expected) > 20


def test_a_what_if_that_changes_nothing_changes_nothing(world: World) -> None:
    before = world.con.execute("SELECT count(*), sum(hash(f_clocks)) FROM f_clocks").fetchall()
    same = WhatIf.model_validate({"policy": [{"scale": 1}]})
    report = replay_history(world.con, Settings(), operator_scope(), same, **SPAN, as_of_s=moments(world, 0)[0])
    assert report.changed == 0 and report.rows
    assert all((r.met_then, r.broken_then) == (r.met_now, r.broken_now) for r in report.rows)
    assert world.con.execute("SELECT count(*), sum(hash(f_clocks)) FROM f_clocks").fetchall() == before


def test_a_calendar_of_the_file_serves_like_one_of_the_workspace(world: World) -> None:
    own = {"calendars": {"mine": {"time_zone": "Asia/Kathmandu", "hours": "24x7"}}}
    reports = [
        replay_history(
            world.con, Settings(), operator_scope(), WhatIf.model_validate(file), **SPAN, as_of_s=moments(world, 0)[0]
        )
        for file in ({"policy": [{"calendar": "mine"}], **own}, {"policy": [{"calendar": "all_day"}]})
    ]
    assert reports[0] == reports[1] and reports[0].changed > 0


def test_a_what_if_stays_within_the_scope(world: World) -> None:
    scale = WhatIf.model_validate({"policy": [{"scale": 0.1}]})
    as_of = moments(world, 0)[0]
    everybody = replay_history(world.con, Settings(), operator_scope(), scale, **SPAN, as_of_s=as_of, limit=1_000)
    mine = everybody.changes[0].client
    scope = client_scope("one client's", frozenset({mine}))
    report = replay_history(world.con, Settings(), scope, scale, **SPAN, as_of_s=as_of, limit=1_000)
    assert report.changes == tuple(c for c in everybody.changes if c.client == mine)
    assert report.rows == tuple(r for r in everybody.rows if r.client == mine)
    assert report.within_span == sum(t.client == mine for t in world.tickets)
    with pytest.raises(BadDefinition, match="no client 'other'"):
        other = WhatIf.model_validate({"policy": [{"scale": 0.1, "clients": ["other"]}]})
        replay_history(world.con, Settings(), scope, other, **SPAN, as_of_s=0)
