-- cut:
-- Employed at any time of the month: began before its end, did not leave before its start.
WITH people AS (
    SELECT m.month, k.technician_id FROM months AS m JOIN technicians AS k ON (k.started_on IS NULL OR k.started_on < m.next_day)
        AND (k.ended_on IS NULL OR k.ended_on > m.first_day)
)
SELECT p.month, count(DISTINCT p.technician_id) AS n, coalesce(sum(r.hours), 0) / count(DISTINCT p.technician_id) AS mean
FROM people AS p LEFT JOIN trainings AS r ON r.technician_id = p.technician_id AND strftime(r.held_on, '%Y-%m') = p.month GROUP BY ALL
