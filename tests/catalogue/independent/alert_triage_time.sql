WITH taken AS (SELECT ticket_id, min(from_s) AS s FROM held WHERE what = 'phase' AND value <> 'new' GROUP BY ticket_id)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, k.s, business_s(t.ticket_id, t.c, k.s) AS w FROM t JOIN taken AS k USING (ticket_id) WHERE NOT is_out AND type = 'alert' AND k.s >= t.c) AS x
GROUP BY ALL
