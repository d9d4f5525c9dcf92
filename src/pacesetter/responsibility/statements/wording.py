"""How a figure is written on the page of a statement, exactly: another program writes it in the same way and compares.

Owns the rules of docs/reference/statement-format.md, "Numbers on the page". Must not know HTML.
"""

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal

from babel import Locale, UnknownLocaleError

MISSING = "–"


def number_marks(locale: str) -> dict[str, str]:
    """The decimal point and the separator of thousands of a locale; those of English where it is not known."""
    try:
        symbols = Locale.parse(locale.replace("-", "_")).number_symbols
        found = symbols.get("latn", symbols)
        return {"decimal": str(found["decimal"]), "group": str(found["group"])}
    except (UnknownLocaleError, ValueError, KeyError):
        return {"decimal": ".", "group": ","}


def shown(value: float | None, unit: str, marks: Mapping[str, str]) -> str:
    """A value as the page shows it."""
    if value is None:
        return MISSING
    if unit == "s":
        return _duration(value, marks)
    if unit == "percent":
        return f"{number(value, 1, marks)} %"
    return number(value, 0 if unit == "count" else 2, marks)


def number(value: float, digits: int, marks: Mapping[str, str]) -> str:
    """A number rounded half up to ``digits`` decimals, with the marks of the locale."""
    rounded = Decimal(repr(value)).quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP)
    text = f"{rounded:,f}"
    return text.translate({ord(","): marks["group"], ord("."): marks["decimal"]})


def _duration(value: float, marks: Mapping[str, str]) -> str:
    seconds = int(Decimal(repr(value)).quantize(Decimal(1), rounding=ROUND_HALF_UP))
    if seconds < 60:
        return f"{seconds} s"
    hours, minutes = divmod((seconds + 30) // 60, 60)
    return f"{number(hours, 0, marks)} h {minutes:02d} min" if hours else f"{minutes} min"
