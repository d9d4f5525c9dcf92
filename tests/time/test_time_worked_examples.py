"""Examples from the field, each worked out by hand in its comment. Through SQL, the way the facts ask."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import duckdb
import pytest
from calendar_tables import ask, built, canonical

from pacesetter.warehouse.business_time import ALWAYS_OPEN_KEY, BusinessTime

H = 3600
CALENDARS = [
    ("eight", "Europe/Berlin", "mon-fri 09:00-17:00", None),
    ("ten", "Europe/Berlin", "mon-fri 08:00-18:00", "DE-BE"),
    ("saturday", "Europe/Berlin", "mon-fri 08:00-18:00; sat 09:00-12:00", None),
    ("nights", "Europe/Berlin", "mon-sun 22:00-06:00", None),
    ("always", "Europe/Berlin", "24x7", None),
]
Desk = tuple[duckdb.DuckDBPyConnection, BusinessTime]


@pytest.fixture(scope="module")
def desk() -> Desk:
    con = canonical(CALENDARS)
    return con, built(
        con, int(datetime(2026, 1, 1, tzinfo=UTC).timestamp()), int(datetime(2026, 12, 31, tzinfo=UTC).timestamp())
    )


def at(text: str) -> int:
    """Berlin's wall clock as epoch seconds."""
    return int(datetime.fromisoformat(text).replace(tzinfo=ZoneInfo("Europe/Berlin")).timestamp())


def wall(at_s: int | None) -> str:
    assert at_s is not None
    return f"{datetime.fromtimestamp(at_s, ZoneInfo('Europe/Berlin')):%a %Y-%m-%d %H:%M:%S}"


def test_24_business_hours_from_friday_17_00_in_8_hour_days_end_on_wednesday(desk: Desk) -> None:
    # Fri 2026-06-05 17:00 is closing: nothing on Friday. Mon 8, Tue 8, Wed 8 = 24: exactly at closing on Wednesday, not at
    # the next opening.
    assert wall(ask(*desk, "due", "eight", at("2026-06-05 17:00"), 24 * H)) == "Wed 2026-06-10 17:00:00"
    # One second more is the first second of Thursday.
    assert wall(ask(*desk, "due", "eight", at("2026-06-05 17:00"), 24 * H + 1)) == "Thu 2026-06-11 09:00:01"
    # From Friday 16:00 one hour is used on Friday: 1 + 8 + 8 + 7 = 24, Wednesday 16:00.
    assert wall(ask(*desk, "due", "eight", at("2026-06-05 16:00"), 24 * H)) == "Wed 2026-06-10 16:00:00"


def test_a_pause_over_a_weekend(desk: Desk) -> None:
    # On hold from Fri 2026-06-05 16:00 to Mon 2026-06-08 10:00 in 08:00-18:00: 2 h of Friday and 2 h of Monday; in calendar
    # time 66 h. Resolved on Mon 15:00 after creation on Fri 14:00: 4 h + 7 h business, less the pause: 7 h.
    pause = (at("2026-06-05 16:00"), at("2026-06-08 10:00"))
    life = (at("2026-06-05 14:00"), at("2026-06-08 15:00"))
    assert ask(*desk, "between", "ten", *pause) == 4 * H
    assert ask(*desk, "between", ALWAYS_OPEN_KEY, *pause) == 66 * H
    assert ask(*desk, "between", "ten", *life) == 11 * H
    assert ask(*desk, "between", "ten", *life) - ask(*desk, "between", "ten", *pause) == 7 * H


def test_a_pause_that_begins_and_ends_in_closed_time(desk: Desk) -> None:
    # From Sat 13:00 to Sun 20:00 nothing is open: a pause of 31 h takes nothing from the clock.
    assert ask(*desk, "between", "saturday", at("2026-06-06 13:00"), at("2026-06-07 20:00")) == 0
    # From Fri 20:00 to Mon 07:00 only Saturday 09:00-12:00.
    assert ask(*desk, "between", "saturday", at("2026-06-05 20:00"), at("2026-06-08 07:00")) == 3 * H


@pytest.mark.parametrize(
    ("first", "last", "hours"),
    [
        ("2026-01-01", "2026-02-01", 744),  # 31 days
        ("2026-04-01", "2026-05-01", 720),  # 30 days
        ("2026-02-01", "2026-03-01", 672),  # 28 days
        ("2026-03-01", "2026-04-01", 743),  # 31 days, one hour skipped
        ("2026-10-01", "2026-11-01", 745),  # 31 days, one hour twice
    ],
)
def test_round_the_clock_loses_no_minute_at_midnight(desk: Desk, first: str, last: str, hours: int) -> None:
    for calendar in ("always", ALWAYS_OPEN_KEY):
        assert ask(*desk, "between", calendar, at(f"{first} 00:00"), at(f"{last} 00:00")) == hours * H
        assert ask(*desk, "due", calendar, at(f"{first} 00:00"), hours * H) == at(f"{last} 00:00")


