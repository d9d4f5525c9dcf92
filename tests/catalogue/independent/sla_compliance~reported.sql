SELECT month_of(r.s) AS month, t.client_id AS client, count(*) AS n,
    100.0 * count(*) FILTER (coalesce(reported_response_met, TRUE) AND coalesce(reported_resolution_met, TRUE)) / count(*) AS share
FROM t JOIN resolved AS r USING (ticket_id)
WHERE NOT is_out AND (reported_response_met IS NOT NULL OR reported_resolution_met IS NOT NULL) GROUP BY ALL
