SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n,
    sum((SELECT count(*) FROM team_steps AS h WHERE h.ticket_id = t.ticket_id AND h.pos < r.pos AND h.is_handoff)
        + CASE WHEN t.ticket_id IN (SELECT ticket_id FROM team_steps) THEN 0 ELSE coalesce(t.reassignment_count, 0) END)::DOUBLE / count(*) AS ratio
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out GROUP BY ALL
