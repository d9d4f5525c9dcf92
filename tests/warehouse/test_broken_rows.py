"""Every way in which one row can be bad: its reason, its place and its words, and that the rest is loaded."""

import json
from pathlib import Path

import pytest
from bundles import CLIENTS, event, query, ticket, waiting, write_bundle, write_text

from pacesetter.warehouse.importer import import_bundle
from pacesetter.warehouse.workspace import Workspace

T = "tickets"
# table, changed columns of a good row, column, reason, message
CASES = [
    (T, {"ticket_id": ""}, "ticket_id", "missing", "ticket_id is missing"),
    (T, {"ticket_id": "  \t"}, "ticket_id", "missing", "ticket_id is missing"),
    (T, {"client_id": ""}, "client_id", "missing", "client_id is missing"),
    (T, {"created_at": ""}, "created_at", "missing", "created_at is missing"),
    (T, {"created_at": "yesterday"}, "created_at", "not_an_instant",
     "created_at is 'yesterday', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"created_at": "2026-02-30T08:00:00Z"}, "created_at", "not_an_instant",
     "created_at is '2026-02-30T08:00:00Z', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"created_at": "2026-01-05"}, "created_at", "not_an_instant",
     "created_at is '2026-01-05', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"created_at": "infinity"}, "created_at", "not_an_instant",
     "created_at is 'infinity', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"created_at": "05.01.2026 08:00"}, "created_at", "not_an_instant",
     "created_at is '05.01.2026 08:00', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"created_at": "2026-01-05T08:00:00"}, "created_at", "no_offset",
     "created_at is '2026-01-05T08:00:00', without an offset; add Z or +02:00, or name the zone with --time-zone"),
    (T, {"created_at": "0001-01-01T00:00:00Z"}, "created_at", "out_of_range",
     "created_at is '0001-01-01T00:00:00Z'; it must be within the years 1970 to 2199"),
    (T, {"resolved_at": "n/a"}, "resolved_at", "not_an_instant",
     "resolved_at is 'n/a', which is not an instant; write 2026-10-01T08:00:00Z"),
    (T, {"type": "Incident"}, "type", "not_in_vocabulary",
     "type is 'Incident'; write one of incident, request, problem, change, task, alert"),
    (T, {"channel": "fax"}, "channel", "not_in_vocabulary",
     "channel is 'fax'; write one of email, phone, portal, chat, walk_in, monitoring"),
    (T, {"on_site": "yes"}, "on_site", "not_true_or_false", "on_site is 'yes'; write true or false"),
    (T, {"on_site": "1"}, "on_site", "not_true_or_false", "on_site is '1'; write true or false"),
    (T, {"worked_minutes": "1,5"}, "worked_minutes", "not_a_number",
     "worked_minutes is '1,5', which is not a number; write 12.5"),
    (T, {"worked_minutes": "NaN"}, "worked_minutes", "not_a_number",
     "worked_minutes is 'NaN', which is not a number; write 12.5"),
    (T, {"worked_minutes": "1e999"}, "worked_minutes", "not_a_number",
     "worked_minutes is '1e999', which is not a number; write 12.5"),
    (T, {"worked_minutes": "-1"}, "worked_minutes", "out_of_range", "worked_minutes is '-1'; it must be not below 0"),
    (T, {"client_id": "nobody"}, "client_id", "unknown_reference", "client_id is 'nobody', which is no row of clients"),
    (T, {"team_id": "t9"}, "team_id", "unknown_reference", "team_id is 't9', which is no row of teams"),
    (T, {"merged_into": "T9"}, "merged_into", "unknown_reference", "merged_into is 'T9', which is no row of tickets"),
    ("ticket_events", {"ticket_id": "T9"}, "ticket_id", "unknown_reference", "ticket_id is 'T9', which is no row of tickets"),
    ("ticket_events", {"kind": "poke"}, "kind", "not_in_vocabulary",
     "kind is 'poke'; write one of created, reply, note, status, assignment, team, priority, category, escalation, article, "
     "approval, notification, consultation, merge, resolved, reopened, closed"),
    ("clients", {"time_zone": "Mars/Phobos"}, "time_zone", "not_a_time_zone",
     "time_zone is 'Mars/Phobos', which is not an IANA time zone; write Europe/Berlin"),
    ("clients", {"started_on": "2026-1-5"}, "started_on", "not_a_date", "started_on is '2026-1-5', which is not a date; write 2026-10-01"),
    ("clients", {"started_on": "2026-02-29"}, "started_on", "not_a_date",
     "started_on is '2026-02-29', which is not a date; write 2026-10-01"),
    ("clients", {"started_on": "2026-01-05", "ended_on": "2026-01-04"}, "ended_on", "end_before_start",
     "ended_on (2026-01-04) lies before started_on"),
    ("projects", {"budget": "12.34567"}, "budget", "too_many_decimals", "budget is '12.34567'; an amount has at most 4 decimals"),
    ("projects", {"budget": "123456789012345"}, "budget", "out_of_range",
     "budget is '123456789012345'; it must be of at most 14 digits before the point"),
    ("projects", {"budget": "1e3"}, "budget", "not_an_amount", "budget is '1e3', which is not an amount; write 1234.50"),
    ("projects", {"budget": "EUR 5"}, "budget", "not_an_amount", "budget is 'EUR 5', which is not an amount; write 1234.50"),
    ("projects", {"currency": "eur"}, "currency", "not_a_currency", "currency is 'eur', which is not a currency code; write EUR, USD …"),
    ("surveys", {"answered_at": "2025-12-31T00:00:00Z"}, "answered_at", "end_before_start",
     "answered_at (2025-12-31T00:00:00Z) lies before sent_at"),
    ("outages", {"users_affected": "1.5"}, "users_affected", "out_of_range",
     "users_affected is '1.5'; it must be not below 0 and not above 1"),
    ("calendars", {"hours": "mon-fri 9:30-17:00"}, "hours", "unreadable",
     "hours, character 9: '9:30-17:00' is not a span; write HH:MM-HH:MM with two digits each, such as 08:00-18:00"),
    ("calendars", {"holidays": "XX"}, "holidays", "unreadable",
     "holidays: 'XX' is not a country whose holidays are known; did you mean XK or SX or MX?"),
    ("calendars", {"time_zone": "Mars/Phobos"}, "time_zone", "not_a_time_zone",
     "time_zone is 'Mars/Phobos', which is not an IANA time zone; write Europe/Berlin"),
    ("calendar_exceptions", {"hours": "10-12"}, "hours", "unreadable",
     "hours, character 1: '10-12' is not a span; write HH:MM-HH:MM with two digits each, such as 08:00-18:00"),
]  # fmt: skip
GOOD = {
    "clients": {"client_id": "acme", "name": "Acme"},
    "tickets": ticket("T1"),
    "ticket_events": event("E1", "T1"),
    "projects": {"project_id": "P1", "client_id": "acme", "name": "Move"},
    "surveys": {"survey_id": "S1", "kind": "csat", "sent_at": "2026-01-05T08:00:00Z"},
    "services": {"service_id": "V1", "client_id": "acme", "name": "Mail", "since_on": "2026-01-01"},
    "calendars": {"calendar_id": "K1", "name": "K", "time_zone": "Europe/Berlin", "hours": "24x7", "holidays": "DE"},
    "calendar_exceptions": {"day": "2026-12-31", "calendar_id": "K1", "hours": "10:00-12:00"},
    "outages": {"outage_id": "O1", "service_id": "V1", "starts_at": "2026-01-05T08:00:00Z"},
}


