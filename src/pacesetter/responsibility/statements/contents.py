"""What a statement says of itself: whom and when it is about, by what it was judged, and how complete its rows are.

Owns ``statement.json`` and ``completeness.json``. Must not know how they are sealed.
"""

import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import duckdb

from pacesetter import __version__
from pacesetter.catalogue.answer import local_text
from pacesetter.model.calendar_zones import tzdata_version
from pacesetter.responsibility.statements import figures, wording
from pacesetter.responsibility.statements.format import FORMAT
from pacesetter.responsibility.statements.span import Span
from pacesetter.settings import Settings

_ARRIVAL = "a row does not say when it came in; a later statement for the period lists what came since this one"


def head(
    con: duckdb.DuckDBPyConnection, settings: Settings, span: Span, *, client_id: str, as_of_s: int, issued_at: datetime,
    locale: str, rows: Mapping[str, int], provides: Mapping[str, Any], earlier: Mapping[str, Any] | None,
) -> dict[str, Any]:  # fmt: skip
    """``statement.json``: everything that a recomputation needs beside rows, and what people want to read first."""
    name = con.execute("SELECT name FROM clients WHERE client_id = ?", [client_id]).fetchall()[0][0]
    rules = settings.rules
    return {
        "format": FORMAT,
        "issued_at": issued_at.isoformat().replace("+00:00", "Z"),
        "issuer": settings.name, "simulated": settings.simulated,
        "client": {"id": client_id, "name": name},
        "period": {"name": span.name, "from": local_text(span.from_s, span.zone), "to": local_text(span.to_s, span.zone),
                   "from_s": span.from_s, "to_s": span.to_s, "time_zone": span.zone.key},
        "as_of": local_text(as_of_s, span.zone), "as_of_s": as_of_s,
        "settings": {
            "time_zone": settings.time_zone, "calendar": settings.calendar, "currency": settings.currency,
            "technician_names": settings.statements.technician_names,
            "rules": {
                "contact_gap_s": round(rules.contact_gap_minutes * 60),
                "first_contact_window_s": round(rules.first_contact_window_days * 86_400),
            },
        },
        "provides": dict(provides), "policies": _policies(con), "calendars": _calendars(con), "rows": dict(rows),
        "locale": locale, "number_marks": wording.number_marks(locale),
        "made_by": {"product": "pacesetter", "version": __version__, "time_zone_data": tzdata_version()},
        "earlier": earlier,
    }  # fmt: skip


