"""Proposed changes by themselves: what was stays as it was, day by day, whatever the change."""

import random
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pacesetter.catalogue.registry import catalogue
from pacesetter.catalogue.yardsticks import Yardsticks
from pacesetter.insight.changes import calendars, policies, statuses, targets
from pacesetter.insight.changes.calendars import Wanted, week_text
from pacesetter.insight.changes.policies import Policy, Promise
from pacesetter.insight.changes.record import BadField, Proposal
from pacesetter.insight.changes.targets import Aim
from pacesetter.model.hours import parse_week
from pacesetter.warehouse import facts
from pacesetter.warehouse.editing import apply_edit, canonical_rows
from pacesetter.warehouse.workspace import Workspace

ZONE = "Europe/Berlin"
HOURS = ("", "08:00-18:00", "09:00-12:00, 13:00-17:30", "22:00-06:00", "00:00-24:00", "06:30-11:00")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = Workspace.create(tmp_path_factory.mktemp("changes") / "ws")
    rows = {
        "clients": [{"client_id": "acme", "name": "Acme"}],
        "calendars": [{"calendar_id": "c", "name": "C", "time_zone": ZONE, "hours": "mon-fri 08:00-18:00", "holidays": "DE"}],
        "calendar_exceptions": [{"calendar_id": "c", "day": "2026-03-11", "hours": "10:00-11:00", "name": "Outing"}],
        "tickets": [{"ticket_id": "1", "client_id": "acme", "created_at": "2026-02-02T08:00:00Z"}],
    }  # fmt: skip
    apply_edit(made, rows)
    return made.root


@pytest.fixture
def ws(template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    """These tests are about rows: the facts stay as they were."""
    monkeypatch.setattr(facts, "build", lambda *given: None)
    return Workspace.open(shutil.copytree(template, tmp_path / "ws"))


def write(ws: Workspace, proposal: Proposal) -> None:
    apply_edit(ws, proposal.rows, remove=proposal.remove)


def at(day: date) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())


@pytest.mark.parametrize("seed", range(3))
def test_other_hours_from_a_day_on_leave_the_days_before_alone(ws: Workspace, seed: int) -> None:
    """Twice in a row, at random: before the day open is what was open, after it what the new hours say."""
    dice = random.Random(seed)
    first_known = date(2025, 1, 3)
    for turn in range(2):
        first = date(2026, 1, 1) + timedelta(days=dice.randrange(60, 300)) + timedelta(days=300 * turn)
        week = [dice.choice(HOURS) for _ in range(6)] + ["10:00-12:00"]
        with ws.reader() as con:
            old = calendars.stored(con, "c")
            assert old is not None
            wanted = Wanted(
                calendar_id="c",
                name="C",
                time_zone=ZONE,
                hours=week_text(week),
                holidays=dice.choice(["DE", "DE-BY", None]),
            )
            proposal = calendars.propose(con, wanted, first)
            foreseen = calendars.after(con, proposal, "c")
        write(ws, proposal)
        with ws.reader() as con:
            new = calendars.stored(con, "c")
        assert new is not None and new.version == foreseen.version
        plans = [
            (d, old.plan(d).spans, new.plan(d).spans) for d in (first_known + timedelta(days=n) for n in range(700))
        ]
        assert [p for p in plans if p[0] < first and p[1] != p[2]] == []
        plain = calendars.usual(new)
        assert [d for d, _, spans in plans if d >= first and spans != plain.plan(d).spans] == []
        night = at(first) - 2 * 86_400
        assert old.open_pieces(at(first_known), night) == new.open_pieces(at(first_known), night)


def test_a_zone_cannot_change_on_a_day(ws: Workspace) -> None:
    with ws.reader() as con:
        wanted = Wanted(calendar_id="c", name="C", time_zone="Asia/Tokyo", hours="mon-fri 08:00-18:00", holidays="DE")
        with pytest.raises(BadField) as refused:
            calendars.propose(con, wanted, date(2026, 5, 1))
        assert set(refused.value.problems) == {"time_zone"}
        corrected = calendars.propose(con, wanted, None)
    assert corrected.before == {"time_zone": ZONE} and corrected.after["time_zone"] == "Asia/Tokyo"


@pytest.mark.parametrize("seed", range(30))
def test_the_text_of_a_week_reads_to_the_same_week(seed: int) -> None:
    dice = random.Random(seed)
    days = [dice.choice(HOURS) for _ in range(7)]
    if not any(days):
        days[0] = HOURS[1]
    read = parse_week(week_text(days))
    assert [calendars.day_text(spans) for spans in read] == days


def test_holidays_off_and_on_again_leave_nothing_behind(ws: Workspace) -> None:
    with ws.reader() as con:
        now = calendars.stored(con, "c")
        assert now is not None
        closed = frozenset(h.day for h in calendars.holidays(now, 2026) if h.closed)
        write(ws, calendars.propose_holidays(con, now, 2026, closed - {date(2026, 5, 1), date(2026, 10, 3)}))
    with ws.reader() as con:
        off = calendars.stored(con, "c")
        assert off is not None and calendars.day_text(off.plan(date(2026, 5, 1)).spans) == "08:00-18:00"
        assert not off.plan(date(2026, 10, 3)).spans, "a Saturday has no hours of its own"
        write(ws, calendars.propose_holidays(con, off, 2026, closed))
    with ws.reader() as con:
        again = calendars.stored(con, "c")
    assert again is not None and again.version == now.version


