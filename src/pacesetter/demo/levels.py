"""Service levels: policies that change every first of July, their targets, and the source system's own verdicts.

Owns the SLA tables and the look-up of a ticket's targets. Must not know events.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from itertools import pairwise

import numpy as np

from pacesetter.demo.arrays import Batch, Ints
from pacesetter.demo.clients import Client
from pacesetter.demo.kinds import KINDS, PRIORITIES

RESPOND = (15, 60, 120, 240)
PLAN = (60, 120, 480, 960)
UPDATE = (60, 240, 960, 0)
RESOLVE = (240, 480, 1440, 2880)
CHANGE_FACTOR = 2.0
_TIGHTER = (1.0, 0.9, 0.85, 0.8, 0.75)


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One version of a policy; minutes per priority P1 to P4."""

    sla_policy_id: str
    name: str
    client: Client | None
    calendar_id: str | None
    rank: int
    valid_from: date | None
    valid_to: date | None
    factor: float
    on_reopen: str = "resume"

    def minutes(self, of: tuple[int, ...]) -> list[int]:
        """Targets in minutes under this version, in steps of five."""
        return [max(5, round(m * self.factor / 5) * 5) if m else 0 for m in of]


def build_policies(clients: list[Client], first: date, last: date) -> list[Policy]:
    """The standard policy's versions, and a stricter one for each client that is served around the clock."""
    turns = [date(y, 7, 1) for y in range(first.year, last.year + 1) if first < date(y, 7, 1) < last]
    edges: list[date | None] = [None, *turns, None]
    found = []
    for i, (since, until) in enumerate(pairwise(edges)):
        tag = f"{(since or first).year}-v{i + 1}"
        factor = _TIGHTER[min(i, len(_TIGHTER) - 1)]
        found.append(
            Policy(sla_policy_id=f"sla-standard-{tag}", name=f"Standard service levels, version {i + 1}", client=None,
                   calendar_id=None, rank=100, valid_from=since, valid_to=until, factor=factor)
        )  # fmt: skip
        for client in (c for c in clients if c.part == "around_the_clock"):
            found.append(
                Policy(sla_policy_id=f"sla-premium-{client.client_id}-{tag}", name=f"Premium, version {i + 1}",
                       client=client, calendar_id="cal-around-the-clock", rank=10, valid_from=since, valid_to=until,
                       factor=factor * 0.8, on_reopen="restart")
            )  # fmt: skip
    return found


class Levels:
    """The targets of each ticket, by its client, creation, type and priority."""

    def __init__(self, policies: list[Policy], clients: list[Client]) -> None:
        self._turns = np.array(
            [_stamp(p.valid_from) for p in policies if p.client is None and p.valid_from], dtype=np.int64
        )
        standard = [p for p in policies if p.client is None]
        premium = {c.number: [p for p in policies if p.client is c] for c in clients}
        rows = [[(premium[c.number] or standard)[v] for v in range(len(standard))] for c in clients]
        self._respond = np.array([[p.minutes(RESPOND) for p in row] for row in rows]) * 60
        self._resolve = np.array([[p.minutes(RESOLVE) for p in row] for row in rows]) * 60
        self._change = np.array([k.type == "change" for k in KINDS])

    def _version(self, batch: Batch) -> Ints:
        return np.searchsorted(self._turns, batch["created"], side="right")

    def respond_seconds(self, batch: Batch) -> Ints:
        """Business seconds within which the first reply is due."""
        return np.asarray(self._respond[batch["client"], self._version(batch), batch["priority"]])

    def resolve_seconds(self, batch: Batch) -> Ints:
        """Business seconds, pauses out, within which the resolution is due."""
        base = self._resolve[batch["client"], self._version(batch), batch["priority"]]
        return np.where(self._change[batch["kind"]], (base * CHANGE_FACTOR).astype(np.int64), base)


def policy_rows(policies: list[Policy]) -> list[dict[str, object]]:
    """Rows of ``sla_policies``."""
    return [
        {
            "sla_policy_id": p.sla_policy_id, "name": p.name, "calendar_id": p.calendar_id,
            "client_id": p.client.client_id if p.client else None, "rank": p.rank, "valid_from": p.valid_from,
            "valid_to": p.valid_to, "on_reopen": p.on_reopen, "on_priority_change": "retarget",
        }
        for p in policies
    ]  # fmt: skip


def target_rows(policies: list[Policy]) -> list[dict[str, object]]:
    """Rows of ``sla_targets``; changes have twice the time to resolve."""
    rows: list[dict[str, object]] = []
    for policy in policies:
        for clock, minutes in (("respond", RESPOND), ("plan", PLAN), ("update", UPDATE), ("resolve", RESOLVE)):
            for priority, target in zip(PRIORITIES, policy.minutes(minutes), strict=True):
                row = {"sla_policy_id": policy.sla_policy_id, "clock": clock, "hours": "business", "priority": priority}
                if target:
                    rows.append(row | {"target_minutes": target})
                if clock == "resolve":
                    rows.append(row | {"target_minutes": int(target * CHANGE_FACTOR), "type": "change"})
    return rows


def _stamp(day: date | None) -> int:
    assert day is not None
    return int(datetime(day.year, day.month, day.day, tzinfo=UTC).timestamp())
