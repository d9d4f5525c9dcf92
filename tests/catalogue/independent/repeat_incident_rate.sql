SELECT month_of(c) AS month, client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (ticket_id IN (SELECT ticket_id FROM repeats)) / count(*) AS share
FROM t WHERE type = 'incident' AND NOT is_out GROUP BY ALL
