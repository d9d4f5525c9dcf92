SELECT m.month, a.client_id AS client, count(*) AS n, 12 * sum(euro(a.monthly_amount, a.currency, m.next_day - 1)) AS amount
FROM months AS m JOIN agreements AS a ON in_force(a.starts_on, a.ends_on, m.next_day) GROUP BY ALL
