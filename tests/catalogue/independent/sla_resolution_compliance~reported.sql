SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (reported_resolution_met) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND reported_resolution_met IS NOT NULL GROUP BY ALL
