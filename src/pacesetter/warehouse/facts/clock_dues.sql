-- What each step of a clock has used up and what is left of its target. Reads opened_steps (clock_steps with C(start_s) and C(end_s)).
-- Writes left_steps: consumed_s when the step begins, in the hours of its target, and left_s.
CREATE OR REPLACE TEMP VIEW left_steps AS
WITH summed AS (
    SELECT
        *,
        coalesce(sum(CASE WHEN is_running THEN end_s - start_s ELSE 0 END) OVER before, 0) AS run_calendar_s,
        coalesce(sum(CASE WHEN is_running THEN end_open_s - start_open_s ELSE 0 END) OVER before, 0) AS run_business_s,
        coalesce(sum(CASE WHEN is_running THEN 0 ELSE end_s - start_s END) OVER before, 0) AS paused_before_s
    FROM opened_steps
    WINDOW before AS (
        PARTITION BY clock_key, cycle ORDER BY run, start_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
)
SELECT
    * EXCLUDE (run_calendar_s, run_business_s, paused_before_s),
    CAST(paused_before_s AS BIGINT) AS paused_before_s,
    CAST(CASE WHEN hours = 'calendar' THEN run_calendar_s WHEN calendar_key IS NOT NULL THEN run_business_s END AS BIGINT)
        AS consumed_s,
    CAST(target_s - CASE WHEN hours = 'calendar' THEN run_calendar_s WHEN calendar_key IS NOT NULL THEN run_business_s END
        AS BIGINT) AS left_s
FROM summed;
