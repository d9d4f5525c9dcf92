"""Every way in which a mapping can be wrong says the line of the mapping and what to do."""

from pathlib import Path

import pytest
from exports import tickets_mapping

from pacesetter.errors import BadDefinition, PacesetterError, UnreadableFile
from pacesetter.sources.mapping.importing import prepared
from pacesetter.sources.mapping.loading import load_mapping, read_mapping

TICKETS = "id,opened,Priority,Kind\nT1,01/02/2026 10:00,high,phone\n"

# what is wrong, the mapping, the text on the line that is named, words of the message
ITSELF = [
    ("toml", 'title = "x\n', None, "not valid TOML"),
    ("no title", tickets_mapping().replace('title = "small"', ""), None, "'title' is missing"),
    ("unknown key", tickets_mapping(form='delimeter = ";"'), "delimeter", "did you mean 'delimiter'?"),
    ("key in a block", tickets_mapping(block="wher = []"), "wher", "unknown key 'wher'; did you mean 'where'?"),
    ("wrong type", tickets_mapping(form="header_row = 0"), "header_row", "greater than or equal to 1"),
    ("decimal", tickets_mapping(form='decimal = ";"'), "decimal", "Input should be"),
    ("zone", tickets_mapping(form="").replace('"UTC"', '"Europe/Amsterdan"'), "time_zone", "did you mean 'Europe/Amsterdam'?"),
    ("encoding", tickets_mapping(form='encoding = "utf8x"'), "encoding", "'utf8x' is no encoding"),
    ("delimiter", tickets_mapping(form='delimiter = "||"'), "delimiter", "one character"),
    ("date format", tickets_mapping('due_at = { column = "d", dates = "%d/%Q" }'), "due_at", "'%Q' in '%d/%Q'"),
    ("date without parts", tickets_mapping('due_at = { column = "d", dates = "dd/mm" }'), "due_at", "'dd/mm' is no date format"),
    ("thousands", tickets_mapping(form='decimal = ","\nthousands = ","'), "thousands", "decimal sign"),
    ("true and false", tickets_mapping(form='true = "Y"\nfalse = ["n", "y"]'), "true", "'y' is both true and false"),
    ("as_of", 'as_of = "yesterday"\n' + tickets_mapping(), "as_of", "'yesterday' is not an instant"),
    ("table", tickets_mapping(more='[[table]]\ntable = "ticket"\nfrom = "main"\ncolumns = { x_a = "id" }'), 'table = "ticket"',
     "'ticket' is no table of the model; did you mean 'tickets'?"),
    ("column", tickets_mapping('priorty = "Priority"'), "priorty", "'priorty' is no column of tickets; did you mean 'priority'?"),
    ("required", tickets_mapping().replace('created_at = "opened"', ""), 'table = "tickets"', "tickets needs 'created_at'"),
    ("from", tickets_mapping().replace('from = "main"', 'from = "mian"'), 'from = "mian"', "did you mean 'main'?"),
    ("rows and from", tickets_mapping(block="rows = [{ ticket_id = 1 }]"), None, "either 'from'"),
    ("two origins", tickets_mapping('subject = { column = "a", value = "b" }'), "subject", "not column and value"),
    ("no origin", tickets_mapping('subject = { map = { a = "b" } }'), "subject", "not none"),
    ("other without map", tickets_mapping('subject = { column = "a", other = "b" }'), "subject", "there is no 'map'"),
    ("constant", tickets_mapping('type = { value = "incidents" }'), "type", "did you mean 'incident'?"),
    ("map word", tickets_mapping('channel = { column = "Kind", map = { p = "fone" } }'), "channel", "'fone' is no channel"),
    ("pattern", tickets_mapping('subject = { column = "a", pattern = "(" }'), "subject", "'(' is no pattern"),
    ("look-around", tickets_mapping('subject = { column = "a", pattern = "(?<=x)y" }'), "subject", "cannot be used"),
    ("template", tickets_mapping('subject = { template = "hello" }'), "subject", "'hello' names no column"),
    ("multiply text", tickets_mapping('subject = { column = "a", multiply = 2 }'), "subject", "subject is no number"),
    ("plus on text", tickets_mapping('subject = { column = "a", plus = { column = "b", unit = "hours" } }'), "subject",
     "subject is no instant or date"),
    ("unit", tickets_mapping('due_at = { column = "a", plus = { column = "b", unit = "weeks" } }'), "due_at", "'days'"),
    ("divide by 0", tickets_mapping('worked_minutes = { column = "a", divide = 0 }'), "worked_minutes", "division by 0"),
    ("condition", tickets_mapping(block='where = { column = "Kind" }'), "where", "a condition needs a test"),
    ("rows lack a value", tickets_mapping(more='[[table]]\ntable = "ticket_statuses"\nrows = [\n{ status = "New", phase = "" }]'),
     "rows = [", "no 'phase'"),
    ("rows with another word", tickets_mapping(more='[[table]]\ntable = "ticket_statuses"\nrows = [{ status = "N", phase = "opne" }]'),
     "opne", "'opne' is no phase"),
    ("log file", tickets_mapping(more='[logs.l]\nfile = "man"\nkey = "id"\nat = "opened"\norder = ["opened"]'), "man",
     "'man' is no file"),
    ("event kind", tickets_mapping(more='[logs.l]\nfile = "main"\nkey = "id"\nat = "opened"\norder = ["opened"]\n'
     '[[logs.l.event]]\nkind = "stauts"\ncolumn = "Kind"'), "stauts", "did you mean 'status'?"),
    ("final as event", tickets_mapping(more='[logs.l]\nfile = "main"\nkey = "id"\nat = "opened"\norder = ["opened"]\n'
     'final = ["Kind"]\n[[logs.l.event]]\nkind = "status"\ncolumn = "Kind"'), 'column = "Kind"', "'Kind' is final"),
    ("becomes what", tickets_mapping(more='[logs.l]\nfile = "main"\nkey = "id"\nat = "opened"\norder = ["opened"]\n'
     '[[logs.l.event]]\nkind = "article"\nwhen = "becomes"\ncolumn = "Kind"'), "[[logs.l.event]]", "'value' goes with"),
    ("lookup file", tickets_mapping(file='[files.main.add.n]\nfile = "mainn"\nmatch = { id = "id" }\ntake = "count"'), "mainn",
     "did you mean 'main'?"),
    ("lookup column", tickets_mapping(file='[files.main.add.n]\nfile = "main"\nmatch = { id = "id" }\ntake = "max"'),
     "[files.main.add.n]", "needs the 'column'"),
    ("check without count", tickets_mapping(more='[[check]]\nsay = "some"\nfile = "main"\nwhere = { column = "id", empty = true }'),
     "say", "no {n}"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "marked", "words"), [c[1:] for c in ITSELF], ids=[c[0] for c in ITSELF])
