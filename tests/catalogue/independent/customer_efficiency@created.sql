-- All work so far on the tickets created in the month.
WITH effort AS (SELECT ticket_id, sum(seconds) AS seconds FROM worked GROUP BY ticket_id)
SELECT month_of(t.c) AS month, t.client_id AS client, count(*) AS n, coalesce(sum(f.seconds), 0)::DOUBLE / count(*) AS ratio
FROM t LEFT JOIN effort AS f USING (ticket_id) WHERE NOT t.is_out GROUP BY ALL
