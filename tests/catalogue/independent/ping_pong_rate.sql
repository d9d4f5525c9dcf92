-- Returned to a team that had handed it over before.
WITH returns AS (
    SELECT DISTINCT r.ticket_id FROM resolved AS r JOIN team_steps AS h ON h.ticket_id = r.ticket_id AND h.pos < r.pos AND h.is_handoff
    JOIN team_steps AS g ON g.ticket_id = r.ticket_id AND g.pos < h.pos AND g.is_handoff AND g.team_before = h.team_after
)
SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (t.ticket_id IN (SELECT ticket_id FROM returns)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out GROUP BY ALL
