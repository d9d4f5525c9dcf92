-- cut:
WITH people AS (
    SELECT m.month, k.technician_id FROM months AS m JOIN technicians AS k ON (k.started_on IS NULL OR k.started_on < m.next_day)
        AND (k.ended_on IS NULL OR k.ended_on > m.first_day)
)
SELECT month, count(*) AS n, 100.0 * count(*) FILTER (EXISTS (SELECT 1 FROM trainings AS r WHERE r.technician_id = p.technician_id
    AND strftime(r.held_on, '%Y-%m') = p.month)) / count(*) AS share
FROM people AS p GROUP BY ALL
