-- The matrix: which row a ticket is, by the fields that fit (docs/explanation/raci.md), at a category and priority.
CREATE TABLE letters AS
SELECT a.task_id, a.role_id, a.letter, a.within_minutes, r.team_id, r.technician_id, r.contact_id,
    coalesce(midnight(a.valid_from), -9000000000) AS from_s, coalesce(midnight(a.valid_to), 9000000000) AS to_s
FROM raci_assignments AS a JOIN raci_roles AS r USING (role_id);
CREATE TABLE kinds_of AS
WITH states AS (
    SELECT ticket_id, 'now' AS moment, was(ticket_id, 'category', as_of()) AS category, was(ticket_id, 'priority', as_of()) AS priority FROM t
    UNION ALL SELECT ticket_id, 'resolved', was(ticket_id, 'category', s), was(ticket_id, 'priority', s) FROM resolved
    UNION ALL SELECT ticket_id, 'judged', was(ticket_id, 'category', s), was(ticket_id, 'priority', s) FROM verdicts
),
fits AS (
    SELECT s.ticket_id, s.moment, k.task_id, row_number() OVER (PARTITION BY s.ticket_id, s.moment ORDER BY
        (k.client_id IS NOT NULL)::INT + (k.subcategory IS NOT NULL)::INT + (k.category IS NOT NULL)::INT + (k.type IS NOT NULL)::INT + (k.priority IS NOT NULL)::INT DESC,
        k.client_id IS NULL, k.subcategory IS NULL, k.category IS NULL, k.type IS NULL, k.priority IS NULL, k.task_id) AS nth
    FROM states AS s JOIN t USING (ticket_id) JOIN raci_tasks AS k ON (k.client_id IS NULL OR k.client_id = t.client_id)
        AND (k.type IS NULL OR k.type = t.type) AND (k.category IS NULL OR k.category = s.category)
        AND (k.subcategory IS NULL OR k.subcategory = t.subcategory) AND (k.priority IS NULL OR k.priority = s.priority)
        AND coalesce(midnight(k.valid_from), -9000000000) <= t.c AND t.c < coalesce(midnight(k.valid_to), 9000000000)
)
SELECT f.ticket_id, f.moment, f.task_id,
    count(DISTINCT l.role_id) FILTER (l.letter = 'A') = 1 AND count(*) FILTER (l.letter = 'R') > 0
        AND bool_and(l.team_id IS NOT NULL OR l.contact_id IS NOT NULL OR coalesce(h.technician_id IS NOT NULL
            AND (h.started_on IS NULL OR midnight(h.started_on) <= t.c) AND (h.ended_on IS NULL OR t.c < midnight(h.ended_on)), FALSE)) AS is_valid,
    CASE WHEN count(DISTINCT l.role_id) FILTER (l.letter = 'A') = 1 THEN max(l.role_id) FILTER (l.letter = 'A') END AS accountable
FROM fits AS f JOIN t USING (ticket_id) LEFT JOIN letters AS l ON l.task_id = f.task_id AND l.from_s <= t.c AND t.c < l.to_s
LEFT JOIN technicians AS h ON h.technician_id = l.technician_id
WHERE f.nth = 1 GROUP BY ALL;

-- Who did it, up to the resolution: by hours, else actions, else who held it.
CREATE TABLE doers AS
WITH cases AS (SELECT t.ticket_id, t.c, t.client_id, r.s, k.task_id FROM t JOIN resolved AS r USING (ticket_id) JOIN kinds_of AS k ON k.ticket_id = t.ticket_id AND k.moment = 'resolved'),
doings AS (
    SELECT c.ticket_id, w.technician_id, at_s(w.started_at) AS s, CAST(round(w.duration_minutes * 60) AS BIGINT) AS seconds, 0 AS acts
    FROM cases AS c JOIN time_entries AS w ON w.ticket_id = c.ticket_id AND w.duration_minutes > 0 AND at_s(w.started_at) <= c.s
    UNION ALL
    SELECT c.ticket_id, e.actor_id, greatest(e.s, c.c), 0, 1 FROM cases AS c JOIN e ON e.ticket_id = c.ticket_id AND e.s <= c.s
        AND e.kind IN ('reply', 'note', 'status', 'article', 'resolved') AND coalesce(e.told_actor, 'technician') = 'technician'
    WHERE e.actor_id IN (SELECT technician_id FROM technicians)
),
hands AS (
    SELECT * FROM doings UNION ALL
    SELECT c.ticket_id, was(c.ticket_id, 'technician', c.s), c.s, 0, 0 FROM cases AS c WHERE c.ticket_id NOT IN (SELECT ticket_id FROM doings)
),
placed AS (
    SELECT d.*, c.task_id, c.c, c.client_id, CASE WHEN d.acts = 0 AND d.seconds = 0 THEN coalesce(was(d.ticket_id, 'team', c.s), m.team_id) ELSE m.team_id END AS team_id
    FROM hands AS d JOIN cases AS c USING (ticket_id)
    LEFT JOIN memberships AS m ON m.technician_id = d.technician_id AND m.from_s <= d.s AND d.s < m.to_s
),
named AS (
    SELECT p.*, (SELECT min(l.role_id) FROM letters AS l WHERE l.task_id = p.task_id AND l.letter = 'R' AND l.from_s <= p.c AND p.c < l.to_s
            AND (l.technician_id = p.technician_id OR l.team_id = p.team_id)) AS responsible,
        (SELECT min(r.role_id) FROM raci_roles AS r WHERE r.team_id = p.team_id AND (r.client_id IS NULL OR r.client_id = p.client_id)) AS own_role
    FROM placed AS p WHERE p.technician_id IS NOT NULL OR p.team_id IS NOT NULL
),
summed AS (
    SELECT ticket_id, responsible IS NOT NULL AS is_right, coalesce(responsible, own_role, team_id, 'no team') AS role, sum(seconds) AS seconds, sum(acts) AS acts, min(s) AS first_s
    FROM named GROUP BY ALL
)
SELECT ticket_id, is_right, row_number() OVER (PARTITION BY ticket_id ORDER BY seconds DESC, acts DESC, first_s, role, is_right DESC) AS nth FROM summed;

-- Whom to ask before and to tell after, and whether they were reached.
CREATE TABLE duties AS
WITH due AS (
    SELECT t.ticket_id, t.client_id, r.s, l.letter, l.role_id,
        CASE WHEN l.letter = 'C' THEN least(r.s, coalesce(t.c + l.within_minutes * 60, r.s)) ELSE r.s + l.within_minutes * 60 END AS until,
        (SELECT min(e.s) FROM e JOIN raci_roles AS x ON x.role_id = l.role_id
            WHERE e.ticket_id = t.ticket_id AND e.kind = CASE l.letter WHEN 'C' THEN 'consultation' ELSE 'notification' END
                AND e.to_value IN (x.role_id, x.name, x.team_id, x.technician_id, x.contact_id)) AS reached
    FROM t JOIN resolved AS r USING (ticket_id) JOIN kinds_of AS k ON k.ticket_id = t.ticket_id AND k.moment = 'resolved' AND k.is_valid
    JOIN letters AS l ON l.task_id = k.task_id AND l.letter IN ('C', 'I') AND l.from_s <= t.c AND t.c < l.to_s WHERE NOT t.is_out
)
SELECT *, coalesce(reached <= until OR (until IS NULL AND reached IS NOT NULL), FALSE) AS is_kept FROM due
WHERE until IS NULL OR until <= as_of() OR reached IS NOT NULL;
