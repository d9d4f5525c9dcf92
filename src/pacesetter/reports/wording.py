"""Values in words: durations, shares, money, periods, in the reader's locale.

Owns the formatting that every face shares. Must not know faces.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import format_date, format_datetime, format_interval
from babel.numbers import format_currency, format_decimal
from babel.units import format_unit

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.record import Definition, Kpi

BLOCKS = "▁▂▃▄▅▆▇█"


Say = Callable[[str], str]
"""What gives a text in the reader's language."""
_LETTERS = {"second": "s", "minute": "m", "hour": "h", "day": "d"}


def as_written(text: str) -> str:
    """The text as it stands, in English."""
    return text


CLOCK_S = "clock s"
"""The unit of seconds round the clock: of them, and of no others, a day has 24 hours. Open hours and hours of work have no such days."""


def unit_in(unit: str, hours: str | None) -> str:
    """The unit in which a value is written, by the hours in which it is counted."""
    return CLOCK_S if unit == "s" and hours == "calendar" else unit


def row_unit(kpi: Kpi, definition: Definition, hours: str | None) -> str:
    """The unit in which the value of a row is written: durations and amounts have the KPI's own, where they are what is added up."""
    unit = "value" if definition.method else kpi.unit.value
    return unit_in(unit, hours or kpi.hours) if unit in ("s", "currency") else "value"


def told_unit(answer: Answer) -> str:
    """The unit in which an answer is written. Where no calendar applies to any of its rows, its hours run round the clock."""
    without = answer.extra.get("without_calendar")
    return unit_in(answer.unit, "calendar" if without and without == answer.n else answer.hours)


def duration(seconds: float, locale: str = "en", *, days: bool = False) -> str:
    """Seconds as people say them: ``2 h 05 m``, ``76 h 00 m``, ``45 s``; in German ``2 Std. 05 Min.``.

    Only time round the clock is told in ``days``, of 24 hours, from two of them on: ``3 d 04 h``.
    """
    sign, left = ("−" if seconds < 0 else ""), round(abs(seconds))
    if left < 60:
        return sign + _unit(left, "second", locale)
    minutes = round(left / 60)
    if minutes < 60:
        return sign + _unit(minutes, "minute", locale)
    if minutes < 48 * 60 or not days:
        return f"{sign}{_unit(minutes // 60, 'hour', locale)} {_unit(minutes % 60, 'minute', locale, padded=True)}"
    hours = round(left / 3600)
    return f"{sign}{_unit(hours // 24, 'day', locale)} {_unit(hours % 24, 'hour', locale, padded=True)}"


def step_text(seconds: float, locale: str = "en", *, days: bool = False) -> str:
    """A round duration in its one unit: ``15 m``, ``8 h``, with ``days`` also ``7 d``."""
    for size, unit in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size and seconds % size == 0 and (days or unit != "day"):
            return _unit(round(seconds / size), unit, locale)
    return duration(seconds, locale, days=days)


def _unit(n: int, unit: str, locale: str, *, padded: bool = False) -> str:
    if _is_english(locale):
        return f"{n:02d} {_LETTERS[unit]}" if padded else f"{n:,} {_LETTERS[unit]}"
    return str(format_unit(n, f"duration-{unit}", "short", "00" if padded else "#,##0", locale=locale))


def _is_english(locale: str) -> bool:
    return locale[:2] == "en"


def value_text(value: float | None, unit: str, locale: str, currency: str | None = None) -> str:
    """A value with its unit; a dash where there is none. Amounts of 1,000 and more are given without cents.

    Shares, points and days have one decimal, ratios two, so that columns of them line up; ``value`` (of a row) has as many as it needs.
    """
    if value is None:
        return "–"
    if unit in ("s", "hours", CLOCK_S):
        return duration(value * 3600 if unit == "hours" else value, locale, days=unit == CLOCK_S)
    if unit == "currency" and currency:
        pattern = _money(locale, abs(value) < 1000)
        return _signed(str(format_currency(value, currency, pattern, locale=locale, currency_digits=False)))
    shown = number(value, _PATTERNS.get(unit, "#,##0.##"), locale)
    if unit == "days":
        return (
            f"{shown} d"
            if _is_english(locale)
            else _signed(format_unit(value, "duration-day", "short", "#,##0.0", locale=locale))
        )
    return f"{shown} %" if unit == "percent" else shown


_PATTERNS = {"percent": "#,##0.0", "points": "#,##0.0", "days": "#,##0.0", "ratio": "#,##0.00", "count": "#,##0"}


def _signed(text: str) -> str:
    """The text with the sign of minus that durations have, and with none where nothing but zeros are left."""
    return text.replace("-", "−" if any(c in "123456789" for c in text) else "")


@lru_cache(maxsize=64)
def _money(locale: str, with_cents: bool) -> str:
    """The locale's pattern of an amount (``¤#,##0.00``, ``#,##0.00 ¤``), with or without cents."""
    pattern = str(Locale.parse(locale).currency_formats["standard"].pattern)
    return pattern if with_cents else pattern.replace(".00", "")


def number(value: float, pattern: str, locale: str) -> str:
    """A bare number by a pattern of Unicode's number formats."""
    return _signed(str(format_decimal(value, pattern, locale=locale)))


