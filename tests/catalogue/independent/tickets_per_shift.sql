-- cut: technician
-- A shift counts where any of it is left beside absences. Its evenness: deviation ÷ mean of what is resolved within each.
WITH ends AS (SELECT r.ticket_id, r.s, was(r.ticket_id, 'technician', r.s) AS technician FROM resolved AS r JOIN t USING (ticket_id) WHERE NOT is_out),
given AS (SELECT shift_id, technician_id AS technician, at_s(starts_at) AS a, at_s(ends_at) AS b, coalesce(kind, 'work') AS kind FROM shifts),
quarters AS (SELECT shift_id, technician, a, b, unnest(generate_series(a, b - 1, 60)) AS minute FROM given WHERE kind = 'work'),
worked AS (
    SELECT DISTINCT q.shift_id, q.technician, q.a, q.b FROM quarters AS q
    WHERE NOT EXISTS (SELECT 1 FROM given AS g WHERE g.kind = 'absence' AND g.technician = q.technician AND g.a <= q.minute AND q.minute < g.b)
),
counted AS (SELECT w.*, (SELECT count(*) FROM ends AS x WHERE x.technician = w.technician AND x.s >= w.a AND x.s < w.b) AS solved FROM worked AS w),
by_shift AS (
    SELECT month_of(a) AS month, technician, count(*) AS shifts, CASE WHEN avg(solved) > 0 THEN stddev_samp(solved) / avg(solved) END AS evenness
    FROM counted WHERE a <= as_of() GROUP BY ALL
),
by_ticket AS (SELECT month_of(s) AS month, technician, count(*) AS solved FROM ends WHERE technician IS NOT NULL GROUP BY ALL)
SELECT month, technician, shifts AS n, coalesce(solved, 0)::DOUBLE / shifts AS ratio, evenness AS shift_consistency
FROM by_shift LEFT JOIN by_ticket USING (month, technician)
