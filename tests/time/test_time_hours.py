"""The grammar of hours: what may be written, what it means, and refusals with the place and what to write."""

import pytest

from pacesetter.errors import BadDefinition
from pacesetter.model.calendars import calendar_complaint, exception_complaint
from pacesetter.model.hours import DAYS, Span, parse_day, parse_week

H = 3600
OFFICE = Span(8 * H, 18 * H)


def week(**days: list[tuple[float, float]]) -> tuple[tuple[Span, ...], ...]:
    return tuple(tuple(Span(int(a * H), int(b * H)) for a, b in days.get(name, [])) for name in DAYS)


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("mon-fri 08:00-18:00", week(**{day: [(8, 18)] for day in DAYS[:5]})),
        ("mon-fri 08:00-18:00; sat 09:00-12:00", week(**{d: [(8, 18)] for d in DAYS[:5]}, sat=[(9, 12)])),
        ("mon-fri 08:00-18:00; sat 09:00-12:00;", week(**{d: [(8, 18)] for d in DAYS[:5]}, sat=[(9, 12)])),
        ("mon,wed,fri 08:00-12:00, 13:00-17:30", week(**{d: [(8, 12), (13, 17.5)] for d in ("mon", "wed", "fri")})),
        ("fri 22:00-06:00", week(fri=[(22, 30)])),
        ("fri 22:00-00:00", week(fri=[(22, 24)])),
        ("fri 22:00-24:00", week(fri=[(22, 24)])),
        ("fri-mon 10:00-11:00", week(**{d: [(10, 11)] for d in ("fri", "sat", "sun", "mon")})),
        ("mon-mon 10:00-11:00", week(mon=[(10, 11)])),
        ("sat,mon-tue 10:00-11:00", week(**{d: [(10, 11)] for d in ("sat", "mon", "tue")})),
        ("mon 10:00-11:00; mon 09:00-10:30; mon 10:00-11:00", week(mon=[(9, 10.5), (10, 11)])),
        (" MON - Fri   08:00 - 18:00 ", week(**{day: [(8, 18)] for day in DAYS[:5]})),
        ("24x7", week(**{day: [(0, 24)] for day in DAYS})),
        ("24X7", week(**{day: [(0, 24)] for day in DAYS})),
    ],
)
def test_weeks(text: str, meaning: tuple[tuple[Span, ...], ...]) -> None:
    assert parse_week(text) == meaning


@pytest.mark.parametrize(
    ("text", "character", "piece", "advice"),
    [
        ("mon-fri 08:00-25:00", 15, "'25:00' is not a time of day", "from 00:00 to 24:00"),
        ("mon-fri 08:60-18:00", 9, "'08:60' is not a time of day", "from 00:00 to 24:00"),
        ("mon-fri 08:00-24:01", 15, "'24:01'", "from 00:00 to 24:00"),
        ("mon-fri 24:00-06:00", 9, "'24:00' cannot start a span", "on the day after"),
        ("mon-fri 08:00-08:00", 9, "ends when it starts", "00:00-24:00"),
        ("mon-fri 8:00-18:00", 9, "'8:00-18:00' is not a span", "two digits"),
        ("mon-fri 9-17", 9, "'9-17' is not a span", "HH:MM-HH:MM"),
        ("mon-fri 08:00:00-18:00:00", 9, "is not a span", "without seconds"),
        ("mon-fri 08:00–18:00", 9, "is not a span", "plain '-'"),
        ("mon-fri 08:00-12:00 13:00-18:00", 9, "is not a span", "','"),
        ("mon-fri 08:00-18:00, sat 09:00-12:00", 22, "'sat 09:00-12:00' is not a span", "';'"),
        ("mon-fri 08:00-18:00 sat 09:00-12:00", 9, "is not a span", "';' before the next days"),
        ("mon-fri 08:00-18:00,", 20, "',' is not a span", "HH:MM"),
        ("mon-fri", 1, "'mon-fri' has no hours", "08:00-18:00"),
        ("08:00-18:00", 1, "no day before it", "days first"),
        ("mon-fri 08:00-18:00; 09:00-12:00", 22, "no day before it", "days first"),
        ("monday 08:00-18:00", 1, "'monday' is not a day", "'mon'"),
        ("mon-fri 08:00-18:00; sun,so 09:00-12:00", 26, "'so' is not a day", "one of mon, tue"),
        ("mon to fri 08:00-18:00", 1, "'mon to fri' is not a day", "'mon-fri'"),
        ("mon-wed-fri 08:00-18:00", 1, "'mon-wed-fri' is not a range", "first and the last"),
        ("mon-fri 08:00-18:00;; sat 09:00-12:00", 20, "nothing beside it", "one ';'"),
        ("24x7; sat 09:00-12:00", 1, "'24x7' is not a list of days", "alone"),
    ],
)
def test_refusals_say_where_and_what_to_write(text: str, character: int, piece: str, advice: str) -> None:
    with pytest.raises(BadDefinition) as refused:
        parse_week(text, "calendar 'x', hours")
    assert refused.value.where == f"calendar 'x', hours, character {character}"
    assert piece in refused.value.what
    assert advice in (refused.value.do or "")


@pytest.mark.parametrize("text", ["", "   "])
def test_a_week_without_hours_is_refused(text: str) -> None:
    with pytest.raises(BadDefinition, match="there are no hours"):
        parse_week(text)


def test_days() -> None:
    assert parse_day("10:00-12:00, 13:00-15:00") == (Span(10 * H, 12 * H), Span(13 * H, 15 * H))
    assert parse_day("22:00-06:00") == (Span(22 * H, 30 * H),)
    assert parse_day(None) == parse_day("") == parse_day("  ") == ()
    for text, advice in (("closed", "empty"), ("24x7", "00:00-24:00"), ("mon 10:00-12:00", "';'"), ("10-12", "HH:MM")):
        with pytest.raises(BadDefinition) as refused:
            parse_day(text)
        assert advice in refused.value.line() and "character 1" in refused.value.line()


def test_spans_are_written_as_they_are_read() -> None:
    for text in ("22:00-06:00", "00:00-24:00", "08:15-08:16", "23:59-23:58"):
        assert parse_day(text)[0].text() == text


def test_complaints_for_the_quarantine() -> None:
    assert calendar_complaint(time_zone="Europe/Berlin", hours="24x7", holidays="DE-BE") is None
    wrong = {
        "time_zone": ("Europe/Berln", "24x7", None, "Europe/Berlin"),
        "holidays": ("Europe/Berlin", "24x7", "DE-XX", "not a subdivision of DE"),
        "hours": ("Europe/Berlin", "24/7 always", "", "24x7"),
    }
    for column, (zone, hours, holidays, words) in wrong.items():
        found = calendar_complaint(time_zone=zone, hours=hours, holidays=holidays)
        assert found is not None and found[0] == column and words in found[1]
    assert calendar_complaint(time_zone="UTC", hours="24x7", holidays="de") is not None
    assert "did you mean DE" in calendar_complaint(time_zone="UTC", hours="24x7", holidays="de")[1]
    assert exception_complaint("08:00-12:00") is None
    assert "character 1" in (exception_complaint("8-12") or "")
