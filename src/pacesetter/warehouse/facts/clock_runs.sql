-- From when to when each clock of a ticket runs, before pauses. Reads clock_policies, clock_tickets, clock_intervals,
-- clock_resolutions and clock_replies. Writes clock_spans (phase and priority, merged), clock_bouts (the ticket is neither
-- resolved, closed nor cancelled) and clock_runs: end_s is null while it goes on; is_fulfilled says whether the end is what was promised.
CREATE OR REPLACE TEMP TABLE clocked AS
SELECT * FROM clock_tickets WHERE sla_policy_id IN (SELECT p.sla_policy_id FROM clock_policies AS p);

CREATE OR REPLACE TEMP TABLE clock_spans AS
WITH compared AS (
    SELECT
        i.ticket_key, i.start_s, i.priority,
        CASE WHEN i.phase_code <= 2 THEN 2 ELSE i.phase_code END AS phase,
        lag(CASE WHEN i.phase_code <= 2 THEN 2 ELSE i.phase_code END) OVER steps AS phase_before,
        lag(i.priority) OVER steps AS priority_before
    FROM clock_intervals AS i JOIN clocked AS t ON t.ticket_key = i.ticket_key
    WINDOW steps AS (PARTITION BY i.ticket_key ORDER BY i.start_s)
)
SELECT
    ticket_key, start_s, lead(start_s) OVER (PARTITION BY ticket_key ORDER BY start_s) AS end_s,
    CAST(phase AS INTEGER) AS phase, priority
FROM compared
WHERE phase IS DISTINCT FROM phase_before OR priority IS DISTINCT FROM priority_before;

-- What takes a ticket off the clocks: a resolution until it is left, a cancellation until it is taken back.
CREATE OR REPLACE TEMP TABLE clock_offs AS
WITH offs AS (
    SELECT r.ticket_key, r.resolved_s AS off_s, r.superseded_s AS back_s, FALSE AS is_cancellation
    FROM clock_resolutions AS r JOIN clocked AS t ON t.ticket_key = r.ticket_key
    UNION ALL
    SELECT ticket_key, start_s, end_s, TRUE
    FROM (
        SELECT ticket_key, start_s, is_cancelled, lead(start_s) OVER (PARTITION BY ticket_key ORDER BY start_s) AS end_s
        FROM (
            SELECT
                ticket_key, start_s, phase = 8 AS is_cancelled,
                lag(phase = 8) OVER (PARTITION BY ticket_key ORDER BY start_s) AS was_cancelled
            FROM clock_spans WHERE ticket_key IN (SELECT s.ticket_key FROM clock_spans AS s WHERE s.phase = 8)
        )
        WHERE is_cancelled IS DISTINCT FROM was_cancelled
    )
    WHERE is_cancelled
)
SELECT
    *,
    lag(back_s) OVER steps AS back_before_s,
    lag(is_cancellation) OVER steps AS was_cancellation,
    CAST(row_number() OVER steps AS INTEGER) AS nth,
    lead(off_s) OVER steps AS next_off_s
FROM offs
WINDOW steps AS (PARTITION BY ticket_key ORDER BY off_s, coalesce(back_s, 1000000000000000000), is_cancellation);

CREATE OR REPLACE TEMP TABLE clock_bouts AS
SELECT
    o.ticket_key, o.nth AS bout, coalesce(o.back_before_s, t.created_s) AS begin_s, o.off_s AS end_s,
    NOT o.is_cancellation AS is_resolved, coalesce(NOT o.was_cancellation, FALSE) AS is_reopened
FROM clock_offs AS o JOIN clocked AS t ON t.ticket_key = o.ticket_key
UNION ALL
SELECT ticket_key, nth + 1, back_s, NULL, FALSE, NOT is_cancellation
FROM clock_offs WHERE next_off_s IS NULL AND back_s IS NOT NULL
UNION ALL
SELECT t.ticket_key, 1, t.created_s, NULL, FALSE, FALSE
FROM clocked AS t LEFT JOIN (SELECT DISTINCT ticket_key FROM clock_offs) AS o ON o.ticket_key = t.ticket_key
WHERE o.ticket_key IS NULL;

