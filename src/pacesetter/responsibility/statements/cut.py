"""The rows that a statement is computed from: canonical tables cut to one client, one period and what the figures depend on.

Owns which rows and columns go in. A row of another client never does, nor an amount, an address, a subject or a note: no figure reads
them. Must not know files or KPIs.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import duckdb
import pyarrow as pa

from pacesetter.errors import BadRequest
from pacesetter.model.calendars import Because, read_calendar
from pacesetter.warehouse.storage import literal

INSTANT = "replace(strftime({0}, '%Y-%m-%dT%H:%M:%S.%fZ'), '.000000Z', 'Z')"


@dataclass(frozen=True, kw_only=True)
class Slice:
    """What is cut out: a client, ``[from_s, to_s)`` in epoch seconds, as known at ``as_of_s``; whether technicians are
    named, and what their ids are mixed with where they are not."""

    client_id: str
    from_s: int
    to_s: int
    as_of_s: int
    names: bool
    salt: str
    calendar_id: str | None

    def technician(self, column: str) -> str:
        """SQL of a technician's id: the workspace's own where technicians are named, else one that is the same in every statement of the
        workspace and leads nowhere."""
        if self.names:
            return column
        return f"CASE WHEN {column} IS NOT NULL THEN 'tech-' || left(sha256({literal(self.salt)} || {column}), 12) END"


@dataclass(frozen=True, kw_only=True)
class RowFile:
    """One row file: its columns, each with the SQL of its text, over ``source``, in the order of ``order``."""

    table: str
    columns: Mapping[str, str]
    source: str
    order: tuple[str, ...]

    def query(self) -> str:
        """The rows as texts, sorted."""
        picked = ", ".join(f'{sql} AS "{name}"' for name, sql in self.columns.items())
        return f"SELECT {picked} FROM {self.source} ORDER BY {', '.join(self.order)}"


def _at(*names: str) -> dict[str, str]:
    return {name: INSTANT.format(f"t.{name}") for name in names}


def _as_is(*names: str) -> dict[str, str]:
    return {name: f"t.{name}" for name in names}


def _cast(*names: str) -> dict[str, str]:
    return {name: f"CAST(t.{name} AS VARCHAR)" for name in names}


def _number(*names: str) -> dict[str, str]:
    """Numbers without a point where they are whole."""
    return {
        n: f"CASE WHEN t.{n} = floor(t.{n}) AND abs(t.{n}) < 1e15 THEN CAST(CAST(t.{n} AS BIGINT) AS VARCHAR)"
        f" ELSE CAST(t.{n} AS VARCHAR) END"
        for n in names
    }


_TEAM_KINDS = "t.kind IN ('team', 'escalation')"
_VALUES = f"({_TEAM_KINDS} OR t.kind IN ('created', 'status', 'priority', 'category'))"
TABLES = (
    "clients", "teams", "technicians", "team_memberships", "offerings", "agreements", "ticket_statuses", "calendars", "calendar_exceptions",
    "sla_policies", "sla_targets", "tickets", "ticket_events", "surveys",
)  # fmt: skip
"""The row files of every statement, in their order; one without rows has its header alone."""


def row_files(con: duckdb.DuckDBPyConnection, piece: Slice) -> list[RowFile]:
    """Choose the rows (temporary tables ``cut_*``) and say how they are written. Raises BadRequest for an unknown client."""
    if not con.execute("SELECT 1 FROM clients WHERE client_id = ?", [piece.client_id]).fetchall():
        raise BadRequest(f"no client '{piece.client_id}'", where="--client", do="the ids are in 'clients'")
    for name, query in _choices(piece).items():
        con.execute(f"CREATE OR REPLACE TEMP TABLE cut_{name} AS {query}")
    _write_closed_days(con, piece)
    return _described(piece)


def _choices(piece: Slice) -> dict[str, str]:
    """The queries of the chosen ids, in an order in which each finds those it asks about."""
    client = literal(piece.client_id)
    first = f"make_timestamp({piece.from_s}000000)"
    sent = f"sent_s >= {piece.from_s} AND sent_s < {piece.to_s}"
    answered = f"answered_s >= {piece.from_s} AND answered_s < {piece.to_s}"
    workspace = f"UNION SELECT {literal(piece.calendar_id)}" if piece.calendar_id else ""
    return {
        "surveys": f"""
            SELECT f.survey_id, CASE WHEN k.client_id = f.client_id THEN k.ticket_id END AS ticket_id
            FROM f_surveys AS f LEFT JOIN f_tickets AS k ON k.ticket_key = f.ticket_key
            WHERE f.client_id = {client} AND (({sent}) OR ({answered}))""",
        "tickets": f"""
            SELECT f.ticket_key, f.ticket_id FROM f_tickets AS f
            WHERE f.client_id = {client} AND (f.ticket_id IN (SELECT ticket_id FROM cut_surveys) OR (
                f.created_s < {piece.to_s} AND (f.created_s >= {piece.from_s}
                OR EXISTS (SELECT 1 FROM f_intervals AS i WHERE i.ticket_key = f.ticket_key AND i.end_s IS NULL AND i.phase_code <= 5)
                OR EXISTS (SELECT 1 FROM ticket_events AS e WHERE e.ticket_key = f.ticket_key AND e.occurred_at >= {first})
                OR EXISTS (SELECT 1 FROM tickets AS t WHERE t.ticket_key = f.ticket_key AND (
                    t.resolved_at >= {first} OR t.closed_at >= {first} OR t.first_response_at >= {first})))))""",
        "events": "SELECT e.* FROM ticket_events AS e WHERE e.ticket_key IN (SELECT ticket_key FROM cut_tickets)",
        "technicians": """
            SELECT technician_id FROM technicians WHERE technician_id IN (
                SELECT actor_id FROM cut_events UNION SELECT from_value FROM cut_events WHERE kind = 'assignment'
                UNION SELECT to_value FROM cut_events WHERE kind = 'assignment'
                UNION SELECT technician_id FROM tickets WHERE ticket_key IN (SELECT ticket_key FROM cut_tickets))""",
        "teams": """
            SELECT team_id FROM teams WHERE team_id IN (
                SELECT team_id FROM technicians WHERE technician_id IN (SELECT c.technician_id FROM cut_technicians AS c)
                UNION SELECT team_id FROM team_memberships WHERE technician_id IN (SELECT c.technician_id FROM cut_technicians AS c)
                UNION SELECT from_value FROM cut_events WHERE kind IN ('team', 'escalation')
                UNION SELECT to_value FROM cut_events WHERE kind IN ('team', 'escalation')
                UNION SELECT team_id FROM tickets WHERE ticket_key IN (SELECT ticket_key FROM cut_tickets))""",
        "named_policies": "SELECT DISTINCT sla_policy_id FROM tickets WHERE ticket_key IN (SELECT ticket_key FROM cut_tickets)",
        "agreements": f"""
            SELECT agreement_id FROM agreements WHERE client_id = {client}
                AND agreement_id IN (SELECT agreement_id FROM sla_policies)""",
        "policies": f"""
            SELECT sla_policy_id, fits FROM (
                SELECT p.sla_policy_id, (p.client_id IS NULL OR p.client_id = {client})
                    AND (p.agreement_id IS NULL OR p.agreement_id IN (SELECT agreement_id FROM cut_agreements)) AS fits
                FROM sla_policies AS p)
            WHERE fits OR sla_policy_id IN (SELECT sla_policy_id FROM cut_named_policies)""",
        "offerings": """
            SELECT offering_id FROM tickets WHERE ticket_key IN (SELECT ticket_key FROM cut_tickets) AND offering_id IS NOT NULL
            UNION SELECT offering_id FROM agreements WHERE agreement_id IN (SELECT c.agreement_id FROM cut_agreements AS c)""",
        "calendars": f"""
            SELECT calendar_id FROM calendars WHERE calendar_id IN (
                SELECT calendar_id FROM sla_policies WHERE sla_policy_id IN (SELECT c.sla_policy_id FROM cut_policies AS c)
                UNION SELECT calendar_id FROM clients WHERE client_id = {client}
                UNION SELECT calendar_id FROM teams WHERE team_id IN (SELECT c.team_id FROM cut_teams AS c) {workspace})""",
    }


def _write_closed_days(con: duckdb.DuckDBPyConnection, piece: Slice) -> None:
    """``cut_days``: the exceptions of the calendars, and every public holiday written out as a closed day, so that nobody who
    recomputes needs a list of holidays."""
    rows = con.execute(
        """SELECT c.calendar_id, c.name, c.time_zone, c.hours, c.holidays FROM calendars AS c
        WHERE c.calendar_id IN (SELECT calendar_id FROM cut_calendars) ORDER BY c.calendar_id"""
    ).fetchall()
    con.execute(
        """CREATE OR REPLACE TEMP TABLE cut_days AS SELECT calendar_id, day, hours, name FROM calendar_exceptions
        WHERE calendar_id IN (SELECT calendar_id FROM cut_calendars)"""
    )
    first, last = _years(con, piece)
    taken = set(con.execute("SELECT calendar_id, day FROM cut_days").fetchall())
    found = [
        (row[0], day, name)
        for row in rows if row[4]
        for day, name in _holidays(row, first, last)
        if (row[0], day) not in taken
    ]  # fmt: skip
    if found:
        ids, days, names = zip(*found, strict=True)
        con.register("holiday_rows", pa.table({"calendar_id": ids, "day": pa.array(days, pa.date32()), "name": names}))
        con.execute("INSERT INTO cut_days SELECT calendar_id, day, NULL, name FROM holiday_rows").fetchall()
        con.unregister("holiday_rows")


def _years(con: duckdb.DuckDBPyConnection, piece: Slice) -> tuple[int, int]:
    row = con.execute(
        "SELECT min(created_s), max(created_s) FROM f_tickets WHERE ticket_key IN (SELECT ticket_key FROM cut_tickets)"
    ).fetchall()[0]
    first = datetime.fromtimestamp(min(piece.from_s, row[0] or piece.from_s), UTC)
    return (first - timedelta(days=2)).year, max(_year(piece.to_s), _year(piece.as_of_s), _last_year(con)) + 1


def _year(second: int) -> int:
    return datetime.fromtimestamp(second, UTC).year


def _last_year(con: duckdb.DuckDBPyConnection) -> int:
    row = con.execute("SELECT year(max(occurred_at)) FROM cut_events").fetchall()[0]
    return int(row[0] or 0)


def _holidays(row: tuple[str, str | None, str, str, str], first: int, last: int) -> list[tuple[date, str]]:
    """The public holidays of a calendar (id, name, zone, hours, holidays) from one year to another, both included."""
    calendar_id, name, zone, hours, code = row
    calendar = read_calendar(calendar_id=calendar_id, name=name, time_zone=zone, hours=hours, holidays=code)
    days = [day for year in range(first, last + 1) for day, _ in calendar.holidays_in(year)]
    plans = (calendar.plan(day) for day in days)
    return [(p.day, p.name or "public holiday") for p in plans if p.because is Because.HOLIDAY]


def _stated(piece: Slice) -> dict[str, str]:
    """Both values of an event, where a figure reads them."""
    return {
        "from_value": f"CASE WHEN t.kind = 'assignment' THEN {piece.technician('t.from_value')} WHEN {_VALUES} THEN t.from_value END",
        "to_value": f"CASE WHEN t.kind = 'assignment' THEN {piece.technician('t.to_value')} WHEN {_VALUES} THEN t.to_value "
        "WHEN t.kind = 'merge' AND t.to_value <> k.ticket_id THEN 'another' WHEN t.kind = 'merge' THEN t.to_value END",
    }


def _described(piece: Slice) -> list[RowFile]:
    client = literal(piece.client_id)
    alias = piece.technician("t.technician_id")
    named = "t.name" if piece.names else alias
    foreign = f"t.client_id IS NOT NULL AND t.client_id <> {client}"
    never = "NOT c.fits"

    def of(table: str, columns: Mapping[str, str], source: str, *order: str) -> RowFile:
        return RowFile(table=table, columns=columns, source=source, order=order)

    def chosen(table: str, key: str, cut: str) -> str:
        return f"{table} AS t JOIN cut_{cut} AS c ON c.{key} = t.{key}"

    excluded = "coalesce(t.excluded_as, CASE WHEN t.merged_into IS NOT NULL THEN 'merged' END)"
    return [
        of("clients", _as_is("client_id", "name", "time_zone", "calendar_id"),
           f"(SELECT * FROM clients WHERE client_id = {client}) AS t", "client_id"),
        of("teams", _as_is("team_id") | {"name": f"CASE WHEN {foreign} THEN t.team_id ELSE t.name END"} | _as_is("organisation")
           | {"client_id": f"CASE WHEN {foreign} THEN NULL ELSE t.client_id END"} | _number("tier") | _as_is("calendar_id"),
           chosen("teams", "team_id", "teams"), "t.team_id"),
        of("technicians", {"technician_id": alias, "name": named} | _as_is("team_id"),
           chosen("technicians", "technician_id", "technicians"), "1"),
        of("team_memberships", {"technician_id": alias} | _as_is("team_id") | _cast("valid_from", "valid_to"),
           chosen("team_memberships", "technician_id", "technicians"), "1", "t.team_id", "t.valid_from"),
        of("offerings", _as_is("offering_id", "name"), chosen("offerings", "offering_id", "offerings"), "t.offering_id"),
        of("agreements", _as_is("agreement_id", "client_id", "offering_id") | _cast("starts_on", "ends_on") | {"monthly_amount": "'0'"},
           chosen("agreements", "agreement_id", "agreements"), "t.agreement_id"),
        of("ticket_statuses", _as_is("status", "phase"), "ticket_statuses AS t", "t.status"),
        of("calendars", _as_is("calendar_id", "name", "time_zone", "hours"),
           chosen("calendars", "calendar_id", "calendars"), "t.calendar_id"),
        of("calendar_exceptions", _as_is("calendar_id") | _cast("day") | _as_is("hours", "name"), "cut_days AS t",
           "t.calendar_id", "t.day"),
        of("sla_policies", _as_is("sla_policy_id", "name", "calendar_id")
           | {"client_id": f"CASE WHEN {foreign} THEN NULL ELSE t.client_id END",
              "agreement_id": f"CASE WHEN {never} THEN NULL ELSE t.agreement_id END"} | _number("rank")
           | {"valid_from": f"CASE WHEN {never} THEN '1970-01-01' ELSE CAST(t.valid_from AS VARCHAR) END",
              "valid_to": f"CASE WHEN {never} THEN '1970-01-01' ELSE CAST(t.valid_to AS VARCHAR) END"}
           | _as_is("on_reopen", "on_priority_change"), chosen("sla_policies", "sla_policy_id", "policies"), "t.sla_policy_id"),
        of("sla_targets", _as_is("sla_policy_id", "clock") | _number("target_minutes") | _as_is("hours", "priority", "type"),
           chosen("sla_targets", "sla_policy_id", "policies"), "t.sla_policy_id", "t.clock", "t.priority", "t.type"),
        of("tickets", _as_is("ticket_id", "client_id") | _at("created_at")
           | _as_is("type", "channel", "opened_by", "priority", "category", "subcategory", "offering_id", "team_id")
           | {"technician_id": alias} | _as_is("status") | _at("first_response_at", "resolved_at", "closed_at") | _as_is("sla_policy_id")
           | _number("reopen_count", "reassignment_count") | {"excluded_as": excluded} | _as_is("source"),
           chosen("tickets", "ticket_key", "tickets"), "t.ticket_id"),
        of("ticket_events", _as_is("event_id") | {"ticket_id": "k.ticket_id"} | _at("occurred_at") | _as_is("kind", "actor_kind")
           | {"actor_id": piece.technician("c.technician_id")} | _stated(piece) | _cast("is_public"),
           "cut_events AS t JOIN cut_tickets AS k ON k.ticket_key = t.ticket_key"
           " LEFT JOIN cut_technicians AS c ON c.technician_id = t.actor_id",
           "k.ticket_id", "t.occurred_at", "t.event_id"),
        of("surveys", _as_is("survey_id", "kind") | _at("sent_at", "answered_at") | _number("score", "scale_max")
           | {"ticket_id": "c.ticket_id", "client_id": client}, chosen("surveys", "survey_id", "surveys"), "t.survey_id"),
    ]  # fmt: skip
