-- Whom a covered ticket was to consult and to inform, and when each was first reached. Reads raci_covered. Writes {result}: one row
-- per resolution and role; due_s is null where no time is set for informing. An event reaches a role by its id, its name or the id of
-- who fills it.
CREATE OR REPLACE {result} AS
WITH due AS (
    SELECT c.*, p.letter, p.role_id,
        CASE WHEN p.letter = 'C' THEN least(c.resolved_s, c.created_s + coalesce(p.within_s, c.resolved_s - c.created_s))
             WHEN p.within_s IS NOT NULL THEN c.resolved_s + p.within_s END AS due_s
    FROM raci_covered AS c
    JOIN {parts} AS p
        ON p.task_id = c.task_id AND p.letter IN ('C', 'I') AND p.from_s <= c.created_s AND c.created_s < p.to_s
),
addresses AS (
    SELECT role_id, role_id AS address FROM {roles}
    UNION SELECT role_id, name FROM {roles}
    UNION SELECT role_id, team_id FROM {roles} WHERE team_id IS NOT NULL
    UNION SELECT role_id, technician_id FROM {roles} WHERE technician_id IS NOT NULL
    UNION SELECT role_id, contact_id FROM {roles} WHERE contact_id IS NOT NULL
),
reached AS (
    SELECT e.ticket_key, a.role_id, CASE WHEN e.kind = 'consultation' THEN 'C' ELSE 'I' END AS letter,
        min(CAST(epoch_us(e.occurred_at) // 1000000 AS BIGINT)) AS at_s
    FROM ticket_events AS e
    JOIN (SELECT DISTINCT ticket_key FROM due) AS d ON d.ticket_key = e.ticket_key
    JOIN addresses AS a ON a.address = e.to_value
    WHERE e.kind IN ('consultation', 'notification')
    GROUP BY ALL
)
SELECT
    d.ticket_key, d.client_id, d.type, d.channel, d.created_s, d.excluded_as, d.excluded_s, d.resolved_s, d.superseded_s,
    d.team_id, d.organisation, d.tier, d.technician_id, d.priority, d.category, d.task_id, d.accountable, d.is_valid,
    d.letter, d.role_id, d.due_s, r.at_s AS reached_s
FROM due AS d
LEFT JOIN reached AS r ON r.ticket_key = d.ticket_key AND r.role_id = d.role_id AND r.letter = d.letter;
