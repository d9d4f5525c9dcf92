"""What a mapping can say about files and columns, each on a small export written here."""

import gzip
import json
from datetime import datetime
from pathlib import Path

import openpyxl
import pyarrow as pa
import pyarrow.parquet as pq
from exports import CLIENT, small, tickets_mapping

HEAD = "id,opened\n"


def subjects(done) -> list[tuple]:
    return done.rows("SELECT ticket_id, subject FROM tickets ORDER BY ticket_id")


def test_semicolons_another_encoding_and_another_quote(tmp_path: Path) -> None:
    text = "id;opened;what\nT1;01/02/2026 10:00;'Gerät; kaputt – sofort'\n"
    mapping = tickets_mapping('subject = "what"', 'delimiter = ";"\nencoding = "cp1252"\nquote = "\'"')
    done = small(tmp_path, mapping, {"tickets.csv": text.encode("cp1252")})
    assert subjects(done) == [("T1", "Gerät; kaputt – sofort")]


def test_utf16_tabs_and_a_header_further_down(tmp_path: Path) -> None:
    text = "Export of 2026\n\nid\topened\twhat\nT1\t01/02/2026 10:00\täöü\n"
    mapping = tickets_mapping('subject = "what"', 'delimiter = "\\t"\nencoding = "utf-16"\nheader_row = 3')
    done = small(tmp_path, mapping, {"tickets.csv": text.encode("utf-16")})
    assert subjects(done) == [("T1", "äöü")]


def test_decimal_comma_and_thousands(tmp_path: Path) -> None:
    text = "id;opened;min\nT1;01/02/2026 10:00;1.234,5\nT2;01/02/2026 10:00;7\nT3;01/02/2026 10:00;3,25\n"
    mapping = tickets_mapping('worked_minutes = "min"', 'delimiter = ";"\ndecimal = ","\nthousands = "."')
    done = small(tmp_path, mapping, {"tickets.csv": text})
    assert done.rows("SELECT worked_minutes FROM tickets ORDER BY ticket_id") == [(1234.5,), (7.0,), (3.25,)]


def test_a_point_is_no_decimal_sign_where_the_comma_is(tmp_path: Path) -> None:
    text = "id;opened;min\nT1;01/02/2026 10:00;1.234\n"
    mapping = tickets_mapping('worked_minutes = "min"', 'delimiter = ";"\ndecimal = ","')
    done = small(tmp_path, mapping, {"tickets.csv": text})
    assert done.report.quarantined == 1
    [(file, line, column, value)] = done.rows("SELECT file, line, column_name, value FROM _quarantine")
    assert (file, line, column) == ("tickets.csv", 2, "worked_minutes")
    assert value.startswith("1.234")


def test_a_date_that_cannot_be_read_is_quarantined_as_it_stands(tmp_path: Path) -> None:
    text = HEAD + "T1,01/02/2026 10:00\nT2,31/02/2026 10:00\nT3,soon\n"
    done = small(tmp_path, tickets_mapping(), {"tickets.csv": text})
    assert done.rows("SELECT line, column_name, value, reason FROM _quarantine ORDER BY line") == [
        (3, "created_at", "31/02/2026 10:00", "not_an_instant"), (4, "created_at", "soon", "not_an_instant"),
    ]  # fmt: skip
    assert done.one("SELECT count(*) FROM tickets") == 1


def test_date_formats_are_tried_in_order_and_a_column_may_have_its_own(tmp_path: Path) -> None:
    text = "id,opened,due\nT1,03/04/2026 10:00,03/04/2026 10:00\nT2,2026-04-03T10:00:00+02:00,\nT3,1775210400,\n"
    mapping = tickets_mapping('due_at = { column = "due", dates = "%m/%d/%Y %H:%M" }').replace(
        'dates = ["%d/%m/%Y %H:%M"]', 'dates = ["%d/%m/%Y %H:%M", "%Y-%m-%dT%H:%M:%S%z", "unix"]'
    )
    done = small(tmp_path, mapping, {"tickets.csv": text})
    assert done.rows("SELECT created_at, due_at FROM tickets ORDER BY ticket_id") == [
        (datetime(2026, 4, 3, 10), datetime(2026, 3, 4, 10)),
        (datetime(2026, 4, 3, 8), None),
        (datetime(2026, 4, 3, 10), None),
    ]


