-- cut: offering
WITH held_by AS (
    SELECT m.month, a.offering_id AS offering, a.client_id, sum(euro(a.monthly_amount, a.currency, m.next_day - 1)) AS amount
    FROM months AS m JOIN agreements AS a ON in_force(a.starts_on, a.ends_on, m.next_day) GROUP BY ALL
)
SELECT month, offering, count(k.seats) AS n, sum(amount)::DOUBLE / sum(k.seats) AS mean FROM held_by JOIN clients AS k USING (client_id)
WHERE k.seats > 0 GROUP BY ALL
