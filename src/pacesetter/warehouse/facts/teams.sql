-- Changes of team: handoffs, returns and escalations. Writes team_steps (one row per team or escalation event), handoffs and
-- escalation_steps. The team before is the last one that held the ticket, also where nobody held it in between.
CREATE OR REPLACE TEMP TABLE team_steps AS
WITH carried AS (
    SELECT
        e.ticket_key, e.seq, e.at_s, e.is_early, e.kind, e.to_value,
        e.kind = 'team' OR e.to_value IS NOT NULL AS sets_team,
        coalesce(last_value(e.to_value IGNORE NULLS) OVER before, s.team_id) AS team_before
    FROM ev AS e JOIN starts AS s ON s.ticket_key = e.ticket_key
    WHERE e.kind IN ('team', 'escalation')
    WINDOW before AS (PARTITION BY e.ticket_key ORDER BY e.seq ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
ranked AS (
    SELECT
        c.ticket_key, c.seq, c.at_s, c.is_early, c.kind, c.sets_team,
        c.team_before,
        CASE WHEN c.sets_team THEN c.to_value ELSE c.team_before END AS team_id,
        b.tier AS tier_before, w.tier AS tier,
        c.kind = 'team' AND coalesce(w.tier > b.tier, FALSE) AS is_raise
    FROM carried AS c
    LEFT JOIN team_words AS w ON w.team_id = c.to_value AND c.sets_team
    LEFT JOIN team_words AS b ON b.team_id = c.team_before
)
SELECT
    *,
    coalesce(team_id <> team_before, FALSE) AS is_handoff,
    is_raise OR (kind = 'escalation' AND NOT (
        coalesce(team_id = team_before, FALSE) AND sets_team
        AND coalesce(lag(is_raise) OVER (PARTITION BY ticket_key ORDER BY seq), FALSE))) AS is_escalation
FROM ranked;

CREATE OR REPLACE TEMP TABLE handoffs AS
WITH given AS (
    SELECT ticket_key, team_before AS team_id, min(seq) AS first_seq
    FROM team_steps WHERE is_handoff GROUP BY ticket_key, team_before
)
SELECT
    h.ticket_key, h.seq, h.at_s, h.is_early, h.team_before, h.team_id, h.tier,
    coalesce(g.first_seq < h.seq, FALSE) AS is_return
FROM team_steps AS h
LEFT JOIN given AS g ON g.ticket_key = h.ticket_key AND g.team_id = h.team_id
WHERE h.is_handoff;

-- An escalation comes back when the next handoff after it goes to the tier (or, without tiers, the team) that it came from.
CREATE OR REPLACE TEMP TABLE escalation_steps AS
WITH following AS (
    SELECT
        *,
        min(CASE WHEN is_handoff THEN seq END) OVER (
            PARTITION BY ticket_key ORDER BY seq ROWS BETWEEN 1 FOLLOWING AND UNBOUNDED FOLLOWING) AS next_handoff_seq,
        row_number() OVER (PARTITION BY ticket_key, is_escalation ORDER BY seq) AS nth
    FROM team_steps
)
SELECT
    f.ticket_key, f.seq, f.at_s, f.is_early, f.team_before, f.team_id, f.sets_team, f.tier_before, f.tier, CAST(f.nth AS INTEGER) AS nth,
    CASE WHEN n.team_id = f.team_before OR n.tier = f.tier_before THEN n.at_s END AS returned_s
FROM following AS f
LEFT JOIN team_steps AS n ON n.ticket_key = f.ticket_key AND n.seq = f.next_handoff_seq
WHERE f.is_escalation;

-- The first thing that somebody who was in the receiving team, or in one of its tier, did after an escalation. The team of a technician may
-- be unknown; a vendor's is not.
CREATE OR REPLACE TEMP TABLE escalation_actions AS
SELECT s.ticket_key, s.seq, min(e.seq) AS action_seq
FROM escalation_steps AS s
JOIN ev AS e ON e.ticket_key = s.ticket_key AND e.seq > s.seq
LEFT JOIN actor_spells AS a ON a.actor_id = e.actor_id AND a.from_s <= e.at_s AND e.at_s < a.to_s
WHERE (e.actor_kind = 'technician' OR (e.actor_kind = 'vendor' AND a.team_id IS NOT NULL))
    AND e.kind NOT IN ('escalation', 'team', 'notification')
    AND (a.team_id IS NULL OR NOT s.sets_team OR a.team_id = s.team_id OR a.tier = s.tier)
GROUP BY s.ticket_key, s.seq;
