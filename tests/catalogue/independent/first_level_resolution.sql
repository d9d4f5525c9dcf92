SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    w.tier = 1 AND NOT EXISTS (SELECT 1 FROM team_steps AS m WHERE m.ticket_id = t.ticket_id AND m.pos < r.pos AND m.is_escalation)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id)
JOIN held AS h ON h.ticket_id = t.ticket_id AND h.what = 'team' AND h.from_s <= r.s AND r.s < h.to_s
LEFT JOIN teams AS w ON w.team_id = h.value WHERE NOT is_out GROUP BY ALL
