"""The matrix as CSV, Excel and TOML: exact there and back, and a plain message with the place for whatever is wrong."""

import io
from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from pacesetter.errors import BadRequest
from pacesetter.model.raci_document import (
    Document,
    LetterRow,
    RoleRow,
    TaskRow,
    cell_text,
    difference,
    document_of,
    parse_cell,
    set_from,
    with_letters,
)
from pacesetter.responsibility.matrix_files import MatrixForm, form_of, read, written
from pacesetter.responsibility.matrix_grid import parse_date
from pacesetter.responsibility.sample import sample_document

TEXTS = st.text(
    st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Cn", "Zl", "Zp")), min_size=1, max_size=12
).filter(lambda t: t == t.strip())
IDS = st.one_of(TEXTS, st.sampled_from(["=1+1", "'a", "-x", "task", "role name", "a,b", 'q"q', "x;y", "[r]"]))
DAYS = st.one_of(st.none(), st.dates(date(2024, 1, 1), date(2028, 1, 1)))
SOME = st.one_of(st.none(), TEXTS)


@st.composite
def documents(draw: st.DrawFn) -> Document:
    tasks = [
        TaskRow(task_id=i, name=draw(TEXTS), client_id=draw(SOME), type=draw(SOME), category=draw(SOME),
                subcategory=draw(SOME), priority=draw(SOME), valid_from=first, valid_to=last)
        for i in draw(st.lists(IDS, max_size=4, unique=True))
        for first, last in [spanned(draw(DAYS), draw(DAYS))]
    ]  # fmt: skip
    roles = [
        RoleRow(role_id=i, name=draw(TEXTS), client_id=draw(SOME), **{draw(st.sampled_from(["team_id", "technician_id", "contact_id"])):
                draw(SOME)})
        for i in draw(st.lists(IDS, max_size=4, unique=True))
    ]  # fmt: skip
    letters = {}
    for t in tasks:
        for r in roles:
            for letter in draw(st.lists(st.sampled_from("RACI"), max_size=3)):
                first, last = spanned(draw(DAYS), draw(DAYS))
                within = draw(st.sampled_from([None, 0.0, 60.0, 90.25])) if letter in "CI" else None
                row = LetterRow(
                    task_id=t.task_id,
                    role_id=r.role_id,
                    letter=letter,
                    within_minutes=within,
                    valid_from=first,
                    valid_to=last,
                )
                letters[row.key] = row
    return document_of(tasks, roles, letters.values())


def spanned(first: date | None, last: date | None) -> tuple[date | None, date | None]:
    return (last, first) if first and last and last < first else (first, last)


@settings(max_examples=80, deadline=None)
@given(documents(), st.sampled_from(MatrixForm))
def test_what_is_written_reads_back(document: Document, form: MatrixForm) -> None:
    first = written(document, form)
    again = read(first, form)
    assert again == document
    if form is not MatrixForm.XLSX:  # a workbook has its time of making in it
        assert written(again, form) == first


def test_the_three_forms_say_the_same() -> None:
    assert len({read(written(sample_document(), form), form) for form in MatrixForm}) == 1


CSV = written(sample_document(), MatrixForm.CSV).decode()


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("I 240", "X 240", ("row 7", "'X 240' is no cell of a RACI matrix", "write R, A, C or I")),
        ("I 240", "I 240; I 90", ("row 7", "the letter I stands twice")),
        ("I 240", "I 240 [yesterday]", ("row 7", "'yesterday' is no date")),
        ("I 240", "I 240 [2026-02-01 to 2026-01-01]", ("row 7", "2026-01-01 is before 2026-02-01")),
        ("role team", "role tame", ("row 4, column 1", "'role tame' is no kind of row")),
        ("subcategory,priority", "sub,priority", ("row 1, column 7", "to be called 'subcategory'")),
        ("task,patch-deployment", "task,password-reset", ("the task 'password-reset' stands twice",)),
        (",end-user", ",engineer", ("row 1", "the role 'engineer' stands twice")),
        ("Patch deployment", "", ("a task has no name",)),
        ("software-vendor\n", "\n", ("row 2, column 20", "no role's id stands over this cell")),
    ],
)
def test_what_is_wrong_is_said_with_its_place(old: str, new: str, said: tuple[str, ...]) -> None:
    assert old in CSV
    for form, content in (
        (MatrixForm.CSV, CSV.replace(old, new, 1).encode()),
        (MatrixForm.XLSX, as_workbook(CSV.replace(old, new, 1))),
    ):
        with pytest.raises(BadRequest) as refused:
            read(content, form)
        line = refused.value.line()
        for words in said:
            if form is MatrixForm.CSV or not words.startswith("row "):
                assert words in line, line
        if form is MatrixForm.XLSX:
            assert "cell " in line, line


