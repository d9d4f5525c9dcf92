"""The replay: clocks of past tickets under other rules, beside what they were.

Owns the chunks, the sums and the list of tickets that change sides. Works in temporary tables on a connection that may be read-only.
Must not know faces.
"""

from collections.abc import Callable
from dataclasses import dataclass

import duckdb

from pacesetter.access.scope import Scope
from pacesetter.catalogue.facts.clocks import OUTCOME
from pacesetter.insight.what_if.policy_file import WhatIf
from pacesetter.insight.what_if.rules import write_rules
from pacesetter.settings import Settings
from pacesetter.warehouse.facts.clocks import batches, version_clocks

ALL_CLOCKS = "all"
"""Stands for every clock of a ticket together: broken by the first that breaks, kept when none of them runs any more."""

Progress = Callable[[str, float | None], None]


@dataclass(frozen=True, kw_only=True)
class Row:
    """Tickets of a client and priority by clock: how many were met and broken, and would have been."""

    client: str
    priority: str | None
    clock: str
    met_then: int
    broken_then: int
    met_now: int
    broken_now: int


@dataclass(frozen=True, kw_only=True)
class Change:
    """A ticket whose clock changes sides. ``then`` and ``now`` are met, breached or none; due instants are epoch seconds."""

    ticket_id: str
    client: str
    priority: str | None
    clock: str
    then: str
    now: str
    due_then_s: int | None
    due_now_s: int | None


@dataclass(frozen=True, kw_only=True)
class Report:
    """The replay's result. ``tickets`` were created in the span and are touched by a rule, of ``within_span`` tickets in all."""

    tickets: int
    within_span: int
    rows: tuple[Row, ...]
    changed: int
    changes: tuple[Change, ...]


def replay(
    con: duckdb.DuckDBPyConnection,
    settings: Settings,
    scope: Scope,
    what_if: WhatIf,
    *,
    from_s: int,
    to_s: int,
    as_of_s: int,
    limit: int = 50,
    progress: Progress = lambda text, share: None,
) -> Report:
    """Replay tickets created in ``[from_s, to_s)`` as of ``as_of_s``; at most ``limit`` changes are listed.

    Tickets out of the population are left out, alerts also of the respond clock. Raises BadDefinition for names that do not exist.
    """
    time = write_rules(con, settings, what_if, scope)
    _tickets(con, from_s, to_s, as_of_s)
    spans = batches(con, "SELECT ticket_key FROM what_if_all")
    for done, span in enumerate(spans):
        progress("replaying", done / len(spans))
        _chunk(con, span)
        version_clocks(con, time, at_risk_s=None)
        _sides(con, span, as_of_s, create=done == 0)
    progress("replaying", 1.0)
    return _report(con, scope, from_s, to_s, limit)


def _tickets(con: duckdb.DuckDBPyConnection, from_s: int, to_s: int, as_of_s: int) -> None:
    con.execute(
        f"""CREATE OR REPLACE TEMP TABLE what_if_all AS
        SELECT t.ticket_key, t.client_id, t.type, t.created_s, t.responded_s, t.priority, w.what_if_policy_id AS sla_policy_id,
            coalesce(w.calendar_id, t.calendar_id) AS calendar_id, coalesce(w.calendar_key, t.calendar_key) AS calendar_key
        FROM f_tickets AS t
        JOIN what_if_rules AS w ON w.client_id = t.client_id AND w.sla_policy_id IS NOT DISTINCT FROM t.sla_policy_id
        WHERE t.created_s >= {from_s} AND t.created_s < {to_s} AND t.created_s <= {as_of_s}
            AND (t.excluded_s IS NULL OR t.excluded_s > {as_of_s})"""
    )


