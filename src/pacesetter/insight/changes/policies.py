"""SLA policies and their targets: a new version from a day on, or a correction for all time, and what would have been.

Owns how a version gives way to the next: the old policy ends on that day and a new one, under an id with the day in it, takes its place, so
that tickets created before are judged as they were. Must not know pages.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

import duckdb
from pydantic import ValidationError

from pacesetter.insight.changes.record import BadField, Proposal, Row, Watched, differences, rows_where
from pacesetter.insight.what_if.policy_file import PolicyRule, TargetRule, WhatIf
from pacesetter.warehouse.editing import canonical_rows

CLOCKS = ("respond", "plan", "update", "resolve")
_FIELDS = (
    "name",
    "calendar_id",
    "client_id",
    "agreement_id",
    "rank",
    "valid_from",
    "valid_to",
    "on_reopen",
    "on_priority_change",
)
_VERSION = re.compile(r"@\d{4}-\d{2}-\d{2}$")
Key = tuple[str, str, str]  # clock, priority, type


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One target of a policy: a clock, perhaps for one priority and type, the minutes that it may run, in which hours."""

    clock: str
    priority: str | None
    type: str | None
    minutes: float
    hours: str

    @property
    def key(self) -> Key:
        """What makes two of them the same row."""
        return self.clock, self.priority or "", self.type or ""

    @property
    def text(self) -> str:
        """In the words of the audit log."""
        where = " ".join(w for w in (self.priority, self.type) if w)
        return f"{self.clock}{f' ({where})' if where else ''}: {self.minutes:g} min {self.hours}"


@dataclass(frozen=True, kw_only=True)
class Policy:
    """A policy as it stands or is wanted: ``values`` are its columns as canonical text."""

    policy_id: str
    values: Mapping[str, str | None]
    promises: tuple[Promise, ...] = field(default=())

    @property
    def rows(self) -> dict[str, list[Row]]:
        """Its rows."""
        return {
            "sla_policies": [{"sla_policy_id": self.policy_id, **self.values}],
            "sla_targets": [target_row(self.policy_id, p) for p in self.promises],
        }


def target_key(policy_id: str, promise: Promise) -> Row:
    """The key of the row of one target."""
    return {"sla_policy_id": policy_id, "clock": promise.clock, "priority": promise.priority, "type": promise.type}


def target_row(policy_id: str, promise: Promise) -> Row:
    """The row of one target."""
    return {**target_key(policy_id, promise), "target_minutes": repr(promise.minutes), "hours": promise.hours}


def watched(policy_id: str) -> Watched:
    """The rows that an editor of a policy looks at."""
    return [("sla_policies", {"sla_policy_id": policy_id}), ("sla_targets", {"sla_policy_id": policy_id})]


def stored(con: duckdb.DuckDBPyConnection, policy_id: str) -> Policy | None:
    """The policy of that id as it stands."""
    rows = rows_where(con, "sla_policies", sla_policy_id=policy_id)
    if not rows:
        return None
    promises = [
        Promise(
            clock=r["clock"] or "", priority=r["priority"] or None, type=r["type"] or None,
            minutes=float(r["target_minutes"] or 0), hours=r["hours"] or "business",
        )
        for r in rows_where(con, "sla_targets", sla_policy_id=policy_id)
    ]  # fmt: skip
    return Policy(policy_id=policy_id, values={n: rows[0][n] for n in _FIELDS}, promises=tuple(_ordered(promises)))


def _ordered(promises: Sequence[Promise]) -> list[Promise]:
    return sorted(
        promises, key=lambda p: (CLOCKS.index(p.clock) if p.clock in CLOCKS else 9, p.priority or "", p.type or "")
    )


def check(wanted: Policy) -> None:
    """Raise BadField for values that make no policy."""
    problems: dict[str, str] = {}
    if not wanted.policy_id or len(wanted.policy_id) > 80:
        problems["sla_policy_id"] = "give the policy an id of at most 80 characters"
    if not wanted.values.get("name"):
        problems["name"] = "give the policy a name"
    if not wanted.promises:
        problems["promises"] = "a policy without a target promises nothing: give at least one"
    seen: set[Key] = set()
    for place, promise in enumerate(wanted.promises):
        if promise.key in seen:
            problems[f"minutes_{place}"] = "there is a target for this clock, priority and type already"
        seen.add(promise.key)
    if problems:
        raise BadField(problems)


def propose_new(con: duckdb.DuckDBPyConnection, wanted: Policy) -> Proposal:
    """A policy that there was not."""
    check(wanted)
    if stored(con, wanted.policy_id) is not None:
        raise BadField({"sla_policy_id": "there is a policy of that id already"})
    return Proposal(
        what="policy added", about=wanted.policy_id, rows=wanted.rows, after=_told(wanted), watched=watched(wanted.policy_id)
    )  # fmt: skip