def as_workbook(text: str) -> bytes:
    import csv

    book = load_workbook(io.BytesIO(written(sample_document(), MatrixForm.XLSX)))
    sheet = book.active
    for y, row in enumerate(csv.reader(io.StringIO(text)), 1):
        for x, value in enumerate(row, 1):
            sheet.cell(row=y, column=x).value = value or None
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[tasks.a]\n", "tasks.a"),
        ("[tasks.a]\nname = 1\n", "tasks.a"),
        ('[tasks.a]\nname = "A"\nR = ["nobody"]\n', "there is no role 'nobody'"),
        ('[tasks.a]\nname = "A"\nnext = 1\n', "'next' is not known here"),
        ('[roles.r]\nname="R"\n[tasks.a]\nname = "A"\nR = [{role="r", within=5}]\n', "tasks.a.R"),
        ('[roles.r]\nname="R"\n[tasks.a]\nname = "A"\nI = [{role="r", from="soon"}]\n', "'soon' is no date"),
        ("[tasks", "the file is not TOML"),
        ("x = 1", "'x' is neither roles nor tasks"),
    ],
)
def test_toml_says_which_key_is_wrong(text: str, said: str) -> None:
    with pytest.raises(BadRequest) as refused:
        read(text.encode(), MatrixForm.TOML)
    assert said in refused.value.line()


@pytest.mark.parametrize(
    ("content", "form"), [(b"\xff\xfe\x00", "csv"), (b"", "csv"), (b"no zip", "xlsx"), (b"PK\x03\x04", "xlsx")]
)
def test_what_is_no_such_file_is_refused(content: bytes, form: str) -> None:
    with pytest.raises(BadRequest):
        read(content, MatrixForm(form))
    with pytest.raises(BadRequest):
        form_of("matrix.ods")


def test_excel_that_knows_better_about_dates_and_numbers() -> None:
    assert parse_date("2026-01-31 00:00:00", "x") == date(2026, 1, 31)
    sheet = CSV.replace(",end-user", ",17", 1)
    assert "17" in {r.role_id for r in read(as_workbook(sheet), MatrixForm.XLSX).roles}
    semicolons = "\n".join(line.replace(",", ";") for line in CSV.splitlines())
    assert read(semicolons.encode("utf-8-sig"), MatrixForm.CSV) == read(CSV.encode(), MatrixForm.CSV)


@pytest.mark.parametrize(
    ("text", "cell"),
    [
        ("", {}),
        ("r", {"R": None}),
        ("ca", {"A": None, "C": None}),
        ("I 240", {"I": 240.0}),
        ("A, C90 ; i", {"A": None, "C": 90.0, "I": None}),
    ],
)
def test_cells(text: str, cell: dict[str, float | None]) -> None:
    found = parse_cell(text, "here")
    assert found == cell and parse_cell(cell_text(found), "here") == cell


@pytest.mark.parametrize("text", ["X", "RR", "R 5", "I -4", "R?", "240"])
def test_what_is_no_cell(text: str) -> None:
    with pytest.raises(BadRequest):
        parse_cell(text, "here")


CELLS = st.dictionaries(st.sampled_from("RACI"), st.none(), max_size=3).map(
    lambda c: {x: c[x] for x in "RACI" if x in c}
)


@settings(max_examples=150, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 30), CELLS), min_size=1, max_size=6), st.booleans())
def test_a_change_from_a_day_on_leaves_the_days_before(
    edits: list[tuple[int, dict[str, float | None]]], always: bool
) -> None:
    """Against a list of what was last said about each day."""
    start = date(2026, 1, 1)
    first = [LetterRow(task_id="t", role_id="r", letter="R", valid_from=None if always else start)]
    document = document_of([TaskRow(task_id="t", name="T")], [RoleRow(role_id="r", name="R")], first)
    said: list[dict[str, float | None]] = [{"R": None} for _ in range(40)]
    for offset, cell in edits:
        rows = set_from(document, {("t", "r"): cell}, start + timedelta(days=offset))
        document = with_letters(document, rows)
        said[offset:] = [cell] * (40 - offset)
        assert set_from(document, {("t", "r"): cell}, start + timedelta(days=offset)) == [], (
            "saying it again changes nothing"
        )
        for n, cell_then in enumerate(said):
            assert document.cell("t", "r", start + timedelta(days=n)) == cell_then, (offset, n)


@settings(max_examples=60, deadline=None)
@given(documents(), documents(), st.dates(date(2024, 1, 1), date(2028, 1, 1)))
def test_after_an_import_the_future_is_the_files(now: Document, wanted: Document, day: date) -> None:
    tasks, roles, letters = difference(now, wanted, day)
    after = document_of(
        ({t.task_id: t for t in now.tasks} | {t.task_id: t for t in tasks}).values(),
        ({r.role_id: r for r in now.roles} | {r.role_id: r for r in roles}).values(),
        ({a.key: a for a in now.letters} | {a.key: a for a in letters}).values(),
    )
    assert difference(after, wanted, day) == ([], [], [])
    kept = {t.task_id for t in wanted.tasks}
    for t in wanted.tasks:
        for r in wanted.roles:
            assert after.cell(t.task_id, r.role_id, day) == wanted.cell(t.task_id, r.role_id, day)
    assert all(
        t.task_id in kept or (t.valid_to is not None and t.valid_to <= max(day, t.valid_from or day))
        for t in after.tasks
    )
    assert difference(now, now, day) == ([], [], [])
