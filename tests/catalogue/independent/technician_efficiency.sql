-- cut: technician
WITH effort AS (SELECT month_of(s) AS month, technician_id AS technician, sum(seconds) AS seconds FROM worked WHERE ticket_id IS NOT NULL AND NOT is_out GROUP BY ALL),
done AS (SELECT month_of(r.s) AS month, was(r.ticket_id, 'technician', r.s) AS technician, count(*) AS n FROM resolved AS r JOIN t USING (ticket_id)
    WHERE NOT is_out GROUP BY ALL)
SELECT d.month, d.technician, n, coalesce(seconds, 0)::DOUBLE / n AS ratio FROM done AS d LEFT JOIN effort AS f ON f.month = d.month AND f.technician IS NOT DISTINCT FROM d.technician
