"""Facts about promises: SLA clocks, verdicts over all clocks of a ticket, what is at risk, promised times, who held what."""

from pacesetter.catalogue.facts.record import COMMON, OUT, B, Fact, N, X, durations

OUTCOME = """
    CASE WHEN f.due_s < :as_of AND (f.stopped_s IS NULL OR f.due_s < f.stopped_s) AND (f.cancelled_s IS NULL OR f.due_s < f.cancelled_s)
         THEN 'breached'
         WHEN f.due_reason = 'no_target' THEN 'no_target'
         WHEN f.due_reason IS NOT NULL THEN 'unknown'
         WHEN f.stopped_s <= :as_of THEN 'met'
         WHEN f.cancelled_s <= :as_of THEN 'cancelled'
         WHEN f.is_running THEN 'running' ELSE 'paused' END"""
"""The outcome of a clock version that is valid as of ``:as_of``, read off its instants."""

_VALID = "f.valid_from_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)"
VERDICT = """CASE WHEN f.is_kept IS FALSE THEN f.judged_s < :as_of
    ELSE f.judged_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of) END"""
"""Whether the verdict of a ticket stands as of ``:as_of``."""
VERDICT_OUT = "CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as ELSE f.due_reason END AS out_as"
"""Why a verdict does not count: the ticket is out, or one of its clocks cannot be judged and none is broken."""
_ENDED = "coalesce(f.stopped_s <= :as_of, f.cancelled_s <= :as_of, FALSE)"
_RISKS = f"""
    SELECT c.* EXCLUDE (start_s, end_s), i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category,
        greatest(c.start_s, i.start_s) AS start_s, least(c.end_s, CASE WHEN i.end_s <= :as_of THEN i.end_s END) AS end_s
    FROM (
        SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.clock, f.holder, f.due_s, {OUT}, f.risk_from_s AS start_s,
            CASE WHEN f.superseded_s <= f.due_s AND f.superseded_s <= :as_of THEN f.superseded_s
                 WHEN f.stopped_s <= f.due_s AND f.stopped_s <= :as_of THEN f.stopped_s
                 WHEN f.cancelled_s <= f.due_s AND f.cancelled_s <= :as_of THEN f.cancelled_s
                 WHEN f.due_s < :as_of THEN f.due_s + 1 END AS end_s
        FROM f_clocks AS f WHERE f.risk_from_s <= :as_of AND f.valid_from_s <= :as_of
    ) AS c JOIN f_intervals AS i ON i.ticket_key = c.ticket_key AND i.start_s <= :as_of AND (c.end_s IS NULL OR i.start_s < c.end_s)
        AND (i.end_s IS NULL OR i.end_s > c.start_s)
    WHERE c.end_s IS NULL OR c.end_s > c.start_s"""
"""Clocks that are near to breaking, from when to when, cut where the ticket changed hands: each piece as the ticket was in it."""

