SELECT strftime(delivered_on, '%Y-%m') AS month, client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (delivered_on <= promised_on AND actual_cost <= budget) / count(*) AS share
FROM projects WHERE midnight(delivered_on) <= as_of() AND promised_on IS NOT NULL AND budget IS NOT NULL AND actual_cost IS NOT NULL GROUP BY ALL
