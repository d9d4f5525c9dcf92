SELECT month_of(sent_s) AS month, client_id AS client, count(*) AS n, 100.0 * count(answered_s) / count(*) AS share
FROM polls WHERE kind = 'csat' GROUP BY ALL
