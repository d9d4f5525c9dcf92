"""What lies between two answers, and a record among peers: arithmetic done by hand."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from pacesetter.access.roles import Permission
from pacesetter.access.scope import among_peers, client_scope, scope_of
from pacesetter.catalogue import registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.confidence import wilson
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.ranking import ranked
from pacesetter.catalogue.scorecards import PartScore, Score
from pacesetter.reports.difference import difference_of, stands_out
from pacesetter.reports.flow import flow_of
from pacesetter.reports.health import Health
from pacesetter.reports.peers import FEWEST, Line, record_of
from pacesetter.reports.tiles import Verdict

REOPENED, FCR, COUNT = (registry.catalogue()[i] for i in ("reopen_rate", "first_contact_resolution", "tickets_created"))
QUERY = Query(first=date(2026, 10, 1), last=date(2026, 11, 1), zone=ZoneInfo("UTC"), as_of_s=0)


def answer(kpi: str, hits: float, n: int, *, unit: str = "percent", **more: object) -> Answer:
    share = unit == "percent"
    found = Answer(
        kpi=kpi, statistic="share" if share else "count", value=100 * hits / n if share else hits, unit=unit, numerator=hits,
        denominator=n if share else None, n=n, excluded={}, reason=None, from_s=0, to_s=1, grain="all", dimensions={}, anchor="resolved",
        hours=None, variant=None, as_of_s=1, partial=False, small_n=False, ci=wilson(hits, n) if share else None,
    )  # fmt: skip
    return replace(found, **more)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("one", "two", "low", "high"),
    [
        # R. G. Newcombe, "Interval estimation for the difference between independent proportions", Stat. Med. 17 (1998), method 10
        ((56, 70), (48, 80), 5.24, 33.39), ((9, 10), (3, 10), 17.05, 80.90), ((5, 56), (0, 29), -3.81, 19.26),
    ],
)  # fmt: skip
def test_the_interval_of_two_shares_is_that_of_newcombe(
    one: tuple[int, int], two: tuple[int, int], low: float, high: float
) -> None:
    found = difference_of(FCR, answer("first_contact_resolution", *one), answer("first_contact_resolution", *two))
    assert found and found.ci == pytest.approx((low, high), abs=0.01)
    assert found.by_chance is (low <= 0) and found.verdict is (Verdict.EVEN if low <= 0 else Verdict.BETTER)


def test_the_way_that_is_better_is_the_kpis() -> None:
    many, few = answer("reopen_rate", 40, 100), answer("reopen_rate", 10, 100)
    worse, better = difference_of(REOPENED, many, few), difference_of(REOPENED, few, many)
    assert worse and better and (worse.verdict, better.verdict) == (Verdict.WORSE, Verdict.BETTER)
    assert worse.step == -better.step == 30


def test_counts_differ_by_chance_as_poisson_counts_do() -> None:
    far = difference_of(
        COUNT, answer("tickets_created", 150, 150, unit="count"), answer("tickets_created", 100, 100, unit="count")
    )
    near = difference_of(
        COUNT, answer("tickets_created", 120, 120, unit="count"), answer("tickets_created", 100, 100, unit="count")
    )
    assert (
        far
        and far.ci == pytest.approx((50 - 1.96 * 250**0.5, 50 + 1.96 * 250**0.5), abs=0.01)
        and far.verdict is Verdict.OPEN
    )
    assert near and near.by_chance and near.verdict is Verdict.EVEN
    assert stands_out(far) and not stands_out(near) and not stands_out(None)


def test_what_cannot_be_told_is_not_told() -> None:
    bare = answer("first_contact_resolution", 5, 10, ci=None)
    found = difference_of(FCR, bare, bare)
    assert found and found.by_chance is None and not stands_out(found)
    assert difference_of(FCR, bare, replace(bare, value=None)) is None and difference_of(FCR, None, bare) is None
    just = difference_of(FCR, answer("first_contact_resolution", 62, 100), answer("first_contact_resolution", 48, 100))
    assert just and not just.by_chance and not stands_out(just), "beyond chance at 95 %, not at 99 %"


def record(cells: dict[str, tuple[int, int]], group: str = "me", *, tell_place: bool = True) -> Line:
    """The line of one technician; the answers come as the evaluator gives them, ranked."""

    def ask(ids: Sequence[str], query: Query) -> list[Answer]:
        if not query.by:
            return [answer("reopen_rate", sum(h for h, _ in cells.values()), sum(n for _, n in cells.values()))]
        found = [answer("reopen_rate", h, n, dimensions={"technician": who}) for who, (h, n) in cells.items()]
        return ranked(found, {"reopen_rate": REOPENED}, query)

    lines = record_of(ask, [REOPENED], "technician", group, QUERY, QUERY, tell_place=tell_place)
    assert len(lines) == 1
    return lines[0]


PEERS = {f"p{i}": (10 + i % 3, 200) for i in range(8)}


def test_few_rows_are_drawn_to_all_and_many_are_not() -> None:
    small = record({**PEERS, "me": (2, 5), "worst": (120, 200)})
    large = record({**PEERS, "me": (80, 200), "worst": (120, 200)})
    assert small.own.value == large.own.value == 40.0
    assert small.shrunk and large.shrunk and small.pooled and large.pooled
    assert abs(small.shrunk - small.pooled) < abs(large.shrunk - large.pooled) < abs(40 - large.pooled)
    assert large.verdict is Verdict.WORSE and small.verdict is Verdict.EVEN
    assert large.place == 9 and large.of == 10


def test_where_chance_explains_all_nobody_is_better_or_has_a_place() -> None:
    line = record({**{f"p{i}": (10, 200) for i in range(8)}, "me": (17, 200)})
    assert line.verdict is Verdict.EVEN and line.place is None and line.shrunk == pytest.approx(line.pooled)


def test_a_rank_is_told_to_those_who_lead_only() -> None:
    cells = {**PEERS, "me": (80, 200)}
    assert record(cells).place == 9 and record(cells, tell_place=False).place is None


def test_fewer_than_five_are_not_compared() -> None:
    cells = {f"p{i}": (10 + 30 * i, 200) for i in range(FEWEST - 2)}
    line = record({**cells, "me": (80, 200)}, tell_place=False)
    assert line.shrunk is None and line.pooled is None and line.place is None and line.verdict is Verdict.OPEN
    assert record({**cells, "one more": (5, 200), "me": (80, 200)}, tell_place=False).pooled is not None
    assert record({**cells, "me": (80, 200)}).pooled is not None, "those who lead may see every one of them"


def test_the_scope_among_peers_has_no_more_permissions_and_only_its_holder_left_out() -> None:
    own = scope_of("t", frozenset({Permission.PEOPLE, Permission.NAMES, Permission.MONEY}), technicians=frozenset({"t-1"}),
                   teams=frozenset({"desk"}), clients=frozenset({"acme"}))  # fmt: skip
    wide = among_peers(own)
    assert wide.technicians is None and wide.teams == own.teams and wide.clients == own.clients
    assert wide.permissions == {Permission.PEOPLE, Permission.NAMES}
    other = client_scope("c", frozenset({"acme"}))
    assert among_peers(other) is other


def part(kpi: str, weight: float, score: float | None) -> PartScore:
    return PartScore(
        kpi=kpi,
        weight=weight,
        value=score,
        n=9,
        score=score,
        reason=None if score is not None else "none",
        small_n=False,
    )


def test_what_pulls_health_down_is_what_costs_most_points() -> None:
    parts = (part("csat", 1, 10), part("reopen_rate", 3, 60), part("availability", 2, None), part("mttr", 1, 100))
    score = Score(card="c", group="acme", from_s=0, to_s=1, score=58.0, weight_there=0.7, reason=None, parts=parts)
    found = Health("acme", score, replace(score, score=60.5))
    assert found.drag and found.drag.kpi == "reopen_rate", "40 points × 3 are more than 90 × 1"
    assert [p.kpi for p in found.missing] == ["availability"] and found.band == "fair" and found.step == -2.5
    unknown = Health("acme", replace(score, score=None, parts=(parts[2],)), None)
    assert (unknown.band, unknown.drag, unknown.step) == ("unknown", None, None)


def test_bars_of_the_flow_share_one_scale() -> None:
    days = [answer("tickets_created", v, int(v), unit="count", from_s=i) for i, v in enumerate((10, 0, 5))]
    gone = [answer("tickets_resolved", v, int(v), unit="count", from_s=i) for i, v in enumerate((2, 20))]
    flow = flow_of(days, gone)
    assert (flow.came, flow.gone, flow.net, flow.top) == (15, 22, -7, 20)
    assert [b.up for b in flow.bars] == [10.0, 0.0, 5.0] and [b.down for b in flow.bars] == [2.0, 20.0, 0.0]
    assert flow_of([], []).bars == ()


def test_time_on_the_same_mix_of_work_is_compared_with_the_usual_time() -> None:
    kpi = registry.catalogue()["speed_quality"]

    def line(value: float, low: float, high: float) -> Line:
        mine = answer(
            "speed_quality",
            1,
            1,
            statistic="relative_time",
            value=value,
            ci=(low, high),
            dimensions={"technician": "me"},
        )
        return record_of(lambda ids, query: [mine], [kpi], "technician", "me", QUERY, QUERY, tell_place=True)[0]

    found = [line(0.6, 0.4, 0.8), line(1.3, 1.1, 1.6), line(0.9, 0.7, 1.1)]
    assert [f.verdict for f in found] == [Verdict.BETTER, Verdict.WORSE, Verdict.EVEN]
    assert all(f.pooled == 1.0 and f.shrunk == f.own.value and f.place is None for f in found)


def test_counts_of_spans_that_differ_in_length_are_compared_by_the_day() -> None:
    short, long = answer("tickets_created", 310, 310, unit="count"), answer("tickets_created", 910, 910, unit="count")
    same = difference_of(COUNT, short, long, (31.0, 91.0))
    assert same and same.is_daily and same.step == 0.0 and same.verdict is Verdict.EVEN
    more = difference_of(COUNT, replace(short, value=465.0, n=465), long, (31.0, 91.0))
    assert (
        more
        and more.step == 5.0
        and more.ci
        and more.ci[0] == pytest.approx(5 - 1.96 * (465 / 31**2 + 910 / 91**2) ** 0.5, abs=0.01)
    )
    share = difference_of(
        FCR, answer("first_contact_resolution", 5, 10), answer("first_contact_resolution", 5, 10), (31.0, 91.0)
    )
    assert share and not share.is_daily, "a share has no length"
