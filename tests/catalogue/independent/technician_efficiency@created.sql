-- cut: technician
-- All work so far on the tickets created in the month, and those of them that are resolved now.
WITH effort AS (SELECT month_of(t.c) AS month, w.technician_id AS technician, sum(w.seconds) AS seconds FROM worked AS w JOIN t USING (ticket_id)
    WHERE NOT t.is_out GROUP BY ALL),
done AS (SELECT month_of(t.c) AS month, was(r.ticket_id, 'technician', r.s) AS technician, count(*) AS n FROM resolved AS r JOIN t USING (ticket_id)
    WHERE NOT is_out GROUP BY ALL)
SELECT d.month, d.technician, n, coalesce(seconds, 0)::DOUBLE / n AS ratio FROM done AS d LEFT JOIN effort AS f ON f.month = d.month AND f.technician IS NOT DISTINCT FROM d.technician
