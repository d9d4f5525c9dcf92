SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100 - 100.0 * count(*) FILTER (
    t.ticket_id IN (SELECT ticket_id FROM reopenings WHERE s - undone_s <= 7 * 86400)
    OR t.ticket_id IN (SELECT before_id FROM repeats AS p WHERE NOT p.is_out)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT t.is_out GROUP BY ALL
