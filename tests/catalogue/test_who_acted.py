"""Who acted, by hand: technicians by the team that they were in then, vendors, robots, and persons whom nobody knows."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalogue.conftest import workspace
from catalogue.sheet import Sheet, at
from pacesetter.access.scope import operator_scope
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.desk import open_desk
from pacesetter.settings import Settings
from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

HOUR, DAY = 60, 24 * 60  # in minutes, as the sheet counts; the sheet begins on Monday, 2 March, at 9:00
AS_OF = datetime(2026, 4, 1, tzinfo=UTC)


def built(sheet: Sheet, folder: Path) -> Workspace:
    sheet.save(folder / "bundle")
    return workspace(folder / "ws", folder / "bundle", Settings(), AS_OF)


def ask(ws: Workspace, kpi: str, **words: object) -> Answer:
    """The first statistic."""
    with open_desk(ws, operator_scope()) as desk:
        return desk.ask([kpi], desk.query(first="2026-03-01", last="2026-04-01", **words))[0]  # type: ignore[arg-type]


def staffed() -> Sheet:
    """Ann is of the desk, Ned of net, Vic of a vendor. By memberships alone: Mel is of the desk until Tuesday, of net from then on, Pat of
    the vendor until Tuesday and of the desk from then on."""
    sheet = Sheet()
    sheet.add("teams", team_id="maker", name="Maker", organisation="vendor")
    for person, team in (("ann", "desk"), ("ned", "net"), ("vic", "maker"), ("mel", ""), ("pat", "")):
        sheet.add("technicians", technician_id=person, name=person, team_id=team)
    for person, before, after in (("mel", "desk", "net"), ("pat", "maker", "desk")):
        sheet.add("team_memberships", technician_id=person, team_id=before, valid_from="", valid_to="2026-03-03")
        sheet.add("team_memberships", technician_id=person, team_id=after, valid_from="2026-03-03", valid_to="")
    return sheet


def test_the_receiving_tier_is_who_belongs_to_it_then(tmp_path: Path) -> None:
    """Raised to net, on Monday and on Tuesday: Mel writes a note after 5 minutes, Ned after two hours."""
    sheet = staffed()
    for ticket, start in zip(sheet.tickets(2), (0, DAY), strict=True):
        sheet.events([ticket], "team", start, actor_id="ann", to_value="desk")
        sheet.events([ticket], "team", start + HOUR, actor_id="ann", from_value="desk", to_value="net")
        sheet.events([ticket], "note", start + HOUR + 5, actor_id="mel")
        sheet.events([ticket], "note", start + 3 * HOUR, actor_id="ned")
    ws = built(sheet, tmp_path)
    found = ask(ws, "escalation_response_time", hours="calendar")
    assert (found.value, found.n) == ((120 + 5) * 60 / 2, 2)
    # It turns out that Mel went to net on Monday already: his tickets are derived anew.
    later = tmp_path / "later"
    later.mkdir()
    (later / "team_memberships.csv").write_text("technician_id,team_id,valid_from\nmel,net,2026-03-02\n", "utf-8")
    import_bundle(ws, later, as_of=AS_OF)
    assert ask(ws, "escalation_response_time", hours="calendar").value == 5 * 60


def test_a_vendor_acts_where_the_ticket_was_raised_to_him(tmp_path: Path) -> None:
    sheet = staffed()
    tickets = sheet.tickets(1)
    sheet.events(tickets, "escalation", 0, actor_id="ann", from_value="desk", to_value="maker")
    sheet.events(tickets, "note", 10, actor_id="ann")
    sheet.events(tickets, "note", 30, "vendor", actor_id="somebody of theirs")
    sheet.events(tickets, "note", 60, actor_id="vic")
    found = ask(built(sheet, tmp_path), "escalation_response_time", hours="calendar")
    assert (found.value, found.n) == (60 * 60, 1)


def test_a_vendor_gives_no_first_response(tmp_path: Path) -> None:
    """Answered by the vendor after 10 minutes and by Ann after an hour; Pat, who left the vendor on Tuesday, answers himself then."""
    sheet = staffed()
    sheet.policy(respond=30, update=30)
    by_kind, by_name, on_monday, on_tuesday = sheet.tickets(3) + sheet.tickets(1, created=DAY)
    sheet.events([by_kind], "reply", 10, actor_id="vic")
    sheet.events([by_name], "reply", 10, "", actor_id="vic")
    sheet.events([on_monday], "reply", 10, actor_id="pat")
    sheet.events([on_tuesday], "reply", DAY + 10, actor_id="pat")
    sheet.events([by_kind, by_name, on_monday], "reply", HOUR, actor_id="ann")
    sheet.events([by_kind, by_name, on_monday], "resolved", 2 * HOUR, actor_id="ann")
    ws = built(sheet, tmp_path)
    found = ask(ws, "first_response_time", hours="calendar")
    assert (found.value, found.n) == ((3 * 60 + 10) * 60 / 4, 4)
    met = ask(ws, "sla_response_compliance")
    assert (met.numerator, met.denominator) == (1, 4)
    # The longest silence is that of an hour.
    assert ask(ws, "update_interval", hours="calendar").value == HOUR * 60
    # A vendor's hand is a hand, all the same.
    assert ask(ws, "automation_rate").value == 0


def test_unknown_actors_do_not_tell_that_nobody_worked(tmp_path: Path) -> None:
    """Resolved by a robot; by the vendor; by somebody unknown; with no event and nobody named; with no event and a technician's name on it;
    with no event, opened by a robot."""
    sheet = staffed()
    robot, vendor, unknown = sheet.tickets(3, opened_by="requester", technician_id="")
    sheet.tickets(1, 60, opened_by="requester", technician_id="")
    sheet.tickets(1, 60, opened_by="requester", technician_id="ann")
    sheet.tickets(1, 60, opened_by="automation", technician_id="")
    sheet.events([unknown], "created", 0, "requester")
    sheet.events([robot], "resolved", 60, "automation")
    sheet.events([vendor], "resolved", 60, actor_id="vic")
    sheet.events([unknown], "note", 30, "", actor_id="x17")
    sheet.events([unknown], "resolved", 60, "", actor_id="x17")
    ws = built(sheet, tmp_path)
    found = ask(ws, "automation_rate")
    assert (found.numerator, found.denominator, dict(found.excluded)) == (2, 4, {"unknown_actor": 2})


def test_ids_of_unknown_persons_are_no_actors(tmp_path: Path) -> None:
    sheet = staffed()
    sheet.events(sheet.tickets(2), "resolved", 60, "", actor_id="x17")
    found = ask(built(sheet, tmp_path), "automation_rate")
    assert (
        found.value is None
        and found.reason
        and found.reason.startswith("not available: needs ticket_events with actor_kind")
    )


def test_the_first_message_about_what_a_robot_opened_is_the_first_contact(tmp_path: Path) -> None:
    """The requester writes after an hour; again ten minutes, or ten minutes and a second, later; or after an hour to his own ticket."""
    sheet = Sheet()
    once, same, again = sheet.tickets(3, opened_by="automation", type="incident")
    [own] = sheet.tickets(1, opened_by="requester", type="incident")
    sheet.events([once, same, again, own], "reply", HOUR, "requester")
    sheet.events([same], "reply", HOUR + 10, "requester")
    sheet.events([again], "reply", HOUR + 10 + 1 / 60, "requester")
    sheet.events([once, same, again, own], "resolved", 5 * HOUR, actor_id="ann")
    found = ask(built(sheet, tmp_path), "first_contact_resolution")
    assert (found.numerator, found.denominator) == (2, 4)


def test_what_we_raise_before_the_client_notices(tmp_path: Path) -> None:
    """Monitoring, problems and planned maintenance; not what a requester opened or a technician logs while somebody is on the line."""
    sheet = Sheet()
    ours: tuple[dict[str, str], ...] = (
        {"type": "alert", "opened_by": "automation", "channel": "monitoring"},
        {"type": "incident", "opened_by": "automation"},
        {"type": "incident", "channel": "monitoring"},
        {"type": "alert"},
        {"type": "problem", "opened_by": "technician"},
        {"type": "problem"},  # nobody is named
        {"type": "change", "opened_by": "technician"},
        {"type": "task", "opened_by": "technician", "channel": "portal"},
    )
    theirs: tuple[dict[str, str], ...] = (
        {"type": "problem", "opened_by": "requester"},
        {"type": "problem", "opened_by": "requester", "channel": "email"},
        {"type": "problem", "opened_by": "technician", "channel": "phone"},
        {"type": "change", "opened_by": "requester"},
        {"type": "change"},  # nobody is named: clients ask for changes, too
        {"type": "change", "opened_by": "technician", "channel": "chat"},
        {"type": "task", "opened_by": "technician", "channel": "walk_in"},
        {"type": "task", "opened_by": "requester", "channel": "portal"},
        {"type": "incident", "opened_by": "technician"},
        {"type": "request", "opened_by": "technician"},
        {"opened_by": "technician"},
        {},
    )
    for said in (*ours, *theirs):
        sheet.tickets(1, **{"type": "", "opened_by": "", "channel": "", **said})
    ws = built(sheet, tmp_path)
    found = ask(ws, "proactive_rate")
    assert (found.numerator, found.denominator) == (len(ours), len(ours) + len(theirs))
    with open_desk(ws, operator_scope()) as desk:
        rows = desk.drill("proactive_rate", desk.query(first="2026-03-01", last="2026-04-01"), "numerator")
        place = rows.columns.index("ticket_id")
        assert {row[place] for row in desk.evaluator.run(rows.tree)} == {f"t{n}" for n in range(len(ours))}


def test_hours_of_tickets_that_one_or_both_held(tmp_path: Path) -> None:
    """One hour on what the desk held, two on what the client's own held, three on what went from these to the desk (one of them ours), four
    on what nobody held, of which one after the resolution; none of what is open. Each counts for its ticket, whoever worked."""
    sheet = staffed()
    sheet.add("technicians", technician_id="ike", name="Ike", team_id="it")
    [ours] = sheet.tickets(1, 5 * HOUR, team_id="desk")
    [theirs] = sheet.tickets(1, 5 * HOUR, team_id="it")
    [both] = sheet.tickets(1, 5 * HOUR)
    [nobodys] = sheet.tickets(1, 5 * HOUR, team_id="")
    [still_open] = sheet.tickets(1, team_id="desk")
    sheet.events([both], "team", HOUR, from_value="it", to_value="desk")
    for ticket, who, hour, hours in ((ours, "ike", 1, 1), (theirs, "ann", 1, 2), (both, "ann", 1, 1), (both, "ike", 2, 2),
                                     (nobodys, "ned", 1, 3), (nobodys, "ned", 9, 1), (still_open, "ann", 1, 7)):  # fmt: skip
        sheet.add(
            "time_entries",
            entry_id="w{n}",
            technician_id=who,
            ticket_id=ticket,
            started_at=at(hour * HOUR),
            duration_minutes=hours * HOUR,
        )
    with open_desk(built(sheet, tmp_path), operator_scope()) as desk:
        query = desk.query(first="2026-03-01", last="2026-04-01")
        found = {a.statistic: a.value for a in desk.ask(["comanaged_share"], query)}
    assert found == {
        "share": 25, "msp": 25, "client": 25,
        "both_hours": pytest.approx(30), "msp_hours": pytest.approx(10), "client_hours": pytest.approx(20),
    }  # fmt: skip
