"""The event log of one slice, gathered as arrays and put in order at the end.

Owns the order of events and their ids. Must not know why they happen.
"""

import numpy as np
import pyarrow as pa

from pacesetter.demo.arrays import AnyArray, Flags, Ints
from pacesetter.demo.words import Words, flags, ids, instants, spelled
from pacesetter.model.vocabularies import ACTOR_KINDS, CHANNELS, EVENT_KINDS

KIND = {name: i for i, name in enumerate(EVENT_KINDS)}
TECHNICIAN, REQUESTER_ACTOR, AUTOMATION, VENDOR_ACTOR = range(4)
STATUS_FAMILY = np.array([KIND[k] for k in ("created", "status", "resolved", "reopened", "closed")])
_FIELDS = ("ticket", "at", "order", "kind", "actor_kind", "actor", "old", "new", "public", "channel")

Value = AnyArray | int


class EventLog:
    """Events as columns of numbers. ``ticket`` is the row of the batch; words are numbers of ``Words``."""

    def __init__(self) -> None:
        self._parts: list[dict[str, AnyArray]] = []
        self.columns: dict[str, AnyArray] = {}

    def add(
        self, who: Flags, at: AnyArray, kind: str, actor_kind: Value = -1, actor: Value = -1, old: Value = -1,
        new: Value = -1, public: Value = -1, channel: Value = -1, order: int = 50,
    ) -> None:  # fmt: skip
        """One event for each ticket of the mask ``who`` at its instant; arrays are as long as the batch."""
        rows = np.flatnonzero(who)
        if not len(rows):
            return
        values: dict[str, Value] = {
            "at": at, "order": order, "kind": KIND[kind], "actor_kind": actor_kind, "actor": actor, "old": old,
            "new": new, "public": public, "channel": channel,
        }  # fmt: skip
        part = {n: v[rows] if isinstance(v, np.ndarray) else np.full(len(rows), v) for n, v in values.items()}
        part["ticket"] = rows
        self._parts.append(part)

    def settle(self, as_of: int, born: Ints) -> None:
        """Put the events in order (ticket, instant, order) and drop what does not lie before ``as_of``."""
        raw = {n: np.concatenate([p[n] for p in self._parts]) for n in _FIELDS}
        keep = (raw["at"] < as_of) & (raw["at"] >= 0) & (born[raw["ticket"]] < as_of)
        raw = {n: c[keep] for n, c in raw.items()}
        order = np.lexsort((raw["order"], raw["at"], raw["ticket"]))
        self.columns = {n: c[order] for n, c in raw.items()}
        self._parts = []

    def last(self, kinds: AnyArray, field: str, n: int) -> tuple[Ints, Flags]:
        """The value of ``field`` in each ticket's last event of those kinds, and whether there is one."""
        rows = np.flatnonzero(np.isin(self.columns["kind"], kinds))
        value = np.full(n, -1, np.int64)
        value[self.columns["ticket"][rows]] = self.columns[field][rows]  # the last assignment stands
        found = np.zeros(n, bool)
        found[self.columns["ticket"][rows]] = True
        return value, found

    def first(self, rows: Flags, n: int) -> Ints:
        """The instant of each ticket's first event in the mask ``rows``; -1 where none."""
        value = np.full(n, -1, np.int64)
        picked = np.flatnonzero(rows)[::-1]
        value[self.columns["ticket"][picked]] = self.columns["at"][picked]
        return value

    def count(self, kinds: AnyArray, n: int) -> Ints:
        """How many events of those kinds each ticket has."""
        rows = np.isin(self.columns["kind"], kinds)
        return np.bincount(self.columns["ticket"][rows], minlength=n).astype(np.int64)

    def table(self, words: Words, numbers: Ints, first_id: int, extra: list[str]) -> pa.Table:
        """The canonical rows; ``numbers`` are the tickets' numbers, ``extra`` the words after those of ``words``."""
        c, known = self.columns, words.list + extra
        n = len(c["at"])
        return pa.table(
            {
                "event_id": ids("E", np.arange(first_id, first_id + n), 10),
                "ticket_id": ids("T", numbers[c["ticket"]], 8),
                "occurred_at": instants(c["at"]),
                "kind": spelled(c["kind"], EVENT_KINDS),
                "actor_kind": spelled(c["actor_kind"], ACTOR_KINDS),
                "actor_id": spelled(c["actor"], known),
                "from_value": spelled(c["old"], known),
                "to_value": spelled(c["new"], known),
                "is_public": flags(c["public"]),
                "channel": spelled(c["channel"], CHANNELS),
            }
        )