def test_without_a_zone_only_times_that_carry_an_offset_are_read(tmp_path: Path) -> None:
    text = HEAD + "T1,2026-02-01T10:00:00+02:00\nT2,2026-02-01 10:00:00\nT3,2026-02-01T10:00:00Z\n"
    mapping = tickets_mapping().replace('time_zone = "UTC"', "").replace('["%d/%m/%Y %H:%M"]', '["iso"]')
    done = small(tmp_path, mapping, {"tickets.csv": text})
    assert done.rows("SELECT ticket_id, created_at FROM tickets ORDER BY 1") == [
        ("T1", datetime(2026, 2, 1, 8)), ("T3", datetime(2026, 2, 1, 10)),
    ]  # fmt: skip
    assert done.rows("SELECT line, reason FROM _quarantine") == [(3, "no_offset")]


def test_files_that_the_mapping_does_not_mean_are_told(tmp_path: Path) -> None:
    files = {"tickets.csv": HEAD + "T1,01/02/2026 10:00\n", "other.csv": "a\n1\n", "readme.md": "x"}
    done = small(tmp_path, tickets_mapping(), files)
    assert done.report.warnings == ["other.csv: passed over, no file of the mapping is named so"]


def test_local_times_around_the_change_of_the_clocks(tmp_path: Path) -> None:
    text = (
        HEAD
        + "T1,25/10/2026 02:30\nT2,25/10/2026 03:30\nT3,29/03/2026 02:30\nT4,29/03/2026 03:30\nT5,01/07/2026 00:00\n"
    )
    done = small(tmp_path, tickets_mapping(), {"tickets.csv": text}, time_zone="Europe/Berlin")
    assert [r[0] for r in done.rows("SELECT created_at FROM tickets ORDER BY ticket_id")] == [
        datetime(2026, 10, 25, 0, 30),  # the first of the doubled hour
        datetime(2026, 10, 25, 2, 30),
        datetime(2026, 3, 29, 1, 30),  # skipped: moved on by an hour
        datetime(2026, 3, 29, 1, 30),
        datetime(2026, 6, 30, 22, 0),
    ]


def test_null_words_blank_rows_and_nameless_columns(tmp_path: Path) -> None:
    text = "id,opened,what,,\nT1,01/02/2026 10:00,n/a,,\n,,,,\nT2,01/02/2026 10:00, fine ,,left\n , ,,,\n"
    done = small(tmp_path, tickets_mapping('subject = "what"', 'null = ["n/a"]'), {"tickets.csv": text})
    assert subjects(done) == [("T1", None), ("T2", "fine")]
    told = " ".join(done.report.warnings)
    assert "main: 2 rows without any value were left out" in told
    assert "columns without a name hold values and are not kept: column 5" in told


def test_rows_that_do_not_fit_the_header_stand_in_quarantine_with_their_line(tmp_path: Path) -> None:
    text = "id,opened,what\nT1,01/02/2026 10:00,a\nT2,01/02/2026 10:00,b,c,d\nT3,01/02/2026 10:00\nT4,nonsense,d\n"
    done = small(tmp_path, tickets_mapping('subject = "what"'), {"tickets.csv": text})
    assert done.rows("SELECT line, file FROM _quarantine ORDER BY line") == [(n, "tickets.csv") for n in (3, 4, 5)]
    assert subjects(done) == [("T1", "a")]
    assert "tickets.csv, line 3: it has more fields than the header; not loaded" in done.report.warnings
    kept = json.loads(done.one("SELECT row_json FROM _quarantine WHERE line = 3"))
    assert kept == {"id": "T2", "opened": "01/02/2026 10:00", "what": "b", "_more": ["c", "d"]}
    reasons = done.rows("SELECT reason, value FROM _quarantine ORDER BY line")
    assert reasons[:2] == [("too_many_fields", "T2,01/02/2026 10:00,b,c,d"), ("too_few_fields", "T3,01/02/2026 10:00")]
    assert (done.report.tables["tickets"].read, done.report.tables["tickets"].quarantined) == (4, 3)


