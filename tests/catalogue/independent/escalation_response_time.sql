-- The first thing that somebody did after it who was in the receiving team or tier then; a technician whose team is not known counts.
WITH acts AS (
    SELECT u.ticket_id, u.s, (SELECT arg_min(a.s, a.pos) FROM e AS a
        LEFT JOIN teams AS w ON w.team_id = a.actor_team
        WHERE a.ticket_id = u.ticket_id AND a.pos > u.pos AND a.kind NOT IN ('escalation', 'team', 'notification')
            AND CASE a.actor WHEN 'technician' THEN a.actor_team IS NULL OR NOT u.sets_team OR a.actor_team = u.team_after OR w.tier = u.tier
                WHEN 'vendor' THEN a.actor_team IS NOT NULL AND (NOT u.sets_team OR a.actor_team = u.team_after OR w.tier = u.tier) END) AS act_s
    FROM team_steps AS u WHERE u.is_escalation
)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, a.s, business_s(a.ticket_id, a.s, a.act_s) AS w FROM t JOIN acts AS a USING (ticket_id)
    WHERE NOT is_out AND a.act_s IS NOT NULL) AS x
GROUP BY ALL
