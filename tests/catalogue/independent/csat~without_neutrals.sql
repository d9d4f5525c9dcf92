-- The mean answer beside it is that of all answers.
SELECT month_of(answered_s) AS month, client_id AS client, count(*) FILTER (score * 5 >= best * 4 OR score * 5 <= best * 2) AS n,
    100.0 * count(*) FILTER (score * 5 >= best * 4) / nullif(count(*) FILTER (score * 5 >= best * 4 OR score * 5 <= best * 2), 0) AS share,
    avg(5 * score / best) AS mean_score
FROM polls WHERE kind = 'csat' AND answered_s IS NOT NULL GROUP BY ALL
