-- The workspace of the test marks no type or category as out of reach for a first contact: all are eligible.
SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (
    NOT EXISTS (SELECT 1 FROM further_contacts AS q WHERE q.ticket_id = t.ticket_id AND q.pos < r.pos)
    AND NOT EXISTS (SELECT 1 FROM team_steps AS m WHERE m.ticket_id = t.ticket_id AND m.pos < r.pos AND (m.is_escalation OR m.is_handoff))
    AND NOT EXISTS (SELECT 1 FROM reopenings AS o WHERE o.ticket_id = t.ticket_id AND o.s - o.undone_s <= 7 * 86400)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND NOT is_alert GROUP BY ALL