@pytest.mark.parametrize("table", dict.fromkeys(case[0] for case in CASES))
def test_a_bad_value_puts_its_row_into_quarantine(ws: Workspace, tmp_path: Path, table: str) -> None:
    """All the bad rows of a table stand in one file, each among good ones; each has its own place, reason and words."""
    cases = [case[1:] for case in CASES if case[0] == table]
    key = next(iter(GOOD[table]))
    bad = [
        {**GOOD[table], key: f"2026-11-{n:02}" if key == "day" else f"BAD{n}", **changes}
        for n, (changes, *_) in enumerate(cases, start=1)
    ]
    tables = {name: [row] for name, row in GOOD.items()}
    tables[table] = [GOOD[table], *bad]
    report = import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert waiting(ws) == [
        (table, f"{table}.csv", line, column, changes.get(column) or None, reason, message)
        for line, (changes, column, reason, message) in enumerate(cases, start=3)
    ]
    kept = [json.loads(str(row)) for (row,) in query(ws, "SELECT row_json FROM _quarantine ORDER BY line")]
    assert [{k: v for k, v in row.items() if v} for row in kept] == [{k: v for k, v in row.items() if v} for row in bad]
    assert query(ws, f"SELECT count(*) FROM {table}") == [(1,)]
    assert report.tables[table].quarantined == report.quarantined == report.open_quarantine == len(bad)
    assert report.tables[table].read == 1 + len(bad) and report.tables[table].inserted == 1


