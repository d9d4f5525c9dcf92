-- The verdict over all clocks of a ticket: broken by the first of them that is broken, kept when all have ended and one was met; where one
-- that has ended cannot be judged there is none: is_kept is null and due_reason says why. Reads versioned_clocks. Writes batch_verdicts:
-- rows valid from judged_s (broken: after it) until superseded_s (a clock runs again).
CREATE OR REPLACE TEMP TABLE verdict_breaks AS
SELECT ticket_key, min(due_s) AS broken_s, arg_min(clock, (due_s, clock)) AS clock
FROM versioned_clocks
WHERE due_s < coalesce(stopped_s, cancelled_s, superseded_s, 1000000000000000000)
GROUP BY ticket_key;

-- The instants at which no clock of a ticket runs any more and one was met, or would have been judged. Only a ticket that came back can have several.
CREATE OR REPLACE TEMP TABLE verdict_ends AS
WITH returned AS (
    SELECT ticket_key FROM clock_resolutions WHERE superseded_s IS NOT NULL
    UNION
    SELECT ticket_key FROM clock_intervals WHERE phase_code = 8 AND end_s IS NOT NULL
),
alive AS (
    SELECT
        c.ticket_key, c.valid_from_s, coalesce(c.stopped_s, c.cancelled_s, c.superseded_s, 1000000000000000000) AS end_s,
        c.stopped_s IS NOT NULL AS is_stopped, c.stopped_s IS NOT NULL AND c.due_reason IS NULL AS is_met,
        r.ticket_key IS NOT NULL AS came_back
    FROM versioned_clocks AS c LEFT JOIN returned AS r ON r.ticket_key = c.ticket_key
    WHERE c.due_reason IS DISTINCT FROM 'no_target'
),
sofar AS (
    SELECT
        ticket_key, valid_from_s,
        max(end_s) OVER steps AS last_end_s,
        max(CASE WHEN is_stopped THEN 1 ELSE 0 END) OVER steps AS any_stopped,
        max(CASE WHEN is_met THEN 1 ELSE 0 END) OVER steps AS any_met,
        lead(valid_from_s) OVER (PARTITION BY ticket_key ORDER BY valid_from_s, end_s) AS next_s
    FROM alive WHERE came_back
    WINDOW steps AS (
        PARTITION BY ticket_key ORDER BY valid_from_s, end_s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT ticket_key, last_end_s AS ended_s, next_s, any_met = 1 AS any_met
FROM sofar
WHERE any_stopped = 1 AND last_end_s < 1000000000000000000 AND (next_s IS NULL OR next_s > last_end_s)
UNION ALL
SELECT ticket_key, max(end_s), NULL, bool_or(is_met)
FROM alive WHERE NOT came_back
GROUP BY ticket_key HAVING max(end_s) < 1000000000000000000 AND bool_or(is_stopped);

-- Why a clock as it stood then cannot be judged: no calendar, say.
CREATE OR REPLACE TEMP VIEW verdict_doubts AS
SELECT e.ticket_key, e.ended_s, min(c.due_reason) AS due_reason
FROM versioned_clocks AS c JOIN verdict_ends AS e
    ON e.ticket_key = c.ticket_key AND c.valid_from_s <= e.ended_s AND (c.superseded_s IS NULL OR c.superseded_s > e.ended_s)
WHERE c.due_reason <> 'no_target'
GROUP BY e.ticket_key, e.ended_s;

CREATE OR REPLACE TEMP VIEW batch_verdicts AS
WITH verdicts AS (
    SELECT ticket_key, FALSE AS is_kept, NULL AS due_reason, broken_s AS judged_s, NULL AS superseded_s, clock FROM verdict_breaks
    UNION ALL
    SELECT e.ticket_key, CASE WHEN d.due_reason IS NULL THEN TRUE END, d.due_reason, e.ended_s, e.next_s, NULL
    FROM verdict_ends AS e LEFT JOIN verdict_breaks AS b ON b.ticket_key = e.ticket_key
    LEFT JOIN verdict_doubts AS d ON d.ticket_key = e.ticket_key AND d.ended_s = e.ended_s
    WHERE (b.broken_s IS NULL OR b.broken_s > e.ended_s) AND (e.any_met OR d.due_reason IS NOT NULL)
)
SELECT
    v.ticket_key, t.client_id, t.type, t.channel, t.created_s, t.excluded_as, t.excluded_s,
    v.is_kept, v.due_reason, v.judged_s, v.superseded_s, v.clock,
    i.team_id, i.organisation, i.tier, i.technician_id, i.priority, i.category
FROM verdicts AS v
JOIN clock_tickets AS t ON t.ticket_key = v.ticket_key
JOIN clock_intervals AS i
    ON i.ticket_key = v.ticket_key AND i.start_s <= v.judged_s AND (i.end_s IS NULL OR i.end_s > v.judged_s);
