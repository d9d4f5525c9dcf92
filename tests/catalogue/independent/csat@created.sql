SELECT month_of(c) AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (score * 5 >= best * 4) / count(*) AS share,
    avg(5 * score / best) AS mean_score
FROM polls WHERE kind = 'csat' AND answered_s IS NOT NULL AND c IS NOT NULL GROUP BY ALL
