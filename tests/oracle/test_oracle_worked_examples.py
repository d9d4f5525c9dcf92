"""The oracle itself against arithmetic done by hand; the product is not involved."""

from datetime import date, timedelta
from pathlib import Path

import pytest

from oracle.bundles import write_bundle
from oracle.oracle import ALL_KPIS, Oracle, quantile
from oracle.periods import cut
from oracle.reading import seconds
from oracle.worked import WORKED, Ask, Sheet, Worked
from oracle.world import Question


def asked(oracle: Oracle, ask: Ask) -> dict[str, object]:
    question = Question(seconds(ask.as_of), ask.by, {}, ask.variant)
    found = oracle.ask(ask.kpi, question, ask.first, ask.last, ask.grain)
    span = cut(ask.first, ask.last, ask.grain, oracle.zone)[ask.period]
    return vars(next(a for a in found[(span, ask.group)] if a.statistic == ask.statistic))


@pytest.mark.parametrize("worked", [w for w in WORKED if w.in_oracle], ids=lambda w: w.name)
def test_worked_by_hand(worked: Worked, tmp_path: Path) -> None:
    sheet = Sheet()
    worked.write(sheet)
    sheet.save(tmp_path / "bundle")
    oracle = Oracle(tmp_path / "bundle", worked.zone)
    for ask in worked.asks:
        answer = asked(oracle, ask)
        for name, expected in ask.expected.items():
            agreed = answer[name] == (expected if isinstance(expected, dict) else pytest.approx(expected))
            assert agreed, f"{ask.kpi} {ask.statistic} {name}: {answer[name]}, by hand {expected}"


@pytest.mark.parametrize(
    ("zone", "day", "hours"),
    [
        ("Europe/Berlin", date(2026, 3, 29), 23),
        ("Europe/Berlin", date(2025, 10, 26), 25),
        ("America/New_York", date(2026, 3, 8), 23),
        ("Australia/Lord_Howe", date(2025, 10, 5), 23.5),
        ("America/Sao_Paulo", date(2018, 11, 4), 23),
        ("America/Sao_Paulo", date(2018, 2, 17), 25),
        ("America/Havana", date(2025, 11, 2), 25),
        ("Asia/Kathmandu", date(2026, 1, 1), 24),
    ],
)
def test_days_have_their_true_length(zone: str, day: date, hours: float) -> None:
    ((start, end),) = cut(day, day + timedelta(days=1), "day", zone)
    assert (end - start) / 3600 == hours
    assert len(cut(day, day + timedelta(days=1), "hour", zone)) == int(hours + 0.5)


def test_a_missing_midnight_begins_at_the_first_instant_of_the_day() -> None:
    ((start, _),) = cut(date(2018, 11, 4), date(2018, 11, 5), "day", "America/Sao_Paulo")
    assert start == seconds("2018-11-04T01:00:00-02:00")


def test_weeks_begin_on_monday() -> None:
    spans = cut(date(2026, 2, 23), date(2026, 3, 9), "week", "UTC")
    assert spans == [(seconds(f"{a}T00:00:00Z"), seconds(f"{b}T00:00:00Z"))
                     for a, b in (("2026-02-23", "2026-03-02"), ("2026-03-02", "2026-03-09"))]  # fmt: skip


def test_quantiles_interpolate() -> None:
    assert quantile([1, 2, 3, 4], 0.5) == 2.5
    assert quantile([7], 0.9) == 7
    assert quantile([0, 10], 0.9) == pytest.approx(9)


@pytest.mark.parametrize("seed", [1, 8])
def test_bundles_are_the_same_for_the_same_seed(seed: int, tmp_path: Path) -> None:
    write_bundle(tmp_path / "one", seed)
    write_bundle(tmp_path / "two", seed)
    for path in (tmp_path / "one").iterdir():
        if path.suffix == ".csv":
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


@pytest.mark.parametrize("seed", range(6))
def test_every_ticket_is_open_or_resolved_or_ended_otherwise(seed: int, tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", seed)
    oracle = Oracle(plan.folder, plan.zone)
    for as_of in (plan.middle, plan.end):
        world = oracle.world(as_of)
        for story in world.stories:
            states = [
                story.open_at(as_of),
                story.resolved is not None,
                story.unknown_end or story.phase.at(as_of) == "cancelled",
            ]
            assert sum(states) == 1, story.id
            assert story.resolved is None or story.created <= story.resolved.s <= as_of, story.id


@pytest.mark.parametrize("seed", range(6))
def test_every_kpi_meets_something_to_count_and_something_to_leave_out(seed: int, tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", seed)
    oracle = Oracle(plan.folder, plan.zone)
    excluded: set[str] = set()
    for kpi in ALL_KPIS:
        ((answer, *_),) = oracle.ask(kpi, Question(plan.end), plan.first, plan.last, "all").values()
        assert answer.n, kpi
        excluded |= set(answer.excluded)
    assert {"merged", "alert"} <= excluded or seed % 4 == 0


def test_months_add_up_to_the_whole(tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", 3)
    oracle = Oracle(plan.folder, plan.zone)
    for kpi in ("first_response_time", "reopen_rate", "tickets_created", "csat", "handoffs_per_ticket", "nps"):
        months = oracle.ask(kpi, Question(plan.end), plan.first, plan.last, "month")
        ((whole, *_),) = oracle.ask(kpi, Question(plan.end), plan.first, plan.last, "all").values()
        assert sum(a[0].n for a in months.values()) == whole.n
        assert sum(a[0].numerator or 0 for a in months.values()) == whole.numerator


@pytest.mark.parametrize("seed", [0, 2, 5])
def test_hands_add_up_to_the_resolution_time(seed: int, tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", seed)
    oracle = Oracle(plan.folder, plan.zone)
    parts = oracle.ask("time_in_hands", Question(plan.end, ("holder",)), plan.first, plan.last, "all")
    ((whole, *_),) = oracle.ask("resolution_time", Question(plan.end), plan.first, plan.last, "all").values()
    assert sum(a[0].numerator or 0 for a in parts.values()) == whole.numerator
