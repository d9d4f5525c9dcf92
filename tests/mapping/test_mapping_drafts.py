"""Drafts for exports of several systems: they load, find what is there, and say what is to be finished."""

import re
import tomllib
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from exports import bring_in, real_data
from typer.testing import CliRunner

from pacesetter.cli.mapping_commands import app
from pacesetter.errors import PacesetterError, UnreadableFile
from pacesetter.sources.mapping.draft import draft_mapping
from pacesetter.sources.mapping.loading import load_mapping, read_mapping, shipped_names

EXPORTS = {
    "connectwise": "Ticket #,Company Name,Summary,Board,Date Entered,Date Resolved,Status Name,Priority Name,Resource\n"
    "100,Acme,Printer,Help,01/31/2026 2:05 PM,02/01/2026 9:00 AM,>Closed,P3,Ann\n",
    "autotask": "Ticket Number;Account Name;Title;Queue;Create Date;Complete Date;Status;Priority;Primary Resource\n"
    "T1;Acme;Printer;L1;31.01.2026 14:05;01.02.2026 09:00;Complete;High;Ann\n",
    "zendesk": "Id,Ticket ID,Requester,Subject,Group,Assignee,Created at,Solved at,Status,Priority,Via\n"
    "7,7,bob,Printer,L1,Ann,2026-01-31T14:05:00Z,2026-02-01T09:00:00Z,solved,high,Mail\n",
    "jira": "Issue key,Issue Type,Summary,Assignee,Reporter,Created,Resolved,Status,Priority\n"
    "IT-1,Bug,Printer,Ann,bob,31/Jan/26 2:05 PM,,To Do,High\n",
    "halopsa": "FaultID,dateoccured,Client Name,Ticket Type,Summary,Status,Agent\n1,2026-01-31 14:05:00,Acme,Incident,Printer,New,Ann\n",
    "german": "Ticketnummer;Kunde;Betreff;Erstellt am;Gelöst am;Status;Bearbeiter\n1;Müller;Drucker;31.01.2026 14:05;;Neu;Ann\n",
}


@pytest.mark.parametrize("system", EXPORTS)
def test_a_draft_loads_and_knows_the_words_of_the_system(system: str, tmp_path: Path) -> None:
    export = tmp_path / f"{system}.csv"
    export.write_bytes(EXPORTS[system].encode("cp1252"))
    mapping = read_mapping(draft_mapping(export), name=system, where="draft.toml").definition
    tickets = next(b for b in mapping.table if b.table == "tickets")
    for name in ("ticket_id", "created_at", "status", "subject", "technician_id"):
        assert tickets.columns[name].column, name
    done = bring_in(tmp_path / "ws", export, _written(tmp_path, export))
    assert done.one("SELECT count(*) FROM tickets") == 1


def _written(tmp_path: Path, export: Path) -> Path:
    place = tmp_path / "draft.toml"
    place.write_text(draft_mapping(export), encoding="utf-8")
    return place


def test_day_and_month_that_cannot_be_told_apart_are_said(tmp_path: Path) -> None:
    export = tmp_path / "tickets.csv"
    export.write_text("Ticket ID,Created\n1,03/04/2026 10:00\n2,05/06/2026 10:00\n", encoding="utf-8")
    text = draft_mapping(export)
    assert "FINISH: day and month cannot be told apart in 'Created'" in text
    export.write_text("Ticket ID,Created\n1,03/04/2026 10:00\n2,05/16/2026 10:00\n", encoding="utf-8")
    text = draft_mapping(export)
    assert "told apart" not in text
    assert tomllib.loads(text)["format"]["dates"] == ["%m/%d/%Y %H:%M"]


def test_an_export_that_is_no_table_of_tickets(tmp_path: Path) -> None:
    export = tmp_path / "time.csv"
    export.write_text(
        "Time Entry ID,Member,Date Worked,Hours,Ticket,Billable\n1,Ann,2026-01-31,1.5,T1,Y\n", encoding="utf-8"
    )
    found = read_mapping(draft_mapping(export), name="x", where="x").definition.table[-1]
    assert found.table == "time_entries"
    assert found.columns["duration_minutes"].multiply == 60


def test_an_export_without_known_words_still_gives_a_mapping_that_loads(tmp_path: Path) -> None:
    export = tmp_path / "odd.csv"
    export.write_text('alpha,"be""ta",γ\n1,2,3\n', encoding="utf-8")
    text = draft_mapping(export)
    read_mapping(text, name="x", where="x")
    assert text.count("FINISH") > 3


def test_excel_and_parquet(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["Ticket ID", "Created", "Status"])
    book.active.append(["1", "2026-01-31 10:00:00", "New"])
    book.save(tmp_path / "t.xlsx")
    pq.write_table(pa.table({"Ticket ID": ["1"], "Created": ["2026-01-31 10:00:00"]}), tmp_path / "t.parquet")
    for name in ("t.xlsx", "t.parquet"):
        columns = read_mapping(draft_mapping(tmp_path / name), name="x", where="x").definition.table[-1].columns
        assert (columns["ticket_id"].column, columns["created_at"].column) == ("Ticket ID", "Created")