def test_too_many_and_too_few_fields(ws: Workspace, tmp_path: Path) -> None:
    text = 'client_id,name\nacme,Acme\nbeta,Beta,more\n"ga\nmma",Gamma\nonly\nlast,Last\n'
    import_bundle(ws, write_text(tmp_path / "b", {"clients.csv": text}))
    assert waiting(ws) == [
        (
            "clients",
            "clients.csv",
            3,
            None,
            "beta,Beta,more",
            "too_many_fields",
            "the row has more fields than the header has columns",
        ),
        (
            "clients",
            "clients.csv",
            6,
            None,
            "only",
            "too_few_fields",
            "the row has fewer fields than the header has columns",
        ),
    ]
    assert query(ws, "SELECT name FROM clients ORDER BY 1") == [("Acme",), ("Gamma",), ("Last",)]
    rows = query(ws, "SELECT row_json FROM _quarantine ORDER BY line")
    assert [json.loads(str(r)) for (r,) in rows] == [
        {"client_id": "beta", "name": "Beta", "_more": ["more"]}, {"client_id": "only"}
    ]  # fmt: skip


def test_lines_are_those_of_the_file_after_quoted_newlines_blank_lines_and_rejects(
    ws: Workspace, tmp_path: Path
) -> None:
    text = 'client_id,name,seats\r\nc1,"two\r\nlines",1\r\n\r\nc2,x,1,2\r\nc3,"a\r\nb\r\nc",bad\r\nc4,,3\r\n'
    import_bundle(ws, write_text(tmp_path / "b", {"clients.csv": text}))
    assert [(r[2], r[5]) for r in waiting(ws)] == [(5, "too_many_fields"), (6, "not_a_number"), (9, "missing")]


def test_the_first_of_two_rows_with_one_id_is_taken(ws: Workspace, tmp_path: Path) -> None:
    rows = [*CLIENTS, {"client_id": "acme", "name": "Other"}, {"client_id": " acme", "name": "Acme "}]
    report = import_bundle(ws, write_bundle(tmp_path / "b", {"clients": rows}))
    assert waiting(ws) == [
        ("clients", "clients.csv", 4, None, "acme", "duplicate",
         "client_id stood already in this import with other content; the first row was taken"),
    ]  # fmt: skip
    assert query(ws, "SELECT client_id, name FROM clients ORDER BY 1") == [("acme", "Acme"), ("beta", "Beta")]
    assert report.tables["clients"].repeated == 1


def test_calendar_rows_with_and_without_complaints_keep_their_places(ws: Workspace, tmp_path: Path) -> None:
    base = {"name": "K", "time_zone": "UTC", "hours": "24x7", "holidays": ""}
    tables = {
        "calendars": [{"calendar_id": "a", **base, "hours": "mon 08:00"}, {"calendar_id": "b", **base, "name": ""},
                      {"calendar_id": "c", **base, "hours": "sometimes"}, {"calendar_id": "d", **base}],
        "calendar_exceptions": [{"calendar_id": "a", "day": "2026-01-01", "hours": ""},
                                {"calendar_id": "d", "day": "2026-01-01", "hours": ""},
                                {"calendar_id": "d", "day": "2026-01-02", "hours": "noon"}],
    }  # fmt: skip
    import_bundle(ws, write_bundle(tmp_path / "b", tables))
    found = [(r[0], r[2], r[3], r[5], r[4]) for r in waiting(ws)]
    assert found == [
        ("calendar_exceptions", 2, "calendar_id", "unknown_reference", "a"),
        ("calendar_exceptions", 4, "hours", "unreadable", "noon"),
        ("calendars", 2, "hours", "unreadable", "mon 08:00"),
        ("calendars", 3, "name", "missing", None),
        ("calendars", 4, "hours", "unreadable", "sometimes"),
    ]
    assert all(
        word in str(row[6])
        for word, row in zip(("'08:00'", "sometimes"), (waiting(ws)[2], waiting(ws)[4]), strict=True)
    )
    mended = {name: [dict(row, hours="24x7" if row["hours"] else "") for row in rows] for name, rows in tables.items()}
    del mended["calendar_exceptions"][2]
    import_bundle(ws, write_bundle(tmp_path / "b", mended))
    assert [(r[0], r[2], r[5]) for r in waiting(ws)] == [("calendars", 3, "missing")]


def test_composite_keys_take_two_empty_parts_as_the_same(ws: Workspace, tmp_path: Path) -> None:
    target = {
        "sla_policy_id": "p",
        "clock": "respond",
        "target_minutes": "60",
        "hours": "business",
        "priority": "",
        "type": "",
    }
    tables = {
        "sla_policies": [{"sla_policy_id": "p", "name": "P"}],
        "sla_targets": [target, {**target, "target_minutes": "90"}, {**target, "priority": "high"}],
    }
    import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert [(r[2], r[5]) for r in waiting(ws)] == [(3, "duplicate")]
    assert query(ws, "SELECT priority, target_minutes FROM sla_targets ORDER BY 1") == [("high", 60.0), (None, 60.0)]


