-- One row per escalation, with the first action of the receiving tier and whether it came back. Writes chunk_escalations.
CREATE OR REPLACE TEMP VIEW chunk_escalations AS
SELECT
    s.ticket_key,
    t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    s.at_s AS escalated_s, s.is_early, s.nth,
    s.team_before AS from_team_id, s.tier_before AS from_tier, s.returned_s,
    a.at_s AS action_s,
    a.calendar_s - m.calendar_s AS action_calendar_s,
    a.business_s - m.business_s AS action_business_s,
    a.sla_s - m.sla_s AS action_sla_s,
    m.team_id, m.organisation, m.tier, m.technician_id, m.priority, m.category,
    m.has_calendar, m.calendar_s, m.business_s, m.sla_s
FROM escalation_steps AS s
JOIN chunk_tickets_out AS t ON t.ticket_key = s.ticket_key
JOIN timed_moments AS m ON m.ticket_key = s.ticket_key AND m.kind = 'escalation' AND m.seq = s.seq
LEFT JOIN timed_moments AS a ON a.ticket_key = s.ticket_key AND a.kind = 'action' AND a.seq = s.seq;
