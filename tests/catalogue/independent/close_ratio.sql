SELECT strftime(decided_on, '%Y-%m') AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (outcome = 'won') / count(*) AS share
FROM opportunities WHERE midnight(decided_on) <= as_of() AND outcome IS NOT NULL GROUP BY ALL