def test_short_rows_may_be_filled(tmp_path: Path) -> None:
    text = "id,opened,what\nT1,01/02/2026 10:00\nT2,01/02/2026 10:00,b\n"
    done = small(tmp_path, tickets_mapping('subject = "what"', 'short_rows = "fill"'), {"tickets.csv": text})
    assert subjects(done) == [("T1", None), ("T2", "b")]


def test_words_are_mapped_and_the_originals_kept(tmp_path: Path) -> None:
    text = (
        "id,opened,how,kind\nT1,01/02/2026 10:00,Call,Fault\nT2,01/02/2026 10:00,Fax,Wish\nT3,01/02/2026 10:00,,Odd\n"
    )
    columns = """
channel = { column = "how", map = { Call = "phone" }, other = "" }
type = { column = "kind", map = { Fault = "incident", Wish = "request" } }
"""
    done = small(tmp_path, tickets_mapping(columns), {"tickets.csv": text})
    assert done.rows("SELECT channel, x_original_channel, type, x_original_type FROM tickets ORDER BY ticket_id") == [
        ("phone", "Call", "incident", "Fault"), (None, "Fax", "request", "Wish"),
    ]  # fmt: skip
    assert done.rows("SELECT column_name, value, reason FROM _quarantine") == [("type", "Odd", "not_in_vocabulary")]


def test_templates_alternatives_patterns_and_arithmetic(tmp_path: Path) -> None:
    text = "id,opened,first,last,a,b,spent,ref\nT1,01/02/2026 10:00,Ada,Lovelace,,two,1.5,see INC007 there\n"
    text += "T2,01/02/2026 10:00,,,one,two,,\n"
    columns = """
subject = { template = "{first} {last} ({id})" }
category = { first_of = ["a", "b"] }
worked_minutes = { column = "spent", multiply = 60 }
due_at = { column = "opened", plus = { column = "spent", unit = "hours" } }
asset = { column = "ref", pattern = "INC[0-9]+" }
resolution_note = { value = "none", only_if = { column = "a", is = "one" } }
"""
    done = small(tmp_path, tickets_mapping(columns), {"tickets.csv": text})
    assert done.rows(
        "SELECT subject, category, worked_minutes, due_at, asset, resolution_note FROM tickets ORDER BY ticket_id"
    ) == [
        ("Ada Lovelace (T1)", "two", 90.0, datetime(2026, 2, 1, 11, 30), "INC007", None),
        ("(T2)", "one", None, None, None, "none"),
    ]


def test_conditions(tmp_path: Path) -> None:
    rows = [("T1", "x", "5"), ("T2", "y", "50"), ("T3", "", "7"), ("T4", "xy", "9")]
    text = "id,opened,k,n\n" + "".join(f"{i},01/02/2026 10:00,{k},{n}\n" for i, k, n in rows)
    cases = {
        '{ column = "k", is = ["x", "y"] }': ["T1", "T2"],
        '{ column = "k", is_not = "x" }': ["T2", "T3", "T4"],
        '{ column = "k", empty = true }': ["T3"],
        '{ column = "k", matches = "^x" }': ["T1", "T4"],
        '[{ column = "k", empty = false }, { column = "n", is_not = "5" }]': ["T2", "T4"],
        '{ any = [{ column = "k", is = "y" }, { column = "n", is = "7" }] }': ["T2", "T3"],
    }
    for place, (where, expected) in enumerate(cases.items()):
        folder = tmp_path / str(place)
        folder.mkdir()
        done = small(folder, tickets_mapping(block=f"where = {where}"), {"tickets.csv": text})
        assert [r[0] for r in done.rows("SELECT ticket_id FROM tickets ORDER BY ticket_id")] == expected, where


