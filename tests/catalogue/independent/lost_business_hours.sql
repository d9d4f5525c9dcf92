-- Where several outages overlap the largest share of users counts; where no calendar is told, the workspace's.
WITH lost AS (
    SELECT p.month, p.client_id AS client, p.service_id, p.low, p.users,
        open_s(coalesce(k.calendar_id, (SELECT workspace_calendar FROM asked)), p.high) - open_s(coalesce(k.calendar_id, (SELECT workspace_calendar FROM asked)), p.low) AS seconds
    FROM pieces AS p JOIN clients AS k USING (client_id) WHERE p.unplanned
),
touched AS (
    SELECT l.month, l.client, x.service_id, x.nth FROM lost AS l JOIN episodes AS x ON x.service_id = l.service_id AND x.a <= l.low AND l.low < x.b
    WHERE l.seconds > 0 GROUP BY ALL
),
counted AS (SELECT month, client, count(*) AS n FROM touched GROUP BY ALL)
SELECT month, client, sum(seconds * users) / 3600 AS hours, n AS frequency, sum(seconds) / 3600.0 / n AS length
FROM lost JOIN counted USING (month, client) GROUP BY month, client, n
