WITH sums AS (SELECT month, client_id AS client, count(*) AS n, sum(amount)::DOUBLE AS revenue FROM income GROUP BY ALL),
goods AS (SELECT month, client_id AS client, sum(amount) AS cogs FROM placed WHERE kind <> 'overhead' GROUP BY ALL)
SELECT month, client, n, 100.0 * (revenue - coalesce(cogs, 0)) / nullif(revenue, 0) AS ratio FROM sums LEFT JOIN goods USING (month, client)
