"""Stores the rows that were taken: new ones are added, changed ones replaced, the rest left alone.

Owns keys of tickets and the order of events on the disk. Must not know why a row was not taken.
"""

from dataclasses import dataclass

import duckdb

from pacesetter.warehouse.staging import Intake
from pacesetter.warehouse.storage import count, extra_columns, key_text, literal, quoted, stored_columns

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
    empty = not count(con, f"main.{quoted(table.name)}")
    if table.name == "tickets" and empty:
        return Stored(inserted=_fill_tickets(con, intake, refused))
    if table.name == "tickets":
        _give_keys(con, intake, refused)
    if empty:
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


def _keyed(intake: Intake, relation: str, known: str = "TRUE") -> tuple[list[str], str]:
    """Stored column names of an intake, and the query of its rows under them (alias ``s``, with ``_rid``).

    ``known`` limits the tickets whose keys are looked up.
    """
    names = _names(intake)
    picked = ", ".join(("k." if n == "ticket_key" else "s.") + quoted(n) for n in names)
    join = ""
    if intake.table.name in ("tickets", "ticket_events"):
        keys = _KEYS if intake.table.name == "tickets" else "main.tickets"
        join = f" JOIN (SELECT ticket_id, ticket_key FROM {keys} WHERE {known}) AS k ON k.ticket_id = s.ticket_id"
    return names, f"SELECT {picked}, s._rid FROM {relation} AS s{join}"


def _names(intake: Intake) -> list[str]:
    return [name for name, _ in stored_columns(intake.table)] + intake.extras


def _fill_tickets(con: duckdb.DuckDBPyConnection, intake: Intake, refused: str) -> int:
    """Fill the empty table of tickets: one sort gives both the keys and the order on the disk."""
    columns = ", ".join(quoted(n) for n in _names(intake) if n != "ticket_key")
    con.execute(
        f"INSERT INTO main.tickets (ticket_key, {columns}) SELECT row_number() OVER (), * FROM "
        f"(SELECT {columns} FROM {intake.view} WHERE {refused} ORDER BY created_at, ticket_id) AS ordered"
    )
    return count(con, "main.tickets")


def _fill(con: duckdb.DuckDBPyConnection, intake: Intake, refused: str) -> int:
    """Fill an empty table, piece by piece so that sorting stays within memory."""
    is_events = intake.table.name == "ticket_events"
    for piece in intake.slices():
        names, rows = _keyed(intake, piece, _tickets_of(con, piece) if is_events else "TRUE")
        columns = ", ".join(quoted(n) for n in names)
        con.execute(
            f"INSERT INTO main.{quoted(intake.table.name)} ({columns}) SELECT {columns} FROM ({rows}) AS rows "
            f"WHERE {refused}{' ORDER BY ticket_key, occurred_at' if is_events else ''}"
        )
    return count(con, f"main.{quoted(intake.table.name)}")


def _tickets_of(con: duckdb.DuckDBPyConnection, piece: str) -> str:
    """The condition on tickets that a piece of events may belong to, so that fewer keys have to be at hand."""
    low, high = con.execute(f"SELECT min(ticket_id), max(ticket_id) FROM {piece} AS piece").fetchall()[0]
    return "FALSE" if low is None else f"ticket_id BETWEEN {literal(low)} AND {literal(high)}"


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
        order = " ORDER BY ticket_key, occurred_at" if table.name == "ticket_events" else ""
        order = " ORDER BY ticket_key" if table.name == "tickets" else order
        con.execute(f"INSERT INTO {target} ({columns}) SELECT {columns} FROM {incoming} WHERE {fresh}{order}")
    return Stored(inserted=inserted, changed=changed, unchanged=unchanged)
