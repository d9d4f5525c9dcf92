"""The grammar of opening hours, read into spans of seconds.

Owns the text forms of a week (``mon-fri 08:00-18:00; sat 09:00-12:00``, ``24x7``) and of a single day
(``10:00-12:00, 13:00-15:00``), and the refusals that say where a text is wrong and what to write. Must not know
dates, time zones or holidays; those are in ``calendars``.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple, NoReturn

from pacesetter.errors import BadDefinition

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
DAY_S = 86_400

_SPAN = re.compile(r"(\d\d):(\d\d)\s*-\s*(\d\d):(\d\d)")
_EXAMPLE = "'mon-fri 08:00-18:00; sat 09:00-12:00'"


class Span(NamedTuple):
    """Open from ``start_s`` up to, not including, ``end_s``; wall-clock seconds after midnight of the day it starts on.

    ``0 <= start_s < 86400`` and ``start_s < end_s < 172800``; an end beyond 86400 lies on the next day.
    """

    start_s: int
    end_s: int

    def text(self) -> str:
        """The span as one writes it: ``22:00-06:00``, ``00:00-24:00``."""
        end_s = self.end_s if self.end_s <= DAY_S else self.end_s - DAY_S
        return f"{clock_text(self.start_s)}-{clock_text(end_s)}"


Spans = tuple[Span, ...]
Week = tuple[Spans, Spans, Spans, Spans, Spans, Spans, Spans]

ALL_DAY = Span(0, DAY_S)


def clock_text(second: int) -> str:
    """Seconds after midnight as ``HH:MM``, with ``:SS`` only where there are odd seconds."""
    minutes, seconds = divmod(second, 60)
    text = f"{minutes // 60:02d}:{minutes % 60:02d}"
    return f"{text}:{seconds:02d}" if seconds else text


def parse_week(text: str, where: str = "hours") -> Week:
    """The spans of each weekday, Monday first, in order of start, each once.

    Raises BadDefinition with ``where``, the character (the first is 1), the piece of text and what to write instead.
    """
    if text.strip().lower() in ("24x7", "24×7"):
        return ((ALL_DAY,),) * 7
    if not text.strip():
        raise BadDefinition("there are no hours", where=where, do=f"write such as {_EXAMPLE} or 24x7")
    days: list[set[Span]] = [set() for _ in DAYS]
    entries = list(_split(text, ";", 0))
    if len(entries) > 1 and not entries[-1][0]:
        entries.pop()
    for entry, at in entries:
        names, names_at, spans, spans_at = _entry(entry, at, where)
        read = tuple(_spans(spans, spans_at, where))
        for day in _days(names, names_at, where):
            days[day].update(read)
    mon, tue, wed, thu, fri, sat, sun = (tuple(sorted(spans)) for spans in days)
    return mon, tue, wed, thu, fri, sat, sun


def parse_day(text: str | None, where: str = "hours") -> Spans:
    """The spans of one day, in order of start, each once; none where the text is empty (the day is closed).

    Raises BadDefinition as ``parse_week`` does.
    """
    if text is None or not text.strip():
        return ()
    stripped = text.strip().lower()
    if stripped in ("24x7", "24×7"):
        _refuse(stripped, text.index(text.strip()), where, "is a whole week", "write 00:00-24:00 for a whole day")
    if stripped == "closed":
        _refuse(stripped, text.index(text.strip()), where, "is not a span", "leave the hours empty for a closed day")
    return tuple(sorted(set(_spans(text, 0, where))))


def _entry(entry: str, at: int, where: str) -> tuple[str, int, str, int]:
    """The day part and the span part of one entry, each with its place in the whole text."""
    if not entry:
        _refuse(";", max(at - 1, 0), where, "has nothing beside it", "leave out one ';'")
    if re.match(r"24[x×/]7", entry.lower()):
        _refuse(entry, at, where, "is not a list of days with hours", "write 24x7 alone, without anything beside it")
    digit = re.search(r"\d", entry)
    if digit is None:
        _refuse(entry, at, where, "has no hours", f"write such as '{entry.split()[0].lower()} 08:00-18:00'")
    if not entry[: digit.start()].strip():
        _refuse(entry, at, where, "has no day before it", f"write the days first, such as {_EXAMPLE}")
    return entry[: digit.start()].rstrip(), at, entry[digit.start() :], at + digit.start()


def _days(text: str, at: int, where: str) -> Iterator[int]:
    """The weekdays that a list such as ``mon,wed,fri-sun`` names; a range may pass the end of the week."""
    for item, item_at in _split(text, ",", at):
        ends = [_day(name, name_at, item, where) for name, name_at in _split(item, "-", item_at)]
        if len(ends) > 2:
            _refuse(item, item_at, where, "is not a range of days", "write the first and the last day: 'mon-fri'")
        first, last = ends[0], ends[-1]
        yield from ((first + n) % 7 for n in range((last - first) % 7 + 1))


def _day(name: str, at: int, item: str, where: str) -> int:
    if name.lower() in DAYS:
        return DAYS.index(name.lower())
    short = name.lower()[:3]
    if short in DAYS:
        joined = re.search(r"[–—:]| to |\s", name)
        do = "write a range with '-': 'mon-fri'" if joined else f"write '{short}'"
    else:
        do = "write one of mon, tue, wed, thu, fri, sat, sun"
    _refuse(name or item or ",", at if name or item else max(at - 1, 0), where, "is not a day", do)


def _spans(text: str, at: int, where: str) -> Iterator[Span]:
    for piece, piece_at in _split(text, ",", at):
        yield _span(piece, piece_at, where)


def _span(piece: str, at: int, where: str) -> Span:
    found = _SPAN.fullmatch(piece)
    if found is None:
        _refuse(piece or ",", at if piece else max(at - 1, 0), where, "is not a span", _advice(piece))
    start_s = _time(found, 1, at, where)
    end_s = _time(found, 3, at, where)
    if start_s == DAY_S:
        _refuse("24:00", at, where, "cannot start a span", "write 00:00 on the day after")
    if start_s == end_s:
        _refuse(piece, at, where, "ends when it starts", "write 00:00-24:00 for a whole day")
    return Span(start_s, end_s if end_s > start_s else end_s + DAY_S)


def _time(found: re.Match[str], group: int, at: int, where: str) -> int:
    hour, minute = int(found[group]), int(found[group + 1])
    second = hour * 3600 + minute * 60
    if minute > 59 or second > DAY_S:
        text = f"{found[group]}:{found[group + 1]}"
        _refuse(text, at + found.start(group), where, "is not a time of day", "write HH:MM from 00:00 to 24:00")
    return second


def _advice(piece: str) -> str:
    """What to write instead of a piece that is not a span."""
    if re.match(r"[A-Za-z]", piece):
        return "write ';' before the next days, not ','"
    if re.search(r"[A-Za-z]{2}", piece):
        return "write spans as HH:MM-HH:MM, and ';' before the next days"
    if re.search(r"\d\s*[–—−]\s*\d", piece):
        return "write a plain '-' between the two times"
    if re.search(r"\d:\d\d:\d\d", piece):
        return "write hours and minutes without seconds: 08:00-18:00"
    if re.search(r"\d\s+\d", piece):
        return "write ',' between two spans and '-' within one"
    return "write HH:MM-HH:MM with two digits each, such as 08:00-18:00"


def _split(text: str, separator: str, at: int) -> Iterator[tuple[str, int]]:
    """The stripped parts of a text and the place of each in the whole (counted from 0)."""
    for part in text.split(separator):
        yield part.strip(), at + len(part) - len(part.lstrip()) if part.strip() else at
        at += len(part) + 1


def _refuse(piece: str, at: int, where: str, what: str, do: str) -> NoReturn:
    raise BadDefinition(f"'{piece}' {what}", where=f"{where}, character {at + 1}", do=do)
