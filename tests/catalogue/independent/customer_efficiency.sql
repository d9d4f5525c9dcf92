WITH effort AS (SELECT month_of(s) AS month, client_id AS client, sum(seconds) AS seconds FROM worked WHERE ticket_id IS NOT NULL AND NOT is_out GROUP BY ALL),
came AS (SELECT month_of(c) AS month, client_id AS client, count(*) AS n FROM t WHERE NOT is_out GROUP BY ALL)
SELECT month, client, n, coalesce(seconds, 0)::DOUBLE / n AS ratio FROM came LEFT JOIN effort USING (month, client)
