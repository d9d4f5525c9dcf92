"""The calendars on which the engine is held against the oracle: the texts that a person writes, and what they mean.

The right-hand side (week in minutes, holidays, exceptions) is written by hand, not read from the text.
"""

from dataclasses import dataclass, field
from datetime import date

from calendar_oracle import Desk, Minutes


@dataclass
class Case:
    """One calendar, twice, and the window of dates in which it is looked at."""

    name: str
    hours: str
    desk: Desk
    first: date
    last: date
    holidays: str | None = None
    exceptions: list[tuple[date, str, str]] = field(default_factory=list)


def days(first: int, last: int, *spans: tuple[int, int]) -> dict[int, Minutes]:
    return {day: list(spans) for day in range(first, last + 1)}


OFFICE = (480, 1080)  # 08:00-18:00
D = date

# Public holidays of Berlin, by hand: New Year, Women's Day, Good Friday, Easter Monday, 1 May, Ascension, Whit Monday, Unity.
BERLIN_2026 = {
    D(2026, 1, 1), D(2026, 3, 8), D(2026, 4, 3), D(2026, 4, 6), D(2026, 5, 1), D(2026, 5, 14), D(2026, 5, 25),
    D(2026, 10, 3), D(2026, 12, 25), D(2026, 12, 26),
}  # fmt: skip
# Federal holidays of the United States, by hand; 4 July 2026 is a Saturday, observed on the Friday.
US_2026 = {
    D(2026, 1, 1), D(2026, 1, 19), D(2026, 2, 16), D(2026, 5, 25), D(2026, 6, 19), D(2026, 7, 3), D(2026, 7, 4),
    D(2026, 9, 7), D(2026, 10, 12), D(2026, 11, 11), D(2026, 11, 26), D(2026, 12, 25),
}  # fmt: skip

EVERY_OTHER = [(h * 60, h * 60 + 20) for h in range(24)] + [(h * 60 + 30, h * 60 + 31) for h in range(24)]
EVERY_OTHER_TEXT = ", ".join(
    [f"{h:02d}:00-{h:02d}:20" for h in range(24)] + [f"{h:02d}:30-{h:02d}:31" for h in range(24)]
)

