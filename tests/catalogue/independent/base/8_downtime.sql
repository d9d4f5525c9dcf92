-- Downtime second by second of its edges: between two neighbouring edges of a service nothing changes.
CREATE TABLE told_outages AS
SELECT o.outage_id, o.service_id, s.client_id, coalesce(o.is_planned, FALSE) AS is_planned, coalesce(o.users_affected, 1.0) AS users, o.cause,
    at_s(o.starts_at) AS a, coalesce(at_s(o.ends_at), 9000000000) AS b
FROM outages AS o JOIN services AS s USING (service_id) WHERE at_s(o.starts_at) <= as_of();
-- Pieces of one service, cut at every edge of an outage and of a month, with what is down in them.
CREATE TABLE pieces AS
WITH edges AS (
    SELECT service_id, a AS s FROM told_outages UNION SELECT service_id, b FROM told_outages
    UNION SELECT service_id, from_s FROM services CROSS JOIN months UNION SELECT service_id, to_s FROM services CROSS JOIN months
    UNION SELECT service_id, midnight(since_on) FROM services UNION SELECT service_id, midnight(until_on) FROM services WHERE until_on IS NOT NULL
),
between_them AS (SELECT service_id, s AS low, lead(s) OVER (PARTITION BY service_id ORDER BY s) AS high FROM edges)
SELECT p.service_id, s.client_id, p.low, p.high, m.month, coalesce(s.weight, 1.0) AS weight,
    midnight(s.since_on) <= p.low AND (s.until_on IS NULL OR p.high <= midnight(s.until_on)) AS in_service,
    EXISTS (SELECT 1 FROM told_outages AS o WHERE o.service_id = p.service_id AND NOT o.is_planned AND o.a <= p.low AND p.high <= o.b) AS unplanned,
    EXISTS (SELECT 1 FROM told_outages AS o WHERE o.service_id = p.service_id AND o.is_planned AND o.a <= p.low AND p.high <= o.b) AS planned,
    (SELECT max(users) FROM told_outages AS o WHERE o.service_id = p.service_id AND NOT o.is_planned AND o.a <= p.low AND p.high <= o.b) AS users
FROM between_them AS p JOIN services AS s USING (service_id) JOIN months AS m ON m.from_s <= p.low AND p.high <= m.to_s;
-- Episodes: unplanned outages of a service that overlap or touch are one; a gap begins the next.
CREATE TABLE episodes AS
WITH ordered AS (
    SELECT *, max(b) OVER (PARTITION BY service_id ORDER BY a, outage_id ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING) AS until
    FROM told_outages WHERE NOT is_planned
),
numbered AS (SELECT *, count(*) FILTER (until IS NULL OR a > until) OVER (PARTITION BY service_id ORDER BY a, outage_id) AS nth FROM ordered)
SELECT service_id, client_id, nth, min(a) AS a, max(b) AS b FROM numbered GROUP BY ALL;
