-- Marks are creation, each public reply of a technician, the resolution; between two of them what is ours to move, in open seconds.
WITH ends AS (SELECT t.ticket_id, t.client_id, t.c, r.s FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out),
marks AS (
    SELECT ticket_id, c AS s FROM ends UNION SELECT ticket_id, s FROM ends
    UNION SELECT h.ticket_id, h.s FROM human_replies AS h JOIN ends AS x ON x.ticket_id = h.ticket_id AND h.s < x.s AND h.s > x.c
),
gaps AS (SELECT ticket_id, s AS low, lead(s) OVER (PARTITION BY ticket_id ORDER BY s) AS high FROM marks),
ours AS (
    SELECT g.ticket_id, g.low, sum(business_s(g.ticket_id, greatest(g.low, p.from_s), least(g.high, p.to_s))) AS silent
    FROM gaps AS g JOIN held AS p ON p.ticket_id = g.ticket_id AND p.what = 'phase' AND p.value IN ('new', 'active')
        AND p.from_s < g.high AND p.to_s > g.low GROUP BY ALL
),
longest AS (SELECT x.ticket_id, x.client_id, x.s, coalesce(max(o.silent), 0) AS silent FROM ends AS x LEFT JOIN ours AS o USING (ticket_id) GROUP BY ALL)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(silent) AS mean, quantile_cont(silent, 0.9) AS p90 FROM longest GROUP BY ALL
