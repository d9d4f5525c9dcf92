"""Money: rates of the row's day, exact decimals, refusal with the currencies named, shared costs, churn; against SQL of its own."""

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import client_scope, operator_scope
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.settings import RuleSettings, Settings

AS_OF = datetime(2026, 6, 1, tzinfo=UTC)


def desk_of(sheet: Sheet, folder: Path, settings: Settings = Settings()) -> Iterator[Desk]:
    sheet.save(folder / "bundle")
    with open_desk(workspace(folder / "ws", folder / "bundle", settings, AS_OF), operator_scope()) as opened:
        yield opened


def ask(desk: Desk, kpi: str, **words: object) -> list[Answer]:
    first, last = words.pop("first", "2026-03-01"), words.pop("last", "2026-04-01")
    return desk.ask([kpi], desk.query(first=first, last=last, **words))  # type: ignore[arg-type]


def invoice(sheet: Sheet, day: str, amount: object, currency: str = "", client: str = "acme", **cells: object) -> None:
    sheet.add("invoice_lines", line_id="l{n}", client_id=client, invoiced_on=day, amount=amount, currency=currency,
              **{"is_recurring": "true", **cells})  # fmt: skip


def test_the_rate_in_force_on_the_day(tmp_path: Path) -> None:
    sheet = Sheet()
    for day, rate in (("2026-01-01", 0.9), ("2026-03-15", 0.8)):
        sheet.add("exchange_rates", day=day, currency="USD", rate=rate)
    invoice(sheet, "2026-03-14", "100.10", "USD")
    invoice(sheet, "2026-03-15", "100.10", "USD")
    invoice(sheet, "2026-03-20", "0.01", "EUR")
    for desk in desk_of(sheet, tmp_path):
        [found] = [a for a in ask(desk, "rate_per_offering") if a.statistic == "amount"]
        assert found.value == float(Decimal("90.09") + Decimal("80.08") + Decimal("0.01"))
        assert found.extra["currency"] == "EUR"


def test_a_currency_without_a_rate_is_refused_by_name(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("exchange_rates", day="2026-03-10", currency="USD", rate=0.9)
    invoice(sheet, "2026-03-09", 10, "USD")
    invoice(sheet, "2026-03-09", 10, "EUR")
    invoice(sheet, "2026-04-09", 10, "CHF")
    for desk in desk_of(sheet, tmp_path):
        march, april = [a for a in ask(desk, "recurring_revenue_rate", last="2026-05-01", grain="month")]
        assert march.value is None and march.reason == "amounts in USD have no exchange rate to EUR on their day"
        assert april.value is None and "CHF" in (april.reason or "")
        assert [a.value for a in ask(desk, "recurring_revenue_rate", first="2026-05-01", last="2026-06-01")] == [None]


def test_a_cost_without_a_rate_leaves_the_revenue_alone(tmp_path: Path) -> None:
    sheet = Sheet()
    invoice(sheet, "2026-03-09", 10)
    invoice(sheet, "2026-03-09", 30, is_recurring="false")
    sheet.add("technicians", technician_id="ann", name="ann", team_id="desk", cost_rate=40)
    sheet.add(
        "time_entries", entry_id="w{n}", technician_id="ann", started_at=at(5), duration_minutes=60, client_id="acme"
    )
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="overhead", amount=7, currency="CHF")
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="material", amount=8)
    for desk in desk_of(sheet, tmp_path):
        [r3], [margin], [cogs] = (
            ask(desk, k) for k in ("recurring_revenue_rate", "gross_margin", "cost_of_goods_sold")
        )
        assert (r3.value, r3.n) == (25, 2)
        assert (margin.value, margin.n) == (80, 2) and (cogs.value, cogs.n) == (8, 1)
        [left] = ask(desk, "client_contribution")
        assert left.value is None and "CHF" in (left.reason or "")


@pytest.mark.parametrize("table", ["invoice_lines", "agreements", "costs"])
def test_a_lifetime_value_is_refused_as_well(table: str, tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("clients", client_id="acme", name="Acme", started_on="2020-01-01")
    sheet.add("offerings", offering_id="desk", name="Desk")
    odd = {name: "CHF" if name == table else "" for name in ("invoice_lines", "agreements", "costs")}
    invoice(sheet, "2026-03-09", 1000, odd["invoice_lines"])
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="material", amount=8, currency=odd["costs"])
    sheet.add("agreements", agreement_id="a{n}", client_id="acme", offering_id="desk", starts_on="2020-01-01", monthly_amount=100,
              currency=odd["agreements"])  # fmt: skip
    for desk in desk_of(sheet, tmp_path):
        found = ask(desk, "customer_lifetime_value")
        assert [a.value for a in found] == [None, None] and all("CHF" in (a.reason or "") for a in found)


