"""The view: what an address of a page selects, and the addresses of its neighbours.

Owns the words of addresses of pages. Any view is a link: period, comparison, filters, cut, sort and page all stand in it.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from fastapi import Request

from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.periods import Grain, local_day
from pacesetter.catalogue.query import Query
from pacesetter.errors import BadRequest
from pacesetter.web.spans import DEFAULT, Span, span_of

_WORDS = (
    "period", "from", "to", "compare", "against_from", "against_to", "grain", "by", "hours", "variant", "statistic", "sort", "part",
    "show", "what", "a", "b", "overview", "q", "least", "below", "columns",
)  # fmt: skip
_KEPT = frozenset({"period", "from", "to", "compare", "against_from", "against_to", "hours"})
"""Words that go along to other pages."""
_FILTERS = ("client", "team", "technician", "priority")
"""Filters that may stand in an address as words of their own, as forms send them."""


@dataclass(frozen=True)
class View:
    """One view. ``words`` are those of the address, ``where`` its filters as (dimension, value)."""

    path: str
    words: Mapping[str, str]
    where: tuple[tuple[str, str], ...]
    offset: int
    span: Span
    today: date

    def get(self, name: str, default: str = "") -> str:
        """A word of the address."""
        return self.words.get(name) or default

    @property
    def grain(self) -> str:
        """The grain of the course: as asked, or what suits the span."""
        return self.get("grain", self.span.grain)

    def query(self, desk: Desk, *, first: date | None = None, last: date | None = None, **more: Any) -> Query:
        """The question of this view; ``more`` goes beyond its filters (grain, by, variant …)."""
        where = [f"{name}={value}" for name, value in self.where]
        words: dict[str, Any] = {"hours": self.get("hours") or None} | more
        return desk.query(
            first=str(first or self.span.first), last=str(last or self.span.last), where=where, **words
        )  # fmt: skip

    def url(self, path: str | None = None, **changes: str | int | None) -> str:
        """The address of a neighbour: the same view with some words changed (None takes a word away)."""
        keep = _KEPT if path and path != self.path else set(_WORDS)
        words: dict[str, str] = {n: v for n, v in self.words.items() if n in keep}
        for name, value in changes.items():
            words.pop(name.rstrip("_"), None)
            if value is not None and value != "":
                words[name.rstrip("_")] = str(value)
        pairs = [*words.items(), *(("where", f"{name}={value}") for name, value in self.where)]
        return f"{path or self.path}{'?' if pairs else ''}{urlencode(pairs)}"

    def elsewhere(self, path: str) -> str:
        """The address of another page about the same period and client; further filters, which it may not know, stay here."""
        kept = tuple(pair for pair in self.where if pair[0] == "client")
        return replace(self, where=kept).url(path)

    def narrowed(self, name: str, value: object) -> "View":
        """The view with a filter more; an earlier one on the same dimension leaves."""
        kept = tuple(pair for pair in self.where if pair[0] != name)
        return replace(self, where=(*kept, (name, "" if value is None else str(value))))

    def without(self, name: str) -> "View":
        """The view without the filter on a dimension."""
        return replace(self, where=tuple(pair for pair in self.where if pair[0] != name))

    def selection(self, **more: str) -> list[tuple[str, str]]:
        """The same selection in the words of the API and the command line."""
        pairs = [("from", str(self.span.first)), ("to", str(self.span.last))]
        pairs += [(name, value) for name, value in more.items() if value]
        if self.get("hours"):
            pairs.append(("hours", self.get("hours")))
        return [*pairs, *(("where", f"{name}={value}") for name, value in self.where)]


def view_of(request: Request, desk: Desk, locale: str = "en") -> View:
    """The view of an address. Raises BadRequest for words that mean nothing."""
    words = {n: request.query_params[n] for n in _WORDS if request.query_params.get(n)}
    where = [_condition(text) for text in request.query_params.getlist("where")]
    for name in _FILTERS:
        if request.query_params.get(name):
            where = [p for p in where if p[0] != name] + [(name, request.query_params[name])]
    today = local_day(desk.as_of_s - 1, desk.zone)
    if words.get("grain", "day") not in set(Grain):
        raise BadRequest(f"there is no grain '{words['grain']}'", where="grain", do=f"choose of {', '.join(Grain)}")
    period = words.get("period", DEFAULT if not ("from" in words or "to" in words) else "custom")
    span = span_of(period, today, words.get("from"), words.get("to"), words.get("compare", "before"), locale,
                   (words.get("against_from"), words.get("against_to")))  # fmt: skip
    offset = request.query_params.get("offset", "0")
    if not offset.isascii() or not offset.isdigit() or len(offset) > 9:
        raise BadRequest(f"'{offset[:20]}' is no place in a list", where="offset")
    return View(request.url.path, words, tuple(dict.fromkeys(where)), int(offset), span, today)


def _condition(text: str) -> tuple[str, str]:
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise BadRequest(f"'{text}' is no condition", where="where", do="write it as client=acme")
    return name, value
