"""The period picker: named spans relative to the as-of day, and the span before each to compare with.

Owns that arithmetic on days. All spans are half-open, in local days.
"""

from dataclasses import dataclass
from datetime import date, timedelta

from pacesetter.catalogue.periods import parse_day
from pacesetter.errors import BadRequest
from pacesetter.reports.wording import span_text

PERIODS = {
    "last-month": "Last month",
    "this-month": "This month so far",
    "last-week": "Last week",
    "this-week": "This week so far",
    "last-30-days": "Last 30 days",
    "last-quarter": "Last quarter",
    "this-quarter": "This quarter so far",
    "last-12-months": "Last 12 months",
    "this-year": "This year so far",
    "last-year": "Last year",
    "same-month": "Last month, a year ago",
    "custom": "From … to …",
}
DEFAULT = "last-month"
COMPARED = {"before": "the period before", "year": "the same a year before", "custom": "from … to …"}


@dataclass(frozen=True)
class Span:
    """``[first, last)`` with its name, the grain by which its course is drawn, and the span that it is compared with."""

    first: date
    last: date
    name: str
    grain: str
    step_months: int
    before: tuple[date, date]
    before_name: str

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days


def span_of(
    period: str, today: date, first: str | None, last: str | None, compare: str = "before", locale: str = "en",
    against: tuple[str | None, str | None] = (None, None),
) -> Span:  # fmt: skip
    """The span of a word of the picker as seen from ``today``, the as-of day; ``against`` is what ``custom`` compares with.

    Raises BadRequest for words that mean nothing.
    """
    if compare not in COMPARED:
        raise BadRequest(
            f"'{compare}' is nothing to compare with", where="compare", do=f"choose of {', '.join(COMPARED)}"
        )
    begin, end, months = _bounds(period, today, first, last)
    if compare == "custom" and any(against):
        before = _bounds("custom", begin, against[0], against[1])[:2]
    elif compare == "year":
        before = (_years_before(begin), _years_before(end))
    elif months:
        before = (add_months(begin, -months), begin)
    else:
        before = (begin - (end - begin), begin)
    return Span(
        begin, end, span_text(begin, end, locale), _grain(begin, end), months, before, span_text(*before, locale)
    )


def _bounds(period: str, today: date, first: str | None, last: str | None) -> tuple[date, date, int]:
    month, tomorrow = today.replace(day=1), today + timedelta(days=1)
    quarter = add_months(month, -((month.month - 1) % 3))
    monday = today - timedelta(days=today.weekday())
    year = date(today.year, 1, 1)
    found = {
        "last-month": (add_months(month, -1), month, 1),
        "this-month": (month, tomorrow, 1),
        "last-week": (monday - timedelta(days=7), monday, 0),
        "this-week": (monday, tomorrow, 0),
        "last-30-days": (tomorrow - timedelta(days=30), tomorrow, 0),
        "last-quarter": (add_months(quarter, -3), quarter, 3),
        "this-quarter": (quarter, tomorrow, 3),
        "last-12-months": (add_months(month, -12), month, 12),
        "this-year": (year, tomorrow, 12),
        "last-year": (add_months(year, -12), year, 12),
        "same-month": (add_months(month, -13), add_months(month, -12), 1),
    }.get(period)
    if found is not None:
        return found
    if period != "custom":
        raise BadRequest(f"there is no period '{period}'", where="period", do=f"choose of {', '.join(PERIODS)}")
    begin = parse_day(first, "from") if first else add_months(month, -1)
    end = parse_day(last, "to") + timedelta(days=1) if last else max(month, begin + timedelta(days=1))
    if not begin < end or begin.year < 1971 or end.year > 2200:
        raise BadRequest("the period ends before it begins", where="to", do="choose a later day")
    whole = begin.day == 1 and end.day == 1
    return begin, end, (end.year - begin.year) * 12 + end.month - begin.month if whole else 0


def add_months(day: date, months: int) -> date:
    """The first of a month, so many months later."""
    index = day.year * 12 + day.month - 1 + months
    return date(index // 12, index % 12 + 1, 1)


def _years_before(day: date) -> date:
    leap = day.month == 2 and day.day == 29
    return day.replace(year=day.year - 1, day=28 if leap else day.day)


def _grain(first: date, last: date) -> str:
    days = (last - first).days
    return "day" if days <= 45 else "week" if days <= 200 else "month" if days <= 366 * 4 else "quarter"
