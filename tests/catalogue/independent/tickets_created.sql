SELECT month_of(c) AS month, client_id AS client, count(*) AS n, count(*) AS count FROM t WHERE NOT is_out GROUP BY ALL
