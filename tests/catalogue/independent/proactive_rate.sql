SELECT month_of(c) AS month, client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (opened_by = 'automation' OR channel = 'monitoring' OR type IN ('alert', 'problem')) / count(*) AS share
FROM t WHERE NOT is_out GROUP BY ALL
