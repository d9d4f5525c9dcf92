-- Business time on a grid of quarters of an hour of the wall clock of each calendar; every opening and closing lies on the grid.
CREATE TABLE cells AS
WITH grid AS (
    SELECT k.calendar_id, g.cell, timezone(k.time_zone, to_timestamp(g.cell * 900)) AS wall
    FROM calendars AS k CROSS JOIN (
        SELECT unnest(generate_series(epoch(TIMESTAMPTZ '2026-04-01 00:00:00+00')::BIGINT // 900,
            epoch(TIMESTAMPTZ '2027-02-01 00:00:00+00')::BIGINT // 900)) AS cell) AS g
),
days AS (
    SELECT d.calendar_id, d.day, s.low, s.high
    FROM (SELECT DISTINCT calendar_id, CAST(wall AS DATE) AS day FROM grid) AS d
    JOIN weekly AS s ON s.calendar_id = d.calendar_id AND s.weekday = isodow(d.day) - 1
    WHERE NOT EXISTS (SELECT 1 FROM special_days AS x WHERE x.calendar_id = d.calendar_id AND x.day = d.day)
    UNION ALL SELECT calendar_id, day, low, high FROM special_spans
),
opened AS (
    SELECT DISTINCT g.calendar_id, g.cell
    FROM grid AS g
    JOIN days AS d ON d.calendar_id = g.calendar_id AND (d.day = CAST(g.wall AS DATE) OR d.day = CAST(g.wall AS DATE) - 1)
        AND date_diff('minute', CAST(d.day AS TIMESTAMP), g.wall) >= d.low AND date_diff('minute', CAST(d.day AS TIMESTAMP), g.wall) < d.high
)
SELECT g.calendar_id, g.cell, o.cell IS NOT NULL AS is_open,
    900 * (count(o.cell) OVER (PARTITION BY g.calendar_id ORDER BY g.cell) - count(o.cell) OVER (PARTITION BY g.calendar_id, g.cell)) AS before_s
FROM grid AS g LEFT JOIN opened AS o ON o.calendar_id = g.calendar_id AND o.cell = g.cell;

-- Open seconds of a calendar up to an instant (all seconds where there is no calendar), and the first instant with so many of them.
CREATE MACRO open_s(calendar, second) AS CASE WHEN calendar IS NULL THEN second ELSE (
    SELECT before_s + CASE WHEN is_open THEN second % 900 ELSE 0 END FROM cells WHERE calendar_id = calendar AND cell = second // 900) END;
CREATE TABLE open_cells AS SELECT calendar_id, before_s // 900 AS nth, cell FROM cells WHERE is_open;
CREATE MACRO opened_at(calendar, amount) AS CASE WHEN calendar IS NULL THEN amount ELSE (
    SELECT cell * 900 + (amount - nth * 900) FROM open_cells WHERE calendar_id = calendar AND nth = (amount - 1) // 900) END;

-- The policy that judges a ticket, and its calendar: of the policy, else the client, the team that held it first, the workspace.
-- A policy's days begin at midnight of its calendar, else of the workspace.
CREATE MACRO midnight_in(day, zone) AS CAST(epoch(timezone(zone, CAST(day AS TIMESTAMP))) AS BIGINT);
CREATE TABLE judged_by AS
WITH dated AS (SELECT p.*, coalesce(k.time_zone, 'Europe/Berlin') AS zone FROM sla_policies AS p LEFT JOIN calendars AS k USING (calendar_id)),
fits AS (
    SELECT t.ticket_id, p.sla_policy_id, row_number() OVER (PARTITION BY t.ticket_id ORDER BY p.rank, p.client_id IS NULL, p.sla_policy_id) AS nth
    FROM t JOIN dated AS p ON (p.client_id IS NULL OR p.client_id = t.client_id)
        AND (p.valid_from IS NULL OR midnight_in(p.valid_from, p.zone) <= t.c) AND (p.valid_to IS NULL OR t.c < midnight_in(p.valid_to, p.zone))
)
SELECT t.ticket_id, p.sla_policy_id, p.on_reopen,
    coalesce(p.calendar_id, k.calendar_id, w.calendar_id, (SELECT workspace_calendar FROM asked)) AS calendar_id
FROM t LEFT JOIN fits AS f ON f.ticket_id = t.ticket_id AND f.nth = 1
LEFT JOIN sla_policies AS p ON p.sla_policy_id = f.sla_policy_id
JOIN clients AS k ON k.client_id = t.client_id
LEFT JOIN (SELECT ticket_id, first(value ORDER BY from_s) AS team_id FROM held WHERE what = 'team' AND value IS NOT NULL GROUP BY ticket_id) AS h
    ON h.ticket_id = t.ticket_id
LEFT JOIN teams AS w ON w.team_id = h.team_id;

-- Business seconds of a ticket between two instants.
CREATE MACRO business_s(id, low, high) AS (
    SELECT open_s(calendar_id, high) - open_s(calendar_id, low) FROM judged_by WHERE ticket_id = id);
