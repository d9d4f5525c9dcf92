"""Integrity signs: counted like plain Python counts them, planted habits found and nothing else, and silence where there is only chance."""

import csv
import json
import random
from collections import Counter
from datetime import UTC, datetime
from math import comb
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import signs_oracle as oracle
from typer.testing import CliRunner

from pacesetter.access.roles import Permission
from pacesetter.access.scope import client_scope, operator_scope, scope_of
from pacesetter.catalogue.desk import open_desk
from pacesetter.cli.main import app
from pacesetter.demo.simulate import write_bundle
from pacesetter.errors import Forbidden
from pacesetter.responsibility.integrity import FALSE_ALARMS, SIGNS, Span, read_cases, read_signs
from pacesetter.responsibility.integrity_test import benjamini_hochberg, exceeds_by_chance
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

SEEDS = (7, 8, 9)
PLANTED = {
    ("pauses", "desk-pacific"), ("priority", "desk-europe"), ("reopened", "desk-americas"), ("targets", "systems"),
    ("replies", "desk-europe"), ("edits", "desk-pacific"),
}  # fmt: skip
NAMES = {"priority_lowered": "priority", "resolved_and_reopened": "reopened", "empty_first_reply": "replies",
         "target_extended": "targets", "edited_after_close": "edits"}  # fmt: skip


@pytest.fixture(scope="module", params=SEEDS)
def world(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Workspace, list[dict[str, object]]]:
    """A small simulated MSP, and the cases that were planted in it."""
    if request.param == SEEDS[0]:
        return request.getfixturevalue("small_world"), truth_of(request.getfixturevalue("small_bundle"))
    folder = tmp_path_factory.mktemp("signs")
    write_bundle(folder / "bundle", "small", request.param)
    ws = Workspace.create(folder / "ws", Settings(time_zone="Europe/Berlin", currency="EUR", calendar="cal-berlin"))
    import_bundle(ws, folder / "bundle", as_of=datetime(2026, 11, 1, tzinfo=UTC))
    return ws, truth_of(folder / "bundle")


def truth_of(bundle: Path) -> list[dict[str, object]]:
    found: list[dict[str, object]] = json.loads((bundle / ".truth.json").read_text("utf-8"))["signs"]
    return found


def whole(ws: Workspace, as_of_s: int) -> Span:
    return Span(from_s=0, to_s=as_of_s, as_of_s=as_of_s, zone=ZoneInfo(ws.settings.time_zone))


def test_planted_habits_are_found_and_nothing_else(world: tuple[Workspace, list[dict[str, object]]]) -> None:
    ws, truth = world
    with open_desk(ws, operator_scope()) as desk:
        span = whole(ws, desk.as_of_s)
        found = read_signs(desk.evaluator.con, desk.scope, span)
        assert {(x.sign, x.unit) for x in found.lines if x.is_up} == PLANTED
        assert found.comparisons > 30
        for case, sign in NAMES.items():
            cases = [
                c
                for x in found.of(sign)
                for c in read_cases(desk.evaluator.con, desk.scope, span, sign, unit=x.unit, limit=9999)
            ]
            counted = sum(x.seen.cases for x in found.of(sign))
            planted = {row["ticket_id"] for row in truth if row["sign"] == case}
            assert len(cases) == counted and len(planted) >= 5
            missed, more = planted - {c.ticket_id for c in cases}, {c.ticket_id for c in cases} - planted
            assert len(missed) <= 0.15 * len(planted), (sign, missed)
            assert len(more) <= 0.1 * len(planted), (sign, more)


@pytest.mark.parametrize("world", SEEDS[:1], indirect=True)
def test_a_client_sees_signs_on_its_own_tickets_only(world: tuple[Workspace, list[dict[str, object]]]) -> None:
    ws, _ = world
    with open_desk(ws, operator_scope()) as desk:
        con, span = desk.evaluator.con, whole(ws, desk.as_of_s)
        client = con.execute("SELECT client_id FROM f_tickets GROUP BY 1 ORDER BY count(*) DESC LIMIT 1").fetchall()[0][
            0
        ]
        own = client_scope("cm", frozenset({client}), frozenset({Permission.EXPORT}))
        seen = read_signs(con, own, span)
        everything = read_signs(con, desk.scope, span)
        assert 0 < sum(x.seen.moments for x in seen.lines) < sum(x.seen.moments for x in everything.lines)
        asked = read_signs(con, desk.scope, span, clients=[client])
        assert [(x.sign, x.unit, x.seen) for x in asked.lines] == [(x.sign, x.unit, x.seen) for x in seen.lines]
        for x in (x for x in everything.lines if x.is_up):
            for case in read_cases(con, own, span, x.sign, unit=x.unit):
                assert case.client_id == client and case.technician_id is None
        with pytest.raises(Forbidden):
            read_signs(con, own, span, by="technician")
        one = con.execute("SELECT technician_id FROM f_intervals WHERE technician_id IS NOT NULL LIMIT 1").fetchall()[
            0
        ][0]
        mine = scope_of("t", frozenset({Permission.NAMES, Permission.PEOPLE}), technicians=frozenset({one}))
        assert {x.unit for x in read_signs(con, mine, span, by="technician").lines} <= {one}


@pytest.mark.parametrize("world", SEEDS[:1], indirect=True)
def test_the_command(world: tuple[Workspace, list[dict[str, object]]]) -> None:
    ws, _ = world
    place = ["-w", str(ws.root)]
    table = CliRunner().invoke(app, ["raci", "signs", *place])
    assert table.exit_code == 0 and "Was the requester really waited for?" in table.stdout
    records = json.loads(CliRunner().invoke(app, ["raci", "signs", "--format", "json", *place]).stdout)
    assert {(r["sign"], r["team"]) for r in records if r["for_review"]} == PLANTED
    cases = CliRunner().invoke(
        app, ["raci", "signs", "--sign", "pauses", "--unit", "desk-pacific", "--format", "csv", *place]
    )
    assert len(cases.stdout.splitlines()) == 1 + next(r["cases"] for r in records if r["sign"] == "pauses")
    for words in (["--sign", "nope"], ["--by", "client"], ["--unit", "desk-pacific"]):
        assert CliRunner().invoke(app, ["raci", "signs", *words, *place]).exit_code == 2


