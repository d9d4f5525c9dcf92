SELECT month_of(t.c) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (coalesce(k.is_valid, FALSE)) / count(*) AS share
FROM t LEFT JOIN kinds_of AS k ON k.ticket_id = t.ticket_id AND k.moment = 'now' WHERE NOT is_out GROUP BY ALL
