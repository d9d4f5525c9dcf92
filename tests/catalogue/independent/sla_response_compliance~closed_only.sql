-- Without what ran out and still runs: it ends when it is answered, resolved or cancelled.
SELECT month_of(s) AS month, client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (outcome = 'met') / count(*) AS share
FROM judged WHERE clock = 'respond' AND NOT is_alert AND (stop_s IS NOT NULL OR fall_s IS NOT NULL) GROUP BY ALL
