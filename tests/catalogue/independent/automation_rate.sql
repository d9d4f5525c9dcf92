-- By hand: a technician opened it, a technician or a vendor acted on it up to the resolution, or time was entered on it (a total of 0 minutes
-- is none). Where it has no act at all, who held it tells; where nothing tells who acted, it is out. Saved: the median work of the category, where it has one.
WITH last_event AS (SELECT r.ticket_id, max(x.pos) AS pos FROM resolved AS r JOIN phase_steps AS x ON x.ticket_id = r.ticket_id AND x.s = r.s AND x.is_resolution
    GROUP BY r.ticket_id),
acted AS (SELECT l.ticket_id, count(e.pos) AS acts, coalesce(list(DISTINCT e.actor) FILTER (e.actor IS NOT NULL), []) AS actors
    FROM last_event AS l LEFT JOIN e ON e.ticket_id = l.ticket_id AND e.kind <> 'created' AND e.pos <= l.pos GROUP BY l.ticket_id),
ends AS (
    SELECT t.ticket_id, t.client_id, r.s, t.is_out, was(t.ticket_id, 'category', r.s) AS category,
        coalesce(t.opened_by = 'technician', FALSE) OR a.actors && ['technician', 'vendor']
            OR (a.acts = 0 AND was(t.ticket_id, 'technician', r.s) IS NOT NULL) AS touched,
        len(a.actors) > 0 OR (a.acts = 0 AND coalesce(t.opened_by = 'automation', FALSE)) AS told,
        (SELECT sum(seconds) FROM worked AS w WHERE w.ticket_id = t.ticket_id) AS seconds,
        EXISTS (SELECT 1 FROM time_entries AS w WHERE w.ticket_id = t.ticket_id AND at_s(w.started_at) <= as_of())
            OR coalesce(t.worked_minutes, 0) > 0 AS has_time
    FROM t JOIN resolved AS r USING (ticket_id) JOIN acted AS a USING (ticket_id)
),
usual AS (SELECT category, median(seconds) AS seconds FROM ends WHERE touched AND NOT is_out AND seconds IS NOT NULL GROUP BY category)
SELECT month_of(x.s) AS month, x.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (NOT touched AND NOT has_time) / count(*) AS share,
    CASE WHEN count(*) FILTER (NOT touched AND NOT has_time) = 0 THEN 0 ELSE sum(u.seconds) FILTER (NOT touched AND NOT has_time) END AS time_saved
FROM ends AS x LEFT JOIN usual AS u ON u.category IS NOT DISTINCT FROM x.category WHERE NOT x.is_out AND (x.touched OR x.has_time OR x.told) GROUP BY ALL