def test_a_row_put_out_takes_along_all_that_hangs_on_it(ws: Workspace, tmp_path: Path) -> None:
    tables = {
        "clients": [{"client_id": "acme", "name": "Acme", "calendar_id": "k"}, {"client_id": "beta", "name": "Beta", "calendar_id": ""}],
        "calendars": [{"calendar_id": "k", "name": "K", "time_zone": "Nowhere", "hours": "24x7"}],
        "tickets": [ticket("T1"), ticket("T2", client_id="beta", merged_into="T1"), ticket("T3", client_id="beta", merged_into="T2"),
                    ticket("T4", client_id="beta")],
        "ticket_events": [event("E1", "T3"), event("E2", "T4")],
    }  # fmt: skip
    import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert [(r[0], r[2], r[3], r[5]) for r in waiting(ws)] == [
        ("calendars", 2, "time_zone", "not_a_time_zone"),
        ("clients", 2, "calendar_id", "unknown_reference"),
        ("ticket_events", 2, "ticket_id", "unknown_reference"),
        ("tickets", 2, "client_id", "unknown_reference"),
        ("tickets", 3, "merged_into", "unknown_reference"),
        ("tickets", 4, "merged_into", "unknown_reference"),
    ]
    assert query(ws, "SELECT event_id FROM ticket_events") == [("E2",)]


def test_rings_of_references_load(ws: Workspace, tmp_path: Path) -> None:
    tables = {
        "clients": CLIENTS,
        "tickets": [ticket("T1", merged_into="T2"), ticket("T2", merged_into="T1"), ticket("T3", merged_into="T3")],
    }
    report = import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert report.quarantined == 0 and report.tables["tickets"].inserted == 3


def test_a_ring_that_hangs_on_a_bad_row_falls_whole(ws: Workspace, tmp_path: Path) -> None:
    tables = {
        "clients": CLIENTS,
        "tickets": [ticket("T1", merged_into="T2"), ticket("T2", merged_into="T1", client_id="nobody")],
    }
    import_bundle(ws, write_bundle(tmp_path / "b", tables))
    assert [(r[2], r[3]) for r in waiting(ws)] == [(2, "merged_into"), (3, "client_id")]


def test_local_times_are_read_in_the_zone_that_the_import_names(ws: Workspace, tmp_path: Path) -> None:
    times = [
        "2026-03-29T02:30:00",
        "2026-10-25 02:30",
        "2026-07-01T12:00:00.5",
        "2026-07-01T12:00:00+00:00",
        "2026-01-01T00:00",
    ]
    tables = {"clients": CLIENTS, "tickets": [ticket(f"T{i}", created_at=t) for i, t in enumerate(times)]}
    report = import_bundle(ws, write_bundle(tmp_path / "b", tables), time_zone="Europe/Berlin")
    assert query(ws, "SELECT created_at::VARCHAR FROM tickets ORDER BY ticket_id") == [
        ("2026-03-29 01:30:00",), ("2026-10-25 00:30:00",), ("2026-07-01 10:00:00.5",), ("2026-07-01 12:00:00",), ("2025-12-31 23:00:00",),
    ]  # fmt: skip
    assert report.warnings == [
        "tickets.created_at: local times that Europe/Berlin skips, moved forward: 1",
        "tickets.created_at: local times that Europe/Berlin has twice, the first was taken: 1",
    ]


def test_every_form_of_an_instant_and_of_a_number_that_is_good(ws: Workspace, tmp_path: Path) -> None:
    times = ["2026-01-05T08:00:00Z", "2026-01-05 10:00:00+02:00", "2026-01-05T10:00+02", "2026-01-05T13:30:00.000+0530"]
    rows = [ticket(f"T{i}", created_at=t, worked_minutes=n, on_site=b) for i, (t, n, b) in enumerate(
        zip(times, ["1", "1.0", "+1e0", "01"], ["true", "TRUE", "True", " true "], strict=True))]  # fmt: skip
    assert import_bundle(ws, write_bundle(tmp_path / "b", {"clients": CLIENTS, "tickets": rows})).quarantined == 0
    assert query(ws, "SELECT DISTINCT created_at::VARCHAR, worked_minutes, on_site FROM tickets") == [
        ("2026-01-05 08:00:00", 1.0, True)
    ]
