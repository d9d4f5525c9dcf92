"""Targets with validity, warning lines and status; benchmarks with what differs; rankings shrunk for small numbers; intervals."""

from collections.abc import Iterator
from datetime import UTC, datetime
from math import comb
from pathlib import Path

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import confidence
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.settings import Settings

MONTHS = {"first": "2026-03-01", "last": "2026-05-01", "grain": "month"}


def desk_of(sheet: Sheet, folder: Path) -> Iterator[Desk]:
    sheet.save(folder / "bundle")
    as_of = datetime(2026, 6, 1, tzinfo=UTC)
    with open_desk(workspace(folder / "ws", folder / "bundle", Settings(), as_of), operator_scope()) as opened:
        yield opened


def ask(desk: Desk, kpi: str, **words: object) -> list[Answer]:
    return desk.ask([kpi], desk.query(**{"first": "2026-03-01", "last": "2026-04-01", **words}))  # type: ignore[arg-type]


def _reopened(sheet: Sheet, total: int, reopened: int, **cells: object) -> None:
    sheet.events(sheet.tickets(total - reopened, **cells), "resolved", 60)
    again = sheet.tickets(reopened, **cells)
    for kind, minute in (("resolved", 60), ("reopened", 90), ("resolved", 120)):
        sheet.events(again, kind, minute)


@pytest.mark.parametrize(("reopened", "status"), [(5, "met"), (6, "warning"), (8, "warning"), (9, "missed")])
def test_status_against_target_and_warning_line(reopened: int, status: str, tmp_path: Path) -> None:
    sheet = Sheet()
    _reopened(sheet, 100, reopened)
    sheet.add("targets", kpi="reopen_rate", value=5, warn=8)
    for desk in desk_of(sheet, tmp_path):
        [found] = ask(desk, "reopen_rate")
        assert (found.target, found.status) == (5, status)
        [none] = ask(desk, "reopen_rate", first="2026-04-01", last="2026-05-01")
        assert (none.target, none.status) == (5, "no_data")


def test_the_most_specific_target_in_force(tmp_path: Path) -> None:
    sheet = Sheet()
    _reopened(sheet, 20, 1, team_id="desk")
    for value, cells in ((1, {}), (2, {"valid_from": "2026-04-01"}), (3, {"client_id": "acme"}), (4, {"team_id": "desk"}),
                         (9, {"client_id": "acme", "valid_to": "2026-03-01"})):  # fmt: skip
        sheet.add("targets", kpi="reopen_rate", value=value, **cells)
    for desk in desk_of(sheet, tmp_path):
        assert [a.target for a in ask(desk, "reopen_rate", **MONTHS)] == [1, 2]
        assert [a.target for a in ask(desk, "reopen_rate", by=["client"])] == [3]
        assert [a.target for a in ask(desk, "reopen_rate", where=["client=acme"])] == [3]
        assert [a.target for a in ask(desk, "reopen_rate", by=["client", "team"])] == [4]
        assert next(a.target for a in ask(desk, "csat")) is None


@pytest.mark.parametrize(
    ("ends", "status"),
    [({"value": 70, "warn": 85}, "missed"), ({"value": 70, "warn": 95}, "met"), ({"value": 95, "warn": 70}, "met"),
     ({"value": 70}, "met"), ({"value": 95}, "missed")],
)  # fmt: skip
def test_a_band_is_met_between_its_ends(ends: dict[str, float], status: str, tmp_path: Path) -> None:
    """With one end alone it is met from there upwards."""
    sheet = Sheet()
    sheet.add(
        "shifts", shift_id="s", technician_id="ann", starts_at="2026-03-02T08:00:00Z", ends_at="2026-03-02T18:00:00Z"
    )
    sheet.add("time_entries", entry_id="w", technician_id="ann", started_at="2026-03-02T08:00:00Z", duration_minutes=540,
              client_id="acme")  # fmt: skip
    sheet.add("targets", kpi="technician_utilization", **ends)
    for desk in desk_of(sheet, tmp_path):
        [found] = ask(desk, "technician_utilization")
        assert (found.value, found.status) == (90, status)


def test_a_benchmark_names_what_differs(desk: Desk) -> None:
    words = {"first": "2026-06-01", "last": "2026-10-01"}
    [mean, median, p90] = ask(desk, "first_response_time", **words)
    assert (
        median.benchmark
        and median.benchmark["value"] == 285 * 60
        and "calendar hours" in median.benchmark["difference"]
    )
    assert mean.benchmark and mean.benchmark["value"] == 1491 * 60 and p90.benchmark is None
    same = ask(desk, "first_response_time", hours="calendar", **words)[1].benchmark
    assert same and same["difference"] == "of manufacturing" and same["source"] and same["grade"] == "B"
    assert ask(desk, "first_contact_resolution", variant="one_touch", **words)[0].benchmark is None
    assert ask(desk, "escalation_rate", **words)[0].benchmark is None


def test_ranking_is_shrunk_for_small_numbers(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("technicians", 4, technician_id="p{n}", name="p{n}")
    for n, (total, reopened) in enumerate(((200, 4), (200, 60), (2, 0), (150, 20))):
        _reopened(sheet, total, reopened, technician_id=f"p{n}")
    for desk in desk_of(sheet, tmp_path):
        found = {a.dimensions["technician"]: a for a in ask(desk, "reopen_rate", by=["technician"])}
        places = {who: a.extra["ranking"]["place"] for who, a in found.items()}
        assert found["p2"].value == 0 and found["p0"].value == 2
        assert places == {"p0": 1, "p2": 2, "p3": 3, "p1": 4}
        assert found["p2"].extra["ranking"]["shrunk"] > 5 and all(a.n for a in found.values())


def test_quantile_interval_covers_like_the_binomial() -> None:
    """Against the exact order statistics of 1 … 999."""
    n, fractions = 999, [i / 1000 for i in range(1, 1000)]
    low, high = confidence.quantile(0.5, fractions, [float(i) for i in range(1, 1000)], n) or (0, 0)
    covered = sum(comb(n, k) for k in range(round(low), round(high))) / 2**n
    assert 0.94 < covered < 0.965
    assert confidence.quantile(0.9, fractions, [0.0] * 999, 12) is None
