-- Phases by event: the phase that each event of the family leads to, and the one before it. Writes starts (values at
-- creation), phase_steps, and the moments resolution_steps, reopening_steps, closure_steps.
CREATE OR REPLACE TEMP TABLE first_values AS
SELECT
    e.ticket_key,
    arg_min_null(CASE WHEN kind = 'created' THEN known_phase END, CASE WHEN kind = 'created' THEN seq END) AS created_phase,
    arg_min_null(CASE WHEN kind = 'created' THEN to_value END, CASE WHEN kind = 'created' THEN seq END) AS created_status,
    arg_min_null(CASE WHEN kind = 'status' THEN from_value END, CASE WHEN kind = 'status' THEN seq END) AS status,
    arg_min_null(CASE WHEN kind = 'team' OR (kind = 'escalation' AND to_value IS NOT NULL) THEN from_value END,
        CASE WHEN kind = 'team' OR (kind = 'escalation' AND to_value IS NOT NULL) THEN seq END) AS team_id,
    arg_min_null(CASE WHEN kind = 'assignment' THEN from_value END, CASE WHEN kind = 'assignment' THEN seq END) AS technician_id,
    arg_min_null(CASE WHEN kind = 'priority' THEN from_value END, CASE WHEN kind = 'priority' THEN seq END) AS priority,
    arg_min_null(CASE WHEN kind = 'category' THEN from_value END, CASE WHEN kind = 'category' THEN seq END) AS category
FROM ev AS e
WHERE kind IN ('created', 'status', 'team', 'escalation', 'assignment', 'priority', 'category')
GROUP BY e.ticket_key;

CREATE OR REPLACE TEMP TABLE starts AS
SELECT
    t.ticket_key,
    t.created_s,
    CAST(CASE
        WHEN f.created_phase BETWEEN 1 AND 5 THEN f.created_phase
        WHEN f.created_status IS NULL AND before.code BETWEEN 1 AND 5 THEN before.code
        WHEN t.has_phase OR t.resolved_at IS NOT NULL OR t.closed_at IS NOT NULL THEN 1
        WHEN t.status IS NOT NULL THEN coalesce(today.code, 2)
        ELSE 1 END AS INTEGER) AS phase,
    CASE WHEN t.has_team THEN f.team_id ELSE t.team_id END AS team_id,
    CASE WHEN t.has_assignment THEN f.technician_id ELSE t.technician_id END AS technician_id,
    CASE WHEN t.has_priority THEN f.priority ELSE t.priority END AS priority,
    CASE WHEN t.has_category THEN f.category ELSE t.category END AS category
FROM tk AS t
LEFT JOIN first_values AS f ON f.ticket_key = t.ticket_key
LEFT JOIN status_phases AS before ON before.status = f.status
LEFT JOIN status_phases AS today ON today.status = t.status;

CREATE OR REPLACE TEMP TABLE phase_steps AS
WITH tokens AS (
    SELECT
        e.ticket_key, e.seq, e.at_s, e.is_early, e.token, s.phase AS start_phase,
        last_value(CASE WHEN e.token <> 7 THEN e.token END IGNORE NULLS) OVER before AS last_not_closed,
        last_value(CASE WHEN e.token <> 9 THEN e.token END IGNORE NULLS) OVER before AS last_not_reopened
    FROM ev AS e JOIN starts AS s ON s.ticket_key = e.ticket_key
    WHERE e.token IS NOT NULL
    WINDOW before AS (PARTITION BY e.ticket_key ORDER BY e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
settled AS (
    SELECT
        *,
        CAST(CASE
            WHEN token = 9 AND coalesce(last_not_reopened, start_phase) >= 6 THEN 2
            WHEN token = 9 THEN coalesce(last_not_reopened, start_phase)
            WHEN token = 7 AND coalesce(last_not_closed, start_phase) = 8 THEN 8
            ELSE token END AS INTEGER) AS phase
    FROM tokens
)
SELECT
    ticket_key, seq, at_s, is_early, phase,
    coalesce(lag(phase) OVER (PARTITION BY ticket_key ORDER BY seq), start_phase) AS phase_before
FROM settled;

CREATE OR REPLACE TEMP TABLE moments AS
SELECT
    ticket_key, seq, at_s, is_early,
    phase IN (6, 7) AND phase_before NOT IN (6, 7) AS is_resolution,
    phase_before IN (6, 7) AND phase <= 5 AS is_reopening,
    phase_before IN (6, 7) AND phase NOT IN (6, 7) AS is_leaving,
    phase = 7 AND phase_before <> 7 AS is_closure
FROM phase_steps
WHERE phase <> phase_before AND (phase IN (6, 7) OR phase_before IN (6, 7));
