"""Downtime: outages of a service merged where they overlap, and what of it fell into the client's business hours.

Owns ``f_outages`` (kind ``unplanned``, ``planned``, ``any``; end_s null while the service is down) and ``f_lost`` (pieces of unplanned
downtime within the client's open hours, with the largest share of users that any outage told then). Must not know KPIs.
"""

import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import duckdb
import pyarrow as pa

from pacesetter.model.calendars import Calendar
from pacesetter.settings import Settings
from pacesetter.warehouse.business_time_tables import read_calendars
from pacesetter.warehouse.facts.judging import FOREVER

_ROWS = """
    SELECT o.outage_id, o.service_id, s.client_id, c.calendar_id, coalesce(o.is_planned, FALSE), coalesce(o.users_affected, 1.0), o.cause,
        CAST(epoch_us(o.starts_at) // 1000000 AS BIGINT), CAST(epoch_us(o.ends_at) // 1000000 AS BIGINT)
    FROM outages AS o JOIN services AS s ON s.service_id = o.service_id JOIN clients AS c ON c.client_id = s.client_id
    ORDER BY o.service_id, o.starts_at, o.outage_id"""
_OPEN_YEARS_S = 2 * 366 * 86_400
"""How far the business hours of an outage that has not ended are laid out."""


@dataclass(frozen=True, kw_only=True)
class Outage:
    """One reported outage; ``end_s`` is FOREVER while it lasts."""

    outage_id: str
    service_id: str
    client_id: str
    calendar_id: str | None
    is_planned: bool
    users: float
    cause: str | None
    start_s: int
    end_s: int


def write_outages(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write ``f_outages`` and ``f_lost``."""
    by_service: dict[str, list[Outage]] = {}
    for row in con.execute(_ROWS).fetchall():
        names = (
            "outage_id",
            "service_id",
            "client_id",
            "calendar_id",
            "is_planned",
            "users",
            "cause",
            "start_s",
            "end_s",
        )
        given = dict(zip(names, row, strict=True))
        given["end_s"] = FOREVER if given["end_s"] is None else given["end_s"]
        by_service.setdefault(row[1], []).append(Outage(**given))
    calendars = {c.calendar_id: c for c in read_calendars(con, settings.locale)}
    merged: list[dict[str, Any]] = []
    lost: list[dict[str, Any]] = []
    for told in by_service.values():
        for kind in ("unplanned", "planned", "any"):
            of_kind = [o for o in told if kind == "any" or o.is_planned == (kind == "planned")]
            episodes = list(_episodes(of_kind))
            merged += [_episode_row(kind, e) for e in episodes]
            if kind == "unplanned":
                calendar = calendars.get(told[0].calendar_id or settings.calendar or "")
                lost += [piece for e in episodes for piece in _lost_pieces(e, calendar)]
    text, number, real = pa.string(), pa.int64(), pa.float64()
    common = [("outage_id", text), ("service_id", text), ("client_id", text), ("start_s", number), ("end_s", number)]
    _store(con, "f_outages", merged, pa.schema([*common, ("kind", text), ("cause", text)]))
    _store(con, "f_lost", lost, pa.schema([*common, ("users", real), ("cause", text), ("began_s", number)]))


def _episodes(told: Iterable[Outage]) -> Iterator[list[Outage]]:
    """Outages of one service that overlap or touch, together."""
    together: list[Outage] = []
    until = 0
    for outage in told:
        if together and outage.start_s > until:
            yield together
            together = []
        until = max(until, outage.end_s) if together else outage.end_s
        together.append(outage)
    if together:
        yield together


def _episode_row(kind: str, episode: list[Outage]) -> dict[str, Any]:
    first, end = episode[0], max(o.end_s for o in episode)
    return {
        "outage_id": first.outage_id, "service_id": first.service_id, "client_id": first.client_id, "kind": kind,
        "cause": first.cause, "start_s": first.start_s, "end_s": None if end == FOREVER else end,
    }  # fmt: skip


def _lost_pieces(episode: list[Outage], calendar: Calendar | None) -> Iterator[dict[str, Any]]:
    first = episode[0]
    edges = sorted({e for o in episode for e in (o.start_s, o.end_s)})
    for start, end in itertools.pairwise(edges):
        users = max((o.users for o in episode if o.start_s <= start and o.end_s >= end), default=None)
        if users is None:
            continue
        last = min(end, start + _OPEN_YEARS_S) if end == FOREVER else end
        pieces = calendar.open_pieces(start, last) if calendar else [(start, last)]
        for low, high in pieces:
            yield {
                "outage_id": first.outage_id, "service_id": first.service_id, "client_id": first.client_id,
                "start_s": low, "end_s": high, "users": users, "cause": first.cause, "began_s": first.start_s,
            }  # fmt: skip


def _store(con: duckdb.DuckDBPyConnection, name: str, rows: list[dict[str, Any]], schema: pa.Schema) -> None:
    con.register("rows_to_store", pa.Table.from_pylist(rows, schema=schema))
    con.execute(f"CREATE OR REPLACE TABLE {name} AS SELECT * FROM rows_to_store")
    con.unregister("rows_to_store")