def test_targets_in_any_order_never_overlap(ws: Workspace) -> None:
    """On each day holds the one that began last among those set, as if the days had been set one by one."""
    kpi, dice = catalogue()["csat"], random.Random(5)
    oracle: dict[date, float | None] = {date(2026, 1, 1) + timedelta(days=n): None for n in range(365)}
    began: dict[date, date] = {}
    for turn in range(8):
        first = date(2026, 1, 1) + timedelta(days=dice.randrange(0, 330))
        value = 50.0 + turn
        with ws.reader() as con:
            write(ws, targets.propose(con, kpi, Aim(kpi="csat"), value=value, warn=None, first=first))
        later = min((b for b in began.values() if b > first), default=date(2027, 1, 1))
        for day in oracle:
            if first <= day < later:
                oracle[day], began[day] = value, first
    with ws.reader() as con:
        found = Yardsticks.read(con).targets["csat"]
    for day, value in oracle.items():
        holding = [t.value for t in found if t.holds(day, None, None)]
        assert holding == ([] if value is None else [value]), day
    with ws.reader() as con:
        write(ws, targets.propose_end(con, Aim(kpi="csat"), date(2026, 6, 1)))
    with ws.reader() as con:
        found = Yardsticks.read(con).targets["csat"]
    assert not [t for t in found if t.holds(date(2026, 6, 1), None, None) or t.holds(date(2026, 12, 1), None, None)]
    assert [t.value for t in found if t.holds(date(2026, 5, 31), None, None)] == [oracle[date(2026, 5, 31)]]


def test_the_status_then_and_now_is_the_one_after_saving(ws: Workspace) -> None:
    from pacesetter.access.scope import operator_scope
    from pacesetter.catalogue.desk import open_desk

    kpi, aim = catalogue()["tickets_created"], Aim(kpi="tickets_created")
    with pytest.raises(BadField, match="neither way is better"):
        targets.check_values(kpi, 1, None)
    kpi, aim = catalogue()["backlog"], Aim(kpi="backlog")
    with open_desk(ws, operator_scope()) as desk:
        query = desk.query(first="2026-02-01", last="2026-06-01", grain="month")
        answers = desk.ask(["backlog"], query)
        proposal = targets.propose(desk.evaluator.con, kpi, aim, value=0, warn=None, first=date(2026, 4, 1))
        rows = targets.judged(desk.evaluator.con, kpi, answers, query, aim, proposal)
    write(ws, proposal)
    with open_desk(ws, operator_scope()) as desk:
        after = [a.status for a in desk.ask(["backlog"], query)]
    assert [r.after.status for r in rows] == after == [None, None, "missed", "missed"]
    assert [r.always.status for r in rows] == ["missed"] * 4 and {r.now.status for r in rows} == {None}


def test_a_policy_ends_where_its_next_version_begins(ws: Workspace) -> None:
    promise = Promise(clock="resolve", priority=None, type=None, minutes=60, hours="business")
    values: dict[str, str | None] = {"name": "Gold", "calendar_id": "c"}
    with ws.reader() as con:
        write(ws, policies.propose_new(con, Policy(policy_id="gold", values=values, promises=(promise,))))
    for day in (date(2026, 4, 1), date(2026, 8, 1)):
        with ws.reader() as con:
            newest = max(canonical_rows(con, "sla_policies"), key=lambda r: r["valid_from"] or "")["sla_policy_id"]
            now = policies.stored(con, newest or "")
            assert now is not None
            faster = Promise(
                clock="resolve", priority=None, type=None, minutes=now.promises[0].minutes / 2, hours="business"
            )
            wanted = Policy(policy_id=now.policy_id, values=now.values, promises=(faster,))
            write(ws, policies.propose_version(con, now, wanted, day))
    with ws.reader() as con:
        spans = [(r["sla_policy_id"], r["valid_from"], r["valid_to"]) for r in canonical_rows(con, "sla_policies")]
        assert spans == [
            ("gold", None, "2026-04-01"), ("gold@2026-04-01", "2026-04-01", "2026-08-01"), ("gold@2026-08-01", "2026-08-01", None),
        ]  # fmt: skip
        now = policies.stored(con, "gold@2026-04-01")
        assert now is not None
        for bad in (date(2026, 3, 1), date(2026, 4, 1), date(2026, 8, 1)):
            with pytest.raises(BadField):
                policies.propose_version(
                    con, now, Policy(policy_id=now.policy_id, values=now.values, promises=(promise,)), bad
                )


def test_a_correction_removes_the_targets_that_left(ws: Workspace) -> None:
    both = tuple(
        Promise(clock=c, priority=None, type=None, minutes=60, hours="business") for c in ("respond", "resolve")
    )
    with ws.reader() as con:
        write(ws, policies.propose_new(con, Policy(policy_id="gold", values={"name": "Gold"}, promises=both)))
    with ws.reader() as con:
        now = policies.stored(con, "gold")
        assert now is not None
        write(ws, policies.propose_correction(con, now, Policy(policy_id="gold", values=now.values, promises=both[:1])))
    with ws.reader() as con:
        assert [r["clock"] for r in canonical_rows(con, "sla_targets")] == ["respond"]


def test_a_status_keeps_a_phase(ws: Workspace) -> None:
    with ws.reader() as con:
        write(ws, statuses.propose(con, {"Open": "active", "": "new"}))
    with ws.reader() as con:
        assert statuses.propose(con, {"Open": "active"}).changes_nothing
        for bad in ({"Open": ""}, {"Open": "asleep"}):
            with pytest.raises(BadField):
                statuses.propose(con, bad)
        assert [(s.status, s.phase) for s in statuses.read_statuses(con)] == [("Open", "active")]
