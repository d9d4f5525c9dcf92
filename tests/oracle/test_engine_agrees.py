"""The product against the oracle: on generated bundles, every KPI that the oracle knows, exactly."""

from functools import lru_cache
from pathlib import Path

import pytest

from oracle.bundles import Plan, write_bundle
from oracle.compare import Asked, Product, differences, place_of, write_half
from oracle.oracle import Oracle
from oracle.periods import cut
from oracle.questions import questions
from oracle.reading import seconds
from oracle.worked import WORKED, Ask, Sheet, Worked
from oracle.world import Rules

SEEDS = range(12)
OTHER_RULES = Rules(
    first_contact_window_days=1,
    repeat_window_days=3,
    contact_gap_minutes=1,
    not_first_contact_types=("request", "problem"),
    not_first_contact_categories=("print",),
    usable_note_length=4,
    boilerplate_notes=("fixed",),
)


@lru_cache(maxsize=1)
def prepared(seed: int, base: Path) -> tuple[Plan, Oracle, Product]:
    """The bundle of a seed, loaded: at once, or (every third) first a half of it and then the whole, twice."""
    folder = base / f"seed{seed}"
    plan = write_bundle(folder / "bundle", seed)
    rules = OTHER_RULES if seed % 2 else None
    product = Product(folder / "workspace", plan.zone, plan.end + 86_400, rules)
    if seed % 3 == 1:
        write_half(plan.folder, folder / "half", seed)
        product.load(folder / "half")
        product.load(plan.folder)
    product.load(plan.folder)
    return plan, Oracle(plan.folder, plan.zone, rules), product


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("oracle")


@pytest.mark.parametrize("seed", SEEDS)
def test_product_and_oracle_agree(seed: int, base: Path) -> None:
    plan, oracle, product = prepared(seed, base)
    problems = []
    for name, asked in questions(plan, seed):
        objects, answering, refusals = product.ask_all(asked)
        found = differences(oracle, answering, objects)
        problems += [f"{name}: {line}" for line in refusals + found]
    shown = "\n".join(problems[:40])
    assert not problems, f"seed {seed}, {plan.zone}: {len(problems)} disagreements\n{shown}"


def _answered(product: Product, zone: str, ask: Ask) -> dict[str, object]:
    asked = Asked((ask.kpi,), ask.first, ask.last, ask.grain, seconds(ask.as_of), ask.by, {}, ask.variant)
    span = cut(ask.first, ask.last, ask.grain, zone)[ask.period]
    objects = product.ask(asked)
    there = [o for o in objects if place_of(o, ask.by) == (ask.kpi, span, ask.group)]
    assert there, f"no answer for {ask}: {objects}"
    return next((o for o in there if o["statistic"] == ask.statistic), there[0])


@pytest.mark.parametrize("worked", WORKED, ids=lambda w: w.name)
def test_product_gives_the_worked_examples(worked: Worked, tmp_path: Path) -> None:
    sheet = Sheet()
    worked.write(sheet)
    sheet.save(tmp_path / "bundle")
    product = Product(tmp_path / "workspace", worked.zone, seconds("2026-12-02T00:00:00Z"))
    product.load(tmp_path / "bundle")
    for ask in worked.asks:
        answer = _answered(product, worked.zone, ask)
        for name, expected in ask.expected.items():
            found = answer[name]
            exact = expected is None or isinstance(expected, dict) or found is None
            agreed = found == (expected if exact else pytest.approx(expected, rel=1e-9))
            assert agreed, f"{ask.kpi} {ask.statistic} {name}: {found}, by hand {expected}"
