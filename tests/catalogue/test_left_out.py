"""What is left out of an answer, and what an answer says of its rows: cancelled promises, times before the creation, seats that nobody
knows, population, anchors, intervals of every share; by hand."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue import confidence, reference, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.catalogue.proportion import is_proportion
from pacesetter.catalogue.record import Part, count_of
from pacesetter.errors import BadRequest
from pacesetter.reports import cuts
from pacesetter.settings import Settings

CREATED = count_of("tickets", "created")
PERIODIC = ("technician_utilization", "mtbf", "availability", "client_churn_rate", "recurring_revenue", "backlog_days", "cost_per_ticket",
            "lost_business_hours", "customer_lifetime_value")  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Monday 9:00: four promises for 10:30, two alerts, two e-mails; agreements of a client with ten seats and of one without."""
    sheet = Sheet()
    for status, phase in (("Open", "active"), ("Void", "cancelled")):
        sheet.add("ticket_statuses", status=status, phase=phase)
    sheet.add("clients", client_id="acme", name="Acme", seats=10)
    sheet.add("clients", client_id="beta", name="Beta", seats="")
    kept, void, late, again = sheet.tickets(4, promised_at=at(90), type="request", team_id="desk")
    sheet.events([kept], "resolved", 60)
    for ticket, minute, value in ((void, 30, "Void"), (late, 120, "Void"), (again, 30, "Void"), (again, 60, "Open")):
        sheet.events([ticket], "status", minute, from_value="Open", to_value=value)
    slow, early = sheet.tickets(2, type="alert", channel="monitoring")
    sheet.events([slow], "status", 10, from_value="", to_value="Open")
    sheet.events([early], "status", -60, from_value="", to_value="Open")
    quick, before = sheet.tickets(2, type="incident", channel="email", team_id="desk")
    sheet.events([quick], "resolved", 30)
    sheet.events([before], "resolved", -30)
    sheet.events([quick, before], "reply", 20, is_public="true")
    sheet.add("offerings", offering_id="care", name="Care")
    for client, amount in (("acme", 1000), ("beta", 500)):
        about = {"client_id": client, "offering_id": "care", "starts_on": "2026-01-01", "monthly_amount": amount}
        sheet.add("agreements", agreement_id="a{n}", **about)
    folder = tmp_path_factory.mktemp("left_out")
    sheet.save(folder / "bundle")
    ws = workspace(folder / "ws", folder / "bundle", Settings(), datetime(2026, 4, 1, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as opened:
        yield opened


def ask(desk: Desk, kpi: str, **words: object) -> dict[str, Answer]:
    query = desk.query(first="2026-03-01", last="2026-04-01", **words)  # type: ignore[arg-type]
    return {a.statistic: a for a in desk.ask([kpi], query)}


def test_a_promise_that_was_cancelled_before_its_time_is_none(told: Desk) -> None:
    """Of four: one kept, one cancelled after its time, one cancelled, taken up again and never finished; one cancelled by then is out."""
    found = ask(told, "promise_kept_rate")["share"]
    assert (found.numerator, found.denominator, found.n) == (1, 3, 3)


def test_an_alert_taken_up_before_its_creation_has_no_time(told: Desk) -> None:
    found = ask(told, "alert_triage_time")["mean"]
    assert (found.value, found.n, found.excluded) == (600, 1, {"bad_timestamp": 1})


def test_what_was_solved_before_its_creation_was_not_solved_within_the_hour(told: Desk) -> None:
    found = ask(told, "first_contact_resolution", variant="one_hour", where=["type=incident"])["share"]
    assert (found.numerator, found.n) == (1, 2)


def test_revenue_per_seat_is_that_of_clients_whose_seats_are_known(told: Desk) -> None:
    found = ask(told, "average_revenue_per_user", variant="per_seat")["mean"]
    assert (found.value, found.denominator, found.n) == (100, 10, 1)


def test_a_further_statistic_says_like_the_main_one_that_nothing_is_there(told: Desk) -> None:
    main, beside = ask(told, "csat").values()
    assert beside.statistic == "mean_score" and main.reason and beside.reason == main.reason


def test_the_answer_names_the_population(told: Desk) -> None:
    for kpi, words, population in (
        ("first_contact_resolution", {}, "people"),
        ("first_contact_resolution", {"where": ["type=incident"]}, "all"),
        ("tickets_created", {}, "all"),
    ):
        for a in ask(told, kpi, **words).values():
            assert a.as_json(told.zone)["population"] == population


@pytest.mark.parametrize(
    ("kpi", "words", "anchors"),
    [
        ("resolution_rate", {}, {"numerator": "resolved", "denominator": "created"}),
        ("net_ticket_change", {}, {"numerator": "created", "denominator": "closed"}),
        ("resolution_rate", {"anchor": "created"}, None),
        ("reopen_rate", {}, None),
    ],
)
def test_the_answer_names_both_anchors_where_they_differ(
    told: Desk, kpi: str, words: dict[str, str], anchors: dict[str, str] | None
) -> None:
    for a in ask(told, kpi, **words).values():
        assert a.as_json(told.zone).get("anchors") == anchors


@pytest.mark.parametrize(("kpi", "statistic"), [("comanaged_share", "msp"), ("rate_per_offering", "attach_rate")])
def test_every_share_of_rows_has_an_interval(told: Desk, kpi: str, statistic: str) -> None:
    found = ask(told, kpi)[statistic]
    assert found.value is not None and found.numerator is not None
    assert found.ci == confidence.wilson(found.numerator, found.n, 100)


@pytest.mark.parametrize(
    ("hits", "of", "is_one"),
    [
        (replace(CREATED, value="CASE WHEN priority = 'P1' THEN 1 ELSE 0 END"), CREATED, True),
        (replace(CREATED, where="priority = 'P1'"), CREATED, True),
        (replace(CREATED, where="type = 'alert' AND priority = 'P1'"), replace(CREATED, where="type = 'alert'"), True),
        (replace(CREATED, where="priority = 'P1'"), replace(CREATED, where="type = 'alert'"), False),
        (CREATED, replace(CREATED, where="type = 'alert'"), False),
        (replace(CREATED, value="CASE WHEN priority = 'P1' THEN 2 ELSE 0 END"), CREATED, False),
        (replace(CREATED, value="worked_minutes"), CREATED, False),
        (count_of("resolutions", "created"), CREATED, False),
        (count_of("resolutions", "resolved"), count_of("resolutions", "created"), False),
    ],
)
def test_a_proportion_is_told_by_its_parts(hits: Part, of: Part, is_one: bool) -> None:
    assert is_proportion(hits, of) is is_one


def test_a_share_of_amounts_has_none(told: Desk) -> None:
    assert ask(told, "comanaged_share")["msp_hours"].ci is None


@pytest.mark.parametrize(("dimension", "value"), [("hour", "9"), ("weekday", "mon")])
@pytest.mark.parametrize("kpi", PERIODIC)
def test_what_stands_for_a_whole_period_has_no_hour(desk: Desk, kpi: str, dimension: str, value: str) -> None:
    declared = registry.find(kpi)
    assert dimension not in cuts.dimensions_of(declared) and f"`{dimension}`" not in reference.page(declared)
    for words in ({"by": [dimension]}, {"where": [f"{dimension}={value}"]}):
        with pytest.raises(BadRequest, match="the rows of this KPI have no dimension"):
            ask(desk, kpi, **words)


def test_what_happens_at_an_instant_has_one(told: Desk) -> None:
    declared = registry.find("tickets_created")
    assert {"hour", "weekday"} <= set(cuts.dimensions_of(declared)) and "`weekday`" in reference.page(declared)
    query = told.query(first="2026-03-01", last="2026-04-01", by=["weekday"])
    assert {a.dimensions["weekday"]: a.value for a in told.ask(["tickets_created"], query)} == {"mon": 8}
