WITH amounts AS (
    SELECT m.month, a.client_id AS client,
        sum(euro(a.monthly_amount, a.currency, m.first_day)) FILTER (in_force(a.starts_on, a.ends_on, m.first_day)) AS begins,
        sum(euro(a.monthly_amount, a.currency, m.first_day)) FILTER (in_force(a.starts_on, a.ends_on, m.next_day)) AS ends
    FROM months AS m CROSS JOIN agreements AS a GROUP BY ALL
)
SELECT month, client, 100.0 * (begins - coalesce(ends, 0))::DOUBLE / begins::DOUBLE AS ratio FROM amounts WHERE begins > 0
