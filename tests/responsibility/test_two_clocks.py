"""Two clocks: worked examples of each cause, generated twins against an oracle that goes minute by minute, and which tickets are twins."""

import json
import random
import sys
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

import duckdb
import pytest

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "clocks"))
from clock_oracle import Event, Hours, Policy, Target, Ticket
from clock_world import CALENDARS, load
from two_clocks_oracle import explained, log_of

from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue.desk import open_desk
from pacesetter.demo.simulate import write_bundle
from pacesetter.errors import BadRequest
from pacesetter.responsibility.two_clocks import Pair, by_cause, by_client, two_clocks
from pacesetter.responsibility.two_clocks_spans import Cause, Side, pieces
from pacesetter.settings import Settings, TwinKey, TwoClockSettings
from pacesetter.warehouse.facts import build
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

FIRST_S = int(datetime(2026, 3, 2, tzinfo=UTC).timestamp())  # a Monday
AS_OF = FIRST_S + 28 * 86_400
HOUR = 3_600


# -- by hand --------------------------------------------------------------------------------------------------------------

NEW, ACTIVE, WAITING, DONE = 1, 2, 3, 6


def side(created: int, *changes: tuple[int, int], until: int = 100, **more: object) -> Side:
    """A log: created in ``new``, then (hour, phase) …, up to ``until``, in hours."""
    steps = [(created, NEW), *changes, (until, 0)]
    spans = tuple((a * HOUR, b * HOUR, phase) for (a, phase), (b, _) in pairwise(steps) if b > a)
    plain = {"cycle_s": created * HOUR, "responded_s": None, "hours": "calendar", "rules": ("resume", "retarget")}
    return Side(created_s=created * HOUR, phases=spans, **{**plain, **more})  # type: ignore[arg-type]


def hours_by_cause(ours: Side, theirs: Side, clock: str = "resolve") -> dict[str, int]:
    found: dict[str, int] = {}
    for piece in pieces(ours, theirs, clock):
        amount = (piece.end_s - piece.start_s) // HOUR * (piece.ours - piece.theirs)
        if amount:
            found[piece.cause.value] = found.get(piece.cause.value, 0) + amount
    return found


WORKED = (
    ("created two hours late", side(0, (10, DONE)), side(2, (10, DONE)), {"created late": 2}),
    ("resolved three hours later in theirs", side(0, (10, DONE)), side(0, (13, DONE)), {"status lag": -3}),
    ("the same pause, begun and ended an hour later", side(0, (2, WAITING), (5, ACTIVE), (9, DONE)),
     side(0, (3, WAITING), (6, ACTIVE), (9, DONE)), {}),
    ("the same pause, ended later in ours", side(0, (2, WAITING), (7, ACTIVE), (9, DONE)),
     side(0, (2, WAITING), (5, ACTIVE), (9, DONE)), {"status lag": -2}),
    ("a pause that only we know", side(0, (2, WAITING), (6, ACTIVE), (9, DONE)), side(0, (3, ACTIVE), (9, DONE)), {"other pause": -4}),
    ("their log has no statuses at all", side(0, (2, WAITING), (6, ACTIVE), (9, DONE)),
     side(0, (9, DONE), has_history=False), {"missing event": -4}),
    ("they never recorded the resolution", side(0, (9, DONE)), side(0), {"missing event": -91}),
    ("we reopened, for them it stayed resolved", side(0, (4, DONE), (6, ACTIVE), (11, DONE)), side(0, (4, DONE)),
     {"reopening counted differently": 5}),
    ("for them it was never resolved in between", side(0, (4, DONE), (6, ACTIVE), (11, DONE)), side(0, (11, DONE)),
     {"reopening counted differently": -2}),
    ("our policy restarts, theirs resumes", side(0, (4, DONE), (6, ACTIVE), (11, DONE), cycle_s=6 * HOUR, rules=("restart", "retarget")),
     side(0, (4, DONE), (6, ACTIVE), (11, DONE)), {"other policy": -4}),
)  # fmt: skip


