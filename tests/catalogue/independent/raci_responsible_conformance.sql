SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (d.is_right) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) JOIN kinds_of AS k ON k.ticket_id = t.ticket_id AND k.moment = 'resolved' AND k.is_valid
JOIN doers AS d ON d.ticket_id = t.ticket_id AND d.nth = 1 WHERE NOT is_out GROUP BY ALL
