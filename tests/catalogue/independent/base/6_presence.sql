-- Minutes at work, one by one: within a shift and within no absence.
CREATE TABLE present AS
WITH given AS (SELECT technician_id, at_s(starts_at) AS a, at_s(ends_at) AS b, coalesce(kind, 'work') AS kind FROM shifts),
minutes AS (SELECT DISTINCT technician_id, unnest(generate_series(a, b - 1, 60)) AS minute FROM given WHERE kind = 'work'),
away AS (SELECT DISTINCT technician_id, unnest(generate_series(a, b - 1, 60)) AS minute FROM given WHERE kind = 'absence')
SELECT technician_id, minute FROM minutes ANTI JOIN away USING (technician_id, minute) WHERE minute < as_of();