def write_oracle_bundle(folder: Path, tickets: list[oracle.Ticket]) -> None:
    folder.mkdir()

    def at(seconds: int) -> str:
        return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    tables: dict[str, list[list[object]]] = {
        "clients": [["client_id", "name"], ["c", "C"]],
        "teams": [["team_id", "name", "organisation", "tier"], *([t, t, "msp", 1] for t in oracle.TEAMS)],
        "technicians": [["technician_id", "name", "team_id"], *([f"p-{t}", t, t] for t in oracle.TEAMS)],
        "ticket_statuses": [["status", "phase"], *map(list, oracle.PHASES.items())],
        "sla_policies": [["sla_policy_id", "name", "on_reopen", "on_priority_change"], ["s", "S", "resume", "retarget"]],
        "sla_targets": [["sla_policy_id", "clock", "target_minutes", "hours", "priority"],
                        ["s", "respond", oracle.RESPOND // 60, "calendar", ""],
                        *(["s", "resolve", v // 60, "calendar", p] for p, v in oracle.RESOLVE.items())],
        "tickets": [["ticket_id", "client_id", "created_at", "type", "priority", "team_id", "channel", "opened_by", "due_at"]],
        "ticket_events": [["event_id", "ticket_id", "occurred_at", "kind", "actor_kind", "actor_id", "from_value", "to_value",
                           "is_public"]],
    }  # fmt: skip
    number = 0
    for t in tickets:
        last = next((e[4] for e in reversed(t.events) if e[1] == "priority"), t.priority)
        tables["tickets"].append(
            [t.id, "c", at(t.created), "incident", last, t.team, "email", "requester", at(t.due_at or 0)]
        )
        for when, kind, actor, old, new in [(t.created, "created", "requester", "", "New"), *t.events]:
            number += 1
            who = f"p-{t.team}" if actor == "technician" else ""
            tables["ticket_events"].append(
                [f"E{number:08d}", t.id, at(when), kind, actor, who, old, new, "true" if kind == "reply" else ""]
            )
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            csv.writer(file).writerows(rows)


def test_counts_are_those_of_the_oracle(tmp_path: Path) -> None:
    tickets = oracle.draw(5, 900)
    write_oracle_bundle(tmp_path / "bundle", tickets)
    ws = Workspace.create(tmp_path / "ws", Settings(time_zone="UTC"))
    import_bundle(ws, tmp_path / "bundle", as_of=datetime.fromtimestamp(oracle.AS_OF, UTC))
    expected = oracle.count(tickets)
    with open_desk(ws, operator_scope()) as desk:
        found = read_signs(desk.evaluator.con, desk.scope, whole(ws, oracle.AS_OF))
    counted: Counter[tuple[str, str, bool, bool]] = Counter()
    for x in found.lines:
        for exposed, rate in ((True, x.seen), (False, x.own)):
            if rate is not None:
                counted[x.sign, str(x.unit), exposed, True] = rate.cases
                counted[x.sign, str(x.unit), exposed, False] = rate.moments - rate.cases
    for sign in SIGNS:
        assert {k: n for k, n in counted.items() if k[0] == sign and n} == {
            k: n for k, n in expected.items() if k[0] == sign
        }, sign
        assert sum(n for k, n in expected.items() if k[0] == sign and k[3]) > 20, (
            f"{sign}: the oracle has hardly a case"
        )


def test_the_exact_test_against_counting() -> None:
    """Against sums of binomial coefficients as whole numbers."""
    rng = random.Random(1)
    for _ in range(300):
        moments, others = rng.randrange(1, 30), rng.randrange(1, 40)
        cases, other_cases = rng.randrange(moments + 1), rng.randrange(others + 1)
        marked, whole_count = cases + other_cases, moments + others
        ways = sum(
            comb(marked, k) * comb(whole_count - marked, moments - k) for k in range(cases, min(marked, moments) + 1)
        )
        assert exceeds_by_chance(cases, moments, other_cases, others) == pytest.approx(
            ways / comb(whole_count, moments), rel=1e-9
        )


def test_the_bound_on_false_alarms_holds_where_there_is_only_chance() -> None:
    """Forty teams with one and the same rate, a hundred and twenty times: hardly a run puts anything up."""
    rng = random.Random(2)
    alarms = 0
    for _ in range(120):
        rate, ps = rng.choice([0.02, 0.1, 0.4]), []
        for _ in range(40):
            n, m = rng.randrange(5, 40), rng.randrange(50, 200)
            a, b = (sum(rng.random() < rate for _ in range(k)) for k in (n, m))
            ps.append(exceeds_by_chance(a, n, b, m))
        alarms += any(q <= FALSE_ALARMS for q in benjamini_hochberg(ps))
    assert alarms <= 120 * FALSE_ALARMS + 3 * (120 * FALSE_ALARMS) ** 0.5


def test_benjamini_and_hochbergs_own_example() -> None:
    """Their table of fifteen p-values (1995, section 2.3): at 5 % the four smallest are rejected."""
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.3240,
        0.4262,
        0.5719,
        0.6528,
        0.7590,
        1.0,
    ]
    assert [q <= 0.05 for q in benjamini_hochberg(p)] == [True] * 4 + [False] * 11
    assert benjamini_hochberg([]) == []