def test_ids_are_made_where_the_source_has_none_and_stay_the_same(tmp_path: Path) -> None:
    mapping = tickets_mapping().replace(
        'ticket_id = "id"', 'ticket_id = { hash_of = ["opened", "who"], prefix = "made-", number_repeats = true }'
    )
    text = "opened,who\n01/02/2026 10:00,a\n01/02/2026 10:00,a\n01/02/2026 10:00,b\n"
    first = small(tmp_path, mapping, {"tickets.csv": text})
    ids = [r[0] for r in first.rows("SELECT ticket_id FROM tickets ORDER BY ticket_id")]
    assert len(set(ids)) == 3
    assert sum(i.endswith("-2") for i in ids) == 1
    assert all(i.startswith("made-") for i in ids)
    from pacesetter.sources.mapping import import_with_mapping

    again = import_with_mapping(first.ws, tmp_path / "export", tmp_path / "mapping.toml")
    assert again.tables["tickets"].unchanged == 3


def test_a_counter_numbers_the_rows(tmp_path: Path) -> None:
    mapping = tickets_mapping().replace('ticket_id = "id"', 'ticket_id = { counter = true, prefix = "N" }')
    done = small(tmp_path, mapping, {"tickets.csv": "opened\n01/02/2026 10:00\n02/02/2026 10:00\n"})
    assert [r[0] for r in done.rows("SELECT ticket_id FROM tickets ORDER BY created_at")] == ["N1", "N2"]


def test_several_files_packed_ones_and_columns_that_only_some_have(tmp_path: Path) -> None:
    files = {
        "tickets-1.csv": HEAD + "T1,01/02/2026 10:00\n",
        "tickets-2.csv.gz": gzip.compress(b"opened,id,note\n01/02/2026 11:00,T2,hi\n"),
    }
    done = small(tmp_path, tickets_mapping(), files)
    assert done.rows("SELECT ticket_id, x_note FROM tickets ORDER BY ticket_id") == [("T1", None), ("T2", "hi")]


def test_unused_columns_become_attributes_unless_ignored(tmp_path: Path) -> None:
    text = "id,opened,Cost Centre,secret,status\nT1,01/02/2026 10:00,77,s,odd\n"
    done = small(tmp_path, tickets_mapping(file='ignore = "secret"'), {"tickets.csv": text})
    assert done.rows("SELECT x_cost_centre, x_status, status FROM tickets") == [("77", "odd", None)]
    assert not done.rows("SELECT 1 FROM duckdb_columns() WHERE column_name LIKE '%secret%'")


def test_referenced_rows_are_made_from_values_of_two_columns(tmp_path: Path) -> None:
    text = "id,opened,by,owner\nT1,01/02/2026 10:00,ann,bob\nT2,01/02/2026 10:00,bob,\n"
    block = (
        '[[table]]\ntable = "technicians"\nfrom = "main"\none_row_per = "{0}"\nonce = true\n[table.columns]\n'
        'technician_id = "{0}"\nname = "{0}"\n'
    )
    more = block.replace("{0}", "by") + block.replace("{0}", "owner")
    done = small(tmp_path, tickets_mapping('technician_id = "owner"', more=more), {"tickets.csv": text})
    assert done.rows("SELECT technician_id FROM technicians ORDER BY 1") == [("ann",), ("bob",)]
    assert done.report.quarantined == 0


def test_one_row_per_key_keeps_the_last(tmp_path: Path) -> None:
    text = HEAD.replace("opened", "opened,n") + "T1,01/02/2026 10:00,9\nT1,01/02/2026 10:00,10\nT1,01/02/2026 10:00,2\n"
    block = 'one_row_per = "id"\norder = [{ column = "n", as = "num" }]\nkeep = "last"'
    done = small(tmp_path, tickets_mapping(block=block), {"tickets.csv": text})
    assert done.rows("SELECT ticket_id, x_n FROM tickets") == [("T1", "10")]


