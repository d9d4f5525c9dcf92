-- Steps become versions of clock cycles. Reads due_steps (left_steps with own_due_s, own_reason and own_risk_s). Writes
-- versioned_clocks: what was known of a cycle from valid_from_s until superseded_s, and moment_s, at which its dimensions are read.
CREATE OR REPLACE TEMP TABLE versioned_clocks AS
WITH ordered AS (
    SELECT
        *,
        lead(start_s) OVER steps AS next_start_s,
        lead(run) OVER steps AS next_run,
        first_value(start_s) OVER steps AS started_s,
        row_number() OVER steps AS version,
        min(CASE WHEN own_due_s < end_s THEN own_due_s END) OVER (
            PARTITION BY clock_key, cycle ORDER BY run, start_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS broken_s,
        arg_min(
            CASE WHEN left_s <= 0 THEN consumed_s ELSE target_s END, CASE WHEN own_due_s < end_s THEN own_due_s END) OVER (
            PARTITION BY clock_key, cycle ORDER BY run, start_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
            AS used_when_broken_s
    FROM due_steps
    WINDOW steps AS (PARTITION BY clock_key, cycle ORDER BY run, start_s)
),
ended AS (
    SELECT
        *,
        CASE WHEN end_s = run_end_s AND (next_run IS NULL OR next_run <> run) AND is_fulfilled THEN end_s END AS stopped_s,
        CASE WHEN end_s = run_end_s AND (next_run IS NULL OR next_run <> run) AND is_fulfilled THEN NULL
             WHEN end_s = run_end_s AND (next_run IS NULL OR next_run <> run) THEN end_s
             WHEN is_last_before_cycle THEN end_s END AS cancelled_s,
        coalesce(broken_s, own_due_s) AS due_s,
        CASE WHEN NOT is_running THEN consumed_s WHEN hours = 'calendar' THEN consumed_s + (end_s - start_s)
             ELSE consumed_s + (end_open_s - start_open_s) END AS running_s
    FROM ordered
)
SELECT
    clock_key, ticket_key, clock, cycle, CAST(version AS INTEGER) AS version, calendar_key, hours, target_s, started_s,
    start_s AS valid_from_s, next_start_s AS superseded_s, is_running, consumed_s,
    CAST(running_s AS BIGINT) AS running_s,
    CAST(paused_before_s + CASE WHEN is_running THEN 0 ELSE end_s - start_s END AS BIGINT) AS paused_s,
    due_s,
    CASE WHEN due_s IS NOT NULL THEN NULL WHEN target_s IS NULL THEN 'no_target'
         WHEN consumed_s IS NULL THEN 'no_calendar' WHEN is_running THEN own_reason END AS due_reason,
    CASE WHEN broken_s IS NULL THEN own_risk_s END AS risk_from_s,
    stopped_s, cancelled_s,
    CASE WHEN due_s < coalesce(stopped_s, cancelled_s) THEN end_open_s END AS ended_open_s,
    CAST(CASE WHEN due_s < coalesce(stopped_s, cancelled_s) THEN running_s - coalesce(
        used_when_broken_s, CASE WHEN left_s <= 0 THEN consumed_s ELSE target_s END) END AS BIGINT) AS over_sla_s,
    CASE WHEN due_s < coalesce(stopped_s, cancelled_s, next_start_s, 1000000000000000000) THEN due_s
         WHEN stopped_s IS NOT NULL THEN stopped_s WHEN cancelled_s IS NOT NULL THEN cancelled_s
         ELSE coalesce(next_start_s - 1, 1000000000000000000) END AS moment_s
FROM ended
WHERE next_start_s IS NULL OR next_start_s > start_s;
