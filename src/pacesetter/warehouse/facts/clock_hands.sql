-- Who held a ticket for how long before one of its clocks broke. Reads clock_breaks (cycles with the instant at which their target is used
-- up, C(started_s) and C(due_s)), clock_tickets and clock_intervals. Writes batch_breach_hands: one row per break and holder; it counts once
-- due_s has passed.
CREATE OR REPLACE TEMP VIEW batch_breach_hands AS
WITH held AS (
    SELECT
        b.break_key,
        i.holder,
        i.phase_code IN (3, 4, 5) AS is_pause,
        CASE WHEN i.end_s <= b.due_s THEN i.end_s ELSE b.due_s END
            - CASE WHEN i.start_s >= b.started_s THEN i.start_s ELSE b.started_s END AS calendar_s,
        CASE WHEN i.end_s <= b.due_s THEN i.open_at_s + i.business_s ELSE b.due_open_s END
            - CASE WHEN i.start_s >= b.started_s THEN i.open_at_s ELSE b.started_open_s END AS business_s
    FROM clock_breaks AS b
    JOIN clock_intervals AS i
        ON i.ticket_key = b.ticket_key AND i.start_s < b.due_s AND (i.end_s IS NULL OR i.end_s > b.started_s)
),
summed AS (
    SELECT
        break_key, holder,
        CAST(sum(calendar_s) AS BIGINT) AS calendar_s,
        CAST(sum(business_s) AS BIGINT) AS business_s,
        CAST(sum(CASE WHEN is_pause THEN 0 ELSE business_s END) AS BIGINT) AS sla_s
    FROM held GROUP BY break_key, holder
)
SELECT
    s.break_key, b.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s, b.clock, b.cycle, b.due_s,
    i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category,
    s.holder, s.calendar_s, s.business_s, s.sla_s
FROM summed AS s
JOIN clock_breaks AS b ON b.break_key = s.break_key
JOIN clock_tickets AS t ON t.ticket_key = b.ticket_key
JOIN clock_intervals AS i
    ON i.ticket_key = b.ticket_key AND i.start_s <= b.due_s AND (i.end_s IS NULL OR i.end_s > b.due_s);
