"""What a workspace chooses, and further cuts: time over target of clocks that still run, required fields, shifts, agreements; by hand."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import Desk, open_desk
from pacesetter.settings import RuleSettings, Settings

HOUR = 3_600


def desk_of(sheet: Sheet, folder: Path, settings: Settings, as_of: datetime) -> Iterator[Desk]:
    sheet.save(folder / "bundle")
    with open_desk(workspace(folder / "ws", folder / "bundle", settings, as_of), operator_scope()) as opened:
        yield opened


def ask(desk: Desk, kpi: str, **words: object) -> list[Answer]:
    return desk.ask([kpi], desk.query(first="2026-03-01", last="2026-04-01", **words))  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def broken(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    """Monday 9:00, target one open hour. One is resolved at 12:00; one waits for the requester from 11:00 to 13:00 and is still open on
    Tuesday at 10:00; one breaks only on Tuesday at 9:00."""
    sheet = Sheet()
    sheet.add("calendars", calendar_id="office", name="Office", time_zone="UTC", hours="mon-fri 08:00-18:00")
    sheet.add("sla_policies", sla_policy_id="sla", name="SLA", calendar_id="office")
    sheet.add("sla_targets", sla_policy_id="sla", clock="resolve", target_minutes=60, hours="business")
    for status, phase in (("Open", "active"), ("Ask", "waiting_requester")):
        sheet.add("ticket_statuses", status=status, phase=phase)
    [solved] = sheet.tickets(1)
    [waiting] = sheet.tickets(1)
    sheet.tickets(1, created=23 * 60)
    sheet.events([solved], "resolved", 3 * 60)
    sheet.events([waiting], "status", 0, from_value="Open", to_value="Open")
    sheet.events([waiting], "status", 2 * 60, from_value="Open", to_value="Ask")
    sheet.events([waiting], "status", 4 * 60, from_value="Ask", to_value="Open")
    yield from desk_of(sheet, tmp_path_factory.mktemp("broken"), Settings(), datetime(2026, 3, 3, 10, tzinfo=UTC))


@pytest.mark.parametrize(
    ("hours", "over"),
    [
        ("calendar", (2, 24, 1)),
        # Monday 10:00 to 18:00 and Tuesday 8:00 to 10:00
        ("business", (2, 10, 1)),
        # less the two hours in which the requester was waited for
        ("sla", (2, 8, 1)),
    ],
)
def test_time_over_target_runs_on_until_the_clock_ends(broken: Desk, hours: str, over: tuple[int, ...]) -> None:
    found = {a.statistic: a for a in ask(broken, "sla_breaches", hours=hours)}
    assert found["count"].value == 3
    assert found["mean"].value == pytest.approx(sum(over) * HOUR / 3) and found["mean"].n == 3


def test_what_ended_is_judged_without_what_still_runs(broken: Desk) -> None:
    [all_of_them] = ask(broken, "sla_compliance")
    [ended] = ask(broken, "sla_compliance", variant="closed_only")
    assert (all_of_them.value, all_of_them.n) == (0, 3) and (ended.value, ended.n) == (0, 1)


@pytest.fixture(scope="module")
def closed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four closed tickets: all with a category, one with a site, none with anything else."""
    folder = tmp_path_factory.mktemp("closed")
    sheet = Sheet()
    sheet.add("sites", site_id="hq", client_id="acme", name="Head office")
    tickets = [*sheet.tickets(3, category="mail"), *sheet.tickets(1, category="mail", site_id="hq")]
    sheet.events(tickets, "closed", 60)
    sheet.save(folder / "bundle")
    return folder


@pytest.mark.parametrize(
    ("fields", "value"), [(None, 100 * 4 / 24), (("category",), 100), (("category", "site"), 100 * 5 / 8), (("fix",), 0)]
)  # fmt: skip
def test_the_workspace_says_which_fields_are_required(
    closed: Path, tmp_path: Path, fields: tuple[str, ...] | None, value: float
) -> None:
    rules = RuleSettings.model_validate({"required_fields": fields} if fields else {})
    ws = workspace(tmp_path / "ws", closed / "bundle", Settings(rules=rules), datetime(2026, 4, 1, tzinfo=UTC))
    with open_desk(ws, operator_scope()) as desk:
        [found] = ask(desk, "record_completeness")
        assert found.value == pytest.approx(value) and found.denominator == 4 * len(rules.required_fields)


@pytest.mark.parametrize("fields", [("mood",), (), "category"])
def test_a_field_that_cannot_be_required_is_refused(fields: object) -> None:
    with pytest.raises(ValidationError):
        RuleSettings.model_validate({"required_fields": fields})


def test_tickets_by_shift(tmp_path: Path) -> None:
    sheet = Sheet()
    for name, begin, end in (("early", 0, 240), ("late", 240, 480), ("idle", 480, 600)):
        sheet.add("shifts", shift_id=name, technician_id="ann", starts_at=at(begin), ends_at=at(end), kind="work")
    for minute in (0, 100, 239, 240, 601):
        sheet.events(sheet.tickets(1, technician_id="ann"), "resolved", minute)
    for desk in desk_of(sheet, tmp_path, Settings(), datetime(2026, 4, 1, tzinfo=UTC)):
        found = {
            a.dimensions["shift"]: a for a in ask(desk, "tickets_per_shift", by=["shift"]) if a.statistic == "ratio"
        }
        assert {k: a.value for k, a in found.items()} == {"early": 3, "late": 1, "idle": 0, None: None}
        assert found[None].numerator == 1
        [whole, _] = ask(desk, "tickets_per_shift")
        assert whole.value == pytest.approx(5 / 3)


