WITH running AS (SELECT month, client_id AS client, sum(high - low) FILTER (NOT unplanned) AS seconds FROM pieces WHERE in_service GROUP BY ALL),
failed AS (SELECT month_of(a) AS month, client_id AS client, count(*) AS n FROM episodes GROUP BY ALL)
SELECT month, client, n, coalesce(seconds, 0)::DOUBLE / n AS mean FROM failed LEFT JOIN running USING (month, client)
