"""Languages: the catalogues of translated texts, and which language and locale a reader gets.

Owns the reading of ``translations/<language>/<area>.po`` (all areas are one catalogue), the look-up of a text, and the choice:
the person's own preference, else what the language switch left in a cookie, else what the browser asks for, else the workspace's locale.
English is the language of the message ids. Must not know pages.
"""

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from importlib.resources import files

from babel import Locale
from babel.messages.pofile import read_po
from fastapi import Request

from pacesetter.api.serving import Caller, serving_of

COOKIE = "pacesetter_language"
ENGLISH = "en"
LANGUAGES: Mapping[str, str] = {"en": "English", "de": "Deutsch"}
"""Every language with a catalogue, by code, in its own words."""
LOCALES = ("en", "en_GB", "en_US", "en_AU", "en_CA", "en_IE", "de", "de_AT", "de_CH")
"""The locales that a reader may have: bounded, because each has its own set of compiled templates."""
_AND = " and "


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language. ``patterns`` are sentences with a hole, for what Python puts together (flag ``pattern``)."""

    language: str
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)
    patterns: tuple[tuple[re.Pattern[str], str], ...] = ()

    def say(self, text: str) -> str:
        """The text in this language; the text itself where nobody has translated it."""
        found = self.texts.get(text)
        return found if found is not None else self._composed(text)

    def count(self, one: str, many: str, n: int) -> str:
        """The form for a number (both languages have two)."""
        forms = self.plurals.get((one, many), (one, many))
        return forms[0] if n == 1 else forms[1]

    def _composed(self, text: str) -> str:
        for pattern, wanted in self.patterns:
            match = pattern.fullmatch(text)
            if match:
                held = match.groupdict().items()  # what stands in quotes is somebody's own word
                return wanted % {n: value if f"'%({n})s'" in wanted else self._filled(value) for n, value in held}
        return self._refusal(text)

    def _refusal(self, line: str) -> str:
        """A refusal's one line, ``where: what; do``, piece by piece; the line itself where no piece is known."""
        place, colon, rest = line.partition(": ")
        if colon and " " not in place and (said := self.say(rest)) != rest:
            return f"{place}: {said}"
        what, semicolon, do = line.partition("; ")
        if not semicolon or (self.say(what), self.say(do)) == (what, do):
            return line
        return f"{self.say(what)}; {self.say(do)}"

    def _filled(self, value: str) -> str:
        whole = self.say(value)
        if whole != value or _AND not in value:
            return whole
        return self.say(_AND.strip()).join((" ", " ")).join(self.say(part) for part in value.split(_AND))


@dataclass(frozen=True)
class Reader:
    """How somebody reads: the language of the texts, the locale of numbers and dates."""

    locale: str
    catalogue: Catalogue

    @property
    def language(self) -> str:
        """The language's code."""
        return self.catalogue.language

    def say(self, text: str) -> str:
        """A text in the reader's language."""
        return self.catalogue.say(text)


def areas_of(language: str) -> dict[str, bytes]:
    """The files of a language's catalogue by area, as they are packaged."""
    folder = files("pacesetter.web").joinpath("translations", language)
    if not folder.is_dir():
        return {}
    found = sorted((f for f in folder.iterdir() if f.name.endswith(".po")), key=lambda f: f.name)
    return {f.name.removesuffix(".po"): f.read_bytes() for f in found}


@lru_cache(maxsize=len(LANGUAGES))
def catalogue_of(language: str) -> Catalogue:
    """All areas of a language together, read once."""
    texts: dict[str, str] = {}
    plurals: dict[tuple[str, str], tuple[str, str]] = {}
    patterns: list[tuple[re.Pattern[str], str]] = []
    for body in areas_of(language).values():
        for message in read_po(io.BytesIO(body), locale=language):
            if not message.id or not message.string or "fuzzy" in message.flags:
                continue
            if isinstance(message.id, (tuple, list)):
                one, many = message.id
                plurals.setdefault((one, many), (message.string[0], message.string[-1]))
            elif "pattern" in message.flags:
                patterns.append((_pattern(message.id), str(message.string)))
            else:
                texts.setdefault(message.id, str(message.string))
    return Catalogue(language, texts, plurals, tuple(patterns))


def _pattern(text: str) -> re.Pattern[str]:
    """The sentence as an expression whose ``%(name)s`` match anything."""
    return re.compile(re.sub(r"%\\\((\w+)\\\)s", r"(?P<\1>.+?)", re.escape(text.replace("%%", "%"))), re.DOTALL)


def reader_of(request: Request, caller: Caller | None) -> Reader:
    """The reader of a page, found once per request."""
    held = getattr(request.state, "reader", None)
    if isinstance(held, Reader):
        return held
    home = serving_of(request).workspace.settings.locale
    wanted = caller.standing.language if caller else None
    chosen = wanted or request.cookies.get(COOKIE) or ""
    locale = locale_of(chosen, request.headers.get("accept-language", ""), home)
    reader = Reader(locale, catalogue_of(locale[:2]))
    request.state.reader = reader
    return reader


def locale_of(chosen: str, accepted: str, home: str) -> str:
    """The locale for a chosen language (may be empty), a browser's ``Accept-Language`` and the workspace's own locale.

    A chosen language takes the country from the browser or the workspace where they speak it: ``de`` with ``de-AT`` is ``de_AT``.
    """
    offered = [*(found for tag in _tags(accepted) if (found := _known(tag))), _known(home) or ENGLISH]
    language = chosen[:2].lower()
    if language not in LANGUAGES:
        return offered[0]
    return next((locale for locale in offered if locale[:2] == language), language)


def _tags(accepted: str) -> list[str]:
    """The tags of ``Accept-Language``, the most wanted first."""
    found = []
    for at, part in enumerate(accepted[:200].split(",")):
        tag, _, weight = part.strip().partition(";q=")
        quality = float(weight) if re.fullmatch(r"[01](\.\d{1,3})?", weight) else 1.0
        if tag and quality > 0:
            found.append((-quality, at, tag))
    return [tag for _, _, tag in sorted(found)]


def _known(tag: str) -> str | None:
    """The locale for a tag such as ``de-AT``, None where its language has no catalogue."""
    language, _, rest = tag.replace("-", "_").partition("_")
    if language.lower() not in LANGUAGES:
        return None
    exact = f"{language.lower()}_{rest.upper()}"
    return exact if exact in LOCALES else language.lower()


def tag_of(locale: str) -> str:
    """A locale as an HTML language tag: ``de-AT``."""
    return str(Locale.parse(locale)).replace("_", "-")
