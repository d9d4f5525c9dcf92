-- cut: accountable
WITH kept AS (
    SELECT month_of(v.s) AS month, (SELECT k.accountable FROM kinds_of AS k WHERE k.ticket_id = v.ticket_id AND k.moment = 'judged') AS accountable, v.is_kept
    FROM verdicts AS v
)
SELECT month, accountable, count(*) AS n, 100.0 * count(*) FILTER (is_kept) / count(*) AS share FROM kept WHERE accountable IS NOT NULL GROUP BY ALL