def test_exact_decimals(tmp_path: Path) -> None:
    sheet = Sheet()
    for _ in range(10):
        invoice(sheet, "2026-03-09", "0.1")
    for desk in desk_of(sheet, tmp_path):
        assert ask(desk, "rate_per_offering")[0].value == 1.0


@pytest.mark.parametrize("rates", [(40, ""), ("", ""), ("", 0)])
def test_hours_without_a_cost_rate_are_told(rates: tuple[object, ...], tmp_path: Path) -> None:
    """Ann's ten hours at 40; two of Ned, and half an hour that only a ticket's total tells of, have no rate. Where nobody has one, there is
    no number; a rate of 0 is one."""
    sheet = Sheet()
    for person, rate in zip(("ann", "ned"), rates, strict=True):
        sheet.add("technicians", technician_id=person, name=person, team_id="desk", cost_rate=rate)
    invoice(sheet, "2026-03-09", 1000)
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="software", amount=100, client_id="acme")
    for person, minutes in (("ann", 600), ("ned", 120)):
        sheet.add(
            "time_entries",
            entry_id="w{n}",
            technician_id=person,
            started_at=at(5),
            duration_minutes=minutes,
            client_id="acme",
        )
    sheet.tickets(1, 60, worked_minutes=30)
    for desk in desk_of(sheet, tmp_path):
        [found] = ask(desk, "client_contribution")
        told = (found.value, found.extra.get("hours_without_rate"), found.notes)
        for by_client in ask(desk, "client_contribution", by=["client"]):
            assert told == (by_client.value, by_client.extra.get("hours_without_rate"), by_client.notes)
        if rates == ("", ""):
            assert told == (None, None, ()) and "technicians.cost_rate" in (found.reason or "")
        else:
            note = "some hours have no cost rate: nothing is deducted for them"
            assert told == ((500, 2.5, (note,)) if rates[0] else (900, 10.5, (note,)))


def _shared(sheet: Sheet) -> None:
    for person in ("ann", "ned"):
        sheet.add("technicians", technician_id=person, name=person, team_id="desk", cost_rate=0)
    sheet.add("clients", client_id="acme", name="Acme", started_on="2020-01-01", seats=30)
    sheet.add("clients", client_id="bolt", name="Bolt", started_on="2020-01-01", seats=10)
    invoice(sheet, "2026-03-05", 600)
    invoice(sheet, "2026-03-05", 200, client="bolt")
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="software", amount=80)
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="material", amount=7, client_id="bolt")
    tickets = [sheet.tickets(1, client_id=c)[0] for c in ("acme", "acme", "bolt", "bolt", "bolt", "bolt", "bolt")]
    for ticket, minutes in zip(tickets, (60, 60, 20, 20, 0, 0, 0), strict=True):
        if minutes:
            sheet.add(
                "time_entries",
                entry_id="w{n}",
                technician_id="ann",
                started_at=at(5),
                duration_minutes=minutes,
                ticket_id=ticket,
            )


@pytest.mark.parametrize(
    ("key", "acme", "bolt"),
    [("hours", 60, 20), ("tickets", 80 * 2 / 7, 80 * 5 / 7), ("seats", 60, 20), ("revenue", 60, 20)],
)
def test_shared_costs_by_the_key(key: str, acme: float, bolt: float, tmp_path: Path) -> None:
    sheet = Sheet()
    _shared(sheet)
    rules = RuleSettings.model_validate({"shared_cost_key": key})
    for desk in desk_of(sheet, tmp_path, Settings(rules=rules)):
        found = {a.dimensions["client"]: a for a in ask(desk, "client_contribution", by=["client"])}
        assert found["acme"].value == pytest.approx(600 - acme, abs=1e-6)
        assert found["bolt"].value == pytest.approx(200 - bolt - 7, abs=1e-6)
        assert found["acme"].extra["cost_key"] == key
        [whole] = ask(desk, "client_contribution")
        assert whole.value == 800 - 87


