-- Business time along each ticket's intervals. Reads opened_intervals (plain_intervals with open_at_s = C(start_s), see
-- durations.py). Writes chunk_intervals: business_s of each interval, and what ran before it (opened_s; active_s without pauses).
CREATE OR REPLACE TEMP TABLE chunk_intervals AS
WITH measured AS (
    SELECT
        *,
        end_s - start_s AS calendar_s,
        lead(open_at_s) OVER steps - open_at_s AS business_s,
        open_at_s - first_value(open_at_s) OVER steps AS opened_s
    FROM opened_intervals
    WINDOW steps AS (PARTITION BY ticket_key ORDER BY start_s)
)
SELECT
    *,
    CAST(coalesce(sum(CASE WHEN phase_code IN (3, 4, 5) THEN 0 ELSE business_s END) OVER (
        PARTITION BY ticket_key ORDER BY start_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS BIGINT) AS active_s
FROM measured;
