-- Revenue less hours at the technician's rate, less every cost that is not labor, shared ones by hours.
WITH moves AS (
    SELECT month, client_id AS client, amount::DOUBLE AS amount FROM income
    UNION ALL SELECT month, client_id, -amount FROM placed WHERE kind <> 'labor'
    UNION ALL SELECT month_of(w.s), w.client_id, -(k.cost_rate::DOUBLE * w.seconds / 3600) FROM worked AS w JOIN technicians AS k USING (technician_id)
        WHERE w.client_id IS NOT NULL AND k.cost_rate IS NOT NULL
)
SELECT month, client, sum(amount) AS amount FROM moves GROUP BY ALL
