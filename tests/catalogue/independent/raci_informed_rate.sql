SELECT month_of(s) AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (is_kept) / count(*) AS share FROM duties WHERE letter = 'I' GROUP BY ALL
