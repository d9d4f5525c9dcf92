"""Questions by cohort (``--anchor created``): of the tickets created then, by hand; what cannot be asked so says it in one line; and what
has no hour of its own is not cut by it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from math import isclose
from typing import Any

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import reference, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.asked import anchors_of
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.drill import Side, drill
from pacesetter.catalogue.facts import FACTS
from pacesetter.catalogue.record import Companion, Unit
from pacesetter.errors import BadRequest
from pacesetter.reports import cuts
from pacesetter.settings import Settings

KPIS = registry.catalogue()
DAY = 1440
APRIL = 31 * DAY
"""Minutes from the start, Monday 2 March 9:00, to Thursday 2 April 9:00."""
MONTHS = {"first": "2026-03-01", "last": "2026-05-01", "grain": "month"}


@pytest.fixture(scope="module")
def two_months(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Five tickets of March and April. March: ``done`` resolved at once, ``late`` in April by the client's own IT, ``open`` never. April:
    ``next`` resolved at once, ``new`` never. Work and surveys on them, and on none. A resolution is due within 10 hours."""
    sheet = Sheet()
    sheet.policy(resolve=600)
    sheet.add("technicians", technician_id="ann", name="Ann", team_id="desk")
    sheet.add("technicians", technician_id="ida", name="Ida", team_id="it")
    [done] = sheet.tickets(1, 60, team_id="desk", technician_id="ann")
    [late] = sheet.tickets(1, APRIL, team_id="it", technician_id="ida")
    [never] = sheet.tickets(1, team_id="desk", technician_id="ann")
    [after] = sheet.tickets(1, 60, APRIL, team_id="desk", technician_id="ann")
    sheet.tickets(1, None, APRIL, team_id="desk", technician_id="ann")
    work = ((done, "ann", 0, 30), (done, "ann", APRIL, 60), (late, "ida", APRIL, 90), (never, "ann", DAY, 20), (after, "ann", APRIL, 40),
            ("", "ann", DAY, 100))  # fmt: skip
    for ticket, who, minute, length in work:
        about = {"technician_id": who, "started_at": at(minute), "duration_minutes": length, "client_id": "acme"}
        sheet.add("time_entries", entry_id="w{n}", ticket_id=ticket, **about)
    surveys = (("csat", done, APRIL, 5), ("csat", late, APRIL, 2), ("csat", never, DAY, ""), ("csat", after, APRIL, 4),
               ("csat", "", DAY, 1), ("nps", done, APRIL, 10), ("nps", after, APRIL, 3), ("nps", "", APRIL, 9))  # fmt: skip
    for kind, ticket, minute, score in surveys:
        answered = {"score": score, "answered_at": at(minute) if score else ""}
        sheet.add(
            "surveys", survey_id="s{n}", kind=kind, ticket_id=ticket, client_id="acme", sent_at=at(minute), **answered
        )
    folder = tmp_path_factory.mktemp("two_months")
    sheet.save(folder / "bundle")
    ws = workspace(folder / "ws", folder / "bundle", Settings(), datetime(2026, 5, 1, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as opened:
        yield opened


def by_month(
    desk: Desk, kpi: str, statistic: str | None = None, anchor: str | None = "created", **words: Any
) -> list[Answer]:
    """The answers of March and April: of the first statistic, or of the one that is named."""
    query = desk.query(**{**MONTHS, "anchor": anchor, **words})
    found = desk.ask([kpi], query)
    return [a for a in found if a.statistic == (statistic or found[0].statistic)]


CASES = [
    # KPI, statistic; by creation: March and April, n of both; by its own moment: March and April
    ("comanaged_share", "share", (0, 0), (2, 1), (0, 0)),
    ("comanaged_share", "msp", (50, 100), (2, 1), (100, 50)),
    ("comanaged_share", "client", (50, 0), (2, 1), (0, 50)),
    ("comanaged_share", "both_hours", (0, 0), (2, 1), (0, 0)),
    ("comanaged_share", "msp_hours", (50, 100), (2, 1), (100, 100 * 40 / 130)),
    ("comanaged_share", "client_hours", (50, 0), (2, 1), (0, 100 * 90 / 130)),
    ("technician_efficiency", None, (60 * 200 / 2, 60 * 40), (2, 1), (60 * 50, 60 * 190 / 2)),
    ("customer_efficiency", None, (60 * 200 / 3, 60 * 40 / 2), (3, 2), (60 * 50 / 3, 60 * 190 / 2)),
    ("csat", None, (50, 100), (2, 1), (0, 100 * 2 / 3)),
    ("csat", "mean_score", (3.5, 4), (2, 1), (1, 11 / 3)),
    ("csat_response_rate", None, (100 * 2 / 3, 100), (3, 1), (50, 100)),
    ("nps", None, (100, -100), (1, 1), (None, 100 / 3)),
    ("backlog", None, (1, 1), (1, 1), (2, 2)),
    ("sla_breaches", None, (2, 1), (2, 1), (2, 1)),
    ("tickets_resolved", None, (2, 1), (2, 1), (1, 2)),
]  # fmt: skip


@pytest.mark.parametrize(("kpi", "statistic", "values", "n", "own"), CASES)
def test_a_cohort_by_hand(
    two_months: Desk, kpi: str, statistic: str | None, values: tuple[float, ...], n: tuple[int, ...], own: tuple[float | None, ...]
) -> None:  # fmt: skip
    found = by_month(two_months, kpi, statistic)
    assert [a.value for a in found] == pytest.approx(list(values))
    assert [a.n for a in found] == list(n) and {a.anchor for a in found} == {"created"}
    default = [a.value for a in by_month(two_months, kpi, statistic, None)]
    assert [(v is None, v or 0) for v in default] == [(v is None, pytest.approx(v or 0)) for v in own]


def test_the_cohort_is_as_of_the_instant_asked(two_months: Desk) -> None:
    """On 10 March the one ticket was resolved, two were open, and 50 minutes had been worked on them."""
    words = {"as_of": "2026-03-10", "last": "2026-04-01"}
    assert [a.value for a in by_month(two_months, "backlog", **words)] == [2]
    assert [a.value for a in by_month(two_months, "technician_efficiency", **words)] == [60 * 50]
    assert [a.value for a in by_month(two_months, "csat_response_rate", **words)] == [0]


def test_the_age_of_what_is_still_open(two_months: Desk) -> None:
    """On 1 May 0:00 the one of March is 59 days and 15 hours old, the one of April 28 days and 15 hours."""
    hours = (59 * 24 + 15, 28 * 24 + 15)
    assert [a.value for a in by_month(two_months, "backlog_age")] == [3600 * h for h in hours]
    found = two_months.ask(["backlog"], two_months.query(anchor="created", by=["age_band"]))
    assert {a.dimensions["age_band"]: a.value for a in found} == {"30 to 90 days": 1, "7 to 30 days": 1}


def test_a_cohort_has_the_hour_of_its_creation(two_months: Desk) -> None:
    """All were created at 9:00, on a Monday and on a Thursday; who stands at the end of a period has no hour."""
    for dimension, values in (("hour", {9: 2}), ("weekday", {"mon": 1, "thu": 1})):
        found = two_months.ask(["backlog"], two_months.query(anchor="created", by=[dimension]))
        assert {a.dimensions[dimension]: a.value for a in found} == values


def test_at_risk_of_the_tickets_created_then(two_months: Desk) -> None:
    """On 2 March 14:00, two are open and due at 19:00, within the eight hours of the workspace; on 1 May nothing is."""
    by_day = {"grain": "day", "first": "2026-03-01", "last": "2026-03-03", "as_of": "2026-03-02T14:00:00Z"}
    assert [a.value for a in by_month(two_months, "sla_at_risk", **by_day)] == [0, 2]
    assert [a.value for a in by_month(two_months, "sla_at_risk")] == [0, 0]


def test_what_an_answer_lists_is_of_the_same_tickets(two_months: Desk) -> None:
    """Of March two clocks ran out, one with each of the two teams; one of April."""
    found = by_month(two_months, "sla_breaches", "count", first="2026-03-01", last="2026-04-01")
    assert [sum(a.extra["held_by"].values()) for a in found] == [2] == [a.value for a in found]
    of_april = by_month(
        two_months, "sla_breaches", "count", first="2026-04-01", last="2026-05-01", where=["technician=ann"]
    )
    assert [sum(a.extra["held_by"].values()) for a in of_april] == [1] == [a.value for a in of_april]


@pytest.mark.parametrize(("kpi", "side", "ids"), [
    ("customer_efficiency", "numerator", {"w0", "w1", "w2", "w3"}), ("csat", "denominator", {"s0", "s1"}),
    ("backlog", "numerator", {"t2"}),
])  # fmt: skip
def test_the_rows_behind_a_cohort(two_months: Desk, kpi: str, side: str, ids: set[str]) -> None:
    query = two_months.query(first="2026-03-01", last="2026-04-01", anchor="created")
    found = two_months.drill(kpi, query, side)
    rows = two_months.evaluator.run(found.tree)
    assert {row[0] for row in rows} == ids and "created_at" in found.columns


@pytest.mark.parametrize(("kpi", "says"), [
    ("cost_per_ticket", "its rows (support costs) are not of single tickets; choose of handled"),
    ("tickets_per_shift", "its rows (shifts) are not of single tickets; leave it out"),
    ("technician_utilization", "time at work is not of single tickets; choose of worked"),
    ("backlog_days", "the pace is that of all tickets, whenever they were created; choose of instant"),
    ("kb_self_service_ratio", "its rows (visits) are not of single tickets; leave it out"),
    ("kb_article_effectiveness", "its rows (visits) are not of single tickets; choose of period"),
    ("client_churn_rate", "its rows (client base) are not of single tickets; choose of period"),
])  # fmt: skip
def test_what_has_no_cohort_says_so_in_one_line(two_months: Desk, kpi: str, says: str) -> None:
    for variant in (None, *KPIS[kpi].variants):
        with pytest.raises(BadRequest) as refused:
            by_month(two_months, kpi, variant=variant)
        assert refused.value.line() == f"--anchor: {kpi} cannot be asked by creation: {says}"


def test_every_kpi_whose_rows_are_all_of_tickets_can_be_asked_by_creation() -> None:
    """All but the one whose pace is that of all tickets, and the one that is about time at work."""
    told = {
        kpi.id for kpi in KPIS.values() for d in (kpi.definition, *kpi.variants.values())
        if all(FACTS[p.fact].has_ticket for p in d.formula_parts()) and "created" not in anchors_of(kpi, d)
    }  # fmt: skip
    assert told == {"backlog_days", "technician_utilization"}
    assert [f.name for f in FACTS.values() if f.has_ticket and f.on("created") is None] == ["pace"]


@pytest.mark.parametrize("kpi", KPIS)
def test_every_kpi_answers_by_creation_or_says_why_not(desk: Desk, kpi: str) -> None:
    """On the simulated MSP: a number of the cohort, or one line; each variant as it is declared."""
    for variant, definition in {KPIS[kpi].default_variant: KPIS[kpi].definition, **KPIS[kpi].variants}.items():
        query = desk.query(first="2026-08-01", last="2026-11-01", anchor="created", variant=variant)
        if "created" in anchors_of(KPIS[kpi], definition):
            found = desk.ask([kpi], query)
            assert {a.anchor for a in found} == {"created"}
            assert found[0].n > 0 or found[0].reason
        else:
            with pytest.raises(BadRequest, match=f"^--anchor: {kpi} cannot be asked by creation: "):
                desk.ask([kpi], query)


def test_a_further_statistic_that_has_no_cohort_is_null_alone(two_months: Desk) -> None:
    shifts = KPIS["tickets_per_shift"].definition
    base = KPIS["comanaged_share"]
    beside = {
        "msp": base.definition.companions["msp"],
        "ratio": Companion(unit=Unit.RATIO, definition=replace(shifts, companions={})),
    }
    kpi = replace(base, definition=replace(base.definition, companions=beside))
    query = two_months.query(first="2026-03-01", last="2026-04-01", anchor="created")
    main, msp, ratio = two_months.evaluator.ask([kpi], query, two_months.scope)
    assert (main.value, main.n, msp.value, msp.n) == (0, 2, 50, 2)
    assert (ratio.value, ratio.n, ratio.anchor) == (None, 0, "created")
    assert ratio.reason and (
        "not available" in ratio.reason or ratio.reason.startswith("cannot be asked by creation: ")
    )


def test_it_says_why_and_so_do_its_rows(two_months: Desk) -> None:
    """Work has no resolution: beside the tickets resolved then, hours by when they were worked are null, with the reason."""
    base = KPIS["comanaged_share"]
    beside = {
        "msp": base.definition.companions["msp"],
        "ratio": Companion(unit=Unit.SECONDS, definition=KPIS["technician_efficiency"].definition),
    }
    kpi = replace(base, definition=replace(base.definition, companions=beside))
    query = two_months.query(first="2026-03-01", last="2026-04-01", anchor="resolved")
    found = {a.statistic: (a.value, a.reason) for a in two_months.evaluator.ask([kpi], query, two_months.scope)}
    assert found == {"share": (0, None), "msp": (100, None), "ratio": (None, "cannot be anchored on 'resolved'")}
    with pytest.raises(BadRequest, match=r"^--anchor: comanaged_share \(ratio\) cannot be anchored on 'resolved'$"):
        drill(two_months.evaluator, kpi, query, two_months.scope, Side.NUMERATOR, statistic="ratio")


@pytest.mark.parametrize("kpi", ["backlog", "backlog_age", "sla_at_risk"])
@pytest.mark.parametrize("dimension", ["hour", "weekday"])
def test_what_stands_at_the_end_of_a_period_has_no_hour(two_months: Desk, kpi: str, dimension: str) -> None:
    declared = KPIS[kpi]
    assert dimension not in cuts.dimensions_of(declared) and f"`{dimension}`" not in reference.page(declared)
    says = f"the rows of this KPI have no dimension '{dimension}': they stand at the end of a period"
    value = {"hour": "9", "weekday": "mon"}[dimension]
    for words in ({"by": [dimension]}, {"where": [f"{dimension}={value}"]}):
        with pytest.raises(BadRequest) as refused:
            by_month(two_months, kpi, anchor=None, **words)
        assert refused.value.line() == says


DAYS = ("recurring_revenue_rate", "client_contribution", "close_ratio", "cost_of_goods_sold", "gross_margin", "on_time_delivery",
        "on_budget_delivery", "improvement_suggestions", "improvement_adoption_rate")  # fmt: skip


@pytest.mark.parametrize("kpi", DAYS)
def test_of_what_only_the_day_is_known_there_is_a_weekday_and_no_hour(desk: Desk, kpi: str) -> None:
    declared = KPIS[kpi]
    assert {"hour", "weekday"} & set(cuts.dimensions_of(declared)) == {"weekday"}
    assert "`weekday`" in reference.page(declared) and "`hour`" not in reference.page(declared)
    with pytest.raises(BadRequest, match=r"no dimension 'hour': only their day is known$"):
        desk.ask([kpi], desk.query(by=["hour"]))
    found = desk.ask([kpi], desk.query(by=["weekday"]))
    assert {a.dimensions["weekday"] for a in found if a.n} <= {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}
    assert any(a.n for a in found)


def test_no_fact_has_an_hour_that_is_always_midnight(desk: Desk) -> None:
    """Whatever can be cut by hour has rows at other hours than 0."""
    for kpi in KPIS.values():
        if "hour" in cuts.dimensions_of(kpi):
            hours = {a.dimensions["hour"] for a in desk.ask([kpi.id], desk.query(by=["hour"])) if a.n}
            assert not hours or hours != {0}, kpi.id


STANDING = ("backlog", "backlog_age", "sla_at_risk")


@pytest.mark.parametrize(
    "by", [(), ("client",), ("priority",), ("team",), ("age_band",)], ids=lambda by: "-".join(by) or "none"
)
@pytest.mark.parametrize("as_of", [None, "2026-08-19T13:07:00Z"])
def test_the_cohorts_of_all_time_are_what_stands_at_the_instant(
    asked: Desk, by: tuple[str, ...], as_of: str | None
) -> None:
    """Of the tickets of every month, those still open make up the backlog: the two readings of the same question meet."""
    for kpi in STANDING:
        if by == ("age_band",) and kpi == "sla_at_risk":
            continue
        for hours in ("business", "calendar", "sla") if KPIS[kpi].hours else (None,):
            words: dict[str, Any] = {"by": list(by), "hours": hours, "as_of": as_of}
            whole = asked.ask([kpi], asked.query(**words))
            cohorts = asked.ask([kpi], asked.query(**words, grain="month", anchor="created"))
            for a in whole:
                if a.statistic not in ("count", "mean"):
                    continue
                mine = [c for c in cohorts if c.dimensions == a.dimensions and c.statistic == a.statistic]
                assert sum(c.n for c in mine) == a.n, (kpi, a.dimensions)
                assert isclose(sum(c.numerator or 0 for c in mine), a.numerator or 0), (kpi, a.dimensions)
            assert any(a.n for a in whole)
