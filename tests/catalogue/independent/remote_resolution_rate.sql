SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    NOT coalesce(t.on_site, FALSE) AND NOT EXISTS (SELECT 1 FROM worked AS w WHERE w.ticket_id = t.ticket_id AND w.on_site)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out GROUP BY ALL
