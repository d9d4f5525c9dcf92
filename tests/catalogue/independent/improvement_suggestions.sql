-- cut: technician
SELECT strftime(suggested_on, '%Y-%m') AS month, technician_id AS technician, count(*) AS n, count(*) AS count
FROM improvements WHERE midnight(suggested_on) <= as_of() GROUP BY ALL
