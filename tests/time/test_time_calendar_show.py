"""``pacesetter calendar show``: the month on paper, its total, and plain refusals."""

import json
from datetime import date
from pathlib import Path

import pytest
from typer.testing import CliRunner

from pacesetter.cli.calendar_commands import app
from pacesetter.errors import BadRequest
from pacesetter.warehouse.workspace import Workspace

CALENDARS = [
    ("berlin", "Berlin desk", "Europe/Berlin", "mon-fri 08:00-18:00; sat 09:00-12:00; sun 01:00-04:00", "DE-BE"),
    ("apia", "Apia desk", "Pacific/Apia", "24x7", None),
    ("lord-howe", "Lord Howe desk", "Australia/Lord_Howe", "24x7", None),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    space = Workspace.create(tmp_path_factory.mktemp("work") / "space")
    with space.next_generation() as generation:
        for row in CALENDARS:
            generation.con.execute(
                "INSERT INTO calendars (calendar_id, name, time_zone, hours, holidays) VALUES (?, ?, ?, ?, ?)",
                list(row),
            )
        for day, hours, name in (
            (date(2026, 3, 12), "10:00-12:00, 13:00-15:00", "Workshop"),
            (date(2026, 3, 13), None, "Outing"),
        ):
            generation.con.execute(
                "INSERT INTO calendar_exceptions (calendar_id, day, hours, name) VALUES ('berlin', ?, ?, ?)",
                [day, hours, name],
            )
    return space.root


def shown(folder: Path, *arguments: str) -> str:
    result = CliRunner().invoke(app, ["show", *arguments, "-w", str(folder)])
    assert result.exit_code == 0, result.output
    return result.output


def test_a_month_on_paper(folder: Path) -> None:
    text = shown(folder, "berlin", "--month", "2026-03")
    assert max(len(line) for line in text.splitlines()) <= 100
    assert "Berlin desk (berlin) · Europe/Berlin" in text
    assert "10:00-12:00" in text and "13:00-15:00" in text
    assert "2026-03-08 Sun  holiday: Women's Day" in text
    assert "2026-03-13 Fri  exception: Outing" in text
    assert "2026-03-29 Sun  the clocks go forward: a day of 23 h" in text
    # 22 working days less the outing and the workshop: 20 x 10 h; the workshop 4 h; 4 Saturdays x 3 h; the Sundays 1, 15, 22
    # x 3 h, the 8th is a holiday, and on the 29th 02:00-03:00 is skipped: 2 h. 200 + 4 + 12 + 9 + 2 = 227.
    assert "March 2026 · open 227 h" in text
    assert "Public holidays of DE-BE in 2026" in text and "2026-10-03" in text


def test_json_says_the_same(folder: Path) -> None:
    month = json.loads(shown(folder, "berlin", "--month", "2026-03", "--format", "json"))
    assert month["open_s"] == 227 * 3600 == sum(day["open_s"] for day in month["days"])
    changed = {day["day"]: day for day in month["days"]}["2026-03-29"]
    assert (changed["length_s"], changed["open_s"], changed["spans"]) == (23 * 3600, 2 * 3600, ["01:00-04:00"])
    assert len(month["days"]) == 31 and len(month["version"]) == 16
    assert {"day": "2026-12-25", "name": "Christmas Day", "is_replaced": False} in month["holidays_of_year"]


def test_a_day_that_a_zone_left_out_and_half_an_hour(folder: Path) -> None:
    apia = shown(folder, "apia", "--month", "2011-12")
    assert "2011-12-30 Fri  the zone left this day out" in apia
    assert "December 2011 · open 720 h" in apia  # 30 days were lived
    half = shown(folder, "lord-howe", "--month", "2026-04")
    assert "2026-04-05 Sun  the clocks go back: a day of 24 h 30 min" in half


def test_the_present_month_by_default(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACESETTER_NOW", "2026-01-31T23:30:00Z")
    assert "February 2026" in shown(folder, "berlin")  # it is February in Berlin already


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["berlinn"], "there is no calendar 'berlinn'; did you mean berlin?"),
        (["BERLIN"], "did you mean berlin?"),
        (["zzz"], "there are apia, berlin, lord-howe"),
        (["berlin", "--month", "2026-13"], "--month: '2026-13' is not a month; write a month such as 2026-03"),
        (["berlin", "--month", "March"], "is not a month"),
        (["berlin", "--month", "2026-03-04"], "is not a month"),
    ],
)
def test_plain_refusals(folder: Path, arguments: list[str], words: str) -> None:
    result = CliRunner().invoke(app, ["show", *arguments, "-w", str(folder)])
    assert isinstance(result.exception, BadRequest)
    assert words in result.exception.line()
