SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, r.s, business_s(t.ticket_id, t.c, r.s) AS w FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out) AS ended
GROUP BY ALL
