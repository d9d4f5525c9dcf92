-- SLA clocks, written from docs/explanation/how-clocks-run.md, for policies whose targets are all in business hours and that retarget.
CREATE TABLE cycles AS
WITH firsts AS (
    SELECT t.ticket_id, t.c, a.s AS answered_s,
        (SELECT min(s) FROM phase_steps AS p WHERE p.ticket_id = t.ticket_id AND p.is_resolution) AS resolved_s,
        (SELECT min(from_s) FROM held AS h WHERE h.ticket_id = t.ticket_id AND h.what = 'phase' AND h.value = 'cancelled') AS cancelled_s,
        (SELECT min(from_s) FROM held AS h WHERE h.ticket_id = t.ticket_id AND h.what = 'phase' AND h.value = 'scheduled') AS planned_s
    FROM t LEFT JOIN answered AS a USING (ticket_id)
),
-- Creations, replies and reopenings begin a cycle of the update clock; replies within the second of a beginning are part of it. One that
-- begins when the ticket is over has fallen away already.
begins AS (
    SELECT ticket_id, c AS s FROM t UNION SELECT ticket_id, s FROM human_replies UNION SELECT ticket_id, s FROM reopenings
),
restarts AS (
    SELECT t.ticket_id, t.c AS s, CAST(0 AS BIGINT) AS pos FROM t
    UNION ALL SELECT o.ticket_id, o.s, o.pos FROM reopenings AS o JOIN judged_by AS j USING (ticket_id) WHERE j.on_reopen = 'restart'
)
SELECT ticket_id, 'respond' AS clock, c AS start_s, CASE WHEN answered_s <= coalesce(least(resolved_s, cancelled_s), 9000000000) THEN answered_s END AS stop_s,
    least(resolved_s, cancelled_s) AS fall_s
FROM firsts
UNION ALL
SELECT ticket_id, 'plan', c, least(planned_s, resolved_s), cancelled_s FROM firsts
UNION ALL
SELECT b.ticket_id, 'update', b.s, (SELECT min(r.s) FROM human_replies AS r WHERE r.ticket_id = b.ticket_id AND r.s > b.s),
    CASE WHEN was(b.ticket_id, 'phase', b.s) IN ('resolved', 'closed', 'cancelled') THEN b.s ELSE (SELECT min(p.s) FROM phase_steps AS p
        WHERE p.ticket_id = b.ticket_id AND p.phase IN ('resolved', 'closed', 'cancelled') AND p.s >= b.s
            AND NOT EXISTS (SELECT 1 FROM reopenings AS o WHERE o.ticket_id = b.ticket_id AND o.s = b.s AND o.pos > p.pos)) END
FROM begins AS b
UNION ALL
SELECT r.ticket_id, 'resolve', r.s,
    CASE WHEN j.on_reopen = 'restart'
        THEN (SELECT arg_min(p.s, p.pos) FROM phase_steps AS p WHERE p.ticket_id = r.ticket_id AND p.is_resolution AND p.pos > r.pos)
        ELSE (SELECT s FROM resolved AS x WHERE x.ticket_id = r.ticket_id) END,
    (SELECT max(from_s) FROM held AS h WHERE h.ticket_id = r.ticket_id AND h.what = 'phase' AND h.value = 'cancelled' AND h.to_s = 9000000000)
FROM restarts AS r JOIN judged_by AS j USING (ticket_id);

CREATE TABLE promised AS
SELECT t.ticket_id, x.clock, h.from_s, h.to_s, j.calendar_id, (
    SELECT CAST(arg_min(g.target_minutes, (g.priority IS NULL)::INT * 2 + (g.type IS NULL)::INT) * 60 AS BIGINT) FROM sla_targets AS g
    WHERE g.sla_policy_id = j.sla_policy_id AND g.clock = x.clock AND (g.priority IS NULL OR g.priority = h.value) AND (g.type IS NULL OR g.type = t.type)) AS target