def test_lookups_in_another_file(tmp_path: Path) -> None:
    mapping = tickets_mapping(
        'x_messages = "messages"\nfirst_response_at = "answered"\nx_last_text = "last_text"',
        file="""
[files.messages]
match = "messages.csv"
[files.main.add.messages]
file = "messages"
match = { id = "ticket" }
take = "count"
[files.main.add.answered]
file = "messages"
match = { id = "ticket" }
take = "min"
as = "instant"
column = "at"
where = { column = "who", is = "agent" }
[files.main.add.last_text]
file = "messages"
match = { id = "ticket" }
take = "last"
by = "at"
as = "instant"
column = "text"
""",
    )
    messages = (
        "ticket,at,who,text\nT1,09/02/2026 10:00,user,q\nT1,10/02/2026 09:00,agent,b\nT1,09/02/2026 11:00,agent,a\n"
    )
    done = small(
        tmp_path,
        mapping,
        {"tickets.csv": HEAD + "T1,09/02/2026 10:00\nT2,09/02/2026 10:00\n", "messages.csv": messages},
    )
    assert done.rows("SELECT x_messages, first_response_at, x_last_text FROM tickets ORDER BY ticket_id") == [
        ("3", datetime(2026, 2, 9, 11), "b"), ("0", None, None),
    ]  # fmt: skip
    assert not any("no table keeps" in w and "at" in w.split(": ")[-1].split(", ") for w in done.report.warnings)


def test_an_optional_file_may_be_missing(tmp_path: Path) -> None:
    more = (
        '[files.people]\nmatch = "people.csv"\noptional = true\n[[table]]\ntable = "technicians"\nfrom = "people"\n'
        'columns = { technician_id = "id", name = "id" }'
    )
    done = small(tmp_path, tickets_mapping(more=more), {"tickets.csv": HEAD + "T1,01/02/2026 10:00\n"})
    assert done.one("SELECT count(*) FROM tickets") == 1
    assert any(w.startswith("people: no file named people.csv") for w in done.report.warnings)