def test_what_is_no_export(tmp_path: Path) -> None:
    for name, content in (("a.csv", b""), ("a.parquet", b"x"), ("a.xlsx", b"x"), ("a.csv.gz", b"x")):
        (tmp_path / name).write_bytes(content)
        with pytest.raises(UnreadableFile):
            draft_mapping(tmp_path / name)
    with pytest.raises(UnreadableFile, match="no such file"):
        draft_mapping(tmp_path / "absent.csv")


def test_the_real_log_is_seen_to_be_a_log() -> None:
    found = tomllib.loads(draft_mapping(real_data("servicenow_incidents") / "incident_event_log.csv.gz"))
    log = found["logs"]["updates"]
    assert (log["key"], log["at"], log["final"]) == (
        "number",
        "sys_updated_at",
        ["resolved_at", "closed_at", "closed_code"],
    )
    assert found["format"]["null"] == ["?"]
    assert found["format"]["dates"] == ["%d/%m/%Y %H:%M"]


def test_the_real_incidents_have_a_semicolon_a_decimal_comma_and_null_words() -> None:
    found = tomllib.loads(draft_mapping(real_data("rabobank_itil") / "Detail_Incident.csv.gz"))["format"]
    assert (found["delimiter"], found["decimal"], set(found["null"])) == (";", ",", {"#MULTIVALUE", "#N/B"})
    assert found["dates"] == ["%d/%m/%Y %H:%M:%S"]


def test_the_commands(tmp_path: Path) -> None:
    run = CliRunner()
    export = tmp_path / "zendesk.csv"
    export.write_text(EXPORTS["zendesk"], encoding="utf-8")
    draft = tmp_path / "draft.toml"
    assert run.invoke(app, ["draft", str(export), "--out", str(draft)]).exit_code == 0
    assert load_mapping(draft).definition.table
    again = run.invoke(app, ["draft", str(export), "--out", str(draft)])
    assert isinstance(again.exception, PacesetterError)
    listed = run.invoke(app, ["list"]).output
    assert all(name in listed for name in shipped_names())
    checked = run.invoke(app, ["check", str(draft), "--data", str(export)])
    assert "tickets: 1 rows" in checked.output
    assert "no fault found" in checked.output
    assert shipped_names() == ["rabobank-service-desk", "ravenstack-subscriptions", "servicenow-audit-log"]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (
            b"PK\x03\x04" + bytes(range(256)),
            "this is a zip archive or an Excel workbook and no text; unpack the archive",
        ),
        (b"PAR1" + bytes(range(256)), "this is a Parquet file and no text; give it a name that ends in .parquet"),
        (b"%PDF-1.7\n1 0 obj\n", "this is a PDF and no text; export the rows"),
        (b"\x7fELF" + bytes(200), "this is no text; export the rows as CSV, Excel or Parquet"),
        (bytes(range(256)) * 4, "this is no text; export the rows as CSV, Excel or Parquet"),
    ],
)
def test_what_is_no_text_has_no_draft(tmp_path: Path, content: bytes, said: str) -> None:
    export = tmp_path / "tickets.csv"
    export.write_bytes(content)
    with pytest.raises(UnreadableFile, match=re.escape(f"tickets.csv: {said}")):
        draft_mapping(export)


def test_a_folder_is_said_to_be_one(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match=r"this is a folder; name one file of the export in it"):
        draft_mapping(tmp_path)
    with pytest.raises(UnreadableFile, match="no such file"):
        draft_mapping(tmp_path / "nothing.csv")


def test_a_stray_control_character_and_utf_16_are_text(tmp_path: Path) -> None:
    export = tmp_path / "tickets.csv"
    export.write_bytes(EXPORTS["german"].replace("Drucker", "Dru\x01cker").encode("cp1252") * 3)
    assert "Ticketnummer" in draft_mapping(export)
    export.write_bytes(EXPORTS["german"].encode("utf-16"))
    assert 'encoding = "utf-16"' in draft_mapping(export)


def test_a_check_against_data_refuses_before_it_tells_anything(tmp_path: Path) -> None:
    export = tmp_path / "tickets.csv"
    export.write_bytes(EXPORTS["german"].encode("cp1252"))
    draft = _written(tmp_path, export)
    other = tmp_path / "other.csv"
    other.write_text("One,Two\n1,2\n", encoding="utf-8")
    for data in (other, tmp_path / "nothing.csv"):
        result = CliRunner().invoke(app, ["check", str(draft), "--data", str(data)])
        assert isinstance(result.exception, PacesetterError) and result.stdout == ""
    result = CliRunner().invoke(app, ["check", str(draft), "--data", str(export)])
    assert result.exit_code == 0 and "no fault found" in result.stdout and "read export" in result.stdout
