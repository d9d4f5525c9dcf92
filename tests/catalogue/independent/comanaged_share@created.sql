-- The same of the tickets created in the month: who held them until they were resolved, and the hours that went into them so far.
WITH hands AS (
    SELECT r.ticket_id, coalesce(bool_or(x.organisation = 'msp'), FALSE) AS by_msp, coalesce(bool_or(x.organisation = 'client'), FALSE) AS by_client
    FROM resolved AS r JOIN stretches AS x ON x.ticket_id = r.ticket_id AND x.from_s <= r.s
        AND (x.phase NOT IN ('resolved', 'closed', 'cancelled') OR r.s < x.to_s) GROUP BY r.ticket_id
),
effort AS (SELECT ticket_id, sum(seconds) AS seconds FROM worked WHERE ticket_id IS NOT NULL GROUP BY ticket_id)
SELECT month_of(t.c) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (by_msp AND by_client) / count(*) AS share,
    100.0 * count(*) FILTER (by_msp AND NOT by_client) / count(*) AS msp, 100.0 * count(*) FILTER (by_client AND NOT by_msp) / count(*) AS _client,
    100.0 * coalesce(sum(seconds) FILTER (by_msp AND by_client), 0) / nullif(sum(seconds), 0) AS both_hours,
    100.0 * coalesce(sum(seconds) FILTER (by_msp AND NOT by_client), 0) / nullif(sum(seconds), 0) AS msp_hours,
    100.0 * coalesce(sum(seconds) FILTER (by_client AND NOT by_msp), 0) / nullif(sum(seconds), 0) AS client_hours
FROM hands AS h JOIN t USING (ticket_id) LEFT JOIN effort USING (ticket_id) WHERE NOT is_out GROUP BY ALL