@pytest.mark.parametrize(("name", "ours", "theirs", "expected"), WORKED, ids=[w[0] for w in WORKED])
def test_by_hand(name: str, ours: Side, theirs: Side, expected: dict[str, int]) -> None:
    net = {c: s for c, s in hours_by_cause(ours, theirs).items() if s}
    assert net == expected
    assert {c: -s for c, s in hours_by_cause(theirs, ours).items() if s} == expected, (
        "the other way round it is the same, with the other sign"
    )


def test_responses_by_hand() -> None:
    answered = side(0, (9, DONE), responded_s=3 * HOUR)
    assert hours_by_cause(answered, side(1, (9, DONE), responded_s=5 * HOUR), "respond") == {
        "created late": 1,
        "status lag": -2,
    }
    assert hours_by_cause(answered, side(0, (9, DONE)), "respond") == {"missing event": -6}


# -- generated twins ------------------------------------------------------------------------------------------------------


def life(draw: random.Random, number: int, client: str) -> Ticket:
    """A ticket of up to a dozen events at whole minutes within two weeks."""
    created = FIRST_S + draw.randrange(0, 10 * 1440) * 60
    ticket = Ticket(
        id=f"t{number}", client=client, type="incident", created_s=created, priority=draw.choice(["P1", "P2"])
    )
    at = created
    for n in range(draw.randint(1, 8)):
        at += draw.choice([0, 5, 30, 59, 60, 61, 120, 600, 2_000, draw.randint(1, 2_500)]) * 60
        word = draw.choice(
            ["active", "active", "waiting_requester", "waiting_vendor", "scheduled", "resolved", "resolved", "closed"]
        )
        kind = draw.choice(["status"] * 6 + ["priority", "reopened"])
        to = draw.choice(["P1", "P2"]) if kind == "priority" else None if kind == "reopened" else word
        ticket.events.append(Event(at, f"e{number:04d}-{n:02d}", kind, to))
    return ticket


def twin_of(draw: random.Random, ticket: Ticket) -> Ticket:
    """The same case in the other log: later, with lags, events that are missing, more of its own."""
    number = ticket.id[1:]
    late = draw.choice([0, 0, 10, 90, 600]) * 60
    events = []
    for event in ticket.events:
        if draw.random() < 0.15:
            continue
        lag = draw.choice([0, 0, 0, 7, 45, 61, 300]) * 60
        events.append(replace(event, at_s=max(event.at_s + lag, ticket.created_s + late), id=f"w{event.id}"))
    if draw.random() < 0.3:
        at = ticket.created_s + late + draw.randint(1, 4_000) * 60
        events.append(Event(at, f"wx{number}-0", "status", "waiting_vendor"))
        events.append(Event(at + draw.randint(1, 900) * 60, f"wx{number}-1", "status", "active"))
    if draw.random() < 0.1:
        events = [e for e in events if e.kind != "status"] + [
            Event(ticket.created_s + late + 50_000 * 6, f"wz{number}", "resolved")
        ]
    return replace(ticket, id=f"w{number}", created_s=ticket.created_s + late, events=events)


def policies() -> list[Policy]:
    def target(minutes: float, hours: str) -> list[Target]:
        return [Target("resolve", minutes, hours), Target("respond", 60, hours)]

    return [
        Policy("office", "office", target(480, "business")),
        Policy("lunch", "lunch", target(480, "business"), on_reopen="restart"),
        Policy("always", "office", target(1_440, "calendar"), on_priority_change="restart"),
        Policy("night", "night", target(600, "business"), on_reopen="restart", on_priority_change="restart"),
    ]


