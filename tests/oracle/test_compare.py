"""The comparison itself: it is silent where everything agrees and speaks where one thing does not."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from oracle.bundles import write_bundle
from oracle.compare import Asked, Object, differences, instant
from oracle.oracle import Oracle
from oracle.questions import questions
from oracle.world import Question


def as_objects(oracle: Oracle, asked: Asked) -> list[Object]:
    """The oracle's own answers in the product's form, groups in no order."""
    objects: list[Object] = []
    question = Question(asked.as_of, asked.by, asked.where, asked.variant)
    for kpi in asked.kpis:
        answers = oracle.ask(kpi, question, asked.first, asked.last, asked.grain)
        for (span, group), found in sorted(answers.items(), key=lambda item: item[0][0]):
            for answer in found:
                names = ("kpi", "statistic", "value", "numerator", "denominator", "n", "excluded")
                objects.append({name: getattr(answer, name) for name in names} | {
                    "unit": "points" if answer.statistic == "mean_score" else "percent",
                    "from": instant(span[0]), "to": instant(span[1]), "partial": asked.as_of < span[1],
                    "dimensions": dict(zip(asked.by, group, strict=True)),
                    "reason": "nothing to divide by" if answer.value is None else None,
                })  # fmt: skip
    return objects


@pytest.mark.parametrize("seed", range(12))
def test_the_oracle_agrees_with_itself(seed: int, tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", seed)
    oracle = Oracle(plan.folder, plan.zone)
    for name, asked in questions(plan, seed):
        objects = as_objects(oracle, asked)
        assert differences(oracle, asked, objects) == [], name
        assert objects, name


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("value", 1e-7),
        ("numerator", 123_456.0),
        ("denominator", 99_999),
        ("n", 77_777),
        ("excluded", {"merged": 999}),
        ("partial", True),
        ("from", "2001-01-01T00:00:00Z"),
        ("dimensions", {"client": "stranger"}),
    ],
)
def test_one_wrong_thing_is_found(field: str, value: object, tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", 5)
    oracle = Oracle(plan.folder, plan.zone)
    asked = Asked(("reopen_rate",), plan.first, plan.last, "month", plan.end, by=("client",))
    objects = as_objects(oracle, asked)
    changed = next(o for o in objects if o["n"])
    changed[field] = value
    assert differences(oracle, asked, objects)


def test_a_missing_answer_is_found(tmp_path: Path) -> None:
    plan = write_bundle(tmp_path / "bundle", 5)
    oracle = Oracle(plan.folder, plan.zone)
    asked = Asked(("backlog",), plan.first, plan.last, "month", plan.end)
    assert differences(oracle, asked, as_objects(oracle, asked)[1:])


def test_instants_are_written_in_utc() -> None:
    assert instant(int(datetime(2026, 3, 1, tzinfo=UTC).timestamp())) == "2026-03-01T00:00:00Z"
