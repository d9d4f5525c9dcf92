-- cut: technician
WITH at_work AS (SELECT month_of(minute) AS month, technician_id AS technician, 60 * count(*) AS seconds FROM present GROUP BY ALL),
billed AS (SELECT month_of(s) AS month, technician_id AS technician, sum(seconds) AS seconds FROM worked WHERE is_billable AND NOT is_out GROUP BY ALL)
SELECT month, technician, 100.0 * coalesce(c.seconds, 0) / a.seconds AS ratio FROM at_work AS a LEFT JOIN billed AS c USING (month, technician)
