-- Sent back: the next change of team goes to the tier (or the very team) that it came from.
WITH following AS (
    SELECT u.*, (SELECT arg_min(h.team_after, h.pos) FROM team_steps AS h WHERE h.ticket_id = u.ticket_id AND h.pos > u.pos AND h.is_handoff) AS next_team
    FROM team_steps AS u WHERE u.is_escalation
)
SELECT month_of(f.s) AS month, t.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (f.next_team = f.team_before OR w.tier = f.tier_before) / count(*) AS share
FROM following AS f JOIN t USING (ticket_id) LEFT JOIN teams AS w ON w.team_id = f.next_team WHERE NOT is_out GROUP BY ALL