def test_excel(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.title = "Cover"
    page = book.create_sheet("Data")
    page.append(["id", "opened", "min", "vip", "what"])
    page.append(["T1", datetime(2026, 2, 1, 10, 30), 12.5, True, "with, comma"])
    page.append([17, "02/02/2026 08:00", 3, False, 'and "quotes"\nand lines'])
    page.append([None, None, None, None, None])
    page.append(["T3", "never", 1, None, None])
    book.save(tmp_path / "tickets.xlsx")
    content = (tmp_path / "tickets.xlsx").read_bytes()
    mapping = tickets_mapping(
        'worked_minutes = "min"\non_site = "vip"\nsubject = "what"', 'decimal = ","', 'sheet = "Data"'
    )
    done = small(tmp_path, mapping, {"tickets.xlsx": content})
    assert done.rows("SELECT ticket_id, created_at, worked_minutes, on_site, subject FROM tickets ORDER BY 1 DESC") == [
        ("T1", datetime(2026, 2, 1, 10, 30), 12.5, True, "with, comma"),
        ("17", datetime(2026, 2, 2, 8), 3.0, False, 'and "quotes"\nand lines'),
    ]
    assert done.rows("SELECT file, value FROM _quarantine") == [("tickets.xlsx", "never")]


def test_an_excel_sheet_that_is_not_there(tmp_path: Path) -> None:
    import pytest

    from pacesetter.errors import UnreadableFile

    book = openpyxl.Workbook()
    book.active.title = "Tickets"
    book.save(tmp_path / "tickets.xlsx")
    content = (tmp_path / "tickets.xlsx").read_bytes()
    with pytest.raises(UnreadableFile, match=r"no sheet 'Tickts' .*did you mean 'Tickets'"):
        small(tmp_path, tickets_mapping(file='sheet = "Tickts"'), {"tickets.xlsx": content})


def test_parquet_with_its_own_types(tmp_path: Path) -> None:
    table = pa.table({"id": [1, 2], "opened": [datetime(2026, 2, 1, 10), None], "min": [1.5, 2.0], "vip": [True, None]})
    pq.write_table(table, tmp_path / "tickets.parquet")
    mapping = tickets_mapping('worked_minutes = "min"\non_site = "vip"')
    done = small(tmp_path, mapping, {"tickets.parquet": (tmp_path / "tickets.parquet").read_bytes()})
    assert done.rows("SELECT ticket_id, created_at, worked_minutes, on_site FROM tickets") == [
        ("1", datetime(2026, 2, 1, 10), 1.5, True)
    ]
    assert done.rows("SELECT line, column_name, reason FROM _quarantine") == [(2, "created_at", "missing")]


LOG = f"""
title = "log"
as_of = "latest"
[format]
dates = "%Y-%m-%d %H:%M"
time_zone = "UTC"
[files.log]
match = "log.csv"
[logs.l]
file = "log"
key = "id"
at = "upd"
order = [{{ column = "upd", as = "instant" }}, {{ column = "seq", as = "num" }}]
no_value = {{ state = "?!" }}
created = {{ to = "New" }}
[[logs.l.event]]
kind = "status"
column = "state"
first = "New"
[[logs.l.event]]
kind = "team"
column = "team"
{CLIENT}
[[table]]
table = "tickets"
from = "l.last"
[table.columns]
ticket_id = "id"
client_id = {{ value = "acme" }}
created_at = "upd"
status = "state"
"""


def test_a_log_is_ordered_by_instant_then_by_number_and_gaps_are_carried(tmp_path: Path) -> None:
    text = (
        "id,upd,seq,state,team\n"
        "A,2026-01-02 09:00,10,Done,t2\n"
        "A,2026-01-02 09:00,9,Work,t2\n"
        "A,2026-01-01 09:00,1,New,\n"
        "A,2026-01-01 10:00,2,?!,t1\n"
        "B,2026-01-03 09:00,1,Work,t1\n"
        "B,2026-01-03 10:00,2,?!,\n"
    )
    done = small(tmp_path, LOG, {"log.csv": text})
    rows = done.rows(
        "SELECT t.ticket_id, e.event_id, e.occurred_at, e.kind, e.from_value, e.to_value FROM ticket_events e "
        "JOIN tickets t USING (ticket_key) ORDER BY t.ticket_id, e.occurred_at, e.event_id"
    )
    assert [(t, f"{at:%d %H}", kind, before, after) for t, _, at, kind, before, after in rows] == [
        ("A", "01 09", "created", None, "New"),
        ("A", "01 10", "team", None, "t1"),
        ("A", "02 09", "status", "New", "Work"),
        ("A", "02 09", "team", "t1", "t2"),
        ("A", "02 09", "status", "Work", "Done"),
        ("B", "03 09", "created", None, "New"),
        ("B", "03 09", "status", "New", "Work"),
        ("B", "03 10", "team", "t1", None),
    ]
    assert done.rows("SELECT ticket_id, status FROM tickets ORDER BY 1") == [("A", "Done"), ("B", "Work")]
    assert done.report.as_of.replace(tzinfo=None) == datetime(2026, 1, 3, 10)


def test_the_order_of_the_rows_in_the_file_is_irrelevant_to_a_log(tmp_path: Path) -> None:
    rows = [
        "A,2026-01-01 09:00,1,New,x",
        "A,2026-01-01 10:00,2,Work,y",
        "A,2026-01-01 10:00,3,Done,y",
        "B,2026-01-01 10:00,3,New,y",
    ]
    found = []
    for place, order in enumerate((rows, rows[::-1])):
        folder = tmp_path / str(place)
        folder.mkdir()
        done = small(folder, LOG, {"log.csv": "\n".join(["id,upd,seq,state,team", *order]) + "\n"})
        found.append(
            done.rows("SELECT event_id, occurred_at, kind, from_value, to_value FROM ticket_events ORDER BY event_id")
        )
    assert found[0] == found[1] != []


def test_nothing_is_left_behind_and_a_refusal_changes_nothing(tmp_path: Path) -> None:
    import pytest

    from pacesetter.errors import BadDefinition
    from pacesetter.sources.mapping import import_with_mapping

    done = small(tmp_path, tickets_mapping(), {"tickets.csv": HEAD + "T1,01/02/2026 10:00\n"})
    (tmp_path / "export" / "tickets.csv").write_text("id,open\nT2,01/02/2026 10:00\n", encoding="utf-8")
    with pytest.raises(BadDefinition, match=r"column 'opened' is not in tickets\.csv; did you mean 'open'"):
        import_with_mapping(done.ws, tmp_path / "export", tmp_path / "mapping.toml")
    assert done.rows("SELECT ticket_id FROM tickets") == [("T1",)]
    assert not list((tmp_path / "workspace").rglob("*mapping*"))
