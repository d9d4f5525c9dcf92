-- Open just before the month is over.
SELECT m.month, t.client_id AS client, count(*) AS n, count(*) AS count
FROM months AS m JOIN held AS p ON p.what = 'phase' AND p.from_s < m.to_s AND p.to_s >= m.to_s AND p.value NOT IN ('resolved', 'closed', 'cancelled')
JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ALL
