-- One row per escalation, with the first action of the receiving tier and whether it came back. Writes chunk_escalations.
CREATE OR REPLACE TEMP TABLE chunk_escalations AS
SELECT
    s.ticket_key,
    t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    s.at_s AS escalated_s, s.is_early, s.nth,
    s.team_before AS from_team_id, s.tier_before AS from_tier, s.returned_s,
    e.at_s AS action_s,
    i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category
FROM escalation_steps AS s
JOIN chunk_tickets_out AS t ON t.ticket_key = s.ticket_key
JOIN chunk_intervals AS i ON i.ticket_key = s.ticket_key AND i.start_s <= s.at_s AND (i.end_s IS NULL OR i.end_s > s.at_s)
LEFT JOIN escalation_actions AS a ON a.ticket_key = s.ticket_key AND a.seq = s.seq
LEFT JOIN ev AS e ON e.ticket_key = a.ticket_key AND e.seq = a.action_seq;
