SELECT month_of(k.s) AS month, t.client_id AS client, count(*) AS n, avg(k.s - t.c) AS mean, median(k.s - t.c) AS median,
    quantile_cont(k.s - t.c, 0.9) AS p90
FROM t JOIN closed AS k USING (ticket_id) WHERE NOT is_out GROUP BY ALL