class Twins:
    """Generated pairs, loaded, with the policy that judges each ticket."""

    def __init__(self, seed: int, count: int) -> None:
        draw = random.Random(seed)
        self.ours = [life(draw, n, f"c{n % 3}") for n in range(count)]
        self.theirs = [twin_of(draw, ticket) for ticket in self.ours]
        self.known = {p.id: p for p in policies()}
        names = [p.id for p in policies()]
        self.judged = {t.id: draw.choice(names) for t in self.ours}
        for mine, yours in zip(self.ours, self.theirs, strict=True):
            self.judged[yours.id] = self.judged[mine.id] if draw.random() < 0.5 else draw.choice(names)
        span = (FIRST_S - 86_400, AS_OF + 86_400)
        self.hours = {name: Hours(zone, week, closed, *span) for name, (zone, _, week, closed) in CALENDARS.items()}
        self.con = duckdb.connect()
        load(self.con, policies(), [*self.ours, *self.theirs])
        judge = "UPDATE tickets SET sla_policy_id = ?, source = ? WHERE ticket_id = ?"
        for ticket, policy in self.judged.items():
            self.con.execute(judge, [policy, "psa" if ticket[0] == "t" else "itsm", ticket])
        build(self.con, Settings())
        for mine, yours in zip(self.ours, self.theirs, strict=True):
            self.con.execute("INSERT INTO ticket_links VALUES (?, ?, 'twin')", [yours.id, mine.id])

    def ask(self, **more: object) -> list[Pair]:
        settings = Settings(two_clocks=TwoClockSettings(client_sources=("itsm",)))
        return two_clocks(self.con, settings, operator_scope(), as_of_s=AS_OF, **more)  # type: ignore[arg-type]

    def expected(self, mine: Ticket, yours: Ticket) -> tuple[int, int, dict[str, int]]:
        logs = []
        for ticket in (mine, yours):
            policy = self.known[self.judged[ticket.id]]
            logs.append(log_of(ticket, policy, self.hours[policy.calendar or ""], FIRST_S, AS_OF))
        return explained(*logs, FIRST_S, AS_OF)


@pytest.fixture(scope="module")
def twins() -> Twins:
    return Twins(3, 48)


def test_causes_sum_to_the_difference_and_agree_with_the_oracle(twins: Twins) -> None:
    found = {p.ours.ticket_id: p for p in twins.ask()}
    assert len(found) == len(twins.ours)
    seen = set()
    for mine, yours in zip(twins.ours, twins.theirs, strict=True):
        pair = found[mine.id]
        used, their_used, causes = twins.expected(mine, yours)
        assert (pair.ours.used_s, pair.theirs.used_s) == (used, their_used), mine.id
        assert {c.value: s for c, s in pair.causes.items()} == dict(causes), mine.id
        assert sum(pair.causes.values()) == pair.difference_s == used - their_used
        seen |= set(causes)
    assert seen == {c.value for c in Cause}, "every cause is among them"


def test_each_clock_is_the_one_that_is_judged(twins: Twins) -> None:
    """What a side counted is what its SLA clock had used up, where that has ended."""
    used = dict(
        twins.con.execute(
            f"""SELECT t.ticket_id, arg_max(c.running_s, c.cycle) FROM f_clocks AS c JOIN f_tickets AS t ON t.ticket_key = c.ticket_key
            WHERE c.clock = 'resolve' AND c.superseded_s IS NULL AND coalesce(c.stopped_s, c.cancelled_s) <= {AS_OF} GROUP BY 1"""
        ).fetchall()
    )
    sides = {told.ticket_id: told for pair in twins.ask() for told in (pair.ours, pair.theirs)}
    compared = [(used[i], sides[i].used_s) for i in used if sides[i].ended_s is not None]
    assert len(compared) > 25 and all(a == b for a, b in compared)


def test_totals(twins: Twins) -> None:
    pairs = twins.ask()
    totals = by_cause(pairs)
    assert sum(t.net_s for t in totals.values()) == sum(p.difference_s for p in pairs)
    clients = by_client(pairs)
    for cause, total in totals.items():
        parts = [of[cause] for of in clients.values() if cause in of]
        assert (sum(p.seconds for p in parts), sum(p.cases for p in parts)) == (total.seconds, total.cases)


