-- Which policy and which calendar a ticket is judged by: the policy that the source names, else the one of lowest rank that fits
-- its client, its agreement and the instant of its creation; the calendar of the policy, else of the client, of the team that
-- held the ticket first, of the workspace. Reads policy_words (validity as instants) and calendar_words. Writes judges.
CREATE OR REPLACE TEMP TABLE fitting AS
SELECT t.ticket_key, p.sla_policy_id, p.rank, p.breadth
FROM tk AS t JOIN policy_words AS p ON p.client_id = t.client_id
WHERE t.sla_policy_id IS NULL AND t.created_s >= p.valid_from_s AND t.created_s < p.valid_to_s
    AND (p.agreement_offering_id IS NULL OR t.offering_id IS NULL OR p.agreement_offering_id = t.offering_id)
    AND t.created_s >= p.agreement_from_s AND t.created_s < p.agreement_to_s
UNION ALL
SELECT t.ticket_key, p.sla_policy_id, p.rank, p.breadth
FROM tk AS t CROSS JOIN policy_words AS p
WHERE p.client_id IS NULL AND t.sla_policy_id IS NULL AND t.created_s >= p.valid_from_s AND t.created_s < p.valid_to_s;

CREATE OR REPLACE TEMP TABLE judges AS
WITH chosen AS (
    SELECT ticket_key, sla_policy_id FROM tk WHERE sla_policy_id IS NOT NULL
    UNION ALL
    SELECT ticket_key, arg_min(sla_policy_id, (coalesce(rank, 1e300), breadth, sla_policy_id)) FROM fitting GROUP BY ticket_key
),
first_teams AS (
    SELECT s.ticket_key, coalesce(s.team_id, e.team_id) AS team_id
    FROM starts AS s
    LEFT JOIN (
        SELECT ticket_key, arg_min(team_id, seq) AS team_id FROM team_steps WHERE sets_team GROUP BY ticket_key
    ) AS e ON e.ticket_key = s.ticket_key
)
SELECT
    t.ticket_key,
    c.sla_policy_id,
    coalesce(by_policy.calendar_id, by_client.calendar_id, by_team.calendar_id, w.calendar_id) AS calendar_id,
    coalesce(by_policy.calendar_key, by_client.calendar_key, by_team.calendar_key, w.calendar_key) AS calendar_key
FROM tk AS t
LEFT JOIN chosen AS c ON c.ticket_key = t.ticket_key
LEFT JOIN first_teams AS f ON f.ticket_key = t.ticket_key
LEFT JOIN calendar_words AS by_policy ON by_policy.kind = 'policy' AND by_policy.id = c.sla_policy_id
LEFT JOIN calendar_words AS by_client ON by_client.kind = 'client' AND by_client.id = t.client_id
LEFT JOIN calendar_words AS by_team ON by_team.kind = 'team' AND by_team.id = f.team_id
LEFT JOIN calendar_words AS w ON w.kind = 'workspace';
