-- Who held each resolved ticket for how long, from creation to resolution: the parts sum to the whole, to the second. Reads
-- chunk_resolutions and chunk_intervals. Writes chunk_hands: one row per resolution and holder, valid until superseded_s.
CREATE OR REPLACE TEMP TABLE held_spans AS
SELECT
    r.ticket_key, r.resolved_s, r.superseded_s,
    i.holder,
    i.phase_code IN (3, 4, 5) AS is_pause,
    CASE WHEN i.end_s <= r.resolved_s THEN i.calendar_s WHEN i.start_s < r.resolved_s THEN r.resolved_s - i.start_s
         ELSE 0 END AS calendar_s,
    CASE WHEN i.end_s <= r.resolved_s THEN i.business_s WHEN i.start_s < r.resolved_s THEN r.business_s - i.opened_s
         ELSE 0 END AS business_s
FROM chunk_resolutions AS r
JOIN chunk_intervals AS i
    ON i.ticket_key = r.ticket_key
    AND (i.start_s < r.resolved_s OR (i.start_s = r.created_s AND r.resolved_s = r.created_s))
WHERE r.superseded_s IS NULL OR r.superseded_s > r.resolved_s;

CREATE OR REPLACE TEMP VIEW chunk_hands AS
WITH held AS (
    SELECT
        ticket_key, resolved_s, holder,
        CAST(sum(calendar_s) AS BIGINT) AS calendar_s,
        CAST(sum(business_s) AS BIGINT) AS business_s,
        CAST(sum(CASE WHEN is_pause THEN 0 ELSE business_s END) AS BIGINT) AS sla_s
    FROM held_spans GROUP BY ticket_key, resolved_s, holder
)
SELECT
    r.ticket_key, r.client_id, r.type, r.channel, r.created_s, r.excluded_as, r.excluded_s, r.resolved_s, r.superseded_s,
    r.is_early, r.team_id, r.organisation, r.tier, r.technician_id, r.priority, r.category,
    h.holder, h.calendar_s, h.business_s, h.sla_s
FROM held AS h
JOIN chunk_resolutions AS r
    ON r.ticket_key = h.ticket_key AND r.resolved_s = h.resolved_s
    AND (r.superseded_s IS NULL OR r.superseded_s > r.resolved_s);
