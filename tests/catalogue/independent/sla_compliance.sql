SELECT month_of(v.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (is_kept) / count(*) AS share
FROM verdicts AS v JOIN t USING (ticket_id) GROUP BY ALL
