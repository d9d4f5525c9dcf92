"""The Rabobank service desk, held against a reading of the CSVs with loops."""

import csv
import gzip
from collections import Counter, defaultdict
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from exports import Imported, bring_in, real_data

ZONE = ZoneInfo("Europe/Amsterdam")


def read(folder: Path, name: str) -> list[dict[str, str]]:
    with gzip.open(folder / name, "rt", encoding="utf-8", newline="") as text:
        return [row for row in csv.DictReader(text, delimiter=";") if any((v or "").strip() for v in row.values() if v)]


def utc(text: str, form: str) -> datetime | None:
    if not text.strip():
        return None
    return datetime.strptime(text, form).replace(tzinfo=ZONE).astimezone(UTC).replace(tzinfo=None)


@pytest.fixture(scope="module")
def folder() -> Path:
    return real_data("rabobank_itil")


@pytest.fixture(scope="module")
def calls(folder: Path) -> list[dict[str, str]]:
    return read(folder, "Detail_Interaction.csv.gz")


@pytest.fixture(scope="module")
def incidents(folder: Path) -> list[dict[str, str]]:
    return read(folder, "Detail_Incident.csv.gz")


@pytest.fixture(scope="module")
def changes(folder: Path) -> list[dict[str, str]]:
    return read(folder, "Detail_Change.csv.gz")


@pytest.fixture(scope="module")
def imported(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Imported:
    return bring_in(tmp_path_factory.mktemp("rabobank") / "ws", folder, "rabobank-service-desk")


def test_calls_incidents_and_changes_are_tickets(imported: Imported, calls, incidents, changes) -> None:
    found = dict(imported.rows("SELECT x_record, count(*) FROM tickets GROUP BY x_record"))
    assert found == {"call": len(calls), "incident": len(incidents), "change": len({c["Change ID"] for c in changes})}
    assert found == {"call": 147_004, "incident": 46_606, "change": 18_000}
    assert any("203 rows without any value" in w for w in imported.report.warnings)


def test_first_contact_and_handling_time_of_calls(imported: Imported, calls) -> None:
    by_verdict = Counter(c["First Call Resolution"] for c in calls)
    found = dict(
        imported.rows("SELECT reported_first_contact, count(*) FROM tickets WHERE x_record = 'call' GROUP BY 1")
    )
    assert found == {True: by_verdict["Y"], False: by_verdict["N"]}
    seconds = sum(int(c["Handle Time (secs)"]) for c in calls)
    assert imported.one("SELECT sum(worked_minutes) FROM tickets") * 60 == pytest.approx(seconds, rel=1e-9)
    assert imported.one("SELECT count(worked_minutes) FROM tickets WHERE x_record <> 'call'") == 0


def test_both_date_formats_are_amsterdam_time(imported: Imported, calls, incidents) -> None:
    found = {r[0]: r[1:] for r in imported.rows("SELECT ticket_id, created_at, resolved_at, closed_at FROM tickets")}
    for call in calls[::37]:
        opened = utc(call["Open Time (First Touch)"], "%d-%m-%Y %H:%M")
        assert found[call["Interaction ID"]][0] == opened
    form = "%d/%m/%Y %H:%M:%S"
    for row in incidents[::11]:
        expected = tuple(utc(row[c], form) for c in ("Open Time", "Resolved Time", "Close Time"))
        assert found[row["Incident ID"]] == expected
    assert imported.one("SELECT count(resolved_at) FROM tickets WHERE x_record = 'incident'") == 44_826


def test_decimal_commas(imported: Imported, incidents) -> None:
    expected = sum(float(r["Handle Time (Hours)"].replace(",", ".") or 0) for r in incidents)
    assert imported.one("SELECT sum(CAST(x_handle_time_hours AS DOUBLE)) FROM tickets") == pytest.approx(expected)


def test_links_join_calls_to_their_incidents_and_invent_none(imported: Imported, calls, incidents, changes) -> None:
    known = (
        {c["Interaction ID"] for c in calls} | {i["Incident ID"] for i in incidents} | {c["Change ID"] for c in changes}
    )
    wanted = {(c["Interaction ID"], c["Related Incident"], "parent") for c in calls}
    wanted |= {(i["Related Interaction"], i["Incident ID"], "parent") for i in incidents}
    wanted |= {(i["Incident ID"], i["Related Change"], "caused_by") for i in incidents}
    wanted = {w for w in wanted if not {"", "#MULTIVALUE", "#N/B"} & set(w[:2])}
    good = {w for w in wanted if w[0] in known and w[1] in known}
    assert set(imported.rows("SELECT ticket_id, other_id, kind FROM ticket_links")) == good
    assert imported.report.tables["ticket_links"].quarantined == len(wanted) - len(good) == 821
    reasons = imported.rows("SELECT DISTINCT reason, file FROM _quarantine ORDER BY file")
    assert reasons == [
        ("unknown_reference", "Detail_Incident.csv.gz"), ("unknown_reference", "Detail_Interaction.csv.gz"),
    ]  # fmt: skip


def test_several_rows_of_a_change_are_one_ticket_with_the_last_close(imported: Imported, changes) -> None:
    closing: dict[str, set[datetime]] = defaultdict(set)
    rows: Counter[str] = Counter()
    for row in changes:
        rows[row["Change ID"]] += 1
        closing[row["Change ID"]].add(utc(row["Change record Close Time"], "%d-%m-%Y %H:%M"))
    found = imported.rows(
        "SELECT ticket_id, closed_at, CAST(x_affected_items AS INT), type FROM tickets WHERE x_record = 'change'"
    )
    assert {r[0]: r[1] for r in found} == {change: max(times) for change, times in closing.items()}
    assert {r[0]: r[2] for r in found} == dict(rows)
    assert {r[3] for r in found} == {"change"}


def test_reopenings_are_counted_from_the_reopen_time(imported: Imported, incidents) -> None:
    expected = sum(1 for r in incidents if r["Reopen Time"])
    assert imported.one("SELECT count(*) FROM tickets WHERE reopen_count > 0") == expected == 2_284


def test_null_words_are_counted_and_no_value(imported: Imported) -> None:
    assert (
        imported.one("SELECT count(*) FROM tickets WHERE x_related_incident LIKE '#%' OR x_ci_name_cby LIKE '#%'") == 0
    )
    told = "\n".join(imported.report.warnings)
    for count in ("873 calls", "3,434 incidents", "24 incidents", "36 calls", "9 incidents", "6 calls"):
        assert count in told
