"""Targets of KPIs: a new value from a day on, an end, and what either does to the status of past periods.

Owns how spans of validity give way to a new one. Must not know pages or how answers are computed.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import duckdb

from pacesetter.catalogue.answer import Answer
from pacesetter.catalogue.query import Query
from pacesetter.catalogue.record import Better, Kpi
from pacesetter.catalogue.yardsticks import Target, Yardsticks
from pacesetter.insight.changes.record import BadField, Proposal, Row, Watched, rows_where

TABLE = "targets"


@dataclass(frozen=True, kw_only=True)
class Aim:
    """What a target is for: a KPI, perhaps of one client or team."""

    kpi: str
    client: str | None = None
    team: str | None = None

    @property
    def watched(self) -> Watched:
        """The rows that an editor of it looks at."""
        return [(TABLE, {"kpi": self.kpi, "client_id": self.client, "team_id": self.team})]

    @property
    def text(self) -> str:
        """Its name in the audit log."""
        where = [f"client {self.client}"] if self.client else []
        where += [f"team {self.team}"] if self.team else []
        return " for ".join([self.kpi, " and ".join(where)]) if where else self.kpi

    def row(self, valid_from: str | None, **more: str | None) -> Row:
        """A row of the table under its key."""
        key: Row = {"kpi": self.kpi, "client_id": self.client, "team_id": self.team, "valid_from": valid_from}
        return key | more


def propose(
    con: duckdb.DuckDBPyConnection, kpi: Kpi, aim: Aim, *, value: float, warn: float | None, first: date, last: date | None = None
) -> Proposal:  # fmt: skip
    """A target that holds from the day ``first`` on, to the day before ``last`` or before the next one that is planned.

    What held until then ends on ``first``. Raises BadField for values that make no target.
    """
    check_values(kpi, value, warn)
    if last is not None and last <= first:
        raise BadField({"to": "it ends before it begins: choose a later day"})
    known = rows_where(con, TABLE, kpi=aim.kpi, client_id=aim.client, team_id=aim.team)
    rows = _closed(aim, known, first)
    later = min((r["valid_from"] or "" for r in _living(known) if (r["valid_from"] or "") > str(first)), default=None)
    end = later if last is None or (later is not None and later < str(last)) else str(last)
    rows.append(aim.row(str(first), value=_number(value), warn=_number(warn), valid_to=end))
    return _proposal("target set", aim, known, rows)


def propose_end(con: duckdb.DuckDBPyConnection, aim: Aim, day: date) -> Proposal:
    """The end of the target that is in force on ``day``, and of those planned after it."""
    known = rows_where(con, TABLE, kpi=aim.kpi, client_id=aim.client, team_id=aim.team)
    rows = _closed(aim, known, day)
    rows += [
        aim.row(r["valid_from"], valid_to=r["valid_from"])
        for r in _living(known)
        if (r["valid_from"] or "") >= str(day)
    ]
    if not rows:
        raise BadField({"from": "no target is in force on that day or after it"})
    return _proposal("target ended", aim, known, rows)


def _living(rows: Sequence[Row]) -> list[Row]:
    """The rows that are in force on any day at all: one that ends when it begins was taken back."""
    return [r for r in rows if r["valid_to"] is None or (r["valid_from"] or "") < r["valid_to"]]


def _closed(aim: Aim, known: Sequence[Row], first: date) -> list[Row]:
    """The rows in force on ``first`` that began before, ending there."""
    day = str(first)
    return [
        aim.row(r["valid_from"], valid_to=day)
        for r in _living(known)
        if (r["valid_from"] or "") < day and (r["valid_to"] is None or r["valid_to"] > day)
    ]


def _proposal(what: str, aim: Aim, known: Sequence[Row], rows: list[Row]) -> Proposal:
    before = [_short(r) for r in known]
    return Proposal(
        what=what, about=aim.text, rows={TABLE: rows}, watched=aim.watched,
        before={"targets": before}, after={"targets": [_short(r) for r in after_rows(known, rows)]},
    )  # fmt: skip


def _short(row: Row) -> Row:
    return {n: row.get(n) for n in ("value", "warn", "valid_from", "valid_to")}


def after_rows(known: Sequence[Row], rows: Sequence[Mapping[str, str | None]]) -> list[Row]:
    """The rows as they will stand, in order of validity."""
    found = {r["valid_from"]: dict(r) for r in known}
    for row in rows:
        found[row["valid_from"]] = {**found.get(row["valid_from"], {}), **row}
    return sorted(found.values(), key=lambda r: r["valid_from"] or "")


def check_values(kpi: Kpi, value: float, warn: float | None) -> None:
    """Raise BadField where value and warning line make no target of this KPI."""
    if kpi.better is Better.NEITHER and not kpi.band:
        raise BadField({"kpi": f"neither way is better for {kpi.title}: it cannot have a target"})
    if kpi.unit == "percent" and not 0 <= value <= 100:
        raise BadField({"value": "a share lies between 0 and 100"})
    if kpi.unit == "percent" and warn is not None and not 0 <= warn <= 100:
        raise BadField({"warn": "a share lies between 0 and 100"})
    if warn is None or kpi.band:
        return
    if kpi.better is Better.HIGHER and warn > value:
        raise BadField({"warn": "more is better here: the warning line lies below the target, or on it"})
    if kpi.better is Better.LOWER and warn < value:
        raise BadField({"warn": "less is better here: the warning line lies above the target, or on it"})


@dataclass(frozen=True)
class Judged:
    """One past period: its answer as it stands, its status after the change, and had the new target held all along."""

    now: Answer
    after: Answer
    always: Answer


def judged(
    con: duckdb.DuckDBPyConnection, kpi: Kpi, answers: Sequence[Answer], query: Query, aim: Aim, proposal: Proposal
) -> list[Judged]:
    """The periods of ``answers`` under the targets that stand, under those of the proposal, and under the new one for all time."""
    stands = Yardsticks.read(con)
    kpis = {kpi.id: kpi}
    rows = after_rows(rows_where(con, TABLE, kpi=aim.kpi, client_id=aim.client, team_id=aim.team), proposal.rows[TABLE])
    others = tuple(t for t in stands.targets.get(aim.kpi, ()) if (t.client_id, t.team_id) != (aim.client, aim.team))
    coming = tuple(_target(r) for r in rows)
    new = proposal.rows[TABLE][-1]
    always = tuple(
        replace(_target(r), valid_from=None, valid_to=None) for r in rows if r["valid_from"] == new["valid_from"]
    )
    now, after, throughout = (
        sticks.measured([replace(a, target=None, status=None) for a in answers], kpis, query)
        for sticks in (
            stands,
            replace(stands, targets={**stands.targets, aim.kpi: (*others, *coming)}),
            replace(stands, targets={**stands.targets, aim.kpi: (*others, *always)}),
        )
    )
    return [Judged(*three) for three in zip(now, after, throughout, strict=True)]


def _target(row: Row) -> Target:
    return Target(
        kpi=row["kpi"] or "", value=float(row["value"] or 0), warn=None if row["warn"] is None else float(row["warn"]),
        client_id=row["client_id"], team_id=row["team_id"],
        valid_from=date.fromisoformat(row["valid_from"]) if row["valid_from"] else None,
        valid_to=date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
    )  # fmt: skip


def _number(value: float | None) -> str | None:
    if value is None:
        return None
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)