def propose_correction(con: duckdb.DuckDBPyConnection, now: Policy, wanted: Policy) -> Proposal:
    """The same policy with other values, for every ticket that it ever judged."""
    check(wanted)
    before, coming = _told_difference(now, wanted)
    kept = {p.key for p in wanted.promises}
    gone = [target_key(now.policy_id, p) for p in now.promises if p.key not in kept]
    return Proposal(
        what="policy corrected for all time", about=now.policy_id, rows=wanted.rows if coming else {},
        remove={"sla_targets": gone}, before=before, after=coming, watched=watched(now.policy_id),
    )  # fmt: skip


def propose_version(con: duckdb.DuckDBPyConnection, now: Policy, wanted: Policy, first: date) -> Proposal:
    """The next version of a policy, for tickets created from ``first`` on; the present one ends there."""
    check(wanted)
    begins, ends = now.values.get("valid_from"), now.values.get("valid_to")
    if begins and str(first) <= begins:
        raise BadField({"from": f"this version itself begins on {begins}: correct it, or choose a later day"})
    if ends and str(first) >= ends:
        raise BadField({"from": f"this version ends on {ends}: choose an earlier day, or change the one after it"})
    before, coming = _told_difference(now, wanted)
    if not coming:
        return Proposal(what="policy changed", about=now.policy_id, watched=watched(now.policy_id))
    new_id = _free_id(con, f"{_VERSION.sub('', now.policy_id)}@{first}")
    new = Policy(
        policy_id=new_id, values={**wanted.values, "valid_from": str(first), "valid_to": ends}, promises=wanted.promises
    )
    rows = new.rows
    rows["sla_policies"] = [{"sla_policy_id": now.policy_id, "valid_to": str(first)}, *rows["sla_policies"]]
    return Proposal(
        what="policy changed", about=now.policy_id, rows=rows, before={**before, "valid_to": ends},
        after={**coming, "from": str(first), "new version": new_id}, watched=watched(now.policy_id),
    )  # fmt: skip


def propose_end(now: Policy, last: date) -> Proposal:
    """The end of a policy: tickets created from that day on are no longer judged by it."""
    begins = now.values.get("valid_from")
    if begins and str(last) < begins:
        raise BadField({"from": f"it begins on {begins}: choose that day or a later one"})
    row: Row = {"sla_policy_id": now.policy_id, "valid_to": str(last)}
    return Proposal(
        what="policy ended", about=now.policy_id, rows={"sla_policies": [row]},
        before={"valid_to": now.values.get("valid_to")}, after={"valid_to": str(last)}, watched=watched(now.policy_id),
    )  # fmt: skip


def _free_id(con: duckdb.DuckDBPyConnection, wanted: str) -> str:
    taken = {r["sla_policy_id"] for r in canonical_rows(con, "sla_policies")}
    if wanted not in taken:
        return wanted
    return next(f"{wanted}.{n}" for n in range(2, 1000) if f"{wanted}.{n}" not in taken)


def _told(policy: Policy) -> dict[str, Any]:
    """A policy in the words of the audit log."""
    promises = [p.text for p in _ordered(policy.promises)]
    return {**{n: policy.values.get(n) or None for n in _FIELDS}, "targets": promises}


def _told_difference(now: Policy, wanted: Policy) -> tuple[dict[str, Any], dict[str, Any]]:
    """What differs between two policies; of the targets only those that left and those that came."""
    before, coming = differences(_told(now), _told(wanted))
    if "targets" in coming:
        old, new = before["targets"], coming["targets"]
        before["targets"], coming["targets"] = [t for t in old if t not in new], [t for t in new if t not in old]
    return before, coming


def tickets_naming(con: duckdb.DuckDBPyConnection, policy_id: str) -> int:
    """How many tickets name this policy themselves; they are judged by it whatever its validity."""
    return int(con.execute("SELECT count(*) FROM tickets WHERE sla_policy_id = ?", [policy_id]).fetchall()[0][0])


def what_if(now: Policy, wanted: Policy) -> tuple[WhatIf | None, list[str]]:
    """The question of what the clocks would have done under the wanted policy; and the clocks that it leaves out because they would have no
    target any more."""
    gone = sorted({p.clock for p in now.promises} - {p.clock for p in wanted.promises})
    try:
        rule = PolicyRule(
            policies=(now.policy_id,),
            calendar=wanted.values.get("calendar_id"),
            on_reopen=_reopen(wanted.values.get("on_reopen")),
            on_priority_change=_change(wanted.values.get("on_priority_change")),
            targets=tuple(
                TargetRule.model_validate(
                    {"clock": p.clock, "minutes": p.minutes, "hours": p.hours, "priority": p.priority, "type": p.type}
                )
                for p in wanted.promises
            ),
        )
    except ValidationError:
        return None, gone
    return WhatIf(name=wanted.values.get("name") or "", policy=(rule,)), gone  # fmt: skip


def _reopen(word: str | None) -> Literal["resume", "restart"]:
    return "restart" if word == "restart" else "resume"


def _change(word: str | None) -> Literal["retarget", "keep", "restart"]:
    return "keep" if word == "keep" else "restart" if word == "restart" else "retarget"
