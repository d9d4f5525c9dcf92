-- Who held it while it was worked on, up to the second of the resolution; and the hours on the tickets of each.
WITH hands AS (
    SELECT r.ticket_id, r.s, coalesce(bool_or(x.organisation = 'msp'), FALSE) AS by_msp, coalesce(bool_or(x.organisation = 'client'), FALSE) AS by_client
    FROM resolved AS r JOIN stretches AS x ON x.ticket_id = r.ticket_id AND x.from_s <= r.s
        AND (x.phase NOT IN ('resolved', 'closed', 'cancelled') OR r.s < x.to_s) GROUP BY ALL
),
effort AS (SELECT ticket_id, sum(seconds) AS seconds FROM worked WHERE ticket_id IS NOT NULL GROUP BY ticket_id)
SELECT month_of(h.s) AS month, t.client_id AS client, count(*) AS n, 100.0 * count(*) FILTER (by_msp AND by_client) / count(*) AS share,
    100.0 * count(*) FILTER (by_msp AND NOT by_client) / count(*) AS msp, 100.0 * count(*) FILTER (by_client AND NOT by_msp) / count(*) AS _client,
    100.0 * coalesce(sum(seconds) FILTER (by_msp AND by_client), 0) / nullif(sum(seconds), 0) AS both_hours,
    100.0 * coalesce(sum(seconds) FILTER (by_msp AND NOT by_client), 0) / nullif(sum(seconds), 0) AS msp_hours,
    100.0 * coalesce(sum(seconds) FILTER (by_client AND NOT by_msp), 0) / nullif(sum(seconds), 0) AS client_hours
FROM hands AS h JOIN t USING (ticket_id) LEFT JOIN effort USING (ticket_id) WHERE NOT is_out GROUP BY ALL
