"""What every page of figures shares: a desk for the caller, the view of its address, the picker's choices.

Owns the opening of a page. Must not know single pages.
"""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from fastapi import Request
from fastapi.responses import Response

from pacesetter import clock
from pacesetter.api.desks import OpenDesk
from pacesetter.api.serving import Caller, Serving, desk_of
from pacesetter.catalogue import guard
from pacesetter.catalogue.desk import Desk
from pacesetter.catalogue.periods import local_day
from pacesetter.catalogue.query import Query
from pacesetter.reports import wording
from pacesetter.reports.labels import Labels, clients_within, read_labels
from pacesetter.web.languages import Reader, reader_of
from pacesetter.web.rendering import pages_of
from pacesetter.web.view import View, view_of


@dataclass(frozen=True)
class Sheet:
    """One page of figures while it is being made."""

    request: Request
    caller: Caller
    opened: OpenDesk
    view: View
    clients: dict[str, str]

    @property
    def desk(self) -> Desk:
        """The desk that answers."""
        return self.opened.desk

    @property
    def locale(self) -> str:
        """The reader's locale."""
        return self.reader.locale

    @property
    def reader(self) -> Reader:
        """Who reads: language and locale."""
        return reader_of(self.request, self.caller)

    def now(self, **more: Any) -> Query:
        """The question about the view's span."""
        return self.view.query(self.desk, **more)

    def before(self, **more: Any) -> Query:
        """The same about the span that it is compared with."""
        first, last = self.view.span.before
        return self.view.query(self.desk, first=first, last=last, **more)

    def labels(self, *dimensions: str) -> Labels:
        """The names of these dimensions' values and of those that the view filters on."""
        wanted = (*dimensions, *(name for name, _ in self.view.where))
        return read_labels(self.desk, *wanted, locale=self.locale, say=self.reader.say)

    def _records_from(self) -> date | None:
        """The day of the first record, where the period that is compared with begins before it."""
        first_s = self.desk.evaluator.provided.filled.get("span.first_created_s")
        first = local_day(first_s, self.desk.zone) if first_s is not None else None
        return first if first is not None and self.view.span.before[0] < first else None

    def _behind(self) -> str | None:
        """How long ago the records stood as they are, where that is more than a day: pages that say "now" say it too."""
        then, now = datetime.fromtimestamp(self.desk.as_of_s, UTC), clock.now()
        return wording.ago(then, now, self.locale, self.reader.say) if now - then > timedelta(days=1) else None

    def render(self, name: str, **values: Any) -> Response:
        """The page."""
        labels = self.labels()
        chips = [(n, labels.of(n, v), self.view.without(n).url(self.view.path)) for n, v in self.view.where]
        frame = {
            "view": self.view, "span": self.view.span, "clients": self.clients, "chips": chips,
            "chosen_client": next((v for n, v in self.view.where if n == "client"), ""),
            "zone": self.desk.zone, "as_of_s": self.desk.as_of_s, "generation": self.opened.generation,
            "records_from": self._records_from(), "behind": self._behind(),
            "one_client": next(iter(self.clients.values())) if len(self.clients) == 1 else None,
        }  # fmt: skip
        return pages_of(self.request).render(self.request, name, self.caller, frame | values)


@contextlib.contextmanager
def sheet(request: Request, serving: Serving, caller: Caller) -> Iterator[Sheet]:
    """A page of figures for this caller, on the current generation."""
    with desk_of(serving, caller) as opened:
        view = view_of(request, opened.desk, reader_of(request, caller).locale)
        guard.narrowed(
            (), view.query(opened.desk), caller.scope
        )  # filters out of reach are refused before anything is read
        yield Sheet(request, caller, opened, view, clients_within(opened.desk))
