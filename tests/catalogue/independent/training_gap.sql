-- cut:
-- grain: all
-- Technician × category: the mean of logarithms of time over the other technicians' median on the same category and priority, shrunk;
-- it stands out above 0 with 95 % confidence and from 1.25 times on. Or the share undone, shrunk as
-- beta-binomial, stands out from that of the others on the same category and priority (half a hit added to theirs).
WITH ends AS (
    SELECT r.ticket_id, was(r.ticket_id, 'technician', r.s) AS technician, ln(greatest(business_s(r.ticket_id, t.c, r.s), 1)) AS w,
        coalesce(was(r.ticket_id, 'category', r.s), '') AS category, coalesce(was(r.ticket_id, 'priority', r.s), '') AS priority,
        (t.ticket_id IN (SELECT ticket_id FROM reopenings WHERE s - undone_s <= 7 * 86400)
            OR t.ticket_id IN (SELECT before_id FROM repeats AS p WHERE NOT p.is_out))::INT AS undone
    FROM t JOIN resolved AS r USING (ticket_id) WHERE NOT is_out AND r.s >= midnight(DATE '2026-05-01') AND r.s < midnight(DATE '2026-11-01')
),
mine AS (SELECT * FROM ends WHERE technician IS NOT NULL),
ratios AS (
    SELECT a.ticket_id, a.technician, a.category, a.w - median(b.w) AS ratio
    FROM mine AS a JOIN mine AS b ON b.category = a.category AND b.priority = a.priority AND b.technician <> a.technician
    GROUP BY a.ticket_id, a.technician, a.category, a.w HAVING count(*) >= 5
),
cells AS (SELECT technician, category, count(*) AS n, avg(ratio) AS m, var_pop(ratio) * count(*) AS squares FROM ratios GROUP BY ALL),
spread AS (SELECT sum(squares) / greatest(1, sum(n) - count(*)) AS within FROM cells),
wide AS (SELECT within, greatest(0, avg(m * m - within / n)) AS among FROM cells, spread GROUP BY within),
weighed AS (SELECT technician, category, among / (among + within / n) AS weight, m, within / n AS chance FROM cells, wide),
slow AS (SELECT technician, category FROM weighed
    WHERE weight * m - 1.959963984540054 * sqrt(weight * chance) > 0 AND exp(weight * m) >= 1.25),
kinds AS (SELECT technician, category, priority, count(*) AS n, sum(undone) AS hits FROM mine GROUP BY ALL),
beside AS (
    SELECT *, sum(n) OVER here - n AS others, sum(hits) OVER here - hits AS theirs FROM kinds WINDOW here AS (PARTITION BY category, priority)
),
held AS (
    SELECT technician, category, sum(n) AS n, sum(hits) AS hits, sum(n * (theirs + 0.5) / (others + 1)) / sum(n) AS usual
    FROM beside WHERE others >= 5 GROUP BY ALL
),
rho AS (
    SELECT coalesce(least(1, greatest(0, sum((hits - n * usual) ** 2 - n * usual * (1 - usual))
        / nullif(sum(n * (n - 1) * usual * (1 - usual)), 0))), 0) AS r FROM held
),
drawn AS (SELECT *, (r * hits + (1 - r) * usual) / (n * r + 1 - r) AS share FROM held, rho),
often AS (
    SELECT technician, category FROM drawn WHERE n >= 5 AND share >= 1.25 * usual
        AND share - 1.959963984540054 * sqrt(share * (1 - share) / (n + 1 / nullif(r, 0))) > usual
)
SELECT count(*) AS count FROM (SELECT * FROM slow UNION SELECT * FROM often)