def interval_text(ci: tuple[float, float] | None, unit: str, locale: str, currency: str | None = None) -> str:
    """A confidence interval, empty where there is none."""
    if ci is None:
        return ""
    return f"{value_text(ci[0], unit, locale, currency)} … {value_text(ci[1], unit, locale, currency)}"


def day_text(day: date, locale: str) -> str:
    """A day: ``12 Mar 2026``, in German ``12.03.2026``."""
    return str(format_date(day, "d MMM yyyy" if _is_english(locale) else "medium", locale=locale))


def moment_text(at: datetime, locale: str) -> str:
    """An instant in its own zone: ``Sun 1 Nov 2026, 01:00 CET``, in German ``So. 01.11.2026, 01:00 MEZ``."""
    if _is_english(locale):
        return f"{at:%a} {at.day} {at:%b %Y, %H:%M %Z}"
    clock = format_datetime(at, "HH:mm z", tzinfo=at.tzinfo, locale=locale)
    return f"{format_date(at, 'EEE', locale=locale)} {day_text(at.date(), locale)}, {clock}"


def minute_text(at: datetime, locale: str) -> str:
    """An instant as columns show it, to the minute: ``2026-11-01 01:00``, in German ``01.11.2026 01:00``."""
    return f"{at:%Y-%m-%d %H:%M}" if _is_english(locale) else f"{day_text(at.date(), locale)} {at:%H:%M}"


def span_text(first: date, last: date, locale: str) -> str:
    """A half-open span as a person names it: ``October 2026``, ``Q3 2026``, ``2026``, ``3 Oct to 9 Oct 2026``."""
    final = last - timedelta(days=1)
    if first.day == 1 and last.day == 1:
        months = (last.year - first.year) * 12 + last.month - first.month
        if months == 1:
            return str(format_date(first, "MMMM yyyy", locale=locale))
        if months == 3 and first.month % 3 == 1:
            return f"Q{(first.month + 2) // 3} {first.year}"
        if months == 12 and first.month == 1:
            return str(first.year)
        if not _is_english(locale):
            return str(format_interval(first, final, "yMMMM", locale=locale))
        return f"{first:%B %Y} to {final:%B %Y}"
    if first == final:
        return f"{first.day} {first:%B %Y}" if _is_english(locale) else day_text(first, locale)
    if not _is_english(locale):
        return f"{day_text(first, locale)} – {day_text(final, locale)}"
    start = f"{first.day} {first:%b}" + ("" if first.year == final.year else f" {first.year}")
    return f"{start} to {final.day} {final:%b %Y}"


_WEEKS = {"en": "week {week}, {year}", "de": "KW {week}/{year}"}


def period_name(answer: Answer, zone: ZoneInfo, locale: str) -> str:
    """The answer's period as a reader names it: ``Oct 2026``, ``week 41, 2026``, ``Mon 12 Oct 2026``."""
    start = datetime.fromtimestamp(answer.from_s, zone)
    match answer.grain:
        case "all":
            return span_text(start.date(), datetime.fromtimestamp(answer.to_s, zone).date(), locale)
        case "year" | "quarter":
            return f"{start:%Y}" if answer.grain == "year" else f"Q{(start.month + 2) // 3} {start:%Y}"
        case "month":
            return str(format_date(start, "MMM yyyy", locale=locale))
        case "week":
            return _WEEKS.get(locale[:2], "{year}-W{week}").format(week=f"{start:%V}", year=f"{start:%G}")
        case "day":
            return f"{format_date(start, 'EEE', locale=locale)} {day_text(start.date(), locale)}"
    return f"{day_text(start.date(), locale)}, {start:%H:%M}"


def period_text(answer: Answer, zone: ZoneInfo) -> str:
    """The period as programs name it: ``2026-10``, ``2026-W41``, ``2026-Q4``."""
    start = datetime.fromtimestamp(answer.from_s, zone)
    mark = " (partial)" if answer.partial else ""
    if answer.grain == "all":
        end = datetime.fromtimestamp(answer.to_s - 1, zone)
        return f"{start:%Y-%m-%d} to {end:%Y-%m-%d}{mark}"
    names = {
        "year": f"{start:%Y}",
        "quarter": f"{start:%Y}-Q{(start.month + 2) // 3}",
        "month": f"{start:%Y-%m}",
        "week": f"{start:%G-W%V}",
        "day": f"{start:%Y-%m-%d %a}",
        "hour": f"{start:%Y-%m-%d %H:%M%z}",
    }
    return names[answer.grain] + mark


def sparkline(values: list[float | None]) -> str:
    """A line of blocks, scaled from 0 to the largest value; a blank where there is none."""
    known = [v for v in values if v is not None]
    top = max(known, default=0)
    if top <= 0:
        return ""
    return "".join(" " if v is None else BLOCKS[min(7, max(0, int(v / top * 7.999)))] for v in values)


def bar(value: float | None, top: float, width: int = 16) -> str:
    """A bar of at most ``width`` characters."""
    if value is None or top <= 0 or value <= 0:
        return ""
    eighths = round(value / top * width * 8)
    return "█" * (eighths // 8) + ("" if eighths % 8 == 0 else "▏▎▍▌▋▊▉"[eighths % 8 - 1])


def ago(then: datetime, now: datetime, locale: str = "en", say: Say = as_written) -> str:
    """How long ago, in words."""
    passed = now - then
    if passed < timedelta(minutes=1):
        return say("just now")
    return say("%(duration)s ago") % {"duration": duration(passed.total_seconds(), locale, days=True)}
