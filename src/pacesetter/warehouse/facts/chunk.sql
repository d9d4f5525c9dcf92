-- The tickets and events of one chunk, in order, with creation settled and columns standing in where there are no events.
-- Reads chunk_tickets and chunk_events (views on one range, or on the changed tickets). Writes tk (one row per ticket) and
-- ev (one row per event, numbered by seq within its ticket; not is_told where a column stands in). A technician whose team was a
-- vendor's then acts as that vendor.
CREATE OR REPLACE TEMP TABLE has_events AS
SELECT
    ticket_key,
    bool_or(kind = 'status') AS has_status,
    bool_or(kind = 'resolved') AS has_resolved,
    bool_or(kind = 'closed') AS has_closed,
    bool_or(kind IN ('status', 'resolved', 'closed', 'reopened')) AS has_phase,
    bool_or(kind IN ('status', 'reopened')) AS has_reopening,
    bool_or(kind = 'team' OR (kind = 'escalation' AND to_value IS NOT NULL)) AS has_team,
    bool_or(kind = 'assignment') AS has_assignment,
    bool_or(kind = 'priority') AS has_priority,
    bool_or(kind = 'category') AS has_category,
    bool_or(kind = 'reply') AS has_reply,
    min(CASE WHEN kind = 'created' THEN occurred_at END) AS created_at
FROM chunk_events GROUP BY ticket_key;

CREATE OR REPLACE TEMP TABLE tk AS
SELECT
    t.*,
    coalesce(h.created_at, t.created_at) AS began_at,
    CAST(epoch_us(coalesce(h.created_at, t.created_at)) // 1000000 AS BIGINT) AS created_s,
    coalesce(h.has_status, FALSE) AS has_status,
    coalesce(h.has_resolved, FALSE) AS has_resolved,
    coalesce(h.has_closed, FALSE) AS has_closed,
    coalesce(h.has_phase, FALSE) AS has_phase,
    coalesce(h.has_reopening, FALSE) AS has_reopening,
    coalesce(h.has_team, FALSE) AS has_team,
    coalesce(h.has_assignment, FALSE) AS has_assignment,
    coalesce(h.has_priority, FALSE) AS has_priority,
    coalesce(h.has_category, FALSE) AS has_category,
    coalesce(h.has_reply, FALSE) AS has_reply,
    h.created_at AS created_event_at
FROM chunk_tickets AS t LEFT JOIN has_events AS h ON h.ticket_key = t.ticket_key;

CREATE OR REPLACE TEMP TABLE ev AS
WITH standing AS (
    SELECT
        ticket_key, occurred_at, 0 AS source, event_id, kind, actor_kind, actor_id, from_value, to_value, is_public
    FROM chunk_events
    UNION ALL
    SELECT ticket_key, resolved_at, 1, '', 'resolved', NULL, NULL, NULL, NULL, NULL
    FROM tk WHERE resolved_at IS NOT NULL AND NOT has_status AND NOT has_resolved
    UNION ALL
    SELECT ticket_key, closed_at, 2, '', 'closed', NULL, NULL, NULL, NULL, NULL
    FROM tk WHERE closed_at IS NOT NULL AND NOT has_status AND NOT has_closed
),
timed AS (
    SELECT s.*, t.created_s, CAST(epoch_us(s.occurred_at) // 1000000 AS BIGINT) AS own_s
    FROM standing AS s JOIN tk AS t ON t.ticket_key = s.ticket_key
),
placed AS (
    SELECT *, CASE WHEN own_s < created_s THEN created_s ELSE own_s END AS at_s FROM timed
)
SELECT
    s.ticket_key,
    CAST(row_number() OVER (
        PARTITION BY s.ticket_key ORDER BY s.at_s, s.source, s.occurred_at, s.event_id) AS INTEGER) AS seq,
    s.at_s,
    s.own_s < s.created_s AND s.kind <> 'created' AS is_early,
    s.source = 0 AS is_told,
    s.kind,
    s.actor_id,
    CASE WHEN s.actor_kind <> 'technician' THEN s.actor_kind
         WHEN v.actor_id IS NOT NULL THEN 'vendor'
         WHEN s.actor_kind IS NOT NULL OR h.actor_id IS NOT NULL THEN 'technician' END AS actor_kind,
    s.from_value,
    s.to_value,
    coalesce(s.is_public, s.kind = 'reply') AS is_public,
    CASE WHEN s.kind = 'status' AND s.to_value IS NOT NULL THEN coalesce(p.code, 2)
         WHEN s.kind = 'resolved' THEN 6 WHEN s.kind = 'closed' THEN 7 WHEN s.kind = 'reopened' THEN 9 END AS token,
    CASE WHEN s.kind IN ('status', 'created') THEN p.code END AS known_phase
FROM placed AS s
LEFT JOIN status_phases AS p ON p.status = s.to_value AND s.kind IN ('status', 'created')
LEFT JOIN human_actors AS h ON h.actor_id = s.actor_id AND s.actor_kind IS NULL
LEFT JOIN vendor_spells AS v ON v.actor_id = s.actor_id AND v.from_s <= s.at_s AND s.at_s < v.to_s;
