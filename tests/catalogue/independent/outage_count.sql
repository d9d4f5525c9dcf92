SELECT month_of(a) AS month, client_id AS client, count(*) AS n, count(*) AS count FROM episodes GROUP BY ALL
