-- The longest silence before each resolution. Reads opened_marks (replies and resolutions with C(at_s)) and chunk_intervals. Writes
-- chunk_silences: per resolution the longest time in new or active between two public replies of technicians; creation and
-- resolution are ends as well. A reply in the second of the resolution does not shorten it.
CREATE OR REPLACE TEMP TABLE chunk_silences AS
WITH ours AS (
    SELECT
        ticket_key, start_s, end_s, open_at_s, phase_code <= 2 AS is_ours,
        coalesce(sum(CASE WHEN phase_code <= 2 THEN calendar_s ELSE 0 END) OVER before, 0) AS ran_s,
        coalesce(sum(CASE WHEN phase_code <= 2 THEN business_s ELSE 0 END) OVER before, 0) AS ran_open_s
    FROM chunk_intervals
    WINDOW before AS (PARTITION BY ticket_key ORDER BY start_s ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
timed AS (
    SELECT
        m.ticket_key, m.at_s, m.seq,
        o.ran_s + CASE WHEN o.is_ours THEN m.at_s - o.start_s ELSE 0 END AS run_s,
        o.ran_open_s + CASE WHEN o.is_ours THEN m.open_s - o.open_at_s ELSE 0 END AS run_open_s
    FROM opened_marks AS m
    JOIN ours AS o ON o.ticket_key = m.ticket_key AND o.start_s <= m.at_s AND (o.end_s IS NULL OR o.end_s > m.at_s)
),
gaps AS (
    SELECT
        ticket_key, at_s, seq,
        run_s - coalesce(last_value(CASE WHEN seq IS NULL THEN run_s END IGNORE NULLS) OVER before, 0) AS gap_s,
        run_open_s - coalesce(last_value(CASE WHEN seq IS NULL THEN run_open_s END IGNORE NULLS) OVER before, 0) AS gap_open_s
    FROM timed
    WINDOW before AS (
        PARTITION BY ticket_key ORDER BY at_s, seq NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
longest AS (
    SELECT
        ticket_key, seq,
        CASE WHEN gap_s >= max_s THEN gap_s ELSE max_s END AS silence_calendar_s,
        CASE WHEN gap_open_s >= max_open_s THEN gap_open_s ELSE max_open_s END AS silence_business_s
    FROM (
        SELECT
            *,
            coalesce(max(CASE WHEN seq IS NULL THEN gap_s END) OVER before, 0) AS max_s,
            coalesce(max(CASE WHEN seq IS NULL THEN gap_open_s END) OVER before, 0) AS max_open_s
        FROM gaps
        WINDOW before AS (
            PARTITION BY ticket_key ORDER BY at_s, seq NULLS LAST ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
    )
)
SELECT
    ticket_key, seq, CAST(silence_calendar_s AS BIGINT) AS silence_calendar_s,
    CAST(silence_business_s AS BIGINT) AS silence_business_s
FROM longest WHERE seq IS NOT NULL;
