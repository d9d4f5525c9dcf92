SELECT month_of(c) AS month, client_id AS client, count(*) AS n, 100.0 * count(answered_s) / count(*) AS share
FROM polls WHERE kind = 'csat' AND c IS NOT NULL GROUP BY ALL