def test_a_shift_over_a_weekend_has_all_its_days(tmp_path: Path) -> None:
    """On call from Friday 18:00 to Monday 8:00: a ticket is resolved on Saturday, one on Sunday, one in the last second, one at the end."""
    sheet = Sheet()
    friday, monday = (4 * 24 + 9) * 60, (6 * 24 + 23) * 60
    sheet.add("shifts", shift_id="weekend", technician_id="ann", starts_at=at(friday), ends_at=at(monday), kind="work")
    sheet.add("shifts", shift_id="early", technician_id="ann", starts_at=at(0), ends_at=at(240), kind="work")
    for minute in (30, friday + 18 * 60, friday + 42 * 60, monday - 1 / 60, monday):
        sheet.events(sheet.tickets(1, technician_id="ann"), "resolved", minute)
    for desk in desk_of(sheet, tmp_path, Settings(), datetime(2026, 4, 1, tzinfo=UTC)):
        found = {
            a.dimensions["shift"]: a for a in ask(desk, "tickets_per_shift", by=["shift"]) if a.statistic == "ratio"
        }
        assert {k: a.numerator for k, a in found.items()} == {"weekend": 3, "early": 1, None: 1}
        [_, evenness] = ask(desk, "tickets_per_shift")
        assert evenness.value == pytest.approx(2**0.5 / 2)  # 3 and 1: deviation √2, mean 2


def test_revenue_by_agreement(tmp_path: Path) -> None:
    sheet = Sheet()
    sheet.add("offerings", offering_id="desk", name="Desk")
    sheet.add(
        "agreements",
        agreement_id="a1",
        client_id="acme",
        offering_id="desk",
        starts_on="2026-01-01",
        monthly_amount=100,
    )
    for amount, agreement, recurring in ((100, "a1", "true"), (50, "a1", "false"), (30, "", "false")):
        sheet.add("invoice_lines", line_id="l{n}", client_id="acme", invoiced_on="2026-03-05", amount=amount, agreement_id=agreement,
                  is_recurring=recurring)  # fmt: skip
    for desk in desk_of(sheet, tmp_path, Settings(), datetime(2026, 4, 1, tzinfo=UTC)):
        found = {a.dimensions["agreement"]: a.value for a in ask(desk, "recurring_revenue_rate", by=["agreement"])}
        assert found == {"a1": pytest.approx(100 * 100 / 150), None: 0}


def test_a_total_of_no_minutes_is_no_hand(tmp_path: Path) -> None:
    """Robots solved five tickets: a total of 0 minutes says that nobody worked; a total of 10, an entry of 0 or of 5 that somebody did."""
    sheet = Sheet()
    none, nothing, some, *entered = sheet.tickets(5)
    sheet.events([none, nothing, some, *entered], "resolved", 60, "automation")
    for ticket, minutes in zip(sheet.tables["tickets"], ("", 0, 10, "", ""), strict=True):
        ticket["worked_minutes"] = minutes
    for ticket, minutes in zip(entered, (0, 5), strict=True):
        sheet.add(
            "time_entries",
            entry_id="w{n}",
            technician_id="ann",
            started_at=at(1),
            duration_minutes=minutes,
            ticket_id=ticket,
        )
    for desk in desk_of(sheet, tmp_path, Settings(), datetime(2026, 4, 1, tzinfo=UTC)):
        found = ask(desk, "automation_rate")[0]
        assert (found.numerator, found.n) == (2, 5)


def test_time_saved_is_known_where_people_did_such_work(tmp_path: Path) -> None:
    """Robots solve two tickets of mail, on which people took 10 and 30 minutes, and three of backup, on which nobody ever worked."""
    sheet = Sheet()
    by_hand = sheet.tickets(2, category="mail")
    robots = [*sheet.tickets(2, category="mail"), *sheet.tickets(3, category="backup", client_id="bolt")]
    sheet.add("clients", client_id="acme", name="Acme")
    sheet.add("clients", client_id="bolt", name="Bolt")
    sheet.add("clients", client_id="calm", name="Calm")
    sheet.events(by_hand, "resolved", 60)
    sheet.events(robots, "resolved", 60, "automation")
    sheet.events(sheet.tickets(1, category="backup", client_id="calm"), "resolved", 60)
    for ticket, minutes in zip(by_hand, (10, 30), strict=True):
        sheet.add("time_entries", entry_id="w{n}", technician_id="ann", started_at=at(1), duration_minutes=minutes,
                  ticket_id=ticket)  # fmt: skip
    for desk in desk_of(sheet, tmp_path, Settings(), datetime(2026, 4, 1, tzinfo=UTC)):
        found = {
            a.dimensions["client"]: a
            for a in ask(desk, "automation_rate", by=["client"])
            if a.statistic == "time_saved"
        }
        assert {k: (a.value, a.n) for k, a in found.items()} == {
            "acme": (2 * 1200, 2),
            "bolt": (None, 0),
            "calm": (0, 0),
        }
        assert found["bolt"].reason == "no value is known of any of these rows" and found["calm"].reason is None
        [_, whole] = ask(desk, "automation_rate")
        assert (whole.value, whole.n) == (2400, 2)
