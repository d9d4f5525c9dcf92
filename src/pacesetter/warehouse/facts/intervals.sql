-- Gapless half-open intervals from the creation of a ticket on: who held it, in which phase, at which priority. Writes
-- plain_intervals: end_s is null in the last one. The empty text stands for a known absence while values are carried forward.
CREATE OR REPLACE TEMP TABLE plain_intervals AS
WITH changes AS (
    SELECT
        ticket_key, seq, at_s, NULL AS phase,
        CASE WHEN kind = 'team' OR (kind = 'escalation' AND to_value IS NOT NULL) THEN coalesce(to_value, '') END AS team_id,
        CASE WHEN kind = 'assignment' THEN coalesce(to_value, '') END AS technician_id,
        CASE WHEN kind = 'priority' THEN coalesce(to_value, '') END AS priority,
        CASE WHEN kind = 'category' THEN coalesce(to_value, '') END AS category
    FROM ev
    WHERE kind IN ('team', 'assignment', 'priority', 'category') OR (kind = 'escalation' AND to_value IS NOT NULL)
    UNION ALL
    SELECT ticket_key, seq, at_s, phase, NULL, NULL, NULL, NULL FROM phase_steps WHERE phase <> phase_before
    UNION ALL
    SELECT
        ticket_key, 0, created_s, phase, coalesce(team_id, ''), coalesce(technician_id, ''), coalesce(priority, ''),
        coalesce(category, '')
    FROM starts
),
carried AS (
    SELECT
        ticket_key, seq, at_s,
        lead(at_s) OVER (PARTITION BY ticket_key ORDER BY seq) AS next_s,
        last_value(phase IGNORE NULLS) OVER sofar AS phase,
        last_value(team_id IGNORE NULLS) OVER sofar AS team_id,
        last_value(technician_id IGNORE NULLS) OVER sofar AS technician_id,
        last_value(priority IGNORE NULLS) OVER sofar AS priority,
        last_value(category IGNORE NULLS) OVER sofar AS category
    FROM changes
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
    nullif(c.category, '') AS category
FROM carried AS c
JOIN phase_words AS p ON p.code = c.phase
LEFT JOIN team_words AS w ON w.team_id = c.team_id
WHERE c.next_s IS NULL OR c.next_s > c.at_s;
