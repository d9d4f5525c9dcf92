SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    (SELECT count(*) FROM human_replies AS h WHERE h.ticket_id = t.ticket_id AND h.pos <= r.pos) <= 1
    AND t.ticket_id NOT IN (SELECT ticket_id FROM reopenings)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND NOT is_alert GROUP BY ALL
