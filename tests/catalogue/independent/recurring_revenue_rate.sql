SELECT month, client_id AS client, count(*) AS n,
    100.0 * coalesce(sum(amount) FILTER (is_recurring), 0)::DOUBLE / nullif(sum(amount), 0)::DOUBLE AS ratio FROM income GROUP BY ALL