def test_a_client_sees_its_own_share_only(tmp_path: Path) -> None:
    sheet = Sheet()
    _shared(sheet)
    sheet.save(tmp_path / "bundle")
    ws = workspace(tmp_path / "ws", tmp_path / "bundle", Settings(), AS_OF)
    own = client_scope("bolt", frozenset({"bolt"}), operator_scope().permissions)
    with open_desk(ws, own) as desk:
        [found] = ask(desk, "client_contribution")
        assert found.value == pytest.approx(200 - 20 - 7, abs=1e-6)


def test_support_cost_by_effort(tmp_path: Path) -> None:
    sheet = Sheet()
    _shared(sheet)
    sheet.add("costs", cost_id="k{n}", incurred_on="2026-03-31", kind="labor", amount=400, is_support="true")
    for ticket in range(7):
        sheet.events([f"t{ticket}"], "resolved", 30)
    for desk in desk_of(sheet, tmp_path):
        found = {a.dimensions["client"]: a for a in ask(desk, "cost_per_ticket", by=["client"])}
        assert found["acme"].value == pytest.approx(400 * 120 / 160 / 2)
        assert found["bolt"].value == pytest.approx(400 * 40 / 160 / 5)
        assert ask(desk, "cost_per_ticket")[0].value == pytest.approx(400 / 7)


def test_churn_of_a_longer_period_is_computed_not_summed(tmp_path: Path) -> None:
    sheet = Sheet()
    for n, ended in enumerate(("2026-01-15", "2026-02-15", "", "")):
        sheet.add(
            "clients",
            client_id=f"c{n}",
            name="c",
            started_on="2025-01-01",
            ended_on=ended,
            end_reason="price" if ended else "",
        )
    for desk in desk_of(sheet, tmp_path):
        months = [a.value for a in ask(desk, "client_churn_rate", first="2026-01-01", last="2026-03-01", grain="month")]
        [whole] = ask(desk, "client_churn_rate", first="2026-01-01", last="2026-03-01")
        assert months == [pytest.approx(25), pytest.approx(100 / 3)]
        assert whole.value == 50 and whole.extra["reasons"] == {"price": 2}


def test_net_churn_may_be_negative_and_rates_do_not_move_it(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("clients", client_id="acme", name="Acme", started_on="2025-01-01")
    sheet.add("exchange_rates", day="2025-01-01", currency="USD", rate=1)
    sheet.add("exchange_rates", day="2026-03-10", currency="USD", rate=0.5)
    sheet.add("offerings", offering_id="desk", name="Desk")
    sheet.add("offerings", offering_id="backup", name="Backup")
    for offering, start, end, amount in (("desk", "2025-01-01", "2026-03-20", 100), ("desk", "2026-03-20", "", 90),
                                         ("backup", "2026-03-20", "", 30)):  # fmt: skip
        sheet.add("agreements", agreement_id="a{n}", client_id="acme", offering_id=offering, starts_on=start, ends_on=end,
                  monthly_amount=amount, currency="USD")  # fmt: skip
    for desk in desk_of(sheet, tmp_path):
        gross, net = ask(desk, "recurring_revenue_churn_rate", variant="all")
        assert (gross.value, net.value) == (10, -20)
        [mrr] = ask(desk, "recurring_revenue")
        assert mrr.value == 60


def test_against_sql_of_its_own(desk: Desk) -> None:
    """The ledger, by month, from the canonical tables with one plain query."""
    rows = desk.evaluator.con.execute(
        """SELECT date_trunc('month', invoiced_on) AS m,
            sum(amount * CASE WHEN currency = 'EUR' THEN 1 ELSE (
                SELECT arg_max(CAST(rate AS DECIMAL(20, 10)), day) FROM exchange_rates AS r
                WHERE r.currency = l.currency AND r.day <= l.invoiced_on) END)
        FROM invoice_lines AS l GROUP BY m ORDER BY m"""
    ).fetchall()
    found = [a for a in desk.ask(["rate_per_offering"], desk.query(grain="month")) if a.statistic == "amount" and a.n]
    assert len(found) == len(rows) > 3
    for answer, (_, amount) in zip(found, rows, strict=True):
        assert answer.value == pytest.approx(float(amount), abs=1e-4)
