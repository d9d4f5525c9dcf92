WITH moves AS (
    SELECT month_of(c) AS month, client_id AS client, 1 AS step FROM t WHERE NOT is_out
    UNION ALL SELECT month_of(k.s), t.client_id, -1 FROM t JOIN closed AS k USING (ticket_id) WHERE NOT is_out
)
SELECT month, client, count(*) AS n, sum(step) AS count FROM moves GROUP BY ALL
