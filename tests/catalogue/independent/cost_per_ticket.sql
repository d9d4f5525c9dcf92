-- Support costs of the month over its work on tickets; what is booked on a client stays with it.
WITH effort AS (SELECT month_of(s) AS month, client_id AS client, sum(seconds)::DOUBLE AS seconds FROM worked WHERE ticket_id IS NOT NULL AND NOT is_out GROUP BY ALL),
bills AS (SELECT month, client_id AS client, sum(amount)::DOUBLE AS amount FROM spending WHERE is_support GROUP BY ALL),
shared AS (SELECT month, client, seconds / sum(seconds) OVER (PARTITION BY month) AS share FROM effort),
spent AS (
    SELECT month, client, sum(amount) AS amount FROM (
        SELECT month, client, amount FROM bills WHERE client IS NOT NULL
        UNION ALL SELECT b.month, s.client, b.amount * s.share FROM bills AS b JOIN shared AS s USING (month) WHERE b.client IS NULL) GROUP BY ALL
),
handled AS (
    SELECT month_of(s) AS month, client_id AS client, count(DISTINCT ticket_id) AS n
    FROM (SELECT ticket_id, s FROM team_steps WHERE is_escalation UNION ALL SELECT ticket_id, s FROM resolved) JOIN t USING (ticket_id)
    WHERE NOT is_out GROUP BY ALL
)
SELECT month, client, n, coalesce(amount, 0) / n AS mean FROM handled LEFT JOIN spent USING (month, client)
