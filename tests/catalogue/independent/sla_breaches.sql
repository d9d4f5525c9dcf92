-- cut: client, clock
SELECT month_of(s) AS month, client_id AS client, clock, count(*) AS n, count(*) AS count FROM judged WHERE outcome = 'broken' GROUP BY ALL
