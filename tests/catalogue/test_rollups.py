"""Roll-ups give exactly what the rows give, for every KPI and every dimension; where they would not, the rows are read."""

from collections.abc import Iterator
from dataclasses import fields, replace
from math import isclose
from pathlib import Path

import pytest

from catalogue.conftest import AS_OF, CLIENT, workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue import registry, rollups
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.rollups import SETS, Rollups
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle

KPIS = registry.catalogue()
NONE = Rollups(0, "", {})
SPAN = {"first": "2026-05-01", "last": "2026-11-01"}


@pytest.fixture(scope="module")
def rolled(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    ws = workspace(tmp_path_factory.mktemp("rolled") / "ws", bundle)
    assert rollups.refresh(ws) > 1000
    with open_desk(ws, operator_scope()) as opened:
        yield opened


def plain(answers: list[Answer]) -> list[object]:
    """Without intervals, whose last digits depend on the order in which rows are read, even from rows alone."""
    return [replace(a, ci=None, extra={k: v for k, v in a.extra.items() if k != "ranking"}) for a in answers]


def both(desk: Desk, *ids: str, **words: object) -> tuple[list[object], list[object]]:
    """The answers with and without roll-ups."""
    query = desk.query(**{**SPAN, **words})  # type: ignore[arg-type]
    evaluator = desk.evaluator
    kpis = [KPIS[i] for i in ids]
    mine = evaluator.rollups
    quick = plain(evaluator.ask(kpis, query, desk.scope))
    evaluator.__dict__["rollups"] = NONE
    try:
        return quick, plain(evaluator.ask(kpis, query, desk.scope))
    finally:
        evaluator.__dict__["rollups"] = mine


def fits(kpi_id: str, dims: tuple[str, ...]) -> bool:
    definition = KPIS[kpi_id].definition
    parts = [p for p in (definition.numerator, definition.denominator) if p]
    parts += [
        p for c in definition.companions.values() for p in (c.definition.numerator, c.definition.denominator) if p
    ]
    return all(rollups._has_dims(rollups.FACTS[p.fact], dims) and rollups.FACTS[p.fact].has_ticket for p in parts)


def alike(one: Answer, other: Answer) -> bool:
    """Equal, but for the last digits of a float: a spread of rows is summed by two threads in whichever order they meet."""
    for field in fields(Answer):
        a, b = getattr(one, field.name), getattr(other, field.name)
        pairs = list(zip(a, b, strict=True)) if field.name == "ci" and a and b else [(a, b)]
        for x, y in pairs:
            if x != y and not (isinstance(x, float) and isinstance(y, float) and isclose(x, y, rel_tol=1e-9)):
                return False
    return True


@pytest.mark.parametrize("dims", SETS, ids=lambda d: "-".join(d) or "none")
def test_every_kpi_and_dimension(rolled: Desk, dims: tuple[str, ...]) -> None:
    ids = [i for i, kpi in KPIS.items() if (not dims or fits(i, dims)) and not kpi.definition.method]
    assert len(ids) > 20
    quick, slow = both(rolled, *ids, grain="month", by=dims, variant="all")
    assert len(quick) == len(slow)
    for one, other in zip(quick, slow, strict=True):
        assert alike(one, other), (one, other)


@pytest.mark.parametrize("words", [{"grain": "week"}, {"grain": "day", "first": "2026-10-20"}, {"where": [f"client={CLIENT}"]},
                                   {"where": ["team="], "by": ["client"]}, {"where": ["type=alert"]},
                                   {"where": ["priority=P1", f"client={CLIENT}"], "grain": "month"}, {"first": "2026-08-17"}],
                         ids=str)  # fmt: skip
def test_other_questions(rolled: Desk, words: dict[str, object]) -> None:
    for kpi_id in (
        "tickets_created",
        "reopen_rate",
        "first_contact_resolution",
        "kb_usage_rate",
        "sla_compliance",
        "proactive_rate",
    ):
        quick, slow = both(rolled, kpi_id, **words)
        assert quick == slow, kpi_id


def test_a_scope_is_kept(rolled: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    own = client_scope("x", frozenset({CLIENT}))
    scoped = Desk(rolled.settings, rolled.evaluator, own, rolled.as_of_s)
    quick, slow = both(scoped, "tickets_created", grain="month")
    whole, _ = both(rolled, "tickets_created", grain="month")
    assert quick == slow and quick != whole


def test_they_serve_and_step_aside(rolled: Desk) -> None:
    table = rolled.evaluator.rollups.tables["tickets", "created"]
    assert {t.dims for t in table} == set(SETS)
    before = rolled.evaluator.run
    told: list[str] = []

    def spy(tree: object) -> object:
        told.append(tree.sql(dialect="duckdb"))  # type: ignore[attr-defined]
        return before(tree)  # type: ignore[arg-type]

    rolled.evaluator.run = spy  # type: ignore[method-assign, assignment]
    try:
        for words, served in (
            ({"by": ["client"]}, True), ({}, True), ({"by": ["source"]}, False), ({"zone": "Asia/Tokyo"}, False),
            ({"grain": "hour", "first": "2026-10-30"}, False), ({"as_of": "2026-10-30T00:00:00Z"}, False),
        ):  # fmt: skip
            told.clear()
            rolled.evaluator.ask([KPIS["tickets_created"]], rolled.query(**{**SPAN, **words}), rolled.scope)  # type: ignore[arg-type]
            assert all("r_tickets_created" in sql for sql in told) is served, words
    finally:
        rolled.evaluator.run = before  # type: ignore[method-assign]


def test_they_do_not_outlive_their_generation(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.tickets(3, 60)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings())
    rollups.refresh(ws)
    for expected, served in ((3, True), (4, False)):
        with open_desk(ws, operator_scope()) as desk:
            assert bool(desk.evaluator.rollups.tables) is served
            [found] = desk.ask(["tickets_created"], desk.query())
            assert found.value == expected
        (tmp_path / "more").mkdir(exist_ok=True)
        lines = "ticket_id,client_id,created_at\nlate,acme,2026-03-03T08:00:00Z\n"
        (tmp_path / "more" / "tickets.csv").write_text(lines, encoding="utf-8")
        import_bundle(ws, tmp_path / "more", as_of=AS_OF)
