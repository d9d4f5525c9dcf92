-- cut: technician
-- grain: all
-- Each time over the median of the other technicians' on the same type, category and priority, as a logarithm; the median of these,
-- shrunk towards none. The variance of a median is π/2 times that of a mean.
WITH ends AS (
    SELECT r.ticket_id, was(r.ticket_id, 'technician', r.s) AS technician, ln(greatest(business_s(r.ticket_id, t.c, r.s), 1)) AS w,
        coalesce(t.type, '') || '|' || coalesce(was(r.ticket_id, 'category', r.s), '') || '|' || coalesce(was(r.ticket_id, 'priority', r.s), '') AS kind
    FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND r.s >= midnight(DATE '2026-05-01') AND r.s < midnight(DATE '2026-11-01')
),
peers AS (
    SELECT a.ticket_id, a.technician, a.w - median(b.w) AS ratio
    FROM ends AS a JOIN ends AS b ON b.kind = a.kind AND b.technician IS DISTINCT FROM a.technician
    GROUP BY a.ticket_id, a.technician, a.w HAVING count(*) >= 5
),
owners AS (SELECT technician, count(*) AS n, median(ratio) AS m, var_pop(ratio) * count(*) AS squares FROM peers GROUP BY technician),
spread AS (SELECT pi() / 2 * sum(squares) / greatest(1, sum(n) - count(*)) AS within FROM owners),
wide AS (SELECT within, greatest(0, avg(m * m - within / n)) AS among FROM owners, spread GROUP BY within)
SELECT technician, n, exp(m * among / (among + within / n)) AS relative_time FROM owners, wide
