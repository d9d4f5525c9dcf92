"""Which team a technician belonged to, and when; and the workspace's word lists for resolutions.

Owns ``f_spells`` (technician_id, team_id, from_s, to_s; disjoint) and the temporary ``rule_words`` and ``note_rules``. A membership begins
at midnight of the workspace's zone. Must not know work or tickets.
"""

from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa

from pacesetter.settings import Settings
from pacesetter.warehouse.facts.judging import FOREVER

_MEMBERSHIPS = """
    SELECT technician_id, team_id, valid_from, valid_to FROM team_memberships
    ORDER BY technician_id, coalesce(valid_from, DATE '0001-01-01'), team_id"""


def write_spells(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write ``f_spells``. Where memberships overlap, the later one holds; without any, ``technicians.team_id`` holds for all time."""
    zone = ZoneInfo(settings.time_zone)
    rows: dict[str, list[tuple[str, int, int]]] = {}
    for technician, team, first, last in con.execute(_MEMBERSHIPS).fetchall():
        rows.setdefault(technician, []).append((team, _at(first, zone, -FOREVER), _at(last, zone, FOREVER)))
    for technician, team in con.execute("SELECT technician_id, team_id FROM technicians").fetchall():
        if technician not in rows and team is not None:
            rows[technician] = [(team, -FOREVER, FOREVER)]
    found = [(t, *spell) for t, spells in rows.items() for spell in _disjoint(spells)]
    names, types = ("technician_id", "team_id", "from_s", "to_s"), (pa.string(), pa.string(), pa.int64(), pa.int64())
    columns = {n: pa.array([r[i] for r in found], types[i]) for i, n in enumerate(names)}
    _store(con, "TABLE f_spells", pa.table(columns))


def write_rule_words(con: duckdb.DuckDBPyConnection, settings: Settings) -> None:
    """Write ``rule_words`` (kind ``type``, ``category``, ``note``; word) and ``note_rules`` (usable_note_length)."""
    rules = settings.rules
    words = [("type", w) for w in rules.not_first_contact_types]
    words += [("category", w) for w in rules.not_first_contact_categories]
    words += [("note", w.lower()) for w in rules.boilerplate_notes]
    listed = sorted(set(words))
    table = pa.table({n: pa.array([w[i] for w in listed], pa.string()) for i, n in enumerate(("kind", "word"))})
    _store(con, "TEMP TABLE rule_words", table)
    _store(
        con, "TEMP TABLE note_rules", pa.table({"usable_note_length": pa.array([rules.usable_note_length], pa.int64())})
    )


def _store(con: duckdb.DuckDBPyConnection, target: str, rows: pa.Table) -> None:
    con.register("rows_to_store", rows)
    con.execute(f"CREATE OR REPLACE {target} AS SELECT * FROM rows_to_store")
    con.unregister("rows_to_store")


def _at(day: Any, zone: ZoneInfo, without: int) -> int:
    return int(datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()) if isinstance(day, date) else without


def _disjoint(spells: list[tuple[str, int, int]]) -> list[tuple[str, int, int]]:
    found: list[tuple[str, int, int]] = []
    for team, start, end in spells:
        cut = [(t, s, min(e, start)) for t, s, e in found]
        tails = [(t, end, e) for t, s, e in found if e > end]
        found = [s for s in (*cut, (team, start, end), *tails) if s[1] < s[2]]
    return found
