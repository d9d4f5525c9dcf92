SELECT strftime(delivered_on, '%Y-%m') AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (actual_cost <= budget) / count(*) AS share,
    sum(euro(actual_cost - budget, currency, delivered_on)) AS overrun
FROM projects WHERE midnight(delivered_on) <= as_of() AND budget IS NOT NULL AND actual_cost IS NOT NULL GROUP BY ALL
