-- Each ticket once in a month, whether it was escalated, resolved or both.
WITH handled AS (
    SELECT ticket_id, s, TRUE AS went_up FROM team_steps WHERE is_escalation UNION ALL SELECT ticket_id, s, FALSE FROM resolved
),
once AS (SELECT month_of(s) AS month, client_id AS client, ticket_id, bool_or(went_up) AS went_up FROM handled JOIN t USING (ticket_id) WHERE NOT is_out
    GROUP BY ALL)
SELECT month, client, count(*) AS n, 100.0 * count(*) FILTER (went_up) / count(*) AS share FROM once GROUP BY ALL