def test_which_tickets_and_whose(twins: Twins) -> None:
    one = twins.ask(ticket="w5")
    assert [(p.ours.ticket_id, p.theirs.ticket_id) for p in one] == [("t5", "w5")]
    turned = two_clocks(
        twins.con,
        Settings(two_clocks=TwoClockSettings(client_sources=("psa",))),
        operator_scope(),
        as_of_s=AS_OF,
        ticket="t5",
    )
    assert (turned[0].ours.ticket_id, turned[0].difference_s) == ("w5", -one[0].difference_s)
    own = two_clocks(twins.con, Settings(), client_scope("c", frozenset({"c1"})), as_of_s=AS_OF)
    assert own and {p.client for p in own} == {"c1"}
    assert two_clocks(twins.con, Settings(), client_scope("c", frozenset({"c1"})), as_of_s=AS_OF, client="c2") == []
    with pytest.raises(BadRequest, match="choose resolve or respond"):
        twins.ask(clock="plan")


def test_twins_by_declared_keys(twins: Twins) -> None:
    twins.con.execute("BEGIN")
    twins.con.execute("DELETE FROM ticket_links")
    twins.con.execute("ALTER TABLE tickets ADD COLUMN x_ref VARCHAR")
    twins.con.execute("UPDATE tickets SET x_ref = 't' || ticket_id[2:] WHERE ticket_id[1] = 'w'")
    key = TwinKey(source="itsm", column="x_ref", other_source="psa")
    settings = Settings(two_clocks=TwoClockSettings(keys=(key,), client_sources=("itsm",)))
    found = two_clocks(twins.con, settings, operator_scope(), as_of_s=AS_OF)
    assert {(p.ours.ticket_id, p.theirs.ticket_id) for p in found} == {
        (f"t{n}", f"w{n}") for n in range(len(twins.ours))
    }
    bad = Settings(two_clocks=TwoClockSettings(keys=(key.model_copy(update={"column": "x_none"}),)))
    with pytest.raises(BadRequest, match="tickets have no column 'x_none'"):
        two_clocks(twins.con, bad, operator_scope(), as_of_s=AS_OF)
    twins.con.execute("ROLLBACK")


# -- the simulated MSP ----------------------------------------------------------------------------------------------------


def test_the_planted_cause_is_found_and_no_other(tmp_path: Path) -> None:
    """Each copy in the simulated MSP differs in one way; that cause is found, and no other, wherever the calendar was open at all."""
    simulated = write_bundle(tmp_path / "bundle", "small")
    truth = json.loads((tmp_path / "bundle" / ".truth.json").read_text("utf-8"))["twins"]
    for name in (
        "time_entries",
        "article_events",
        "shifts",
        "invoice_lines",
        "tool_uses",
        "surveys",
        "raci_assignments",
        "raci_tasks",
    ):
        (tmp_path / "bundle" / f"{name}.csv").unlink(missing_ok=True)
    ws = Workspace.create(tmp_path / "workspace", Settings(time_zone="Europe/Berlin", calendar="cal-berlin"))
    import_bundle(ws, tmp_path / "bundle", as_of=simulated.as_of)
    with open_desk(ws, operator_scope()) as desk:
        pairs = two_clocks(desk.evaluator.con, ws.settings, desk.scope, as_of_s=desk.as_of_s)
    found = {(p.ours.ticket_id, p.theirs.ticket_id): p for p in pairs}
    assert set(found) == {(row["ticket_id"], row["twin_id"]) for row in truth} and len(truth) > 20
    for row in truth:
        pair = found[row["ticket_id"], row["twin_id"]]
        sign = 1 if row["cause"] == Cause.CREATED_LATE else -1
        assert set(pair.causes) <= {Cause(row["cause"])}, row
        assert pair.difference_s * sign >= 0
    shut = [p for p in pairs if not p.causes]  # what was planted lies outside of opening hours
    assert len(shut) < 0.2 * len(pairs)
    assert {c for p in pairs for c in p.causes} == {Cause.CREATED_LATE, Cause.STATUS_LAG, Cause.OTHER_PAUSE}