def test_a_ticket_on_hold_from_february_to_august(desk: Desk) -> None:
    # Created Mon 2026-02-02 09:00, on hold from Tue 2026-02-03 12:00 to Mon 2026-08-03 10:00, resolved Mon 2026-08-03 11:30.
    # Running: Mon 09-17 = 8 h, Tue 09-12 = 3 h, then 10:00-11:30 = 1.5 h: 12.5 h in 8-hour days, whatever lies between.
    created, held, released, resolved = (
        at(text) for text in ("2026-02-02 09:00", "2026-02-03 12:00", "2026-08-03 10:00", "2026-08-03 11:30")
    )
    whole = ask(*desk, "between", "eight", created, resolved)
    hold = ask(*desk, "between", "eight", held, released)
    assert whole is not None and hold is not None
    assert whole - hold == 12.5 * H
    # The hold itself: 4 Feb to 31 Jul 2026 has 128 weekdays (18 in the rest of February, 22, 22, 21, 22, 23), 8 h each; then
    # 5 h of the Tuesday and 1 h of the Monday.
    assert hold == (128 * 8 + 5 + 1) * H
    # In calendar time the summer is an hour shorter on the clock: 180 days and 22 h by the wall, less one hour skipped.
    assert ask(*desk, "between", ALWAYS_OPEN_KEY, held, released) == (180 * 24 + 22 - 1) * H


def test_a_span_ends_before_its_last_second_is_over(desk: Desk) -> None:
    # Half-open: the second that begins at 18:00:00 is closed, the one that begins at 17:59:59 is open.
    assert ask(*desk, "between", "ten", at("2026-06-05 17:59:59"), at("2026-06-05 18:00:00")) == 1
    assert ask(*desk, "between", "ten", at("2026-06-05 18:00:00"), at("2026-06-05 18:00:01")) == 0
    assert ask(*desk, "between", "ten", at("2026-06-05 08:00:00"), at("2026-06-05 08:00:01")) == 1
    assert ask(*desk, "between", "ten", at("2026-06-05 07:59:59"), at("2026-06-05 08:00:00")) == 0


def test_nights_when_the_clocks_change(desk: Desk) -> None:
    # Sat 2026-03-28 22:00 to Sun 06:00 has 7 h: 02:00-03:00 is skipped. Sat 2026-10-24 22:00 to Sun 06:00 has 9 h.
    assert ask(*desk, "between", "nights", at("2026-03-28 12:00"), at("2026-03-29 12:00")) == 7 * H
    assert ask(*desk, "between", "nights", at("2026-10-24 12:00"), at("2026-10-25 12:00")) == 9 * H
    # 5 open hours from 22:00 end at 04:00 in March and at 02:00, the second one, in October: 22 23 00 01 02 | 02.
    assert wall(ask(*desk, "due", "nights", at("2026-03-28 22:00"), 5 * H)) == "Sun 2026-03-29 04:00:00"
    due = ask(*desk, "due", "nights", at("2026-10-24 22:00"), 5 * H)
    assert wall(due) == "Sun 2026-10-25 02:00:00" and due == at("2026-10-25 01:00") + 2 * H


def test_holidays_and_the_next_opening(desk: Desk) -> None:
    # Maundy Thursday 2026-04-02 18:00, closing: Good Friday and Easter Monday are holidays, so Tuesday 7 April 08:00.
    assert wall(ask(*desk, "next_opening", "ten", at("2026-04-02 18:00"))) == "Tue 2026-04-07 08:00:00"
    assert wall(ask(*desk, "due", "ten", at("2026-04-02 17:00"), 2 * H)) == "Tue 2026-04-07 09:00:00"
    assert wall(ask(*desk, "next_opening", "ten", at("2026-04-02 17:59:59"))) == "Thu 2026-04-02 17:59:59"


def test_a_target_of_zero_is_due_at_once_even_when_closed(desk: Desk) -> None:
    assert ask(*desk, "due", "ten", at("2026-06-06 13:00"), 0) == at("2026-06-06 13:00")


def test_a_very_long_target(desk: Desk) -> None:
    # 2,000 h in 8-hour weeks of 40 h are exactly 50 weeks: from Mon 2026-06-01 09:00 to the close of Fri 2027-05-14.
    assert wall(ask(*desk, "due", "eight", at("2026-06-01 09:00"), 2_000 * H)) == "Fri 2027-05-14 17:00:00"
