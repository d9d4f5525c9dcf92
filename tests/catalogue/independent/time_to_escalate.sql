WITH firsts AS (SELECT ticket_id, arg_min(s, pos) AS s FROM team_steps WHERE is_escalation GROUP BY ticket_id)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, f.s, business_s(t.ticket_id, t.c, f.s) AS w FROM t JOIN firsts AS f USING (ticket_id) WHERE NOT is_out) AS x
GROUP BY ALL
