-- One row per ticket as it stands now, with its first response, what it is judged by, and why it is out of the population. Writes
-- chunk_tickets_out, chunk_responses and chunk_replies (automatic replies counted).
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
    t.on_site, t.worked_minutes, t.root_cause, t.fix, t.resolution_code, t.resolution_note,
    j.sla_policy_id, j.calendar_id, j.calendar_key,
    t.reported_response_met, t.reported_resolution_met, t.reported_first_contact
FROM tk AS t
JOIN chunk_intervals AS i ON i.ticket_key = t.ticket_key AND i.end_s IS NULL
JOIN first_responses AS f ON f.ticket_key = t.ticket_key
JOIN judges AS j ON j.ticket_key = t.ticket_key
LEFT JOIN contacts AS c ON c.contact_id = t.contact_id
LEFT JOIN (
    SELECT e.ticket_key, min(e.at_s) AS at_s
    FROM ev AS e JOIN tk AS k ON k.ticket_key = e.ticket_key
    WHERE e.kind = 'merge' AND e.to_value IS NOT NULL AND e.to_value <> k.ticket_id GROUP BY e.ticket_key
) AS m ON m.ticket_key = t.ticket_key;

CREATE OR REPLACE TEMP VIEW chunk_responses AS
SELECT
    t.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    t.responded_s, t.responded_early AS is_early,
    m.team_id, m.organisation, m.tier, m.technician_id, m.priority, m.category,
    m.has_calendar, m.calendar_s, m.business_s, m.sla_s
FROM chunk_tickets_out AS t
JOIN timed_moments AS m ON m.ticket_key = t.ticket_key AND m.kind = 'response';

CREATE OR REPLACE TEMP VIEW chunk_replies AS
SELECT
    t.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    m.at_s AS replied_s, f.any_reply_early AS is_early,
    m.team_id, m.organisation, m.tier, m.technician_id, m.priority, m.category,
    m.has_calendar, m.calendar_s, m.business_s, m.sla_s
FROM chunk_tickets_out AS t
JOIN first_responses AS f ON f.ticket_key = t.ticket_key
JOIN timed_moments AS m ON m.ticket_key = t.ticket_key AND m.kind = 'any_reply';
