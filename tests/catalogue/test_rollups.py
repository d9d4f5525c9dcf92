"""Roll-ups give exactly what the rows give, for every KPI and every dimension; where they would not, the rows are read."""

import csv
import json
from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import UTC, datetime
from math import isclose
from pathlib import Path

import pytest

from catalogue.conftest import AS_OF, CLIENT, workspace
from catalogue.sheet import Sheet
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue import registry, rollup_building
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import anchors_of
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.facts import DIMENSIONS, FACTS
from pacesetter.catalogue.frame import Place
from pacesetter.catalogue.rollups import NONE, ROWS, SETS, table_name
from pacesetter.settings import Settings
from pacesetter.warehouse import finishing
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

KPIS = registry.catalogue()
SPAN = {"first": "2026-05-01", "last": "2026-11-01"}


@pytest.fixture(scope="module")
def rolled(bundle: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    ws = workspace(tmp_path_factory.mktemp("rolled") / "ws", bundle)
    assert rollup_building.refresh(ws, worth=0) > 1000
    with open_desk(ws, operator_scope()) as opened:
        yield opened


def plain(answers: list[Answer]) -> list[Answer]:
    """Without intervals, whose last digits depend on the order in which rows are read, even from rows alone."""
    return [replace(a, ci=None, extra={k: v for k, v in a.extra.items() if k != "ranking"}) for a in answers]


def both(desk: Desk, *ids: str, **words: object) -> tuple[list[Answer], list[Answer]]:
    """The answers with and without roll-ups."""
    return both_told(desk, *ids, **words)[:2]


def both_told(desk: Desk, *ids: str, **words: object) -> tuple[list[Answer], list[Answer], int]:
    """The same, and how many statements fewer it took with them."""
    query = desk.query(**{**SPAN, **words})  # type: ignore[arg-type]
    kpis, mine, found, counts = [KPIS[i] for i in ids], desk.evaluator.rollups, [], []
    for listed in (mine, NONE):
        desk.evaluator.__dict__["rollups"] = listed
        try:
            with Told(desk) as told:
                found.append(plain(desk.evaluator.ask(kpis, query, desk.scope)))
        finally:
            desk.evaluator.__dict__["rollups"] = mine
        counts.append(len(told.texts))
    return found[0], found[1], counts[1] - counts[0]


def fits(kpi_id: str, dims: tuple[str, ...]) -> bool:
    definition = KPIS[kpi_id].definition
    parts = [p for p in (definition.numerator, definition.denominator) if p]
    parts += [
        p for c in definition.companions.values() for p in (c.definition.numerator, c.definition.denominator) if p
    ]
    return all(DIMENSIONS[d] in FACTS[p.fact].columns for p in parts for d in dims)


def alike(one: Answer, other: Answer) -> bool:
    """Equal, but for the last digits of a float: a spread of rows is summed by two threads in whichever order they meet."""
    for field in fields(Answer):
        a, b = getattr(one, field.name), getattr(other, field.name)
        pairs = list(zip(a, b, strict=True)) if field.name == "ci" and a and b else [(a, b)]
        for x, y in pairs:
            if x != y and not (isinstance(x, float) and isinstance(y, float) and isclose(x, y, rel_tol=1e-9)):
                return False
    return True


class Told:
    """Listens to the statements of an evaluator."""

    def __init__(self, desk: Desk) -> None:
        self.evaluator, self.texts = desk.evaluator, []  # type: ignore[var-annotated]

    def __enter__(self) -> "Told":
        before = self.evaluator.run

        def spy(tree: object) -> object:
            self.texts.append(tree.sql(dialect="duckdb"))  # type: ignore[attr-defined]
            return before(tree)  # type: ignore[arg-type]

        self.evaluator.run = spy  # type: ignore[method-assign, assignment]
        return self

    def __exit__(self, *_: object) -> None:
        del self.evaluator.__dict__["run"]


@pytest.mark.parametrize("hours", ["business", "calendar", "sla"])
def test_every_kind_of_hours(rolled: Desk, hours: str) -> None:
    ids = [i for i, kpi in KPIS.items() if kpi.hours and not kpi.definition.method]
    quick, slow = both(rolled, *ids, grain="month", where=[f"client={CLIENT}"], hours=hours)
    assert len(quick) == len(slow) and all(map(alike, quick, slow))


def test_intervals_are_the_same(rolled: Desk) -> None:
    """They come from sums of squares and cubes, which add up exactly."""
    query = rolled.query(**{**SPAN, "by": ["client"], "grain": "month"})  # type: ignore[arg-type]
    found = []
    for listed in (rolled.evaluator.rollups, NONE):
        mine = rolled.evaluator.rollups
        rolled.evaluator.__dict__["rollups"] = listed
        found.append(rolled.evaluator.ask([KPIS["resolution_time"], KPIS["reopen_rate"]], query, rolled.scope))
        rolled.evaluator.__dict__["rollups"] = mine
    assert found[0] == found[1] and any(a.ci for a in found[0] if a.statistic == "mean")


def test_a_clients_page_takes_few_statements(rolled: Desk) -> None:
    ids = ["tickets_created", "tickets_resolved", "reopen_rate", "resolution_time", "first_response_time", "sla_compliance",
           "handoffs_per_ticket", "mttr", "kb_usage_rate", "first_level_resolution"]  # fmt: skip
    with Told(rolled) as told:
        rolled.ask(ids, rolled.query(**{**SPAN, "grain": "month", "where": [f"client={CLIENT}"]}))  # type: ignore[arg-type]
    assert len(told.texts) == 2  # sums, quantiles


@pytest.mark.parametrize("dims", ((), *SETS), ids=lambda d: "-".join(d) or "none")
def test_every_kpi_and_dimension(rolled: Desk, dims: tuple[str, ...]) -> None:
    ids = [i for i, kpi in KPIS.items() if (not dims or fits(i, dims)) and not kpi.definition.method]
    assert len(ids) > 20
    variant = "all" if dims in ((), ("client",)) else None
    quick, slow, spared = both_told(rolled, *ids, grain="month", by=dims, variant=variant)
    assert spared > 10
    assert len(quick) == len(slow)
    for one, other in zip(quick, slow, strict=True):
        assert alike(one, other), (one, other)


@pytest.mark.parametrize("by", [(), ("client",), ("client", "priority")], ids=lambda by: "-".join(by) or "none")
def test_every_kpi_by_creation(rolled: Desk, by: tuple[str, ...]) -> None:
    """Of the tickets created then: where nothing is rolled up, the rows are read."""
    ids = [
        i
        for i, kpi in KPIS.items()
        if fits(i, by) and "created" in anchors_of(kpi, kpi.definition) and not kpi.definition.method
    ]
    assert {"tickets_created", "csat", "technician_efficiency", "comanaged_share", "backlog", "sla_breaches"} <= {*ids}
    quick, slow, spared = both_told(rolled, *ids, grain="month", by=by, anchor="created")
    assert spared > 0 and len(quick) == len(slow)
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


@pytest.mark.parametrize(
    ("words", "serves"),
    [({"by": ["client"]}, True), ({}, True), ({"by": ["source"]}, False), ({"zone": "Asia/Tokyo"}, False),
     ({"grain": "hour", "first": "2026-10-30"}, False), ({"as_of": "2026-10-30T00:00:00Z"}, False),
     ({"by": ["agreement"]}, False), ({"by": ["client", "agreement"]}, False), ({"where": ["agreement=a"]}, False),
     ({"where": ["client=acme", "team=x"]}, False), ({"anchor": "created"}, True)],
    ids=str,
)  # fmt: skip
def test_they_serve_and_step_aside(rolled: Desk, words: dict[str, object], serves: bool) -> None:
    with Told(rolled) as told:
        rolled.evaluator.ask([KPIS["tickets_created"]], rolled.query(**{**SPAN, **words}), rolled.scope)  # type: ignore[arg-type]
    source = rolled.evaluator.rollups.sources[Place("tickets", "created")].src
    assert all(f"r_{source}_" in sql for sql in told.texts) is serves


def test_shifts_are_read_from_rows(rolled: Desk) -> None:
    quick, slow, fewer = both_told(rolled, "tickets_resolved", by=["shift"])
    assert quick == slow and len(quick) > 100 and not fewer


def test_other_rules_make_other_rows(rolled: Desk) -> None:
    """What was made under another rule of the workspace does not serve."""
    params = rolled.evaluator.params(rolled.as_of_s)
    mine = rolled.evaluator.rollups.read(rolled.evaluator.con, params)
    theirs = rolled.evaluator.rollups.read(rolled.evaluator.con, {**params, "repeat_s": 1})
    assert mine.sources and not theirs.sources


def test_they_do_not_outlive_their_generation(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.tickets(3, 60)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings())
    rollup_building.refresh(ws, worth=0)
    for expected, served in ((3, True), (4, False)):
        with open_desk(ws, operator_scope()) as desk:
            assert bool(desk.evaluator.rollups.tables) is served
            [found] = desk.ask(["tickets_created"], desk.query())
            assert found.value == expected
        (tmp_path / "more").mkdir(exist_ok=True)
        lines = "ticket_id,client_id,created_at\nlate,acme,2026-03-03T08:00:00Z\n"
        (tmp_path / "more" / "tickets.csv").write_text(lines, encoding="utf-8")
        import_bundle(ws, tmp_path / "more", as_of=AS_OF)


def contents(ws: Workspace) -> dict[str, list[tuple[object, ...]]]:
    """What every table adds up to: cells that are not 0, and the single values."""
    found = {}
    with ws.reader() as con:
        [(tables,)] = con.execute("SELECT tables FROM _rollups").fetchall()
        for src, dims, _ in json.loads(tables):
            name = table_name(src, tuple(dims))
            columns = [
                c
                for (c,) in con.execute(
                    f"SELECT column_name FROM duckdb_columns() WHERE table_name = '{name}'"
                ).fetchall()
            ]
            sums = [c for c in columns if c[0] in "ch" and c[1:].isdigit()]
            keys = ", ".join(f'"{c}"' for c in columns if c not in sums)
            if tuple(dims) == ROWS:
                query = f"SELECT * FROM {name} ORDER BY ALL"
            else:
                added = ", ".join(f"coalesce(sum({c}), 0) AS {c}" for c in sums)
                some = " OR ".join(f"{c} <> 0" for c in sums)
                query = f"SELECT * FROM (SELECT {keys}, {added} FROM {name} GROUP BY {keys}) WHERE {some} ORDER BY ALL"
            found[name] = con.execute(query).fetchall()
    return found


def test_incremental_equals_full(bundle: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A second import of changed tickets, at a later as-of instant, gives the same cells as making all anew, by adding a difference."""
    monkeypatch.setattr(rollup_building, "FEWEST", 0)
    monkeypatch.setattr(rollup_building, "MOST", 1.0)
    monkeypatch.setattr(rollup_building, "PIECE", 1_000)
    monkeypatch.setattr(finishing, "_STEPS", [rollup_building.keep_up])
    anew: list[int] = []
    whole = rollup_building.Building.anew

    def counted(self: rollup_building.Building, *worth: float) -> int:
        anew.append(1)
        return whole(self, *worth)

    monkeypatch.setattr(rollup_building.Building, "anew", counted)
    ws = workspace(tmp_path / "ws", bundle, as_of=datetime(2026, 10, 1, tzinfo=UTC))
    more = tmp_path / "more"
    more.mkdir()
    with (bundle / "tickets.csv").open(encoding="utf-8") as given:
        rows = list(csv.DictReader(given))
    changed = [{**row, "priority": "P1", "category": "network"} for row in rows[::40]]
    new = [{**row, "ticket_id": f"new-{n}", "created_at": "2026-10-20T08:00:00Z"} for n, row in enumerate(rows[:15])]
    with (more / "tickets.csv").open("w", encoding="utf-8", newline="") as out:
        writer = csv.DictWriter(out, list(rows[0]))
        writer.writeheader()
        writer.writerows(changed + new)
    import_bundle(ws, more, as_of=AS_OF)
    assert anew == [1], "the second import made everything anew"
    added = contents(ws)
    with open_desk(ws, operator_scope()) as desk:
        quick, slow = both(
            desk, "tickets_created", "resolution_time", "sla_compliance", "reopen_rate", grain="month", by=["client"]
        )
    assert quick == slow
    rollup_building.refresh(ws)
    full = contents(ws)
    both_have = added.keys() & full.keys()
    assert len(both_have) > 30
    assert {n: added[n] for n in both_have} == {n: full[n] for n in both_have}
