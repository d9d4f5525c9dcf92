"""Facts about tickets: what was created, answered, resolved, closed, escalated, and what is open."""

from pacesetter.catalogue.facts.record import COMMON, OUT, B, Fact, N, X, age_band, durations

_OPEN = f"""
    SELECT i.ticket_key, f.client_id, f.type, f.channel, f.created_s, i.start_s, i.phase, i.team_id, i.organisation,
        i.tier, i.technician_id, i.priority, i.category, {OUT},
        i.phase_code, i.calendar_key, i.open_at_s, i.opened_s, i.active_s,
        CASE WHEN i.end_s <= :as_of THEN i.end_s END AS end_s
    FROM f_intervals AS i JOIN f_tickets AS f ON f.ticket_key = i.ticket_key
    WHERE i.start_s <= :as_of AND i.phase_code <= 5"""
_AGES = {"age_s": {"calendar": "age_s", "business": "age_business_s", "sla": "age_sla_s"}}

FACTS = (
    Fact(
        name="tickets",
        doc="every ticket, in the state that it is in as of the instant asked",
        source=f"SELECT f.*, {OUT} FROM f_tickets AS f WHERE f.created_s <= :as_of",
        dated_source=f"""
            SELECT f.* EXCLUDE (phase, team_id, organisation, tier, technician_id, priority, category),
                i.phase, i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category, {OUT}
            FROM f_tickets AS f JOIN f_intervals AS i ON i.ticket_key = f.ticket_key
            WHERE i.start_s <= :as_of AND (i.end_s IS NULL OR i.end_s > :as_of)""",
        anchors={"created": "created_s"},
        columns={**COMMON, "phase": X},
    ),
    Fact(
        name="responses",
        doc="the first response of each ticket that has one",
        source=f"SELECT f.*, {OUT} FROM f_responses AS f WHERE f.responded_s <= :as_of",
        anchors={"first_response": "responded_s", "created": "created_s"},
        columns={**COMMON, "responded_s": N},
        hours=durations("responded"),
        bad_time="is_early",
        shift_at="responded_s",
    ),
    Fact(
        name="resolutions",
        doc="the final resolution of each resolved ticket",
        source=f"""
            SELECT f.*, {OUT}, coalesce(f.article_s <= :as_of, FALSE) AS used_article FROM f_resolutions AS f
            WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"resolved": "resolved_s", "created": "created_s"},
        columns={
            **COMMON, "resolved_s": N, "had_second_contact": B, "was_escalated": B, "handoffs": N, "returns": N,
            "was_reopened": B, "was_reopened_in_window": B, "used_article": B, "technician_replies": N, "reassignments": N,
            "was_touched": B, "handled_by": X, "fits_first_contact": B, "has_usable_note": B, "business_s": N,
            "is_early": B,
        },
        hours={
            **durations("resolved"),
            "silent_s": {"calendar": "silence_calendar_s", "business": "silence_business_s", "sla": "silence_business_s"},
        },
        bad_time="is_early",
        shift_at="resolved_s",
    ),
    Fact(
        name="closures",
        doc="the final closure of each closed ticket",
        source=f"""
            SELECT f.*, {OUT} FROM f_closures AS f
            WHERE f.closed_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"closed": "closed_s", "created": "created_s"},
        columns={**COMMON, "closed_s": N},
        hours=durations("closed"),
        bad_time="is_early",
        shift_at="closed_s",
    ),
    Fact(
        name="escalations",
        doc="every escalation",
        source=f"""
            SELECT f.*, {OUT}, f.nth = 1 AS is_first, coalesce(f.returned_s <= :as_of, FALSE) AS came_back,
                coalesce(f.action_s <= :as_of, FALSE) AS was_acted_on
            FROM f_escalations AS f WHERE f.escalated_s <= :as_of""",
        anchors={"escalated": "escalated_s", "created": "created_s"},
        columns={**COMMON, "escalated_s": N, "is_first": B, "came_back": B, "was_acted_on": B, "from_tier": N},
        hours={
            **durations("escalated"),
            "acted_after_s": {h: f"action_{h}_s" for h in ("calendar", "business", "sla")},
        },
        bad_time="is_early",
        shift_at="escalated_s",
    ),
    Fact(
        name="handled",
        doc="every final resolution and every escalation, for tickets handled",
        source="""
            SELECT e.ticket_key, e.client_id, e.type, e.channel, e.created_s, e.team_id, e.organisation, e.tier, e.technician_id,
                e.priority, e.category, e.escalated_s AS handled_s, TRUE AS is_escalation, FALSE AS is_early,
                CASE WHEN e.excluded_s <= :as_of THEN e.excluded_as END AS out_as
            FROM f_escalations AS e WHERE e.escalated_s <= :as_of
            UNION ALL
            SELECT f.ticket_key, f.client_id, f.type, f.channel, f.created_s, f.team_id, f.organisation, f.tier, f.technician_id,
                f.priority, f.category, f.resolved_s, FALSE, FALSE,
                CASE WHEN f.excluded_s <= :as_of THEN f.excluded_as END
            FROM f_resolutions AS f
            WHERE f.resolved_s <= :as_of AND (f.superseded_s IS NULL OR f.superseded_s > :as_of)""",
        anchors={"handled": "handled_s", "created": "created_s"},
        columns={**COMMON, "handled_s": N, "is_escalation": B},
        shift_at="handled_s",
    ),
    Fact(
        name="backlog",
        doc="tickets open at the end of a period, as they were then",
        source=_OPEN,
        anchors={"instant": "start_s"},
        columns={**COMMON, "phase": X, "at_s": N, "age_band": X},
        hours=_AGES,
        lookups=frozenset({"open_at_ends"}),
        instant=True,
        cohort="still_open",
    ),
    Fact(
        name="still_open",
        doc="tickets open at the as-of instant, as they are then",
        source=f"""
            SELECT f.*, :as_of AS at_s, :as_of - f.created_s AS age_s, f.opened_s + o.open_s - f.open_at_s AS age_business_s,
                CASE WHEN f.phase_code IN (3, 4, 5) THEN f.active_s ELSE f.active_s + o.open_s - f.open_at_s END AS age_sla_s,
                {age_band("(:as_of - f.created_s)")} AS age_band
            FROM ({_OPEN}) AS f JOIN open_now AS o ON o.calendar_key = coalesce(f.calendar_key, 0)
            WHERE f.end_s IS NULL""",
        anchors={"created": "created_s"},
        columns={**COMMON, "phase": X, "at_s": N, "age_band": X},
        hours=_AGES,
        lookups=frozenset({"open_now"}),
    ),
)  # fmt: skip