FROM t JOIN judged_by AS j USING (ticket_id) JOIN held AS h ON h.ticket_id = t.ticket_id AND h.what = 'priority'
CROSS JOIN (VALUES ('respond'), ('plan'), ('update'), ('resolve')) AS x (clock);

-- How much was used up, stretch by stretch, and the first in which the target is reached: only what runs counts.
CREATE TABLE clocks AS
WITH given AS (SELECT row_number() OVER () AS id, * FROM cycles),
runs AS (
    SELECT g.id, g.start_s, p.calendar_id, p.target, greatest(g.start_s, p.from_s, h.from_s) AS a,
        least(coalesce(g.stop_s, 9000000000), coalesce(g.fall_s, 9000000000), p.to_s, h.to_s, as_of() + 60 * 86400) AS b
    FROM given AS g JOIN promised AS p ON p.ticket_id = g.ticket_id AND p.clock = g.clock
    JOIN held AS h ON h.ticket_id = g.ticket_id AND h.what = 'phase' AND (g.clock = 'respond' OR h.value IN ('new', 'active'))
),
used AS (
    SELECT *, open_s(calendar_id, b) - open_s(calendar_id, a) AS here,
        coalesce(sum(open_s(calendar_id, b) - open_s(calendar_id, a)) OVER (PARTITION BY id ORDER BY a ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING), 0) AS before
    FROM runs WHERE a < b
),
reached AS (
    SELECT id, arg_min(CASE WHEN before >= target THEN a ELSE opened_at(calendar_id, open_s(calendar_id, a) + target - before) END, a) AS due_s
    FROM used WHERE before + here >= target GROUP BY id
)
SELECT g.*, p.target, p.calendar_id, CAST(r.due_s AS BIGINT) AS due_s,
    CASE WHEN r.due_s < least(as_of(), coalesce(g.stop_s, 9000000000), coalesce(g.fall_s, 9000000000)) THEN 'broken'
         WHEN p.target IS NULL THEN NULL
         WHEN g.stop_s <= coalesce(g.fall_s, 9000000000) THEN 'met' WHEN g.fall_s IS NOT NULL THEN 'fallen' ELSE 'running' END AS outcome
FROM given AS g LEFT JOIN reached AS r USING (id)
LEFT JOIN promised AS p ON p.ticket_id = g.ticket_id AND p.clock = g.clock
    AND least(coalesce(g.stop_s, 9000000000), coalesce(g.fall_s, 9000000000), as_of()) >= p.from_s
    AND least(coalesce(g.stop_s, 9000000000), coalesce(g.fall_s, 9000000000), as_of()) < p.to_s;
CREATE TABLE judged AS
SELECT k.ticket_id, t.client_id, t.is_alert, k.clock, k.outcome, CASE k.outcome WHEN 'broken' THEN k.due_s ELSE k.stop_s END AS s, k.start_s, k.due_s, k.stop_s, k.fall_s
FROM clocks AS k JOIN t USING (ticket_id) WHERE k.outcome IN ('met', 'broken') AND NOT t.is_out;

-- The verdict over all clocks of a ticket: broken by the first that breaks, kept when none runs any more and one was met.
CREATE TABLE verdicts AS
SELECT ticket_id, NOT coalesce(bool_or(outcome = 'broken'), FALSE) AS is_kept,
    CASE WHEN bool_or(outcome = 'broken') THEN min(due_s) FILTER (outcome = 'broken') ELSE max(coalesce(stop_s, fall_s)) END AS s
FROM (SELECT ticket_id, outcome, due_s, CASE WHEN outcome = 'fallen' THEN NULL ELSE stop_s END AS stop_s, fall_s FROM clocks WHERE outcome IS NOT NULL)
JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ticket_id
HAVING bool_or(outcome = 'broken') OR (NOT bool_or(outcome = 'running') AND bool_or(outcome = 'met'));
