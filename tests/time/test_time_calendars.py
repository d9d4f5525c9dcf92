"""Calendars: what replaces what, holidays that are and are not, and when a version changes."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import holidays
import pytest

from pacesetter.errors import BadDefinition
from pacesetter.model.calendar_holidays import public_holidays
from pacesetter.model.calendars import Because, Calendar, read_calendar

BERLIN = ZoneInfo("Europe/Berlin")


def desk(hours: str = "mon-fri 08:00-18:00", zone: str = "Europe/Berlin", **more: object) -> Calendar:
    return read_calendar(calendar_id="desk", time_zone=zone, hours=hours, **more)  # type: ignore[arg-type]


def open_hours(calendar: Calendar, first: date, last: date) -> list[tuple[str, str]]:
    """The open pieces between two local midnights, as local wall-clock texts."""
    zone = ZoneInfo(calendar.time_zone)
    bounds = [int(datetime(d.year, d.month, d.day, tzinfo=zone).timestamp()) for d in (first, last)]
    pieces = calendar.open_pieces(*bounds)
    return [tuple(f"{datetime.fromtimestamp(s, zone):%a %H:%M}" for s in piece) for piece in pieces]  # type: ignore[misc]


def test_an_exception_replaces_what_starts_on_its_day_and_not_the_tail_of_the_night() -> None:
    nights = desk("mon-sun 22:00-06:00", exceptions=[(date(2026, 6, 3), "", "closed")])
    assert open_hours(nights, date(2026, 6, 2), date(2026, 6, 5)) == [
        ("Tue 00:00", "Tue 06:00"), ("Tue 22:00", "Wed 06:00"), ("Thu 22:00", "Fri 00:00"),
    ]  # fmt: skip


def test_a_holiday_closes_like_an_exception_without_hours() -> None:
    nights = desk("mon-sun 22:00-06:00", holidays="DE")  # 1 May 2026 is a Friday
    assert open_hours(nights, date(2026, 4, 30), date(2026, 5, 3)) == [
        ("Thu 00:00", "Thu 06:00"), ("Thu 22:00", "Fri 06:00"), ("Sat 22:00", "Sun 00:00"),
    ]  # fmt: skip
    assert nights.plan(date(2026, 5, 1)).because is Because.HOLIDAY


def test_an_exception_on_a_holiday_wins() -> None:
    calendar = desk(holidays="DE", exceptions=[(date(2026, 5, 1), "10:00-12:00", "on call")])
    assert open_hours(calendar, date(2026, 5, 1), date(2026, 5, 2)) == [("Fri 10:00", "Fri 12:00")]
    assert calendar.plan(date(2026, 5, 1)).name == "on call"


def test_overlapping_spans_count_once_also_over_midnight() -> None:
    calendar = desk("mon 20:00-04:00, 22:00-02:00; tue 03:00-05:00, 05:00-06:00")
    assert open_hours(calendar, date(2026, 6, 1), date(2026, 6, 3)) == [("Mon 20:00", "Tue 06:00")]


def test_a_span_that_starts_on_a_day_that_the_zone_left_out_still_reaches_the_next() -> None:
    # 30 December 2011, a Friday, is missing in Samoa; the wall clock of 31 December 00:00-04:00 stands within its span.
    calendar = desk("fri 22:00-04:00", zone="Pacific/Apia")
    assert open_hours(calendar, date(2011, 12, 29), date(2012, 1, 2)) == [("Sat 00:00", "Sat 04:00")]


def test_only_public_holidays_close() -> None:
    listed = public_holidays("DE-BE", 2026)
    assert date(2026, 3, 8) in listed and date(2026, 3, 8) not in public_holidays("DE-BY", 2026)
    assert date(2026, 12, 24) not in listed and date(2026, 12, 31) not in listed
    assert date(2026, 2, 14) not in public_holidays("US", 2026)  # an observance
    assert date(2021, 12, 31) in public_holidays("US", 2021)  # New Year's Day 2022, observed


def test_every_country_of_the_package_can_be_asked() -> None:
    for country in holidays.list_supported_countries(include_aliases=False):
        days = public_holidays(country, 2025)
        assert all(day.year == 2025 for day in days)


def test_names_in_the_language_of_the_workspace() -> None:
    assert public_holidays("DE", 2026, "en")[date(2026, 1, 1)] == "New Year's Day"
    assert public_holidays("DE", 2026, "de")[date(2026, 1, 1)] == "Neujahr"
    assert public_holidays("DE", 2026, "xx")[date(2026, 1, 1)] == "Neujahr"


def test_the_version_changes_with_what_is_open_and_with_nothing_else() -> None:
    plain = desk(holidays="DE-BE").version
    assert desk("mon,tue-fri 08:00-18:00", holidays="DE-BE", name="Other", locale="en").version == plain
    closing = [(date(2026, 12, 24), None, "Christmas Eve")]
    others = [
        desk(holidays="DE-BY"), desk(), desk("mon-fri 08:00-18:01", holidays="DE-BE"),
        desk(holidays="DE-BE", zone="Europe/London"), desk(holidays="DE-BE", exceptions=closing),
        desk(holidays="DE-BE", exceptions=[(date(2026, 12, 24), "08:00-12:00", None)]),
    ]  # fmt: skip
    assert len({plain, *(other.version for other in others)}) == 7
    renamed = desk(holidays="DE-BE", exceptions=[(date(2026, 12, 24), "", "Heiligabend")])
    assert renamed.version == desk(holidays="DE-BE", exceptions=closing).version


def test_pieces_are_clipped_disjoint_and_maximal() -> None:
    calendar = desk("24x7")
    assert calendar.open_pieces(1_000_000_123, 1_100_000_456) == [(1_000_000_123, 1_100_000_456)]
    assert calendar.open_pieces(5, 5) == []
    pieces = desk("mon-sun 00:00-24:00, 10:00-12:00").open_pieces(0, 10**9)
    assert pieces == [(0, 10**9)]


def test_wrong_definitions_name_the_calendar_and_the_column() -> None:
    with pytest.raises(BadDefinition, match="calendar 'desk', exception of 2026-12-24, hours, character 1: '10-12'"):
        desk(exceptions=[(date(2026, 12, 24), "10-12", None)])
    with pytest.raises(BadDefinition, match="calendar 'desk', holidays: 'XY' is not a country"):
        desk(holidays="XY")
    with pytest.raises(BadDefinition, match="calendar 'desk', time_zone: 'Berlin'"):
        desk(zone="Berlin")


def test_fifteen_years_in_well_under_a_second() -> None:
    calendar = desk("mon-fri 08:00-12:00, 13:00-18:00; sat 09:00-12:00", holidays="DE-BE")
    begin = datetime.now(UTC)
    pieces = calendar.open_pieces(1_262_304_000, 1_262_304_000 + 15 * 366 * 86_400)
    assert len(pieces) > 8_000
    assert datetime.now(UTC) - begin < timedelta(seconds=0.8)
