-- What changes who holds a ticket, in which phase and at which priority, from its creation on. Writes the view interval_changes. The
-- empty text stands for a known absence while values are carried forward; pause_step is 1 where a change ends a pause, -1 where it begins one.
CREATE OR REPLACE TEMP VIEW interval_changes AS
SELECT
    ticket_key, seq, at_s, NULL AS phase, 0 AS pause_step,
    CASE WHEN kind = 'team' OR (kind = 'escalation' AND to_value IS NOT NULL) THEN coalesce(to_value, '') END AS team_id,
    CASE WHEN kind = 'assignment' THEN coalesce(to_value, '') END AS technician_id,
    CASE WHEN kind = 'priority' THEN coalesce(to_value, '') END AS priority,
    CASE WHEN kind = 'category' THEN coalesce(to_value, '') END AS category
FROM ev
WHERE kind IN ('team', 'assignment', 'priority', 'category') OR (kind = 'escalation' AND to_value IS NOT NULL)
UNION ALL
SELECT
    ticket_key, seq, at_s, phase,
    CASE WHEN phase_before IN (3, 4, 5) THEN 1 ELSE 0 END - CASE WHEN phase IN (3, 4, 5) THEN 1 ELSE 0 END,
    NULL, NULL, NULL, NULL
FROM phase_steps WHERE phase <> phase_before
UNION ALL
SELECT
    ticket_key, 0, created_s, phase, CASE WHEN phase IN (3, 4, 5) THEN -1 ELSE 0 END,
    coalesce(team_id, ''), coalesce(technician_id, ''), coalesce(priority, ''), coalesce(category, '')
FROM starts;
