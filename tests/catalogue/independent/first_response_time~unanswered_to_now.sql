-- Who waits still waits up to the as-of instant and counts in its period, which is beyond the months asked.
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, coalesce(a.s, as_of()) AS s, business_s(t.ticket_id, t.c, coalesce(a.s, as_of())) AS w FROM t JOIN answered AS a USING (ticket_id)
    WHERE NOT is_out AND NOT is_alert AND (a.s IS NOT NULL OR was(t.ticket_id, 'phase', as_of()) NOT IN ('resolved', 'closed', 'cancelled'))) AS waits
GROUP BY ALL
