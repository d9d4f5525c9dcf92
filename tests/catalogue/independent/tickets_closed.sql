SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, count(*) AS count
FROM t JOIN closed AS r USING (ticket_id) WHERE NOT is_out GROUP BY ALL
