-- By hand: a technician opened it, acted on it up to the resolution, or entered time on it (a total of 0 minutes is none). Saved: the median work of the category.
WITH last_event AS (SELECT r.ticket_id, max(x.pos) AS pos FROM resolved AS r JOIN phase_steps AS x ON x.ticket_id = r.ticket_id AND x.s = r.s AND x.is_resolution
    GROUP BY r.ticket_id),
ends AS (
    SELECT t.ticket_id, t.client_id, r.s, t.is_out, was(t.ticket_id, 'category', r.s) AS category,
        coalesce(t.opened_by = 'technician', FALSE) OR EXISTS (SELECT 1 FROM e WHERE e.ticket_id = t.ticket_id AND e.kind <> 'created'
            AND e.actor = 'technician' AND e.pos <= l.pos) AS touched,
        (SELECT sum(seconds) FROM worked AS w WHERE w.ticket_id = t.ticket_id) AS seconds,
        EXISTS (SELECT 1 FROM time_entries AS w WHERE w.ticket_id = t.ticket_id AND at_s(w.started_at) <= as_of())
            OR coalesce(t.worked_minutes, 0) > 0 AS has_time
    FROM t JOIN resolved AS r USING (ticket_id) JOIN last_event AS l USING (ticket_id)
),
usual AS (SELECT category, median(seconds) AS seconds FROM ends WHERE touched AND NOT is_out AND seconds IS NOT NULL GROUP BY category)
SELECT month_of(x.s) AS month, x.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (NOT touched AND NOT has_time) / count(*) AS share,
    coalesce(sum(u.seconds) FILTER (NOT touched AND NOT has_time), 0) AS time_saved
FROM ends AS x LEFT JOIN usual AS u ON u.category IS NOT DISTINCT FROM x.category WHERE NOT x.is_out GROUP BY ALL
