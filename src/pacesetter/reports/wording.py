"""Values in words: durations, shares, money, periods, in the reader's locale.

Owns the formatting that every face shares. Must not know faces.
"""

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from babel.numbers import format_currency, format_decimal

from pacesetter.catalogue.answer import Answer

BLOCKS = "▁▂▃▄▅▆▇█"


def duration(seconds: float) -> str:
    """Seconds as people say them: ``2 h 05 m``, ``3 d 4 h``, ``45 s``. Days are 24 hours."""
    sign, left = ("−" if seconds < 0 else ""), round(abs(seconds))
    if left < 60:
        return f"{sign}{left} s"
    minutes = round(left / 60)
    if minutes < 60:
        return f"{sign}{minutes} m"
    if minutes < 48 * 60:
        return f"{sign}{minutes // 60} h {minutes % 60:02d} m"
    hours = round(left / 3600)
    return f"{sign}{hours // 24} d {hours % 24:02d} h"


def value_text(value: float | None, unit: str, locale: str, currency: str | None = None) -> str:
    """A value with its unit; a dash where there is none. Amounts of 1,000 and more are given without cents."""
    if value is None:
        return "–"
    if unit == "currency" and currency:
        digits = "¤#,##0" if abs(value) >= 1000 else "¤#,##0.00"
        return str(format_currency(value, currency, digits, locale=locale, currency_digits=False))
    if unit == "days":
        return f"{format_decimal(value, '#,##0.0', locale=locale)} d"
    if unit == "s":
        return duration(value)
    if unit == "percent":
        return f"{format_decimal(value, '#,##0.0', locale=locale)} %"
    if unit == "count":
        return str(format_decimal(value, "#,##0", locale=locale))
    if unit == "hours":
        return duration(value * 3600)
    return str(format_decimal(value, "#,##0.0#", locale=locale))


def number(value: float, pattern: str, locale: str) -> str:
    """A bare number by a pattern of Unicode's number formats."""
    return str(format_decimal(value, pattern, locale=locale))


def interval_text(ci: tuple[float, float] | None, unit: str, locale: str) -> str:
    """A confidence interval, empty where there is none."""
    if ci is None:
        return ""
    return f"{value_text(ci[0], unit, locale)} … {value_text(ci[1], unit, locale)}"


def period_text(answer: Answer, zone: ZoneInfo) -> str:
    """The period as a person names it: ``2026-10``, ``2026-W41``, ``2026-Q4``."""
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


def ago(then: datetime, now: datetime) -> str:
    """How long ago, in words."""
    passed = now - then
    return "just now" if passed < timedelta(minutes=1) else f"{duration(passed.total_seconds())} ago"
