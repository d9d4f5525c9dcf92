SELECT month, client_id AS client, 100.0 * coalesce(sum(weight * (high - low)) FILTER (NOT unplanned AND NOT planned), 0) / sum(weight * (high - low)) AS ratio
FROM pieces WHERE in_service GROUP BY ALL
