-- Revenue less hours at the technician's rate, less every cost that is not labor, shared ones by hours. Hours that have no rate are told.
WITH moves AS (
    SELECT month, client_id AS client, amount::DOUBLE AS amount FROM income
    UNION ALL SELECT month, client_id, -amount FROM placed WHERE kind <> 'labor'
    UNION ALL SELECT month_of(w.s), w.client_id, -(k.cost_rate::DOUBLE * w.seconds / 3600) FROM worked AS w JOIN technicians AS k USING (technician_id)
        WHERE w.client_id IS NOT NULL AND k.cost_rate IS NOT NULL
    UNION ALL SELECT month_of(w.s), w.client_id, 0 FROM worked AS w WHERE w.client_id IS NOT NULL
),
unrated AS (
    SELECT month_of(w.s) AS month, w.client_id AS client, sum(w.seconds) / 3600 AS hours FROM worked AS w
    WHERE w.client_id IS NOT NULL AND w.seconds > 0
        AND coalesce(w.technician_id, '') NOT IN (SELECT technician_id FROM technicians WHERE cost_rate IS NOT NULL) GROUP BY ALL
)
SELECT month, client, sum(amount) AS amount, any_value(u.hours) AS hours_without_rate
FROM moves LEFT JOIN unrated AS u USING (month, client) GROUP BY month, client
