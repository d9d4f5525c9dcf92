-- Where a ticket's times run backwards, a word is unknown, or its columns and its events disagree. Writes chunk_defects.
CREATE OR REPLACE TEMP VIEW chunk_defects AS
WITH latest AS (
    SELECT
        m.ticket_key,
        max(CASE WHEN is_resolution THEN at_s END) AS resolved_s,
        max(CASE WHEN is_closure THEN at_s END) AS closed_s,
        count(CASE WHEN is_reopening THEN 1 END) AS reopenings
    FROM moments AS m GROUP BY m.ticket_key
),
handed AS (SELECT ticket_key, count(*) AS handoffs FROM handoffs GROUP BY ticket_key),
both_sides AS (
    SELECT
        t.ticket_key, t.ticket_id, t.created_at, t.created_event_at, t.resolved_at, t.closed_at, t.first_response_at,
        t.has_status, t.has_resolved, t.has_closed, t.has_reply, t.has_team, t.has_assignment, t.has_priority, t.has_category,
        t.has_reopening, t.has_phase, t.began_at, t.reopen_count, t.reassignment_count,
        t.team_id AS team_column, t.technician_id AS technician_column, t.priority AS priority_column,
        t.category AS category_column, t.status AS status_column,
        o.team_id, o.technician_id, o.priority, o.category, o.responded_s,
        l.resolved_s, l.closed_s, coalesce(l.reopenings, 0) AS reopenings, coalesce(h.handoffs, 0) AS handoffs,
        o.phase, coalesce(w.phase, 'active') AS status_phase
    FROM tk AS t
    JOIN chunk_tickets_out AS o ON o.ticket_key = t.ticket_key
    LEFT JOIN latest AS l ON l.ticket_key = t.ticket_key
    LEFT JOIN handed AS h ON h.ticket_key = t.ticket_key
    LEFT JOIN status_phases AS p ON p.status = t.status
    LEFT JOIN phase_words AS w ON w.code = p.code
)
SELECT e.ticket_key, t.ticket_id, 'event_before_creation' AS kind, e.kind AS detail,
    CAST(t.began_at AS VARCHAR) AS column_value, NULL AS event_value
FROM ev AS e JOIN tk AS t ON t.ticket_key = e.ticket_key WHERE e.is_early
UNION ALL
SELECT e.ticket_key, t.ticket_id, 'unknown_status', e.to_value, NULL, e.to_value
FROM ev AS e JOIN tk AS t ON t.ticket_key = e.ticket_key
WHERE e.kind = 'status' AND e.to_value IS NOT NULL AND e.known_phase IS NULL
UNION ALL
SELECT ticket_key, ticket_id, 'time_before_creation', 'resolved_at', CAST(resolved_at AS VARCHAR), CAST(began_at AS VARCHAR)
FROM both_sides WHERE resolved_at < began_at
UNION ALL
SELECT ticket_key, ticket_id, 'time_before_creation', 'closed_at', CAST(closed_at AS VARCHAR), CAST(began_at AS VARCHAR)
FROM both_sides WHERE closed_at < began_at
UNION ALL
SELECT ticket_key, ticket_id, 'time_before_creation', 'first_response_at', CAST(first_response_at AS VARCHAR),
    CAST(began_at AS VARCHAR)
FROM both_sides WHERE first_response_at < began_at
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'created_at', CAST(created_at AS VARCHAR), CAST(created_event_at AS VARCHAR)
FROM both_sides WHERE created_event_at <> created_at
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'resolved_at', CAST(resolved_at AS VARCHAR),
    CAST(make_timestamp(resolved_s * 1000000) AS VARCHAR)
FROM both_sides
WHERE resolved_at IS NOT NULL AND (has_status OR has_resolved) AND epoch_us(resolved_at) // 1000000 IS DISTINCT FROM resolved_s
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'closed_at', CAST(closed_at AS VARCHAR),
    CAST(make_timestamp(closed_s * 1000000) AS VARCHAR)
FROM both_sides
WHERE closed_at IS NOT NULL AND (has_status OR has_closed) AND epoch_us(closed_at) // 1000000 IS DISTINCT FROM closed_s
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'first_response_at', CAST(first_response_at AS VARCHAR),
    CAST(make_timestamp(responded_s * 1000000) AS VARCHAR)
FROM both_sides
WHERE first_response_at IS NOT NULL AND has_reply AND epoch_us(first_response_at) // 1000000 IS DISTINCT FROM responded_s
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'team_id', team_column, team_id
FROM both_sides WHERE has_team AND team_column IS NOT NULL AND team_column IS DISTINCT FROM team_id
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'technician_id', technician_column, technician_id
FROM both_sides WHERE has_assignment AND technician_column IS NOT NULL AND technician_column IS DISTINCT FROM technician_id
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'priority', priority_column, priority
FROM both_sides WHERE has_priority AND priority_column IS NOT NULL AND priority_column IS DISTINCT FROM priority
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'category', category_column, category
FROM both_sides WHERE has_category AND category_column IS NOT NULL AND category_column IS DISTINCT FROM category
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'status', status_column, phase
FROM both_sides WHERE has_phase AND status_column IS NOT NULL AND status_phase <> phase
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'reopen_count', CAST(reopen_count AS VARCHAR), CAST(reopenings AS VARCHAR)
FROM both_sides WHERE has_reopening AND reopen_count IS NOT NULL AND reopen_count <> reopenings
UNION ALL
SELECT ticket_key, ticket_id, 'disagreement', 'reassignment_count', CAST(reassignment_count AS VARCHAR),
    CAST(handoffs AS VARCHAR)
FROM both_sides WHERE has_team AND reassignment_count IS NOT NULL AND reassignment_count <> handoffs;
