-- cut: tool
WITH people AS (
    SELECT m.month, k.technician_id FROM months AS m JOIN technicians AS k ON (k.started_on IS NULL OR k.started_on < m.next_day)
        AND (k.ended_on IS NULL OR k.ended_on > m.first_day)
)
SELECT p.month, x.tool, count(*) AS n, 100.0 * count(*) FILTER (EXISTS (SELECT 1 FROM tool_uses AS u WHERE u.technician_id = p.technician_id
    AND u.tool = x.tool AND month_of(at_s(u.used_at)) = p.month)) / count(*) AS share
FROM people AS p CROSS JOIN (SELECT DISTINCT tool FROM tool_uses) AS x GROUP BY ALL