def _chunk(con: duckdb.DuckDBPyConnection, span: str) -> None:
    """The relations that clocks run over, for one range of tickets."""
    con.execute(f"CREATE OR REPLACE TEMP VIEW clock_tickets AS SELECT * FROM what_if_all WHERE {span}")
    con.execute(f"CREATE OR REPLACE TEMP VIEW clock_intervals AS SELECT * FROM f_intervals WHERE {span}")
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW clock_resolutions AS
        SELECT ticket_key, resolved_s, superseded_s FROM f_resolutions WHERE {span}"""
    )
    con.execute(
        f"""CREATE OR REPLACE TEMP VIEW clock_replies AS
        SELECT DISTINCT e.ticket_key,
            CASE WHEN epoch_us(e.occurred_at) // 1000000 < t.created_s THEN t.created_s
                 ELSE CAST(epoch_us(e.occurred_at) // 1000000 AS BIGINT) END AS at_s
        FROM (SELECT * FROM ticket_events WHERE {span} AND kind = 'reply' AND coalesce(is_public, TRUE)) AS e
        JOIN clock_tickets AS t ON t.ticket_key = e.ticket_key
        LEFT JOIN (SELECT DISTINCT technician_id FROM technicians) AS p ON p.technician_id = e.actor_id AND e.actor_kind IS NULL
        LEFT JOIN (
            SELECT s.* FROM f_spells AS s JOIN teams AS w ON w.team_id = s.team_id WHERE w.organisation = 'vendor'
        ) AS v ON v.technician_id = e.actor_id AND v.from_s <= greatest(epoch_us(e.occurred_at) // 1000000, t.created_s)
            AND greatest(epoch_us(e.occurred_at) // 1000000, t.created_s) < v.to_s
        WHERE v.technician_id IS NULL
            AND coalesce(e.actor_kind, CASE WHEN p.technician_id IS NOT NULL THEN 'technician' END) = 'technician'"""
    )


def _sides(con: duckdb.DuckDBPyConnection, span: str, as_of_s: int, *, create: bool) -> None:
    """Add each ticket's side per clock, and over all clocks, as it was and as it would have been."""
    outcome = OUTCOME.replace(":as_of", str(as_of_s))
    valid = f"f.valid_from_s <= {as_of_s} AND (f.superseded_s IS NULL OR f.superseded_s > {as_of_s})"
    for name, relation in (
        ("then", f"(SELECT * FROM f_clocks WHERE {span}) AS f JOIN clock_tickets AS c ON c.ticket_key = f.ticket_key"),
        ("now", "versioned_clocks AS f"),
    ):
        con.execute(
            f"""CREATE OR REPLACE TEMP TABLE sides_{name} AS
            SELECT ticket_key, coalesce(clock, '{ALL_CLOCKS}') AS clock,
                CASE WHEN bool_or(outcome = 'breached') THEN 'breached'
                     WHEN clock IS NULL AND bool_or(outcome IN ('running', 'paused')) THEN NULL
                     WHEN bool_or(outcome = 'met') THEN 'met' END AS side,
                coalesce(min(CASE WHEN outcome = 'breached' THEN due_s END), max(due_s)) AS due_s
            FROM (SELECT f.ticket_key, f.clock, f.due_s, {outcome} AS outcome FROM {relation} WHERE {valid}) AS j
            GROUP BY GROUPING SETS ((ticket_key, clock), (ticket_key))"""
        )
    con.execute("DROP TABLE versioned_clocks")
    verb = "CREATE OR REPLACE TEMP TABLE what_if_sides AS" if create else "INSERT INTO what_if_sides"
    con.execute(
        f"""{verb}
        SELECT s.* EXCLUDE (type)
        FROM (
            SELECT coalesce(a.ticket_key, b.ticket_key) AS ticket_key, coalesce(a.clock, b.clock) AS clock,
                a.side AS side_then, b.side AS side_now, a.due_s AS due_then_s, b.due_s AS due_now_s, t.type
            FROM sides_then AS a FULL JOIN sides_now AS b ON b.ticket_key = a.ticket_key AND b.clock = a.clock
            JOIN clock_tickets AS t ON t.ticket_key = coalesce(a.ticket_key, b.ticket_key)
        ) AS s
        WHERE (s.side_then IS NOT NULL OR s.side_now IS NOT NULL)
            AND NOT (s.clock = 'respond' AND coalesce(s.type = 'alert', FALSE))"""
    )


def _report(con: duckdb.DuckDBPyConnection, scope: Scope, from_s: int, to_s: int, limit: int) -> Report:
    rows = con.execute(
        """SELECT t.client_id, t.priority, s.clock,
            count(CASE WHEN s.side_then = 'met' THEN 1 END), count(CASE WHEN s.side_then = 'breached' THEN 1 END),
            count(CASE WHEN s.side_now = 'met' THEN 1 END), count(CASE WHEN s.side_now = 'breached' THEN 1 END)
        FROM what_if_sides AS s JOIN what_if_all AS t ON t.ticket_key = s.ticket_key
        GROUP BY t.client_id, t.priority, s.clock ORDER BY t.client_id, t.priority NULLS LAST, s.clock"""
    ).fetchall()
    changed = "s.side_then IS DISTINCT FROM s.side_now"
    changes = con.execute(
        f"""SELECT k.ticket_id, t.client_id, t.priority, s.clock, coalesce(s.side_then, 'none'), coalesce(s.side_now, 'none'),
            s.due_then_s, s.due_now_s
        FROM what_if_sides AS s JOIN what_if_all AS t ON t.ticket_key = s.ticket_key
        JOIN f_tickets AS k ON k.ticket_key = s.ticket_key
        WHERE {changed} AND s.clock <> '{ALL_CLOCKS}' ORDER BY t.created_s, k.ticket_id, s.clock LIMIT {limit}"""
    ).fetchall()
    clients = "" if scope.clients is None else "AND list_contains(?, client_id)"
    values = [] if scope.clients is None else [sorted(scope.clients)]
    within = con.execute(
        f"SELECT count(*) FROM f_tickets WHERE created_s >= {from_s} AND created_s < {to_s} {clients}", values
    ).fetchall()[0][0]
    counts = con.execute(
        f"""SELECT (SELECT count(*) FROM what_if_all),
            (SELECT count(DISTINCT s.ticket_key) FROM what_if_sides AS s WHERE {changed} AND s.clock <> '{ALL_CLOCKS}')"""
    ).fetchall()[0]
    names = ("client", "priority", "clock", "met_then", "broken_then", "met_now", "broken_now")
    changed_names = ("ticket_id", "client", "priority", "clock", "then", "now", "due_then_s", "due_now_s")
    return Report(
        tickets=counts[0],
        within_span=within,
        rows=tuple(Row(**dict(zip(names, row, strict=True))) for row in rows),
        changed=counts[1],
        changes=tuple(Change(**dict(zip(changed_names, row, strict=True))) for row in changes),
    )
