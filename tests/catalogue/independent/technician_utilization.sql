-- cut: technician
-- Shifts and absences begin and end at full minutes, so minutes at work can be counted.
WITH at_work AS (SELECT month_of(minute) AS month, technician_id AS technician, 60 * count(*) AS seconds FROM present GROUP BY ALL),
on_clients AS (SELECT month_of(s) AS month, technician_id AS technician, sum(seconds) AS seconds FROM worked WHERE client_id IS NOT NULL AND NOT is_out GROUP BY ALL)
SELECT month, technician, 100.0 * coalesce(c.seconds, 0) / a.seconds AS ratio FROM at_work AS a LEFT JOIN on_clients AS c USING (month, technician)
