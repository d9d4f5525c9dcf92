-- cut: offering
SELECT m.month, a.offering_id AS offering, count(DISTINCT a.client_id) AS n,
    sum(euro(a.monthly_amount, a.currency, m.next_day - 1))::DOUBLE / count(DISTINCT a.client_id) AS mean
FROM months AS m JOIN agreements AS a ON in_force(a.starts_on, a.ends_on, m.next_day) GROUP BY ALL
