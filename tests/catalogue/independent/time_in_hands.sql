-- cut: client, holder
SELECT month_of(r.s) AS month, t.client_id AS client, p.holder, count(DISTINCT t.ticket_id) AS n,
    sum(business_s(t.ticket_id, p.from_s, least(p.to_s, r.s))) / count(DISTINCT t.ticket_id) AS mean
FROM t JOIN resolved AS r USING (ticket_id) JOIN stretches AS p ON p.ticket_id = t.ticket_id AND p.from_s < r.s
WHERE NOT is_out GROUP BY ALL
