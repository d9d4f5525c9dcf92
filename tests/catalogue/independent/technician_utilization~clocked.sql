-- cut: technician
SELECT month_of(s) AS month, technician_id AS technician, count(*) AS n,
    100.0 * coalesce(sum(seconds) FILTER (client_id IS NOT NULL), 0) / nullif(sum(seconds), 0) AS ratio FROM worked WHERE NOT is_out GROUP BY ALL
