"""The rows behind every computation give its number: exported as CSV, read back, and reckoned in plain Python as ``recompute`` says."""

import csv
from collections import defaultdict
from fractions import Fraction
from math import exp, isclose, log
from pathlib import Path
from statistics import mean, median
from typing import Any

import pytest

from catalogue.independent_methods import share as independent_share
from catalogue.plain_statistics import (
    PEERS,
    Done,
    _against_others,
    _cell,
    _median_life,
    _often_undone,
    _shrunk,
    _slow,
    _undone_beside,
)
from pacesetter.catalogue import registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.drill import Side
from pacesetter.errors import BadRequest
from pacesetter.reports.rows import page_of, write_file

SPAN = {"first": "2026-05-01", "last": "2026-11-01"}
Row = dict[str, str]
CELL = (
    "cell_times",
    "cell_times_low",
    "cell_kept",
    "cell_n",
    "cell_undone",
    "cell_undone_low",
    "cell_usual",
    "stands_out",
)


def exported(desk: Desk, folder: Path, kpi: str, side: str = "denominator", **words: Any) -> list[Row]:
    """The rows of a side, by way of a file."""
    query = desk.query(**{**SPAN, **words})
    path = folder / f"{kpi}-{side}.csv"
    count = write_file(desk.evaluator.con, page_of(desk.drill(kpi, query, side), None, 10, 0), "csv", path)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) == count > 0
    return rows


def answers(desk: Desk, kpi: str, **words: Any) -> list[Answer]:
    return desk.ask([kpi], desk.query(**{**SPAN, **words}))


def numbers(rows: list[Row], column: str) -> list[float]:
    """What is filled of a column."""
    return [float(r[column]) for r in rows if r[column] != ""]


def close(a: float, b: float) -> bool:
    return isclose(a, b, rel_tol=1e-9, abs_tol=1e-12)


def test_every_computation_is_recomputed_here() -> None:
    kpis = registry.catalogue().values()
    assert {d.method for k in kpis for d in (k.definition, *k.variants.values()) if d.method} == {
        "kaplan_meier", "speed_quality", "training_gap", "repetitive_work", "lifetime_value",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("kpi", "variant"), [("time_to_resolution_median_km", None), ("resolution_time", "open_censored")]
)
def test_kaplan_meier(desk: Desk, tmp_path: Path, kpi: str, variant: str | None) -> None:
    [answer] = answers(desk, kpi, variant=variant)
    for side in (Side.NUMERATOR, Side.DENOMINATOR):
        rows = exported(desk, tmp_path, kpi, side, variant=variant)
        lives = [(int(r["lived_s"]), r["is_resolved"] == "1") for r in rows]
        assert len(rows) == answer.n and _median_life(lives) == answer.value


@pytest.mark.parametrize("by", ["technician", "team"])
def test_speed_and_quality(desk: Desk, tmp_path: Path, by: str) -> None:
    found = {(a.dimensions[by], a.statistic): a for a in answers(desk, "speed_quality", by=(by,))}
    rows = exported(desk, tmp_path, "speed_quality", by=(by,))
    groups = defaultdict(list)
    for row in rows:
        groups[row[by] or None].append(row)
    told = 0
    for group, mine in groups.items():
        speed, right = found[group, "relative_time"], found.get((group, "accuracy"))
        logs = [log(t) for t in numbers(mine, "times_expected")]
        assert (speed.value is None) == (not logs)
        if not logs:
            continue
        told += 1
        assert speed.value is not None and len(logs) == speed.n
        assert close(speed.value, exp(median(logs) * float(mine[0]["kept"])))
        assert right and right.value is not None
        assert close(right.value, 100 * mean(r["was_undone"] == "0" for r in mine))
        alone = exported(desk, tmp_path, "speed_quality", where=(f"{by}={group or ''}",))
        assert alone == mine, "the rows of one are held against the others, as in the cut"
    assert told > 3
    logs_of = _against_others(
        [done(row, row[by]) for row in rows], lambda d: (d.type, d.category, d.priority), lambda d: d.technician
    )
    for group, (value, _) in _shrunk(logs_of, median).items():
        assert close(found[group or None, "relative_time"].value or 0, exp(value)), "and from what happened alone"


def done(row: Row, who: str) -> Done:
    """A row as the plain reckoning takes it."""
    return Done(
        who, row["type"], row["category"], row["priority"], int(row["resolved_after_s"]), row["was_undone"] == "1"
    )


@pytest.mark.parametrize("category", [None, "access"])
def test_training_gaps(desk: Desk, tmp_path: Path, category: str | None) -> None:
    where = (f"category={category}",) if category else ()
    [answer] = answers(desk, "training_gap", where=where)
    rows = exported(desk, tmp_path, "training_gap", where=where)
    assert len(rows) == answer.n
    cells = defaultdict(list)
    for row in rows:
        cells[row["technician"], row["category"]].append(row)
    assert answer.value == sum(stands_out(mine) for mine in cells.values()) > 0
    for row in rows:
        if row["expected_s"]:
            assert close(float(row["times_expected"]), max(1, float(row["value"])) / float(row["expected_s"]))
    listed = [done(row, row["technician"]) for row in rows]
    assert answer.value == len(_slow(listed) | _often_undone(listed)), "and from what happened alone"
    others = _against_others(listed, lambda d: (d.category, d.priority), _cell)
    assert {c for c, mine in cells.items() if mine[0]["cell_times"]} == set(others)
    for cell, (undone, usual) in _undone_beside(listed).items():
        assert int(cells[cell][0]["cell_n"]) == len(undone)
        assert close(float(cells[cell][0]["cell_usual"]), float(usual))