-- A reply in the second in which a silence begins does not end it; one in the second of the resolution does.
CREATE OR REPLACE TEMP TABLE update_runs AS
WITH marks AS (
    SELECT b.ticket_key, b.bout, b.begin_s AS mark_s, b.end_s, b.is_reopened, FALSE AS is_reply
    FROM clock_bouts AS b
    UNION ALL
    SELECT b.ticket_key, b.bout, r.at_s, b.end_s, FALSE, TRUE
    FROM clock_bouts AS b
    JOIN clock_replies AS r ON r.ticket_key = b.ticket_key AND r.at_s > b.begin_s AND (b.end_s IS NULL OR r.at_s <= b.end_s)
)
SELECT
    ticket_key, mark_s AS begin_s, coalesce(lead(mark_s) OVER steps, end_s) AS end_s,
    coalesce(lead(is_reply) OVER steps, FALSE) AS is_fulfilled, is_reopened
FROM marks
WINDOW steps AS (PARTITION BY ticket_key, bout ORDER BY mark_s);

CREATE OR REPLACE TEMP TABLE clock_runs AS
WITH firsts AS (
    SELECT
        t.ticket_key, t.created_s, t.responded_s, b.end_s AS off_s, b.is_resolved,
        p.planned_s, p.last_phase
    FROM clocked AS t
    JOIN clock_bouts AS b ON b.ticket_key = t.ticket_key AND b.bout = 1
    JOIN (
        SELECT ticket_key, min(CASE WHEN phase = 5 THEN start_s END) AS planned_s,
            max(CASE WHEN end_s IS NULL THEN phase END) AS last_phase
        FROM clock_spans GROUP BY ticket_key
    ) AS p ON p.ticket_key = t.ticket_key
),
runs AS (
    SELECT
        ticket_key, 'respond' AS clock, created_s AS begin_s,
        CASE WHEN responded_s <= coalesce(off_s, responded_s) THEN responded_s ELSE off_s END AS end_s,
        coalesce(responded_s <= coalesce(off_s, responded_s), FALSE) AS is_fulfilled, FALSE AS is_reopened
    FROM firsts WHERE responded_s IS NOT NULL OR off_s IS NOT NULL OR last_phase <= 5
    UNION ALL
    SELECT
        ticket_key, 'plan', created_s,
        CASE WHEN planned_s <= coalesce(off_s, planned_s) THEN planned_s ELSE off_s END,
        coalesce(planned_s <= coalesce(off_s, planned_s), FALSE) OR is_resolved, FALSE
    FROM firsts
    UNION ALL
    SELECT ticket_key, 'update', begin_s, end_s, is_fulfilled, is_reopened
    FROM update_runs WHERE end_s IS NULL OR end_s > begin_s
    UNION ALL
    SELECT ticket_key, 'resolve', begin_s, end_s, is_resolved, is_reopened FROM clock_bouts
)
SELECT
    r.ticket_key * 4 + CASE r.clock WHEN 'respond' THEN 0 WHEN 'plan' THEN 1 WHEN 'update' THEN 2 ELSE 3 END AS clock_key,
    r.ticket_key, r.clock, r.begin_s, r.end_s, r.is_fulfilled, r.is_reopened,
    t.sla_policy_id, t.type, t.calendar_key, p.on_reopen, p.on_priority_change, p.runs_in,
    CAST(row_number() OVER (PARTITION BY r.ticket_key, r.clock ORDER BY r.begin_s, coalesce(r.end_s, 1000000000000000000))
        AS INTEGER) AS run
FROM runs AS r
JOIN clocked AS t ON t.ticket_key = r.ticket_key
JOIN clock_policies AS p ON p.sla_policy_id = t.sla_policy_id AND p.clock = r.clock;
