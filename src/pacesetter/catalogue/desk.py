"""The desk: one opened generation at which any face asks its questions.

Owns the defaults of a question (span, zone, as-of) and the opening of evaluator and settings together. Must not know faces.
"""

import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo, available_timezones

from pacesetter.access.scope import Scope
from pacesetter.catalogue import guard, registry
from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.drill import Side, drill
from pacesetter.catalogue.drill_rows import Drill
from pacesetter.catalogue.evaluator import Evaluator
from pacesetter.catalogue.own import read_own
from pacesetter.catalogue.periods import Grain, local_day, parse_day, parse_instant
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Kpi
from pacesetter.catalogue.scorecards import Card, Score, read_cards, scores
from pacesetter.errors import BadRequest, BadWorkspace
from pacesetter.settings import Settings
from pacesetter.warehouse import facts
from pacesetter.warehouse.storage import read_meta
from pacesetter.warehouse.workspace import Workspace


@dataclass(frozen=True)
class Desk:
    """One generation, open for questions within one scope."""

    settings: Settings
    evaluator: Evaluator
    scope: Scope
    as_of_s: int
    own: Mapping[str, Kpi] = field(default_factory=dict, compare=False)
    root: Path | None = None

    @property
    def zone(self) -> ZoneInfo:
        """The workspace's reporting zone."""
        return ZoneInfo(self.settings.time_zone)

    def kpis(self) -> Mapping[str, Kpi]:
        """Every KPI that the scope may ask."""
        return {i: kpi for i, kpi in {**registry.catalogue(), **self.own}.items() if guard.may_ask(kpi, self.scope)}

    def find(self, kpi_id: str) -> Kpi:
        """The KPI of that id, shipped or the workspace's own."""
        return registry.find(kpi_id, self.own)

    def query(
        self,
        *,
        first: str | None = None,
        last: str | None = None,
        grain: str = "all",
        by: Sequence[str] = (),
        where: Sequence[str] = (),
        anchor: str | None = None,
        hours: str | None = None,
        variant: str | None = None,
        as_of: str | None = None,
        zone: str | None = None,
    ) -> Query:
        """A question from the words of a command or URL. What is left out takes its default.

        The default span reaches from the first ticket to the as-of instant, whole days; without any ticket there is none, and the
        answers say so. Raises BadRequest for words that mean nothing.
        """
        if grain not in set(Grain):
            raise BadRequest(f"there is no grain '{grain}'", where="--grain", do=f"choose of {', '.join(Grain)}")
        if zone and zone not in available_timezones():
            raise BadRequest(
                f"'{zone}' is not an IANA time zone", where="--time-zone", do="write one such as Europe/Berlin"
            )
        place = ZoneInfo(zone) if zone else self.zone
        as_of_s = parse_instant(as_of, place, "--as-of") if as_of else self.as_of_s
        begin = parse_day(first, "--from") if first else self._first_day(place, as_of_s)
        end = parse_day(last, "--to") if last else max(local_day(as_of_s, place), begin) + timedelta(days=1)
        return Query(
            first=begin, last=end, zone=place, as_of_s=as_of_s, grain=Grain(grain), by=tuple(by), where=parse_where(where),
            anchor=anchor, hours=hours, variant=variant, has_span=first is not None or self._first_s is not None,
        )  # fmt: skip

    @property
    def _first_s(self) -> int | None:
        return self.evaluator.provided.filled.get("span.first_created_s")

    def _first_day(self, place: ZoneInfo, as_of_s: int) -> date:
        return local_day(self._first_s if self._first_s is not None else as_of_s, place)

    def ask(self, ids: Sequence[str], query: Query) -> list[Answer]:
        """The answers of these KPIs. Raises Forbidden for what is not for the scope."""
        kpis = [self.find(i) for i in ids]
        return self.evaluator.ask(kpis, guard.narrowed(kpis, query, self.scope), self.scope)

    def cards(self) -> Mapping[str, Card]:
        """The scorecards whose KPIs the scope may all ask."""
        known = {**registry.catalogue(), **self.own}
        cards = read_cards(self.root or Path(), known)
        return {i: c for i, c in cards.items() if all(guard.may_ask(known[k], self.scope) for k in c.kpis)}

    def card(self, card_id: str) -> Card:
        """The scorecard of that id. Raises BadRequest where the scope may ask none of that id."""
        cards = self.cards()
        if card_id not in cards:
            raise BadRequest(f"there is no scorecard '{card_id}'", do=f"choose of {', '.join(cards) or 'none'}")
        return cards[card_id]

    def scorecard(self, card_id: str, query: Query) -> list[Score]:
        """The scores of a card over the periods of a question, by the card's own dimension."""
        card = self.card(card_id)
        return list(scores(card, self.ask(card.kpis, replace(query, by=(card.by,), variant=None))))

    def drill(
        self, kpi_id: str, query: Query, side: str, limit: int | None = None, statistic: str | None = None
    ) -> Drill:
        """The rows behind one side of a KPI, or of one of its further statistics. Raises Forbidden for what is not for the scope."""
        if side not in set(Side):
            raise BadRequest(f"'{side}' is no part", where="--part", do=f"choose of {', '.join(Side)}")
        kpi = self.find(kpi_id)
        asked = guard.narrowed([kpi], query, self.scope)
        return guard.shown(drill(self.evaluator, kpi, asked, self.scope, Side(side), limit, statistic), self.scope)


@contextlib.contextmanager
def open_desk(workspace: Workspace, scope: Scope) -> Iterator[Desk]:
    """The desk over the workspace's current generation.

    Raises BadWorkspace where nothing has been imported, or another version of the program derived the facts.
    """
    with workspace.reader() as con:
        if not facts.of_this_version(con):
            raise BadWorkspace(
                "what is asked here was derived by another version of Pacesetter", where=str(workspace.root),
                do="derive it anew with 'pacesetter rebuild'",
            )  # fmt: skip
        stored = read_meta(con, "as_of")
        as_of_s = int(datetime.fromisoformat(stored).timestamp()) if stored else 0
        yield Desk(
            workspace.settings,
            Evaluator(con, workspace.settings),
            scope,
            as_of_s,
            read_own(workspace.root),
            workspace.root,
        )


def parse_where(texts: Sequence[str]) -> dict[str, tuple[str | None, ...]]:
    """Conditions written as ``DIM=VALUE``; an empty value stands for "no value". Raises BadRequest for others."""
    found: dict[str, tuple[str | None, ...]] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not sign or not name:
            raise BadRequest(f"'{text}' is no condition", where="--where", do="write it as client=acme")
        found[name] = (*found.get(name, ()), value or None)
    return found
