-- Runs cut where the clock pauses, goes on, or the priority changes; cycles numbered; targets chosen. Reads clock_runs, clock_spans and
-- clock_targets. Writes clock_steps: one row per stretch in which nothing changes, in the order run, start_s.
CREATE OR REPLACE TEMP VIEW cut_steps AS
SELECT
    r.clock_key, r.ticket_key, r.clock, r.run, r.is_reopened, r.sla_policy_id, r.type, r.calendar_key, r.on_reopen, r.on_priority_change,
    CASE WHEN s.start_s > r.begin_s THEN s.start_s ELSE r.begin_s END AS start_s,
    CASE WHEN s.end_s IS NULL THEN r.end_s WHEN r.end_s IS NULL OR s.end_s < r.end_s THEN s.end_s ELSE r.end_s END AS end_s,
    r.end_s AS run_end_s, r.is_fulfilled, s.priority,
    s.phase > 5 OR (r.runs_in >> s.phase) & 1 = 1 AS is_running
FROM clock_runs AS r
JOIN clock_spans AS s
    ON s.ticket_key = r.ticket_key AND (s.end_s IS NULL OR s.end_s > r.begin_s)
    AND (r.end_s IS NULL OR s.start_s < r.end_s OR (r.begin_s = r.end_s AND s.start_s <= r.begin_s))
WHERE s.phase <= 5 OR r.clock = 'respond' OR r.begin_s = r.end_s;

CREATE OR REPLACE TEMP TABLE cycled_steps AS
WITH compared AS (
    SELECT *, lag(run) OVER steps AS run_before, lag(priority) OVER steps AS priority_before
    FROM cut_steps
    WINDOW steps AS (PARTITION BY clock_key ORDER BY run, start_s)
),
broken AS (
    SELECT
        *,
        CASE WHEN run_before IS NULL THEN 0
             WHEN run <> run_before AND (clock = 'update' OR (is_reopened AND on_reopen = 'restart')) THEN 1
             WHEN on_priority_change = 'restart' AND priority IS DISTINCT FROM priority_before THEN 1
             ELSE 0 END AS is_new_cycle
    FROM compared
)
SELECT
    * EXCLUDE (is_new_cycle, run_before, priority_before),
    CAST(1 + sum(is_new_cycle) OVER sofar AS INTEGER) AS cycle,
    coalesce(lead(is_new_cycle) OVER steps, 0) = 1 AS is_last_before_cycle,
    CASE WHEN on_priority_change = 'keep'
         THEN last_value(CASE WHEN is_new_cycle = 1 OR run_before IS NULL THEN coalesce(priority, '') END IGNORE NULLS) OVER sofar
         ELSE coalesce(priority, '') END AS asked_priority
FROM broken
WINDOW
    steps AS (PARTITION BY clock_key ORDER BY run, start_s),
    sofar AS (PARTITION BY clock_key ORDER BY run, start_s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW);

-- The most specific target wins: for priority and type, for the priority, for the type, for any.
CREATE OR REPLACE TEMP TABLE chosen_targets AS
SELECT
    c.sla_policy_id, c.clock, c.priority, c.type,
    arg_min(g.target_s, (g.rank, g.target_s)) AS target_s,
    arg_min(g.hours, (g.rank, g.target_s)) AS hours
FROM (
    SELECT DISTINCT sla_policy_id, clock, asked_priority AS priority, coalesce(type, '') AS type FROM cycled_steps
) AS c
JOIN (
    SELECT
        *,
        CASE WHEN priority IS NOT NULL AND type IS NOT NULL THEN 1 WHEN priority IS NOT NULL THEN 2
             WHEN type IS NOT NULL THEN 3 ELSE 4 END AS rank
    FROM clock_targets
) AS g
    ON g.sla_policy_id = c.sla_policy_id AND g.clock = c.clock
    AND (g.priority IS NULL OR g.priority = c.priority) AND (g.type IS NULL OR g.type = c.type)
GROUP BY c.sla_policy_id, c.clock, c.priority, c.type;

CREATE OR REPLACE TEMP VIEW aimed_steps AS
SELECT
    a.* EXCLUDE (asked_priority, type, sla_policy_id, priority, on_reopen, on_priority_change, is_reopened), g.target_s, g.hours
FROM cycled_steps AS a
LEFT JOIN chosen_targets AS g
    ON g.sla_policy_id = a.sla_policy_id AND g.clock = a.clock AND g.priority = a.asked_priority AND g.type = coalesce(a.type, '');

-- A clock that has no target in any of its steps is no clock.
CREATE OR REPLACE TEMP VIEW clock_steps AS
SELECT * FROM aimed_steps WHERE clock_key IN (SELECT s.clock_key FROM aimed_steps AS s WHERE s.target_s IS NOT NULL);
