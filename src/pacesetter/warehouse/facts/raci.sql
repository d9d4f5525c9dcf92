-- Who did the work of each covered ticket, up to each of its resolutions, against who was Responsible when it was created. Reads
-- {kinds} and {parts}. Writes {result}: one row per resolution of a ticket with a task, valid until superseded_s. The words in braces are
-- filled in by raci.py: relations, and the condition {which} on the resolutions r in question.
CREATE OR REPLACE TEMP TABLE raci_covered AS
SELECT r.*, k.task_id, k.accountable, k.is_valid
FROM f_resolutions AS r
JOIN f_tickets AS t ON t.ticket_key = r.ticket_key
JOIN {kinds} AS k
    ON k.client_id = r.client_id AND k.type IS NOT DISTINCT FROM r.type AND k.category IS NOT DISTINCT FROM r.category
    AND k.subcategory IS NOT DISTINCT FROM t.subcategory AND k.priority IS NOT DISTINCT FROM r.priority
    AND k.from_s <= r.created_s AND r.created_s < k.to_s
WHERE (r.superseded_s IS NULL OR r.superseded_s > r.resolved_s) AND {which};

-- Pieces of work: seconds of a time entry, or one action of a technician.
CREATE OR REPLACE TEMP TABLE raci_pieces AS
WITH keys AS (
    SELECT DISTINCT c.ticket_key, t.ticket_id, c.created_s
    FROM raci_covered AS c JOIN f_tickets AS t ON t.ticket_key = c.ticket_key
),
pieces AS (
    SELECT k.ticket_key, e.technician_id, CAST(epoch_us(e.started_at) // 1000000 AS BIGINT) AS at_s,
        CAST(round(e.duration_minutes * 60) AS BIGINT) AS worked_s, 0 AS actions
    FROM time_entries AS e JOIN keys AS k ON k.ticket_id = e.ticket_id
    WHERE e.duration_minutes > 0
    UNION ALL
    SELECT k.ticket_key, e.actor_id, greatest(k.created_s, CAST(epoch_us(e.occurred_at) // 1000000 AS BIGINT)), 0, 1
    FROM ticket_events AS e JOIN keys AS k ON k.ticket_key = e.ticket_key
    WHERE e.kind IN ('reply', 'note', 'status', 'article', 'resolved') AND coalesce(e.actor_kind, 'technician') = 'technician'
)
SELECT p.*, s.team_id
FROM pieces AS p
JOIN technicians AS t ON t.technician_id = p.technician_id
LEFT JOIN f_spells AS s ON s.technician_id = p.technician_id AND s.from_s <= p.at_s AND p.at_s < s.to_s;

-- Work per resolution and person; where nothing is known of who worked, the holder at the resolution stands for it: the technician with the
-- team that the ticket was with, else his own.
CREATE OR REPLACE TEMP TABLE raci_people AS
WITH done AS (
    SELECT c.ticket_key, c.resolved_s, c.task_id, c.client_id, c.created_s, p.technician_id, p.team_id,
        CAST(sum(p.worked_s) AS BIGINT) AS worked_s, CAST(sum(p.actions) AS BIGINT) AS actions, min(p.at_s) AS first_s
    FROM raci_covered AS c JOIN raci_pieces AS p ON p.ticket_key = c.ticket_key AND p.at_s <= c.resolved_s
    GROUP BY ALL
),
held AS (
    SELECT c.ticket_key, c.resolved_s, c.task_id, c.client_id, c.created_s, c.technician_id, coalesce(c.team_id, s.team_id) AS team_id,
        CAST(0 AS BIGINT) AS worked_s, CAST(0 AS BIGINT) AS actions, c.resolved_s AS first_s
    FROM raci_covered AS c LEFT JOIN done AS d ON d.ticket_key = c.ticket_key AND d.resolved_s = c.resolved_s
    LEFT JOIN f_spells AS s ON s.technician_id = c.technician_id AND s.from_s <= c.resolved_s AND c.resolved_s < s.to_s
    WHERE d.ticket_key IS NULL AND (c.technician_id IS NOT NULL OR c.team_id IS NOT NULL)
)
SELECT * FROM done UNION ALL SELECT * FROM held;

CREATE OR REPLACE TEMP TABLE raci_ranked AS
WITH placed AS (
    SELECT w.*,
        (SELECT min(p.role_id) FROM {parts} AS p WHERE p.task_id = w.task_id AND p.letter = 'R'
            AND p.from_s <= w.created_s AND w.created_s < p.to_s
            AND (p.technician_id = w.technician_id OR p.team_id = w.team_id)) AS responsible,
        coalesce((SELECT bool_or(p.technician_id = w.technician_id) FROM {parts} AS p WHERE p.task_id = w.task_id
            AND p.letter = 'A' AND p.from_s <= w.created_s AND w.created_s < p.to_s), FALSE) AS is_accountable,
        (SELECT min(r.role_id) FROM {roles} AS r
            WHERE r.team_id = w.team_id AND (r.client_id IS NULL OR r.client_id = w.client_id)) AS team_role
    FROM raci_people AS w
),
grouped AS (
    SELECT ticket_key, resolved_s, responsible IS NOT NULL AS is_responsible,
        coalesce(responsible, team_role, team_id, 'no team') AS done_by, min(team_id) AS doer_team_id,
        bool_or(is_accountable) AS is_accountable, CAST(sum(worked_s) AS BIGINT) AS worked_s,
        CAST(sum(actions) AS BIGINT) AS actions, min(first_s) AS first_s
    FROM placed GROUP BY ALL
)
SELECT *,
    CAST(sum(worked_s) OVER one AS BIGINT) AS ticket_worked_s,
    CAST(sum(CASE WHEN is_responsible THEN 0 ELSE worked_s END) OVER one AS BIGINT) AS others_worked_s,
    CAST(sum(actions) OVER one AS BIGINT) AS ticket_actions,
    row_number() OVER (
        PARTITION BY ticket_key, resolved_s ORDER BY worked_s DESC, actions DESC, first_s, done_by, is_responsible DESC) AS place
FROM grouped
WINDOW one AS (PARTITION BY ticket_key, resolved_s);

CREATE OR REPLACE {result} AS
WITH due AS (
    SELECT c.ticket_key, c.resolved_s, min(w.tier) AS low, max(w.tier) AS high, list(DISTINCT w.organisation) AS organisations
    FROM raci_covered AS c
    JOIN {parts} AS p ON p.task_id = c.task_id AND p.letter = 'R' AND p.from_s <= c.created_s AND c.created_s < p.to_s
    LEFT JOIN technicians AS h ON h.technician_id = p.technician_id
    JOIN teams AS w ON w.team_id = coalesce(p.team_id, h.team_id)
    GROUP BY c.ticket_key, c.resolved_s
)
SELECT
    c.ticket_key, c.client_id, c.type, c.channel, c.created_s, c.excluded_as, c.excluded_s, c.resolved_s, c.superseded_s,
    c.is_early, c.team_id, c.organisation, c.tier, c.technician_id, c.priority, c.category, c.has_calendar, c.calendar_s,
    c.business_s, c.sla_s, c.was_reopened, c.task_id, c.accountable, c.is_valid, d.done_by,
    coalesce(d.is_responsible, FALSE) AS is_conforming,
    CASE WHEN d.ticket_worked_s > 0 THEN 'hours' WHEN d.ticket_actions > 0 THEN 'actions' WHEN d.place = 1 THEN 'holder' END AS basis,
    CASE WHEN d.place IS NULL OR d.is_responsible THEN NULL
         WHEN d.is_accountable THEN 'the Accountable'
         WHEN NOT list_contains(u.organisations, w.organisation) THEN 'other organisation'
         WHEN w.tier < u.low THEN 'lower tier' WHEN w.tier > u.high THEN 'higher tier' ELSE 'other team' END AS deviation,
    coalesce(d.ticket_worked_s, 0) AS worked_s, coalesce(d.others_worked_s, 0) AS others_worked_s
FROM raci_covered AS c
LEFT JOIN raci_ranked AS d ON d.ticket_key = c.ticket_key AND d.resolved_s = c.resolved_s AND d.place = 1
LEFT JOIN due AS u ON u.ticket_key = c.ticket_key AND u.resolved_s = c.resolved_s
LEFT JOIN teams AS w ON w.team_id = d.doer_team_id;
