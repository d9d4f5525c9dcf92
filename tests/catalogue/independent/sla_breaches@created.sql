-- cut: client, clock
-- Over target from the due instant to the end of the clock, or up to now where it still runs.
SELECT month_of(c) AS month, client_id AS client, clock, count(*) AS n, count(*) AS count, avg(over) AS mean, quantile_cont(over, 0.9) AS p90
FROM (SELECT j.*, t.c, business_s(j.ticket_id, due_s, coalesce(least(stop_s, fall_s), as_of())) AS over
    FROM judged AS j JOIN t USING (ticket_id) WHERE outcome = 'broken') AS broken
GROUP BY ALL
