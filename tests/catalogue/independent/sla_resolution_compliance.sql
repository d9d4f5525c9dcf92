SELECT month_of(s) AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (outcome = 'met') / count(*) AS share
FROM judged WHERE clock = 'resolve' GROUP BY ALL