CASES = [
    Case(
        "berlin office", "mon-fri 08:00-18:00; sat 09:00-12:00",
        Desk(
            "Europe/Berlin", {**days(0, 4, OFFICE), 5: [(540, 720)]}, BERLIN_2026,
            {D(2026, 4, 3): [(600, 720), (780, 900)], D(2026, 6, 2): [], D(2026, 10, 25): [(60, 240)],
             D(2026, 12, 24): [(480, 720)]},
        ),
        D(2026, 1, 2), D(2026, 12, 31), "DE-BE",
        [
            (D(2026, 4, 3), "10:00-12:00, 13:00-15:00", "Good Friday at work"), (D(2026, 6, 2), "", "outing"),
            (D(2026, 10, 25), "01:00-04:00", "the long night"), (D(2026, 12, 24), "08:00-12:00", "Christmas Eve"),
        ],
    ),
    Case(
        "berlin nights", "mon-sun 22:00-06:00; sun 01:30-02:30, 02:00-03:30",
        Desk(
            "Europe/Berlin", {**days(0, 5, (1320, 1800)), 6: [(1320, 1800), (90, 150), (120, 210)]}, BERLIN_2026,
            {D(2026, 3, 28): [(1380, 1590)], D(2026, 7, 1): []},
        ),
        D(2026, 1, 2), D(2026, 12, 30), "DE-BE",
        [(D(2026, 3, 28), "23:00-02:30", "into the skipped hour"), (D(2026, 7, 1), " ", "no night")],
    ),
    Case(
        "new york", "mon-fri 09:00-17:00; sun 00:30-04:00, 01:00-02:00",
        Desk("America/New_York", {**days(0, 4, (540, 1020)), 6: [(30, 240), (60, 120)]}, US_2026),
        D(2026, 1, 2), D(2026, 12, 31), "US",
    ),
    Case(
        "lord howe", "fri-mon 01:45-02:15, 01:00-02:05, 12:00-24:00; wed 23:00-01:30",
        Desk(
            "Australia/Lord_Howe",
            {day: [(105, 135), (60, 125), (720, 1440)] for day in (4, 5, 6, 0)} | {2: [(1380, 1530)]},
        ),
        D(2025, 9, 1), D(2026, 5, 1),
    ),
    Case(
        "sao paulo, changes at midnight", "mon-fri 08:00-18:00; sat 20:00-03:00; sun 00:00-02:00",
        Desk("America/Sao_Paulo", {**days(0, 4, OFFICE), 5: [(1200, 1620)], 6: [(0, 120)]}),
        D(2018, 1, 1), D(2019, 3, 15),
    ),
    Case(
        "kathmandu", "sun-fri 10:00-17:30",
        Desk("Asia/Kathmandu", {day: [(600, 1050)] for day in (6, 0, 1, 2, 3, 4)}),
        D(2026, 1, 1), D(2026, 5, 1),
    ),
    Case(
        "kathmandu gains a quarter", "mon-sun 22:00-02:00, 12:00-13:00",
        Desk("Asia/Kathmandu", days(0, 6, (1320, 1560), (720, 780))),
        D(1985, 12, 1), D(1986, 3, 1),
    ),
    Case(
        "samoa loses a day", "thu 22:00-06:00; fri 08:00-12:00, 20:00-04:00; sat-sun 10:00-11:00",
        Desk(
            "Pacific/Apia", {3: [(1320, 1800)], 4: [(480, 720), (1200, 1680)], 5: [(600, 660)], 6: [(600, 660)]},
            set(), {D(2011, 12, 31): [(0, 240), (300, 360)], D(2012, 1, 6): []},
        ),
        D(2011, 9, 1), D(2012, 5, 1), None,
        [(D(2011, 12, 31), "00:00-04:00, 05:00-06:00", "after the gap"), (D(2012, 1, 6), "", "closed")],
    ),
    Case("round the clock", "24x7", Desk("UTC", days(0, 6, (0, 1440))), D(2026, 1, 1), D(2026, 5, 1)),
    Case(
        "round the clock but holidays", "24x7", Desk("Europe/Berlin", days(0, 6, (0, 1440)), BERLIN_2026),
        D(2026, 1, 2), D(2026, 12, 31), "DE-BE",
    ),
    Case(
        "auckland with lunch", "mon,wed,fri 08:00-12:00, 13:00-17:30; tue,thu 07:15-11:45",
        Desk("Pacific/Auckland", {d: [(480, 720), (780, 1050)] for d in (0, 2, 4)} | {d: [(435, 705)] for d in (1, 3)}),
        D(2025, 9, 1), D(2026, 5, 1),
    ),
    Case(
        "dublin, winter is the exception", "mon-sun 00:00-03:00, 23:30-24:00",
        Desk("Europe/Dublin", days(0, 6, (0, 180), (1410, 1440))),
        D(2026, 1, 1), D(2026, 12, 1),
    ),
    Case(
        "chicago, many spans a day", f"mon-sun {EVERY_OTHER_TEXT}",
        Desk("America/Chicago", {day: EVERY_OTHER for day in range(7)}),
        D(2026, 2, 1), D(2026, 4, 15),
    ),
    Case(
        "casablanca in ramadan", "mon-fri 08:00-18:00; sun 01:00-04:00",
        Desk("Africa/Casablanca", {**days(0, 4, OFFICE), 6: [(60, 240)]}),
        D(2024, 1, 1), D(2024, 7, 1),
    ),
    Case(
        "teheran, midnight and half hours", "sat-wed 07:30-16:00; tue-wed 22:00-01:30",
        Desk(
            "Asia/Tehran",
            {day: [(450, 960)] for day in (5, 6, 0)} | {day: [(450, 960), (1320, 1530)] for day in (1, 2)},
        ),
        D(2022, 2, 1), D(2022, 11, 1),
    ),
    Case(
        "st john's, changes at one past midnight", "mon-sun 23:00-01:00, 00:00-00:01",
        Desk("America/St_Johns", days(0, 6, (1380, 1500), (0, 1))),
        D(2010, 2, 1), D(2010, 12, 1),
    ),
]  # fmt: skip
