SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    length(trim(resolution_note)) >= 20 AND lower(trim(resolution_note)) NOT IN ('done', 'fixed', 'resolved', 'closed', 'ok', 'n/a')) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out GROUP BY ALL