def _policies(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = con.execute(
        """SELECT p.sla_policy_id, p.name, CAST(p.valid_from AS VARCHAR), CAST(p.valid_to AS VARCHAR), p.calendar_id,
            (SELECT count(*) FROM f_tickets AS f JOIN cut_tickets AS c ON c.ticket_key = f.ticket_key
             WHERE f.sla_policy_id = p.sla_policy_id)
        FROM sla_policies AS p JOIN cut_policies AS c ON c.sla_policy_id = p.sla_policy_id ORDER BY 1"""
    ).fetchall()
    names = ("id", "name", "valid_from", "valid_to", "calendar", "tickets_judged")
    return [dict(zip(names, row, strict=True)) for row in rows]


def _calendars(con: duckdb.DuckDBPyConnection) -> list[dict[str, Any]]:
    rows = con.execute(
        """SELECT k.calendar_id, k.name, k.time_zone, k.hours, k.holidays, v.version
        FROM calendars AS k JOIN cut_calendars AS c ON c.calendar_id = k.calendar_id
        LEFT JOIN calendar_versions AS v ON v.calendar_id = k.calendar_id ORDER BY 1"""
    ).fetchall()
    names = ("id", "name", "time_zone", "hours", "holidays_of", "version")
    return [dict(zip(names, row, strict=True)) for row in rows]


def counted(con: duckdb.DuckDBPyConnection, tickets: str, from_s: int, to_s: int, as_of_s: int) -> dict[str, Any]:
    """The part of ``completeness.json`` that the rows give: tickets created in the period by source, those out of the population by
    reason, and what happened after the period to the tickets of the statement. ``tickets`` is the relation with their keys."""
    within = f"f.ticket_key IN (SELECT ticket_key FROM {tickets})"
    created = f"{within} AND f.created_s >= {from_s} AND f.created_s < {to_s} AND f.created_s <= {as_of_s}"
    by_source = con.execute(
        f"SELECT coalesce(source, ''), count(*) FROM f_tickets AS f WHERE {created} GROUP BY ALL ORDER BY 1"
    ).fetchall()
    out = con.execute(
        f"""SELECT excluded_as, count(*) FROM f_tickets AS f
        WHERE {created} AND excluded_s <= {as_of_s} AND excluded_as IS NOT NULL GROUP BY ALL ORDER BY 1"""
    ).fetchall()
    later = con.execute(
        f"""SELECT count(*), count(DISTINCT e.ticket_key) FROM ticket_events AS e
        JOIN f_tickets AS f ON f.ticket_key = e.ticket_key WHERE {within} AND epoch_us(e.occurred_at) // 1000000 >= {to_s}"""
    ).fetchall()[0]
    return {
        "created_in_period": {source: count for source, count in by_source},
        "excluded": dict(out),
        "after_the_period": {"events": later[0], "tickets": later[1]},
    }


def completeness(
    con: duckdb.DuckDBPyConnection,
    span: Span,
    client_id: str,
    as_of_s: int,
    *,
    declared: int | None,
    lacking: list[str],
) -> dict[str, Any]:
    """``completeness.json``: tickets against the source's own count, exclusions by reason, late data, figures that cannot be known."""
    rows = counted(con, "cut_tickets", span.from_s, span.to_s, as_of_s)
    loaded = sum(rows["created_in_period"].values())
    refused = _refused(con, client_id)
    return rows | {
        "source_count": {
            "loaded": loaded, "refused": refused["in_period_or_unknown"](span), "declared": declared,
            "difference": None if declared is None else declared - loaded - refused["in_period_or_unknown"](span),
            "reason": None if declared is not None else "nobody said what the source itself counts (--source-count)",
        },
        "refused_rows": refused["by_reason"],
        "late": {"rows": None, "reason": _ARRIVAL},
        "not_available": lacking,
    }  # fmt: skip


def _refused(con: duckdb.DuckDBPyConnection, client_id: str) -> dict[str, Any]:
    """Rows of this client that stand in quarantine: tickets by their client, events by a ticket of this statement."""
    rows = con.execute(
        "SELECT table_name, reason, row_json FROM _quarantine WHERE left_at IS NULL AND table_name IN ('tickets', 'ticket_events')"
    ).fetchall()
    own = {row[0] for row in con.execute("SELECT ticket_id FROM cut_tickets").fetchall()} if rows else set()
    found: dict[str, dict[str, int]] = {}
    created: list[str | None] = []
    for table, reason, text in rows:
        cells = json.loads(text) if text else {}
        if cells.get("client_id") != client_id if table == "tickets" else cells.get("ticket_id") not in own:
            continue
        counts = found.setdefault(table, {})
        counts[reason] = counts.get(reason, 0) + 1
        if table == "tickets":
            created.append(cells.get("created_at"))
    return {"by_reason": found, "in_period_or_unknown": lambda span: sum(span.may_hold(at) for at in created)}


def lacking_kpis(answers: list[dict[str, Any]]) -> list[str]:
    """The KPIs of which no figure could be known, with the reason."""
    known = {a["kpi"] for a in answers if a["value"] is not None}
    reasons = {a["kpi"]: a["reason"] for a in answers if a["kpi"] not in known}
    return [f"{kpi}: {reasons[kpi]}" for kpi in figures.KPIS if kpi in reasons]
