SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (t.ticket_id IN (SELECT ticket_id FROM e WHERE kind = 'article')) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id)
WHERE NOT is_out AND t.source IN (SELECT b.source FROM t AS b JOIN e USING (ticket_id) WHERE e.kind = 'article')
GROUP BY ALL
