-- The state at the closure; contact and total of minutes as the ticket has them.
WITH ends AS (SELECT t.*, k.s FROM t JOIN closed AS k USING (ticket_id) WHERE NOT is_out)
SELECT month_of(s) AS month, client_id AS client, 100.0 * sum(
    (was(ticket_id, 'category', s) IS NOT NULL)::INT + (was(ticket_id, 'priority', s) IS NOT NULL)::INT + (was(ticket_id, 'team', s) IS NOT NULL)::INT
    + (was(ticket_id, 'technician', s) IS NOT NULL)::INT + (contact_id IS NOT NULL)::INT
    + (worked_minutes IS NOT NULL OR ticket_id IN (SELECT ticket_id FROM worked WHERE ticket_id IS NOT NULL))::INT) / (6 * count(*)) AS ratio
FROM ends GROUP BY ALL
