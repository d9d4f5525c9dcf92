-- cut: offering
-- Clients are those that are there when the month is over.
WITH sums AS (SELECT month, coalesce(offering_id, '-') AS offering, count(*) AS n, sum(amount)::DOUBLE AS amount FROM income GROUP BY ALL),
here AS (
    SELECT m.month, m.next_day, k.client_id FROM months AS m JOIN clients AS k ON (k.started_on IS NULL OR k.started_on < m.next_day)
        AND (k.ended_on IS NULL OR k.ended_on >= m.next_day)
),
sold AS (
    SELECT h.month, a.offering_id AS offering, count(DISTINCT a.client_id) AS clients,
    FROM here AS h JOIN agreements AS a ON a.client_id = h.client_id AND in_force(a.starts_on, a.ends_on, h.next_day) GROUP BY ALL
),
seats AS (
    SELECT m.month, a.offering_id AS offering, sum(euro(a.monthly_amount, a.currency, m.next_day - 1))::DOUBLE / sum(a.quantity) AS revenue_per_seat
    FROM months AS m JOIN agreements AS a ON in_force(a.starts_on, a.ends_on, m.next_day) WHERE a.quantity > 0 GROUP BY ALL
),
counted AS (SELECT month, count(*) AS clients FROM here GROUP BY ALL),
hours AS (SELECT month_of(s) AS month, coalesce(offering_id, '-') AS offering, sum(seconds) AS seconds FROM worked WHERE client_id IS NOT NULL AND NOT is_out GROUP BY ALL),
goods AS (SELECT month, coalesce(offering_id, '-') AS offering, sum(amount) AS cogs FROM placed WHERE kind <> 'overhead' GROUP BY ALL)
SELECT s.month, nullif(s.offering, '-') AS offering, s.n, s.amount, CASE WHEN s.offering <> '-' THEN coalesce(o.clients, 0) ELSE 0 END AS clients,
    CASE WHEN s.offering <> '-' THEN 100.0 * coalesce(o.clients, 0) / h.clients END AS attach_rate, e.revenue_per_seat,
    3600 * s.amount / w.seconds AS hourly_rate, 100.0 * (s.amount - coalesce(g.cogs, 0)) / nullif(s.amount, 0) AS margin
FROM sums AS s JOIN counted AS h USING (month) LEFT JOIN sold AS o USING (month, offering) LEFT JOIN seats AS e USING (month, offering)
LEFT JOIN hours AS w USING (month, offering) LEFT JOIN goods AS g USING (month, offering)
