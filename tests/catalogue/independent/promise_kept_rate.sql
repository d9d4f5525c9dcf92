SELECT month_of(at_s(promised_at)) AS month, t.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (r.s <= at_s(promised_at)) / count(*) AS share
FROM t LEFT JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND at_s(promised_at) < as_of()
    AND was(t.ticket_id, 'phase', at_s(promised_at)) IS DISTINCT FROM 'cancelled' GROUP BY ALL
