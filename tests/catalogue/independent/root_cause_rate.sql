SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(root_cause) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND type = 'incident' GROUP BY ALL