FACTS = (
    Fact(
        name="clocks",
        doc="every cycle of every SLA clock, with its outcome as of the instant asked",
        source=f"""
            SELECT c.* EXCLUDE (over_calendar_s, over_business_s, over_sla_s),
                CASE WHEN c.excluded_s <= :as_of THEN c.excluded_as WHEN c.outcome = 'unknown' THEN c.due_reason END AS out_as,
                CASE WHEN c.outcome = 'breached' THEN c.due_s
                    WHEN c.stopped_s <= :as_of AND c.outcome IN ('met', 'unknown') THEN c.stopped_s END AS judged_s,
                CASE WHEN c.has_ended THEN c.over_calendar_s END AS over_calendar_s,
                CASE WHEN c.has_ended THEN c.over_business_s END AS over_business_s,
                CASE WHEN c.has_ended THEN c.over_sla_s END AS over_sla_s
            FROM (SELECT f.*, {OUTCOME} AS outcome, {_ENDED} AS has_ended FROM f_clocks AS f WHERE {_VALID}) AS c""",
        anchors={"due": "judged_s", "created": "created_s"},
        columns={
            **COMMON, "calendar_id": X, "clock": X, "cycle": N, "outcome": X, "has_ended": B, "holder": X, "target_s": N,
            "started_s": N, "due_s": N, "judged_s": N, "sla_policy_id": X,
        },
        hours={"over_s": {h: f"over_{h}_s" for h in ("calendar", "business", "sla")}},
        shift_at="judged_s",
    ),
    Fact(
        name="overruns",
        doc="every broken clock with the time over its target; of one that still runs, up to the instant asked",
        source=f"""
            WITH broken AS (
                SELECT f.*, {_ENDED} AS has_ended FROM f_clocks AS f
                WHERE {_VALID} AND f.due_s < :as_of AND (f.stopped_s IS NULL OR f.due_s < f.stopped_s)
                    AND (f.cancelled_s IS NULL OR f.due_s < f.cancelled_s)),
            pieces AS (
                SELECT f.ticket_key, f.due_s, i.phase_code,
                    CASE WHEN i.end_s <= :as_of THEN i.end_s ELSE :as_of END
                        - CASE WHEN i.start_s >= f.due_s THEN i.start_s ELSE f.due_s END AS calendar_s,
                    CASE WHEN i.end_s <= :as_of THEN i.open_at_s + i.business_s ELSE n.open_s END
                        - CASE WHEN i.start_s >= f.due_s THEN i.open_at_s ELSE d.open_s END AS business_s
                FROM (SELECT DISTINCT ticket_key, due_s, calendar_key FROM broken WHERE NOT has_ended) AS f
                JOIN f_intervals AS i ON i.ticket_key = f.ticket_key AND i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > f.due_s)
                JOIN open_now AS n ON n.calendar_key = coalesce(f.calendar_key, 0)
                JOIN open_dues AS d ON d.calendar_key = coalesce(f.calendar_key, 0) AND d.due_s = f.due_s),
            running AS (
                SELECT ticket_key, due_s, CAST(sum(calendar_s) AS BIGINT) AS calendar_s, CAST(sum(business_s) AS BIGINT) AS business_s,
                    CAST(sum(CASE WHEN phase_code <= 2 THEN calendar_s ELSE 0 END) AS BIGINT) AS active_calendar_s,
                    CAST(sum(CASE WHEN phase_code <= 2 THEN business_s ELSE 0 END) AS BIGINT) AS active_business_s
                FROM pieces GROUP BY ticket_key, due_s)
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.team_id, f.organisation, f.tier, f.technician_id,
                f.priority, f.category, f.calendar_id, f.clock, f.cycle, f.holder, f.sla_policy_id, f.has_ended, f.due_s, {OUT},
                CASE WHEN f.has_ended THEN f.over_calendar_s ELSE r.calendar_s END AS over_calendar_s,
                CASE WHEN f.has_ended THEN f.over_business_s ELSE r.business_s END AS over_business_s,
                CASE WHEN f.has_ended THEN f.over_sla_s WHEN f.clock = 'respond' AND f.hours = 'calendar' THEN r.calendar_s
                    WHEN f.clock = 'respond' THEN r.business_s WHEN f.hours = 'calendar' THEN r.active_calendar_s
                    ELSE r.active_business_s END AS over_sla_s
            FROM broken AS f LEFT JOIN running AS r ON r.ticket_key = f.ticket_key AND r.due_s = f.due_s""",
        anchors={"due": "due_s", "created": "created_s"},
        columns={**COMMON, "calendar_id": X, "clock": X, "cycle": N, "holder": X, "sla_policy_id": X, "has_ended": B, "due_s": N},
        hours={"over_s": {h: f"over_{h}_s" for h in ("calendar", "business", "sla")}},
        lookups=frozenset({"open_now", "open_dues"}),
        shift_at="due_s",
    ),
    Fact(
        name="breach_hands",
        doc="how long each holder had a ticket, in the cycle of a clock, before that clock ran out",
        source=f"SELECT f.*, {OUT} FROM f_breach_hands AS f WHERE f.due_s < :as_of",
        anchors={"due": "due_s", "created": "created_s"},
        columns={**COMMON, "break_key": N, "clock": X, "cycle": N, "holder": X, "due_s": N},
        hours={"held_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}},
        shift_at="due_s",
    ),
    Fact(
        name="verdicts",
        doc="each ticket whose clocks are judged: broken by the first that is broken, kept when all have ended; out where one cannot be "
        "judged",
        source=f"SELECT f.*, {VERDICT_OUT} FROM f_verdicts AS f WHERE {VERDICT}",
        anchors={"due": "judged_s", "created": "created_s"},
        columns={**COMMON, "is_kept": B, "clock": X, "judged_s": N},
        shift_at="judged_s",
    ),
    Fact(
        name="closed_verdicts",
        doc="the verdicts without those of which every broken clock still runs",
        source=f"""
            SELECT f.*, {VERDICT_OUT} FROM f_verdicts AS f
            LEFT JOIN (
                SELECT DISTINCT f.ticket_key FROM f_clocks AS f
                WHERE {_VALID} AND f.due_s < :as_of AND (f.due_s < f.stopped_s OR f.due_s < f.cancelled_s) AND {_ENDED}
            ) AS b ON b.ticket_key = f.ticket_key
            WHERE {VERDICT} AND (f.is_kept IS DISTINCT FROM FALSE OR b.ticket_key IS NOT NULL)""",
        anchors={"due": "judged_s", "created": "created_s"},
        columns={**COMMON, "is_kept": B, "clock": X, "judged_s": N},
        shift_at="judged_s",
    ),
    Fact(
        name="risks",
        doc="running clocks that will break within the hours that the workspace sets, while they are that near",
        source=_RISKS,
        anchors={"instant": "start_s"},
        columns={**COMMON, "clock": X, "holder": X, "due_s": N, "at_s": N},
        instant=True,
        cohort="risks_now",
    ),
    Fact(
        name="risks_now",
        doc="running clocks that are that near to breaking at the as-of instant",
        source=f"SELECT r.*, :as_of AS at_s FROM ({_RISKS}) AS r WHERE r.end_s IS NULL",
        anchors={"created": "created_s"},
        columns={**COMMON, "clock": X, "holder": X, "due_s": N, "at_s": N},
    ),
    Fact(
        name="promises",
        doc="tickets with a promised time that has come or was kept before it came, not those that were cancelled by then",
        source=f"""
            SELECT f.*, {OUT}, coalesce(r.resolved_s <= f.promised_s, FALSE) AS is_kept
            FROM f_tickets AS f
            LEFT JOIN (
                SELECT ticket_key, resolved_s FROM f_resolutions
                WHERE resolved_s <= :as_of AND (superseded_s IS NULL OR superseded_s > :as_of)
            ) AS r ON r.ticket_key = f.ticket_key
            LEFT JOIN f_intervals AS c ON c.ticket_key = f.ticket_key AND c.phase_code = 8 AND c.start_s <= f.promised_s
                AND (c.end_s IS NULL OR c.end_s > f.promised_s)
            WHERE f.created_s <= :as_of AND f.promised_s <= :as_of AND (f.promised_s < :as_of OR r.resolved_s IS NOT NULL)
                AND c.ticket_key IS NULL""",
        anchors={"due": "promised_s", "created": "created_s"},
        columns={**COMMON, "phase": X, "is_kept": B},
    ),
    Fact(
        name="hands",
        doc="how long each holder had a resolved ticket, from creation to the final resolution",
        source=f"""
            SELECT f.*, {OUT} FROM f_hands AS f
            WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={**COMMON, "resolved_s": N, "holder": X},
        hours={"held_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}},
        bad_time="is_early",
        shift_at="resolved_s",
    ),
    Fact(
        name="triages",
        doc="each alert that has left phase new, at that moment",
        source=f"""
            SELECT i.ticket_key, f.client_id, f.type, f.channel, f.created_s, i.team_id, i.organisation, i.tier, i.technician_id,
                i.priority, i.category, i.start_s AS triaged_s, i.start_s - f.created_s AS calendar_s, i.opened_s AS business_s,
                i.active_s AS sla_s, i.start_s = f.created_s AND d.ticket_key IS NOT NULL AS is_early, {OUT}
            FROM f_intervals AS i JOIN f_tickets AS f ON f.ticket_key = i.ticket_key
            LEFT JOIN (
                SELECT DISTINCT ticket_key FROM _defects
                WHERE kind = 'event_before_creation' AND detail IN ('status', 'resolved', 'reopened', 'closed')
            ) AS d ON d.ticket_key = f.ticket_key
            WHERE f.type = 'alert' AND i.phase_code <> 1 AND i.start_s <= :as_of
            QUALIFY row_number() OVER (PARTITION BY i.ticket_key ORDER BY i.start_s) = 1""",
        anchors={"triaged": "triaged_s", "created": "created_s"},
        columns={**COMMON, "triaged_s": N},
        hours=durations("triaged"),
        bad_time="is_early",
        shift_at="triaged_s",
    ),
    Fact(
        name="lifetimes",
        doc="every ticket with the time until its final resolution, or, open or cancelled, the time that it has been open so far",
        source=f"""
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, i.team_id, i.organisation, i.tier, i.technician_id,
                i.priority, i.category, {OUT}, r.resolved_s IS NOT NULL AS is_resolved, coalesce(r.is_early, FALSE) AS is_early,
                CASE WHEN r.resolved_s IS NOT NULL THEN r.calendar_s WHEN i.phase_code = 8 THEN i.start_s - f.created_s
                    ELSE :as_of - f.created_s END AS calendar_s,
                CASE WHEN r.resolved_s IS NOT NULL THEN r.business_s WHEN i.phase_code = 8 THEN i.opened_s
                    ELSE i.opened_s + o.open_s - i.open_at_s END AS business_s,
                CASE WHEN r.resolved_s IS NOT NULL THEN r.sla_s WHEN i.phase_code IN (3, 4, 5, 8) THEN i.active_s
                    ELSE i.active_s + o.open_s - i.open_at_s END AS sla_s
            FROM f_tickets AS f
            JOIN f_intervals AS i ON i.ticket_key = f.ticket_key AND i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)
            JOIN open_now AS o ON o.calendar_key = coalesce(i.calendar_key, 0)
            LEFT JOIN f_resolutions AS r
                ON r.ticket_key = f.ticket_key AND r.resolved_s <= :as_of
                AND (r.superseded_s IS NULL OR r.superseded_s > :as_of)
            WHERE f.created_s <= :as_of AND (r.resolved_s IS NOT NULL OR i.phase_code NOT IN (6, 7))""",
        anchors={"created": "created_s"},
        columns={**COMMON, "is_resolved": B},
        hours={"lived_s": {h: f"{h}_s" for h in ("calendar", "business", "sla")}},
        bad_time="is_early",
        lookups=frozenset({"open_now"}),
    ),
)  # fmt: skip
