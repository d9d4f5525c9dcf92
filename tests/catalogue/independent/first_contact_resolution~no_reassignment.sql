-- A technician after another one, in the order of events; the first assignment is none.
WITH given AS (
    SELECT ticket_id, pos, to_value, coalesce(last_value(to_value IGNORE NULLS) OVER (PARTITION BY ticket_id ORDER BY pos ROWS BETWEEN UNBOUNDED PRECEDING
        AND 1 PRECEDING), from_value) AS before FROM e WHERE kind = 'assignment'
)
SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    NOT EXISTS (SELECT 1 FROM team_steps AS m WHERE m.ticket_id = t.ticket_id AND m.pos < r.pos AND m.is_handoff)
    AND NOT EXISTS (SELECT 1 FROM given AS g WHERE g.ticket_id = t.ticket_id AND g.pos < r.pos AND g.to_value <> g.before)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND NOT is_alert GROUP BY ALL
