-- One row per ticket as it stands now, with its first response and why it is out of the population. Writes chunk_tickets_out
-- and chunk_responses.
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
         ELSE greatest(CAST(epoch_us(t.first_response_at) // 1000000 AS BIGINT), t.created_s) END AS responded_s,
    CASE WHEN l.is_live THEN FALSE WHEN t.has_reply THEN coalesce(h.is_early, FALSE)
         ELSE coalesce(t.first_response_at < t.began_at, FALSE) END AS responded_early,
    CASE WHEN l.is_live THEN t.created_s WHEN t.has_reply THEN a.at_s
         ELSE greatest(CAST(epoch_us(t.first_response_at) // 1000000 AS BIGINT), t.created_s) END AS any_reply_s
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

CREATE OR REPLACE TEMP TABLE chunk_tickets_out AS
SELECT
    t.ticket_key, t.ticket_id, t.client_id, t.site_id, t.contact_id, c.department, t.offering_id, t.asset, t.source,
    t.type, t.channel, t.opened_by, t.subcategory, t.impact, t.urgency,
    t.created_s,
    CASE WHEN t.excluded_as IS NOT NULL THEN t.excluded_as
         WHEN t.merged_into IS NOT NULL OR m.at_s IS NOT NULL THEN 'merged' END AS excluded_as,
    CASE WHEN coalesce(t.excluded_as, 'merged') = 'merged' AND m.at_s IS NOT NULL THEN m.at_s
         WHEN t.excluded_as IS NOT NULL OR t.merged_into IS NOT NULL THEN t.created_s END AS excluded_s,
    i.phase, i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category,
    i.start_s AS state_since_s,
    f.responded_s, f.responded_early, f.any_reply_s,
    CAST(epoch_us(t.due_at) // 1000000 AS BIGINT) AS due_s,
    CAST(epoch_us(t.promised_at) // 1000000 AS BIGINT) AS promised_s,
    t.on_site, t.worked_minutes, t.root_cause, t.fix, t.resolution_code, t.resolution_note, t.sla_policy_id,
    t.reported_response_met, t.reported_resolution_met, t.reported_first_contact
FROM tk AS t
JOIN chunk_intervals AS i ON i.ticket_key = t.ticket_key AND i.end_s IS NULL
JOIN first_responses AS f ON f.ticket_key = t.ticket_key
LEFT JOIN contacts AS c ON c.contact_id = t.contact_id
LEFT JOIN (
    SELECT e.ticket_key, min(e.at_s) AS at_s
    FROM ev AS e JOIN tk AS k ON k.ticket_key = e.ticket_key
    WHERE e.kind = 'merge' AND e.to_value IS NOT NULL AND e.to_value <> k.ticket_id GROUP BY e.ticket_key
) AS m ON m.ticket_key = t.ticket_key;

CREATE OR REPLACE TEMP TABLE chunk_responses AS
SELECT
    t.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    t.responded_s, t.responded_early AS is_early,
    i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category
FROM chunk_tickets_out AS t
JOIN chunk_intervals AS i
    ON i.ticket_key = t.ticket_key AND i.start_s <= t.responded_s AND (i.end_s IS NULL OR i.end_s > t.responded_s);
