-- The same of the tickets created in the month: who held them until they were resolved, and whose hours went into them so far.
WITH hands AS (
    SELECT r.ticket_id, coalesce(bool_or(x.organisation = 'msp'), FALSE) AS by_msp, coalesce(bool_or(x.organisation = 'client'), FALSE) AS by_client
    FROM resolved AS r JOIN stretches AS x ON x.ticket_id = r.ticket_id AND x.from_s <= r.s
        AND (x.phase NOT IN ('resolved', 'closed', 'cancelled') OR r.s < x.to_s) GROUP BY r.ticket_id
),
tickets_held AS (
    SELECT month_of(t.c) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (by_msp AND by_client) / count(*) AS share,
        100.0 * count(*) FILTER (by_msp AND NOT by_client) / count(*) AS msp, 100.0 * count(*) FILTER (by_client AND NOT by_msp) / count(*) AS _client
    FROM hands AS h JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ALL
),
hours AS (
    SELECT month_of(t.c) AS month, t.client_id AS client, 100.0 * sum(w.seconds) FILTER (m.organisation = 'msp') / sum(w.seconds) AS msp_hours,
        100.0 * coalesce(sum(w.seconds) FILTER (m.organisation = 'client'), 0) / sum(w.seconds) AS client_hours
    FROM worked AS w JOIN t USING (ticket_id)
    LEFT JOIN memberships AS b ON b.technician_id = w.technician_id AND b.from_s <= w.s AND w.s < b.to_s
    LEFT JOIN teams AS m ON m.team_id = b.team_id WHERE NOT t.is_out GROUP BY ALL
)
SELECT month, client, coalesce(n, 0) AS n, share, msp, _client, msp_hours, client_hours FROM tickets_held FULL JOIN hours USING (month, client)
