-- Of the tickets created in the month, those open now.
SELECT month_of(t.c) AS month, t.client_id AS client, count(*) AS n, count(*) AS count
FROM t JOIN held AS p ON p.ticket_id = t.ticket_id AND p.what = 'phase' AND p.to_s = 9000000000
WHERE NOT is_out AND p.value NOT IN ('resolved', 'closed', 'cancelled') GROUP BY ALL
