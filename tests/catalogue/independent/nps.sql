SELECT month_of(answered_s) AS month, client_id AS client, count(*) AS n,
    100.0 * (count(*) FILTER (score >= 9) - count(*) FILTER (score <= 6)) / count(*) AS score
FROM polls WHERE kind = 'nps' AND answered_s IS NOT NULL GROUP BY ALL
