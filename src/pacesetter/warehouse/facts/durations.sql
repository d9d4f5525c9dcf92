-- Gapless half-open intervals from the creation of a ticket on, with the business time along them. Reads opened_changes (interval_changes
-- with the ticket's calendar and open_at_s = C(at_s), see durations.py). Writes chunk_intervals: end_s is null in the last one; holder says in
-- whose hands it was; business_s is that of the interval, opened_s and active_s (without pauses) are what ran before it.
CREATE OR REPLACE TEMP TABLE chunk_intervals AS
WITH carried AS (
    SELECT
        ticket_key, seq, at_s, calendar_key, open_at_s,
        lead(at_s) OVER sofar AS next_s,
        lead(open_at_s) OVER sofar - open_at_s AS business_s,
        open_at_s - first_value(open_at_s) OVER sofar AS opened_s,
        sum(open_at_s * pause_step) OVER sofar AS pauses_s,
        last_value(phase IGNORE NULLS) OVER sofar AS phase,
        last_value(team_id IGNORE NULLS) OVER sofar AS team_id,
        last_value(technician_id IGNORE NULLS) OVER sofar AS technician_id,
        last_value(priority IGNORE NULLS) OVER sofar AS priority,
        last_value(category IGNORE NULLS) OVER sofar AS category
    FROM opened_changes
    WINDOW sofar AS (PARTITION BY ticket_key ORDER BY seq ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT
    c.ticket_key,
    c.at_s AS start_s,
    c.next_s AS end_s,
    CAST(c.phase AS UTINYINT) AS phase_code,
    p.phase,
    nullif(c.team_id, '') AS team_id,
    w.organisation,
    w.tier,
    nullif(c.technician_id, '') AS technician_id,
    nullif(c.priority, '') AS priority,
    nullif(c.category, '') AS category,
    CASE WHEN c.phase = 3 THEN 'requester' WHEN c.phase = 4 THEN 'vendor'
         WHEN w.organisation IS NULL THEN 'nobody'
         WHEN w.organisation = 'msp' AND w.tier IS NOT NULL THEN 'msp tier ' || CAST(w.tier AS INTEGER)
         ELSE w.organisation END AS holder,
    c.calendar_key,
    c.open_at_s,
    c.next_s - c.at_s AS calendar_s,
    c.business_s,
    c.opened_s,
    -- What was paused before: each pause adds C at its end and takes C at its beginning; the one that runs has only begun.
    CAST(c.opened_s - (c.pauses_s + CASE WHEN c.phase IN (3, 4, 5) THEN c.open_at_s ELSE 0 END) AS BIGINT) AS active_s
FROM carried AS c
JOIN phase_words AS p ON p.code = c.phase
LEFT JOIN team_words AS w ON w.team_id = c.team_id
WHERE c.next_s IS NULL OR c.next_s > c.at_s;
