-- Without tickets of which every broken clock still runs.
SELECT month_of(v.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (is_kept) / count(*) AS share
FROM verdicts AS v JOIN t USING (ticket_id)
WHERE is_kept OR EXISTS (SELECT 1 FROM judged AS j WHERE j.ticket_id = v.ticket_id AND j.outcome = 'broken' AND (j.stop_s IS NOT NULL OR j.fall_s IS NOT NULL))
GROUP BY ALL
