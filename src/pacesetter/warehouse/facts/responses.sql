-- The first response of each ticket. Writes first_responses.
CREATE OR REPLACE TEMP TABLE replies AS
SELECT
    ticket_key,
    min(CASE WHEN actor_kind = 'technician' THEN seq END) AS human_seq,
    min(CASE WHEN actor_kind IN ('technician', 'automation') THEN seq END) AS any_seq
FROM ev WHERE kind = 'reply' AND is_public GROUP BY ticket_key;

CREATE OR REPLACE TEMP TABLE first_responses AS
SELECT
    t.ticket_key,
    CASE WHEN l.is_live THEN t.created_s WHEN t.has_reply THEN h.at_s
         WHEN epoch_us(t.first_response_at) // 1000000 < t.created_s THEN t.created_s
         ELSE CAST(epoch_us(t.first_response_at) // 1000000 AS BIGINT) END AS responded_s,
    CASE WHEN l.is_live THEN FALSE WHEN t.has_reply THEN coalesce(h.is_early, FALSE)
         ELSE coalesce(epoch_us(t.first_response_at) // 1000000 < t.created_s, FALSE) END AS responded_early,
    CASE WHEN l.is_live THEN t.created_s WHEN t.has_reply THEN a.at_s
         WHEN epoch_us(t.first_response_at) // 1000000 < t.created_s THEN t.created_s
         ELSE CAST(epoch_us(t.first_response_at) // 1000000 AS BIGINT) END AS any_reply_s,
    CASE WHEN l.is_live THEN FALSE WHEN t.has_reply THEN coalesce(a.is_early, FALSE)
         ELSE coalesce(epoch_us(t.first_response_at) // 1000000 < t.created_s, FALSE) END AS any_reply_early
FROM tk AS t
JOIN (
    SELECT
        ticket_key,
        coalesce(opened_by = 'technician' AND channel IN ('phone', 'chat', 'walk_in'), FALSE) AS is_live
    FROM tk
) AS l ON l.ticket_key = t.ticket_key
LEFT JOIN replies AS r ON r.ticket_key = t.ticket_key
LEFT JOIN ev AS h ON h.ticket_key = t.ticket_key AND h.seq = r.human_seq
LEFT JOIN ev AS a ON a.ticket_key = t.ticket_key AND a.seq = r.any_seq;
