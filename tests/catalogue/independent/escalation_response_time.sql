-- The first thing that a technician of the receiving team or tier did after it; one whose team is not known counts.
WITH acts AS (
    SELECT u.ticket_id, u.s, (SELECT arg_min(a.s, a.pos) FROM e AS a LEFT JOIN technicians AS k ON k.technician_id = a.actor_id
        LEFT JOIN teams AS w ON w.team_id = k.team_id
        WHERE a.ticket_id = u.ticket_id AND a.pos > u.pos AND a.actor = 'technician' AND a.kind NOT IN ('escalation', 'team', 'notification')
            AND (k.team_id IS NULL OR NOT u.sets_team OR k.team_id = u.team_after OR w.tier = u.tier)) AS act_s
    FROM team_steps AS u WHERE u.is_escalation
)
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, avg(w) AS mean, median(w) AS median, quantile_cont(w, 0.9) AS p90
FROM (SELECT t.client_id, a.s, business_s(a.ticket_id, a.s, a.act_s) AS w FROM t JOIN acts AS a USING (ticket_id)
    WHERE NOT is_out AND a.act_s IS NOT NULL) AS x
GROUP BY ALL
