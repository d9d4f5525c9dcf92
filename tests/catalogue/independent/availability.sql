-- n is the number of services.
SELECT month, client_id AS client, count(DISTINCT service_id) AS n,
    100.0 * sum(weight * (high - low)) FILTER (NOT unplanned) / sum(weight * (high - low)) AS ratio,
    coalesce(sum(high - low) FILTER (planned), 0) AS planned_downtime
FROM pieces WHERE in_service GROUP BY ALL
