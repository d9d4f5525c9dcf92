-- Time at work: shifts less absences. Built whole. Writes f_present (disjoint pieces by technician) and f_shifts (one row per
-- shift of work of which something is left, with how many tickets its technician resolved in it counted when asked).
CREATE OR REPLACE TABLE f_present AS
WITH edges AS (
    SELECT technician_id, CAST(epoch_us(starts_at) // 1000000 AS BIGINT) AS at_s, 1 AS step, coalesce(kind, 'work') AS kind FROM shifts
    UNION ALL
    SELECT technician_id, CAST(epoch_us(ends_at) // 1000000 AS BIGINT), -1, coalesce(kind, 'work') FROM shifts
),
stepped AS (
    SELECT
        technician_id, at_s,
        sum(CASE WHEN kind = 'work' THEN step ELSE 0 END) AS work_step,
        sum(CASE WHEN kind = 'absence' THEN step ELSE 0 END) AS absence_step
    FROM edges GROUP BY technician_id, at_s
),
counted AS (
    SELECT
        technician_id, at_s AS start_s,
        lead(at_s) OVER steps AS end_s,
        sum(work_step) OVER sofar AS working,
        sum(absence_step) OVER sofar AS away
    FROM stepped
    WINDOW
        steps AS (PARTITION BY technician_id ORDER BY at_s),
        sofar AS (PARTITION BY technician_id ORDER BY at_s ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW)
)
SELECT c.technician_id, c.start_s, c.end_s, s.team_id, w.organisation, w.tier
FROM counted AS c
LEFT JOIN f_spells AS s ON s.technician_id = c.technician_id AND s.from_s <= c.start_s AND c.start_s < s.to_s
LEFT JOIN teams AS w ON w.team_id = s.team_id
WHERE c.working > 0 AND c.away = 0 AND c.end_s > c.start_s;

CREATE OR REPLACE TABLE f_shifts AS
WITH given AS (
    SELECT
        shift_id, technician_id, CAST(epoch_us(starts_at) // 1000000 AS BIGINT) AS starts_s,
        CAST(epoch_us(ends_at) // 1000000 AS BIGINT) AS ends_s
    FROM shifts WHERE coalesce(kind, 'work') = 'work'
)
SELECT g.*, s.team_id, w.organisation, w.tier
FROM given AS g
LEFT JOIN f_spells AS s ON s.technician_id = g.technician_id AND s.from_s <= g.starts_s AND g.starts_s < s.to_s
LEFT JOIN teams AS w ON w.team_id = s.team_id
WHERE g.shift_id IN (
    SELECT g.shift_id FROM given AS g
    JOIN f_present AS p ON p.technician_id = g.technician_id AND p.start_s < g.ends_s AND p.end_s > g.starts_s);
