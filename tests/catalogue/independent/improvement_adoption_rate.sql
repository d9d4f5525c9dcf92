-- cut: technician
SELECT strftime(decided_on, '%Y-%m') AS month, technician_id AS technician, count(*) AS n, 100.0 * count(*) FILTER (decision = 'adopted') / count(*) AS share
FROM improvements WHERE midnight(decided_on) <= as_of() AND decision IS NOT NULL GROUP BY ALL
