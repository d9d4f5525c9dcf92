-- By client and offering, so that a renewal is no loss; the rates are those of the month's first day throughout.
WITH amounts AS (
    SELECT m.month, a.client_id AS client, a.offering_id,
        sum(euro(a.monthly_amount, a.currency, m.first_day)) FILTER (in_force(a.starts_on, a.ends_on, m.first_day)) AS begins,
        sum(euro(a.monthly_amount, a.currency, m.first_day)) FILTER (in_force(a.starts_on, a.ends_on, m.next_day)) AS ends
    FROM months AS m CROSS JOIN agreements AS a GROUP BY ALL
)
SELECT month, client, 100.0 * sum(greatest(coalesce(begins, 0) - coalesce(ends, 0), 0))::DOUBLE / sum(begins)::DOUBLE AS ratio
FROM amounts GROUP BY month, client HAVING sum(begins) > 0