def test_wrong_by_itself(text: str, marked: str | None, words: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        read_mapping(text, name="m", where="m.toml")
    message = caught.value.line()
    assert words in message
    assert message.startswith("m.toml")
    assert "\n" not in message
    if marked:
        line = int(caught.value.where.rsplit("line ", 1)[1])
        assert marked in text.splitlines()[line - 1], message


# what is wrong, the mapping, the text on the line that is named, words of the message
WITH_FILES = [
    ("column", tickets_mapping('priority = "Priorty"'), "Priorty", "column 'Priorty' is not in tickets.csv; did you mean 'Priority'?"),
    ("far column", tickets_mapping('priority = "zzz"'), "zzz", "its columns are: id, opened, Priority, Kind"),
    ("in a template", tickets_mapping('subject = { template = "{id} {knd}" }'), "knd", "column 'knd'"),
    ("in first_of", tickets_mapping('subject = { first_of = ["nix", "id"] }'), "nix", "column 'nix'"),
    ("in where", tickets_mapping(block='where = { column = "Knd", is = "x" }'), "Knd", "did you mean 'Kind'?"),
    ("one_row_per", tickets_mapping(block='one_row_per = "Id"'), "one_row_per", "did you mean 'id'?"),
    ("log column", tickets_mapping(more='[logs.l]\nfile = "main"\nkey = "id"\nat = "opend"\norder = ["opened"]'), "opend",
     "did you mean 'opened'?"),
    ("event column", tickets_mapping(more='[logs.l]\nfile = "main"\nkey = "id"\nat = "opened"\norder = ["opened"]\n'
     '[[logs.l.event]]\nkind = "status"\ncolumn = "Kindd"'), "Kindd", "did you mean 'Kind'?"),
    ("lookup", tickets_mapping(file='[files.main.add.n]\nfile = "main"\nmatch = { id = "idd" }\ntake = "count"'), "add.n",
     "column 'idd'"),
    ("check", tickets_mapping(more='[[check]]\nsay = "{n}"\nfile = "main"\nwhere = { column = "Knd", empty = true }'), "Knd",
     "column 'Knd'"),
    ("zone", tickets_mapping().replace('time_zone = "UTC"', ""), "created_at", "read without a zone; write time_zone"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "marked", "words"), [c[1:] for c in WITH_FILES], ids=[c[0] for c in WITH_FILES])
def test_wrong_for_the_file(text: str, marked: str, words: str, tmp_path: Path) -> None:
    (tmp_path / "tickets.csv").write_text(TICKETS, encoding="utf-8")
    mapping = read_mapping(text, name="m", where="m.toml")
    with pytest.raises(BadDefinition) as caught, prepared(mapping, tmp_path / "tickets.csv", tmp_path):
        pass
    assert words in caught.value.line()
    line = int(caught.value.where.rsplit("line ", 1)[1])
    assert marked in text.splitlines()[line - 1], caught.value.line()


FILES = [
    ("no path", tickets_mapping(), {}, "absent", "no such file or folder"),
    ("no match", tickets_mapping(), {"ticktes.csv": TICKETS}, "", "no file here is named tickets*"),
    ("empty file", tickets_mapping(), {"tickets.csv": ""}, "", "holds no column names"),
    (
        "encoding",
        tickets_mapping(),
        {"tickets.csv": TICKETS.encode() + b"T2,01/02/2026 10:00,h\xf6ch,x\n"},
        "",
        "line 3 is not utf-8",
    ),
    ("gzip", tickets_mapping(), {"tickets.csv.gz": b"\x1f\x8bgarbage"}, "", "gzip is damaged"),
    ("parquet", tickets_mapping(), {"tickets.parquet": b"PAR1"}, "", "not a whole Parquet file"),
    ("excel", tickets_mapping(), {"tickets.xlsx": b"no zip"}, "", "not a readable Excel workbook"),
    ("old excel", tickets_mapping(), {"tickets.xls": b"x"}, "", "save it as .xlsx"),
    ("wrong delimiter", tickets_mapping(form='delimiter = ";"'), {"tickets.csv": TICKETS}, "", "column 'id' is not in"),
    ("open quote", tickets_mapping(), {"tickets.csv": TICKETS + 'T2,"01/02/2026,x,y\n'}, "", "'quote'"),
]


@pytest.mark.parametrize(("text", "files", "below", "words"), [c[1:] for c in FILES], ids=[c[0] for c in FILES])
def test_wrong_files(text: str, files: dict, below: str, words: str, tmp_path: Path) -> None:
    for name, content in files.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    mapping = read_mapping(text, name="m", where="m.toml")
    (tmp_path / "s").mkdir()
    with (
        pytest.raises(PacesetterError) as caught,
        prepared(mapping, tmp_path / below if below else tmp_path, tmp_path / "s"),
    ):
        pass
    assert words in caught.value.line()
    assert isinstance(caught.value, UnreadableFile | BadDefinition)


def test_an_unknown_name_lists_the_shipped_ones() -> None:
    with pytest.raises(BadDefinition, match="did you mean 'servicenow-audit-log'"):
        load_mapping("servicenow-auditlog")


def test_a_mapping_that_is_no_text(tmp_path: Path) -> None:
    (tmp_path / "m.toml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(BadDefinition, match="UTF-8"):
        load_mapping(tmp_path / "m.toml")
