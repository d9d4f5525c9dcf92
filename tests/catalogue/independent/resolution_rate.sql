WITH moves AS (
    SELECT month_of(c) AS month, client_id AS client, 1 AS came, 0 AS went FROM t WHERE NOT is_out
    UNION ALL SELECT month_of(k.s), t.client_id, 0, 1 FROM t JOIN resolved AS k USING (ticket_id) WHERE NOT is_out
)
SELECT month, client, sum(came) AS n, 100.0 * sum(went) / nullif(sum(came), 0) AS ratio FROM moves GROUP BY ALL