def stands_out(mine: list[Row]) -> bool:
    """Whether a cell counts, by the figures in its rows; they are the same in all of them, and follow from what each row carries."""
    [cell] = {tuple(r[name] for name in CELL) for r in mine}
    times, low, kept, n, share, share_low, usual = (float(v or "nan") for v in cell[:-1])
    if logs := [log(t) for t in numbers(mine, "times_expected")]:
        assert close(times, exp(kept * mean(logs)))
    beside = [r for r in mine if r["usual_undone"]]
    assert n == len(beside)
    if beside:
        assert close(usual, mean(numbers(beside, "usual_undone")))
        raw = mean(numbers(beside, "was_undone"))
        assert min(raw, usual) - 1e-12 <= share <= max(raw, usual) + 1e-12
    out = (times >= 1.25 and low > 1) or (n >= PEERS and share >= 1.25 * usual and share_low > usual)
    assert cell[-1] == str(int(out))
    return out


def test_repetitive_work(desk: Desk, tmp_path: Path) -> None:
    [answer] = answers(desk, "repetitive_work_share")
    rows, counted = (exported(desk, tmp_path, answer.kpi, side) for side in (Side.DENOMINATOR, Side.NUMERATOR))
    assert len(rows) == answer.n and counted == [r for r in rows if r["is_counted"] == "1"]
    hours, all_hours = sum(numbers(counted, "value")), sum(numbers(rows, "value"))
    assert answer.numerator is not None and close(hours, answer.numerator) and close(all_hours, answer.denominator or 0)
    assert answer.value is not None and close(answer.value, 100 * hours / all_hours) and 0 < hours < all_hours
    small: dict[str, set[str]] = defaultdict(set)
    for row in rows:
        if row["is_small"] == "1":
            small[row["cluster"]].add(row["ticket_id"])
    for row in rows:
        alike = len(small[row["cluster"]])
        assert int(row["small_tickets_in_cluster"]) == alike
        assert row["is_counted"] == str(int(row["is_small"] == "1" and alike >= 5))
    listed = answer.extra["clusters"]
    first = sorted({int(r["cluster"]) for r in counted})[: len(listed)]
    assert [c["tickets"] for c in listed] == [len(small[str(k)]) for k in first]


def test_clusters_are_those_of_the_words_in_the_rows(desk: Desk, tmp_path: Path) -> None:
    """Merged one pair at a time, from the words that the rows carry."""
    words = {"first": "2026-09-01", "last": "2026-10-01", "where": ("client=wandering-phoenix",)}
    [answer] = answers(desk, "repetitive_work_share", **words)
    rows = exported(desk, tmp_path, answer.kpi, **words)
    pieces = [
        (r["ticket_id"], round(3600 * float(r["value"])), 10**9 * (r["is_small"] == "0"), tuple(r["words"].split()))
        for r in rows
    ]
    found = independent_share(pieces)
    assert answer.value and found is not None and close(answer.value, found)


def test_lifetime_value(desk: Desk, tmp_path: Path) -> None:
    formula, survival = answers(desk, "customer_lifetime_value")
    assert formula.value is not None and survival.value is not None
    for side in (Side.NUMERATOR, Side.DENOMINATOR):
        rows = exported(desk, tmp_path, formula.kpi, side)
        clients = [r for r in rows if r["is_client"] == "1"]
        assert len(clients) == formula.n < len(rows)
        monthly = mean(numbers(clients, "monthly"))
        worth = monthly * (1 - sum(numbers(rows, "cogs")) / sum(numbers(rows, "revenue")))
        [months] = set(numbers(rows, "months"))
        churn = sum(numbers(rows, "was_lost")) / sum(numbers(rows, "in_base")) / months
        assert close(formula.value, worth / churn)
        lives = [(int(r["tenure_s"]), r["ended"] == "1") for r in clients if r["tenure_s"] and int(r["tenure_s"]) > 0]
        assert close(survival.value, worth * float(_area(lives)) / 2_629_800)


def _area(lives: list[tuple[int, bool]]) -> Fraction:
    """The area under the Kaplan–Meier curve, up to the longest life."""
    left, area, since = Fraction(1), Fraction(0), 0
    for at in sorted({lived for lived, _ in lives}):
        area += left * (at - since)
        still = sum(lived >= at for lived, _ in lives)
        left *= Fraction(still - sum(lived == at and ended for lived, ended in lives), still)
        since = at
    return area


def test_further_statistics_of_computations_open_too(desk: Desk) -> None:
    query = desk.query(**SPAN)
    for kpi, names in (("customer_lifetime_value", ("survival",)), ("speed_quality", ("accuracy", "pareto_rank"))):
        for name in names:
            assert desk.drill(kpi, query, "numerator", statistic=name).columns
    with pytest.raises(BadRequest, match="has no statistic 'nonsense'; choose of formula, survival"):
        desk.drill("customer_lifetime_value", query, "numerator", statistic="nonsense")
