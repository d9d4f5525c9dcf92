"""The ServiceNow audit log, held against a reading of the CSV with loops."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

import pytest
from exports import Imported, bring_in, real_data

from pacesetter.sources.mapping import import_with_mapping

FORM = "%d/%m/%Y %H:%M"
WATCHED = {
    "status": "incident_state",
    "team": "assignment_group",
    "assignment": "assigned_to",
    "priority": "priority",
    "category": "category",
}


class Oracle:
    """The log read row by row."""

    def __init__(self, path: Path) -> None:
        tickets: dict[str, list[dict[str, str | None]]] = defaultdict(list)
        with gzip.open(path, "rt", encoding="utf-8", newline="") as text:
            for place, row in enumerate(csv.DictReader(text)):
                clean = {k: (None if v.strip() in ("?", "") else v.strip()) for k, v in row.items()}
                clean["place"] = place
                tickets[row["number"]].append(clean)
        self.events: Counter[str] = Counter()
        self.first_steps: dict[str, list[tuple[str, str | None, str | None]]] = {}
        self.reopened: set[str] = set()
        self.last: dict[str, dict[str, str | None]] = {}
        self.resolved_words = 0
        for number, rows in tickets.items():
            rows.sort(key=lambda r: (datetime.strptime(r["sys_updated_at"], FORM), int(r["sys_mod_count"]), r["place"]))
            self._walk(number, rows)
            self.last[number] = rows[-1]

    def _walk(self, number: str, rows: list[dict[str, str | None]]) -> None:
        self.events["created"] += 1
        state, reopens, knowledge = "New", 0, "false"
        steps = []
        previous = None
        for row in rows:
            now = state if row["incident_state"] == "-100" else row["incident_state"]
            if now != state:
                self.events["status"] += 1
                steps.append((row["sys_updated_at"], state, now))
            state = now
            if int(row["reopen_count"]) > reopens:
                self.events["reopened"] += 1
                self.reopened.add(number)
            reopens = int(row["reopen_count"])
            if row["knowledge"] == "true" and knowledge != "true":
                self.events["article"] += 1
            knowledge = row["knowledge"]
            if previous is not None:
                for kind in ("team", "assignment", "priority", "category"):
                    if row[WATCHED[kind]] != previous[WATCHED[kind]]:
                        self.events[kind] += 1
            previous = row
        self.first_steps[number] = steps


@pytest.fixture(scope="module")
def log() -> Path:
    return real_data("servicenow_incidents") / "incident_event_log.csv.gz"


@pytest.fixture(scope="module")
def oracle(log: Path) -> Oracle:
    return Oracle(log)


@pytest.fixture(scope="module")
def imported(log: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return bring_in(tmp_path_factory.mktemp("servicenow") / "ws", log, "servicenow-audit-log")


def test_every_incident_is_a_ticket_and_nothing_is_quarantined(imported: Imported, oracle: Oracle) -> None:
    assert imported.report.quarantined == 0
    assert imported.one("SELECT count(*) FROM tickets") == len(oracle.last) == 24_918


def test_events_by_kind(imported: Imported, oracle: Oracle) -> None:
    found = dict(imported.rows("SELECT kind, count(*) FROM ticket_events GROUP BY kind"))
    assert found == dict(oracle.events)


def test_the_state_history_of_every_incident(imported: Imported, oracle: Oracle) -> None:
    rows = imported.rows(
        "SELECT t.ticket_id, e.occurred_at, e.from_value, e.to_value FROM ticket_events e JOIN tickets t USING (ticket_key) "
        "WHERE e.kind = 'status' ORDER BY t.ticket_id, e.occurred_at, e.event_id"
    )
    found: dict[str, list[tuple[datetime, str, str]]] = defaultdict(list)
    for number, at, before, after in rows:
        found[number].append((at, before, after))
    for number, steps in oracle.first_steps.items():
        assert found.get(number, []) == [(datetime.strptime(at, FORM), b, a) for at, b, a in steps]


def test_reopened_incidents(imported: Imported, oracle: Oracle) -> None:
    by_event = {r[0] for r in imported.rows(
        "SELECT DISTINCT t.ticket_id FROM ticket_events e JOIN tickets t USING (ticket_key) WHERE e.kind = 'reopened'"
    )}  # fmt: skip
    by_count = {r[0] for r in imported.rows("SELECT ticket_id FROM tickets WHERE reopen_count > 0")}
    assert by_event == by_count == oracle.reopened
    assert len(by_event) == 275


def test_final_values_come_from_the_last_row_and_make_no_events(imported: Imported, oracle: Oracle) -> None:
    assert imported.one("SELECT count(*) FROM ticket_events WHERE kind IN ('resolved', 'closed')") == 0
    found = {
        r[0]: r[1:] for r in imported.rows("SELECT ticket_id, resolved_at, closed_at, resolution_code FROM tickets")
    }
    for number, row in oracle.last.items():
        resolved = datetime.strptime(row["resolved_at"], FORM) if row["resolved_at"] else None
        assert found[number] == (resolved, datetime.strptime(row["closed_at"], FORM), row["closed_code"])
    assert sum(1 for values in found.values() if values[0] is None) == 1_556


def test_the_verdict_is_that_of_the_last_row(imported: Imported, oracle: Oracle) -> None:
    met: dict[str, Counter[bool]] = defaultdict(Counter)
    for row in oracle.last.values():
        met[row["priority"]][row["made_sla"] == "true"] += 1
    rows = imported.rows(
        "SELECT priority, count(*) FILTER (reported_resolution_met), count(*) FILTER (NOT reported_resolution_met) "
        "FROM tickets GROUP BY priority"
    )
    assert {p: (y, n) for p, y, n in rows} == {p: (c[True], c[False]) for p, c in met.items()}
    assert {p: round(100 * y / (y + n), 1) for p, y, n in rows} == {
        "1 - Critical": 1.9, "2 - High": 0.5, "3 - Moderate": 64.5, "4 - Low": 84.1,
    }  # fmt: skip


def test_the_placeholder_state_is_no_state_and_is_reported(imported: Imported) -> None:
    assert imported.one("SELECT count(*) FROM ticket_events WHERE '-100' IN (from_value, to_value)") == 0
    assert any("5 rows carry the state -100" in w for w in imported.report.warnings)


def test_null_words_never_become_values(imported: Imported) -> None:
    for table in ("teams", "technicians", "contacts"):
        assert imported.one(f"SELECT count(*) FROM {table} WHERE name LIKE '%?%'") == 0
    assert imported.one("SELECT count(*) FROM tickets WHERE category = '?' OR asset = '?' OR x_problem_id = '?'") == 0
    assert imported.one("SELECT count(*) FROM contacts") == 5_244


def test_every_status_word_has_a_phase(imported: Imported) -> None:
    unknown = "SELECT DISTINCT to_value FROM ticket_events WHERE kind = 'status' AND to_value NOT IN (SELECT status FROM ticket_statuses)"
    assert imported.rows(unknown) == []


def test_the_export_ends_with_its_last_update(imported: Imported) -> None:
    assert imported.report.as_of == datetime(2017, 2, 18, 15, 0, tzinfo=UTC)


def test_a_second_import_changes_nothing(log: Path, imported: Imported) -> None:
    again = import_with_mapping(imported.ws, log, "servicenow-audit-log")
    assert all(t.inserted == t.changed == 0 for t in again.tables.values())


def test_another_zone_moves_every_instant(log: Path, tmp_path: Path) -> None:
    with gzip.open(log, "rt", encoding="utf-8") as text:
        (tmp_path / "incident_event_log.csv").write_text("".join(islice(text, 500)), encoding="utf-8")
    moved = bring_in(
        tmp_path / "ws", tmp_path / "incident_event_log.csv", "servicenow-audit-log", time_zone="America/Sao_Paulo"
    )
    assert moved.one("SELECT created_at FROM tickets WHERE ticket_id = 'INC0000045'") == datetime(2016, 2, 29, 4, 16)
    assert moved.one("SELECT min(occurred_at) FROM ticket_events") == datetime(2016, 2, 29, 4, 16)
