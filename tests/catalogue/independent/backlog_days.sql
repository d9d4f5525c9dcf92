-- The last twenty working days of the workspace's calendar up to the month's last day; n is how many were resolved in them.
WITH working AS (
    SELECT d.day FROM (SELECT CAST(unnest(generate_series(DATE '2026-04-01', DATE '2026-10-31', INTERVAL 1 DAY)) AS DATE) AS day) AS d
    WHERE EXISTS (SELECT 1 FROM cells AS k, asked AS a WHERE k.calendar_id = a.workspace_calendar AND k.is_open
        AND k.cell * 900 >= midnight(d.day) AND k.cell * 900 < midnight(d.day + 1))
),
windows AS (
    SELECT m.month, m.to_s, midnight((SELECT min(day) FROM (SELECT day FROM working WHERE day < m.next_day ORDER BY day DESC LIMIT 20))) AS from_s
    FROM months AS m
),
pace AS (
    SELECT w.month, t.client_id AS client, count(*) AS solved FROM windows AS w JOIN resolved AS r ON r.s >= w.from_s AND r.s < w.to_s
    JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ALL
),
pile AS (
    SELECT m.month, t.client_id AS client, count(*) AS standing
    FROM months AS m JOIN held AS p ON p.what = 'phase' AND p.from_s < m.to_s AND p.to_s >= m.to_s AND p.value NOT IN ('resolved', 'closed', 'cancelled')
    JOIN t USING (ticket_id) WHERE NOT is_out GROUP BY ALL
)
SELECT month, client, solved AS n, 20.0 * coalesce(standing, 0) / solved AS days FROM pace LEFT JOIN pile USING (month, client)
