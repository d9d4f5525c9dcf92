"""Stores the rows that were taken: new ones are added, changed ones replaced, the rest left alone.

Owns keys of tickets and the order of events on the disk. Must not know why a row was not taken.
"""

from dataclasses import dataclass

import duckdb

from pacesetter.warehouse.staging import Intake
from pacesetter.warehouse.storage import count, extra_columns, key_text, quoted, stored_columns

CHANGED_TICKETS = "scratch.changed_tickets"
_KEYS = "scratch.ticket_keys"


@dataclass(kw_only=True)
class Stored:
    """How many rows of a table were new, changed and the same."""

    inserted: int = 0
    changed: int = 0
    unchanged: int = 0


def store(con: duckdb.DuckDBPyConnection, intake: Intake) -> Stored:
    """Store the good rows of one table. Tickets must be stored before their events."""
    table = intake.table
    present = set(extra_columns(con, table))
    for name in intake.extras:
        if name not in present:
            con.execute(f"ALTER TABLE main.{quoted(table.name)} ADD COLUMN {quoted(name)} VARCHAR")
    refused = f"_rid NOT IN (SELECT _rid FROM {intake.out})" if count(con, intake.out) else "TRUE"
    if table.name == "tickets":
        _give_keys(con, intake, refused)
    if not count(con, f"main.{quoted(table.name)}"):
        return Stored(inserted=_fill(con, intake, refused))
    return _merge(con, intake, refused)


def prepare_changes(con: duckdb.DuckDBPyConnection) -> None:
    """Make the empty table of the tickets that change."""
    con.execute(f"CREATE TABLE {CHANGED_TICKETS} (ticket_key BIGINT)")


def _give_keys(con: duckdb.DuckDBPyConnection, intake: Intake, refused: str) -> None:
    """Give every new ticket the next key, in the order of creation and id."""
    con.execute(
        f"CREATE TABLE scratch.new_tickets AS SELECT ticket_id FROM {intake.view} WHERE {refused} "
        "AND ticket_id NOT IN (SELECT ticket_id FROM main.tickets) ORDER BY created_at, ticket_id"
    )
    con.execute(
        f"CREATE TABLE {_KEYS} AS SELECT ticket_id, rowid + 1 + (SELECT coalesce(max(ticket_key), 0) FROM main.tickets) "
        "AS ticket_key FROM scratch.new_tickets UNION ALL SELECT ticket_id, ticket_key FROM main.tickets"
    )
    con.execute("DROP TABLE scratch.new_tickets")


def _keyed(intake: Intake, relation: str) -> tuple[list[str], str]:
    """Stored column names of an intake, and the query of its rows under them (alias ``s``, with ``_rid``)."""
    names = [name for name, _ in stored_columns(intake.table)] + intake.extras
    picked = ", ".join(("k." if n == "ticket_key" else "s.") + quoted(n) for n in names)
    join = ""
    if intake.table.name in ("tickets", "ticket_events"):
        keys = _KEYS if intake.table.name == "tickets" else "main.tickets"
        join = f" JOIN (SELECT ticket_id, ticket_key FROM {keys}) AS k ON k.ticket_id = s.ticket_id"
    return names, f"SELECT {picked}, s._rid FROM {relation} AS s{join}"


def _fill(con: duckdb.DuckDBPyConnection, intake: Intake, refused: str) -> int:
    """Fill an empty table, piece by piece so that sorting stays within memory."""
    order = {"tickets": " ORDER BY ticket_key", "ticket_events": " ORDER BY ticket_key, occurred_at, event_id"}
    before = 0
    for piece in intake.slices():
        names, rows = _keyed(intake, piece)
        columns = ", ".join(quoted(n) for n in names)
        con.execute(
            f"INSERT INTO main.{quoted(intake.table.name)} ({columns}) SELECT {columns} FROM ({rows}) AS rows "
            f"WHERE {refused}{order.get(intake.table.name, '')}"
        )
    return count(con, f"main.{quoted(intake.table.name)}") - before


def _merge(con: duckdb.DuckDBPyConnection, intake: Intake, refused: str) -> Stored:
    table = intake.table
    names, rows = _keyed(intake, intake.view)
    target = f"main.{quoted(table.name)}"
    all_names = [name for name, _ in stored_columns(table)] + extra_columns(con, table)
    incoming = f"scratch.incoming_{table.name}"
    con.execute(f"CREATE TABLE {incoming} AS SELECT * EXCLUDE (_rid) FROM ({rows}) AS rows WHERE {refused}")
    differs = " OR ".join(
        f"o.{quoted(n)} IS DISTINCT FROM {'i.' + quoted(n) if n in names else 'NULL'}" for n in all_names
    )
    con.execute(
        f"CREATE TABLE scratch.met_{table.name} AS SELECT i.rowid AS new_row, o.rowid AS old_row, ({differs}) AS differs "
        f"FROM {incoming} AS i JOIN {target} AS o ON {key_text(table.key, 'i')} = {key_text(table.key, 'o')}"
    )
    met = f"scratch.met_{table.name}"
    changed = count(con, met, "differs")
    unchanged = count(con, met, "NOT differs")
    inserted = count(con, incoming) - changed - unchanged
    fresh = f"rowid NOT IN (SELECT new_row FROM {met} WHERE NOT differs)"
    if table.name in ("tickets", "ticket_events"):
        con.execute(f"INSERT INTO {CHANGED_TICKETS} SELECT ticket_key FROM {incoming} WHERE {fresh}")
        con.execute(
            f"INSERT INTO {CHANGED_TICKETS} SELECT ticket_key FROM {target} "
            f"WHERE rowid IN (SELECT old_row FROM {met} WHERE differs)"
        )
    if changed:
        con.execute(f"DELETE FROM {target} WHERE rowid IN (SELECT old_row FROM {met} WHERE differs)")
    if changed or inserted:
        columns = ", ".join(quoted(n) for n in names)
        order = " ORDER BY ticket_key, occurred_at, event_id" if table.name == "ticket_events" else ""
        order = " ORDER BY ticket_key" if table.name == "tickets" else order
        con.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {incoming} WHERE {fresh}{order}")
    return Stored(inserted=inserted, changed=changed, unchanged=unchanged)
