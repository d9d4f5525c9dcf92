-- Tickets that are answered, in the month of the answer; alerts are out.
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, a.s, business_s(t.ticket_id, t.c, a.s) AS w FROM t JOIN answered AS a USING (ticket_id)
    WHERE NOT is_out AND NOT is_alert AND a.s IS NOT NULL) AS waits
GROUP BY ALL
