-- Ours: what a machine opened or reported; problems, changes and tasks that a technician opened (a problem: or nobody is named), unless
-- somebody called, chatted or stood there.
WITH judged AS (
    SELECT client_id, c,
        CASE WHEN opened_by = 'automation' OR channel = 'monitoring' OR type = 'alert' THEN 1
             WHEN channel IN ('phone', 'chat', 'walk_in') OR opened_by = 'requester' THEN 0
             WHEN type = 'problem' THEN 1
             WHEN type IN ('change', 'task') AND opened_by IS NOT NULL THEN 1
             ELSE 0 END AS is_ours
    FROM t WHERE NOT is_out)
SELECT month_of(c) AS month, client_id AS client, count(*) AS n, 100.0 * avg(is_ours) AS share FROM judged GROUP BY ALL
