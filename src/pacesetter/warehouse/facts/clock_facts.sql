-- Clock versions with whose ticket they are about and who held it at the moment that judges. Reads judged_clocks (versioned_clocks with
-- due_open_s), clock_tickets, clock_intervals and calendar_versions. Writes batch_clocks.
CREATE OR REPLACE TEMP VIEW batch_clocks AS
SELECT
    c.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    t.sla_policy_id, t.calendar_id, c.calendar_key, v.version AS calendar_version,
    c.clock, c.cycle, c.version, c.hours, c.target_s, c.started_s, c.valid_from_s, c.superseded_s, c.is_running,
    c.consumed_s, c.running_s, c.paused_s, c.due_s, c.due_reason, c.risk_from_s, c.stopped_s, c.cancelled_s,
    CASE WHEN c.due_s < coalesce(c.stopped_s, c.cancelled_s) THEN coalesce(c.stopped_s, c.cancelled_s) - c.due_s END
        AS over_calendar_s,
    CASE WHEN c.due_s < coalesce(c.stopped_s, c.cancelled_s) AND c.calendar_key IS NULL
         THEN coalesce(c.stopped_s, c.cancelled_s) - c.due_s ELSE c.ended_open_s - c.due_open_s END AS over_business_s,
    c.over_sla_s,
    i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category,
    i.holder
FROM judged_clocks AS c
JOIN clock_tickets AS t ON t.ticket_key = c.ticket_key
JOIN clock_intervals AS i
    ON i.ticket_key = c.ticket_key AND i.start_s <= c.moment_s AND (i.end_s IS NULL OR i.end_s > c.moment_s)
LEFT JOIN calendar_versions AS v ON v.calendar_id = t.calendar_id;
