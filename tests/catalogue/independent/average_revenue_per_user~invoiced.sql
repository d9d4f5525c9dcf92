-- cut: offering
SELECT month, offering_id AS offering, count(DISTINCT client_id) FILTER (is_recurring AND amount > 0) AS n,
    coalesce(sum(amount) FILTER (is_recurring), 0)::DOUBLE / nullif(count(DISTINCT client_id) FILTER (is_recurring AND amount > 0), 0) AS mean
FROM income GROUP BY ALL
