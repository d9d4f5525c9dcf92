-- An automatic reply is an answer too. A live contact is answered at creation.
WITH firsts AS (
    SELECT t.ticket_id, CASE WHEN t.opened_by = 'technician' AND t.channel IN ('phone', 'chat', 'walk_in') THEN t.c
        WHEN EXISTS (SELECT 1 FROM e WHERE e.ticket_id = t.ticket_id AND e.kind = 'reply') THEN (SELECT min(e.s) FROM e WHERE e.ticket_id = t.ticket_id
            AND e.kind = 'reply' AND coalesce(e.is_public, TRUE) AND e.actor IN ('technician', 'automation')) ELSE at_s(t.first_response_at) END AS s
    FROM t WHERE NOT is_out AND NOT is_alert
)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, f.s, business_s(t.ticket_id, t.c, f.s) AS w FROM firsts AS f JOIN t USING (ticket_id) WHERE f.s <= as_of()) AS waits
GROUP BY ALL
