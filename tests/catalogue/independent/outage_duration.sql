SELECT month_of(b) AS month, client_id AS client, count(*) AS n, avg(b - a) AS mean, median(b - a) AS median, quantile_cont(b - a, 0.9) AS p90
FROM episodes WHERE b <= as_of() GROUP BY ALL
