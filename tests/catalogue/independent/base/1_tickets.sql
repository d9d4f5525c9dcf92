-- Tickets and their events as far as known at the instant asked: written from docs/explanation/how-tickets-are-read.md.
CREATE MACRO at_s(instant) AS epoch_us(instant) // 1000000;
CREATE MACRO midnight(day) AS CAST(epoch(timezone('Europe/Berlin', CAST(day AS TIMESTAMP))) AS BIGINT);
CREATE MACRO month_of(second) AS strftime(timezone('Europe/Berlin', to_timestamp(second)), '%Y-%m');
CREATE MACRO as_of() AS (SELECT as_of FROM asked);

CREATE TABLE months AS
SELECT strftime(first, '%Y-%m') AS month, CAST(first AS DATE) AS first_day, CAST(first + INTERVAL 1 MONTH AS DATE) AS next_day,
    midnight(first) AS from_s, midnight(first + INTERVAL 1 MONTH) AS to_s
FROM (SELECT unnest(generate_series(TIMESTAMP '2026-05-01', TIMESTAMP '2026-10-01', INTERVAL 1 MONTH)) AS first);

-- Who was in which team when; the team of the technician where there is no membership at all.
CREATE TABLE memberships AS
SELECT technician_id, team_id, coalesce(midnight(valid_from), -9000000000) AS from_s, coalesce(midnight(valid_to), 9000000000) AS to_s FROM team_memberships
UNION ALL
SELECT technician_id, team_id, -9000000000, 9000000000 FROM technicians WHERE technician_id NOT IN (SELECT technician_id FROM team_memberships);

-- Events in their order; an actor who is not named by kind is a technician if he is known as one, and a vendor while he is in a vendor's team.
CREATE TABLE e AS
WITH said AS (
    SELECT v.*, coalesce(v.actor_kind, CASE WHEN k.technician_id IS NOT NULL THEN 'technician' END) AS told_actor, b.team_id AS actor_team
    FROM ticket_events AS v JOIN tickets AS t ON t.ticket_id = v.ticket_id
    LEFT JOIN technicians AS k ON k.technician_id = v.actor_id
    LEFT JOIN memberships AS b ON b.technician_id = v.actor_id
        AND greatest(at_s(v.occurred_at), at_s(t.created_at)) >= b.from_s AND greatest(at_s(v.occurred_at), at_s(t.created_at)) < b.to_s
    WHERE at_s(v.occurred_at) <= as_of()
)
SELECT v.ticket_id, v.kind, v.from_value, v.to_value, v.actor_id, v.is_public, at_s(v.occurred_at) AS s, v.told_actor, v.actor_team,
    CASE WHEN v.told_actor = 'technician' AND w.organisation = 'vendor' THEN 'vendor' ELSE v.told_actor END AS actor,
    row_number() OVER (PARTITION BY v.ticket_id ORDER BY v.occurred_at, v.event_id) AS pos
FROM said AS v LEFT JOIN teams AS w ON w.team_id = v.actor_team;

CREATE TABLE t AS
SELECT k.*, at_s(k.created_at) AS c, coalesce(k.type = 'alert', FALSE) AS is_alert,
    k.excluded_as IS NOT NULL OR k.merged_into IS NOT NULL
        OR k.ticket_id IN (SELECT ticket_id FROM e WHERE kind = 'merge' AND to_value IS NOT NULL) AS is_out
FROM tickets AS k WHERE at_s(k.created_at) <= as_of();

-- Phases, one event after the other: closing what is cancelled leaves it cancelled, reopening what is not over changes nothing.
CREATE TABLE phase_steps AS
WITH RECURSIVE words AS (
    SELECT e.ticket_id, e.s, e.pos,
        CASE WHEN e.kind = 'status' THEN coalesce(w.phase, 'active') ELSE e.kind END AS word,
        row_number() OVER (PARTITION BY e.ticket_id ORDER BY e.pos) AS nth
    FROM e LEFT JOIN ticket_statuses AS w ON w.status = e.to_value
    WHERE e.kind IN ('status', 'resolved', 'reopened', 'closed')
),
walked AS (
    SELECT ticket_id, c AS s, CAST(0 AS BIGINT) AS pos, CAST(0 AS BIGINT) AS nth, 'new' AS before, 'new' AS phase FROM t
    UNION ALL
    SELECT w.ticket_id, w.s, w.pos, w.nth, g.phase,
        CASE WHEN w.word = 'reopened' THEN CASE WHEN g.phase IN ('resolved', 'closed', 'cancelled') THEN 'active' ELSE g.phase END
             WHEN w.word = 'closed' AND g.phase = 'cancelled' THEN 'cancelled' ELSE w.word END
    FROM walked AS g JOIN words AS w ON w.ticket_id = g.ticket_id AND w.nth = g.nth + 1
)
SELECT ticket_id, s, pos, before, phase,
    before IN ('resolved', 'closed') AND phase NOT IN ('resolved', 'closed') AS is_leaving,
    before IN ('resolved', 'closed') AND phase NOT IN ('resolved', 'closed', 'cancelled') AS is_reopening,
    phase IN ('resolved', 'closed') AND before NOT IN ('resolved', 'closed') AS is_resolution,
    phase = 'closed' AND before <> 'closed' AS is_closure
FROM walked;

-- The final resolution, and the closure, of every ticket that has one now.
CREATE TABLE resolved AS
SELECT ticket_id, s, pos FROM phase_steps AS r
WHERE is_resolution AND NOT EXISTS (
    SELECT 1 FROM phase_steps AS l WHERE l.ticket_id = r.ticket_id AND l.pos > r.pos AND (l.is_leaving OR l.is_resolution));
CREATE TABLE closed AS
SELECT ticket_id, s, pos FROM phase_steps AS r
WHERE is_closure AND NOT EXISTS (
    SELECT 1 FROM phase_steps AS l WHERE l.ticket_id = r.ticket_id AND l.pos > r.pos AND (l.is_leaving OR l.is_closure));
CREATE TABLE reopenings AS
SELECT o.ticket_id, o.s, o.pos,
    (SELECT arg_max(r.s, r.pos) FROM phase_steps AS r WHERE r.ticket_id = o.ticket_id AND r.pos < o.pos AND r.is_resolution) AS undone_s
FROM phase_steps AS o WHERE o.is_reopening;

-- What changes over time, as it is when a second ends: [from_s, to_s) for phase, team, technician, priority, category.
CREATE TABLE held AS
WITH changes AS (
    SELECT ticket_id, 'phase' AS what, s, pos, phase AS value FROM phase_steps
    UNION ALL
    SELECT ticket_id, CASE kind WHEN 'escalation' THEN 'team' WHEN 'assignment' THEN 'technician' ELSE kind END, s, pos, to_value
    FROM e WHERE kind IN ('team', 'assignment', 'priority', 'category') OR (kind = 'escalation' AND to_value IS NOT NULL)
),
-- What it was before the first change, also where that is yet to come: it says so.
firsts AS (
    SELECT ticket_id, CASE kind WHEN 'escalation' THEN 'team' WHEN 'assignment' THEN 'technician' ELSE kind END AS what,
        first(from_value ORDER BY occurred_at, event_id) AS value
    FROM ticket_events WHERE kind IN ('team', 'assignment', 'priority', 'category') OR (kind = 'escalation' AND to_value IS NOT NULL) GROUP BY ALL
),
starts AS (
    SELECT t.ticket_id, w.what, t.c AS s, CAST(0 AS BIGINT) AS pos,
        CASE WHEN f.ticket_id IS NOT NULL THEN f.value ELSE CASE w.what WHEN 'team' THEN t.team_id WHEN 'technician' THEN t.technician_id
            WHEN 'priority' THEN t.priority ELSE t.category END END AS value
    FROM t CROSS JOIN (VALUES ('team'), ('technician'), ('priority'), ('category')) AS w (what)
    LEFT JOIN firsts AS f ON f.ticket_id = t.ticket_id AND f.what = w.what
),
seconds AS (
    SELECT ticket_id, what, s AS from_s, last(value ORDER BY pos) AS value
    FROM (SELECT * FROM changes UNION ALL SELECT * FROM starts) GROUP BY ticket_id, what, s
)
SELECT *, lead(from_s, 1, 9000000000) OVER (PARTITION BY ticket_id, what ORDER BY from_s) AS to_s FROM seconds;
CREATE MACRO was(id, kind, second) AS (
    SELECT value FROM held WHERE ticket_id = id AND what = kind AND from_s <= second AND second < to_s);

-- Who had it: every stretch of one phase and one team.
CREATE TABLE stretches AS
SELECT p.ticket_id, greatest(p.from_s, h.from_s) AS from_s, least(p.to_s, h.to_s) AS to_s, p.value AS phase, h.value AS team_id,
    w.organisation, w.tier,
    CASE WHEN p.value = 'waiting_requester' THEN 'requester' WHEN p.value = 'waiting_vendor' THEN 'vendor'
         WHEN w.team_id IS NULL THEN 'nobody' WHEN w.organisation = 'msp' AND w.tier IS NOT NULL THEN 'msp tier ' || CAST(w.tier AS INT)
         ELSE w.organisation END AS holder
FROM held AS p JOIN held AS h ON h.ticket_id = p.ticket_id AND h.what = 'team' AND h.from_s < p.to_s AND p.from_s < h.to_s
LEFT JOIN teams AS w ON w.team_id = h.value
WHERE p.what = 'phase';

-- Changes of team: a handoff goes to another team than the last that held it, an escalation to a higher tier.
CREATE TABLE team_steps AS
WITH steps AS (
    SELECT e.ticket_id, e.pos, e.s, e.kind, e.to_value, e.kind = 'team' OR e.to_value IS NOT NULL AS sets_team,
        coalesce(last_value(e.to_value IGNORE NULLS) OVER (PARTITION BY e.ticket_id ORDER BY e.pos ROWS BETWEEN UNBOUNDED PRECEDING
            AND 1 PRECEDING), first_value(e.from_value) OVER (PARTITION BY e.ticket_id ORDER BY e.pos)) AS team_before
    FROM e WHERE e.kind IN ('team', 'escalation')
),
told AS (
    SELECT s.*, b.tier AS tier_before, a.tier AS tier, CASE WHEN sets_team THEN to_value ELSE team_before END AS team_after,
        s.kind = 'team' AND coalesce(a.tier > b.tier, FALSE) AS is_raise
    FROM steps AS s LEFT JOIN teams AS b ON b.team_id = s.team_before LEFT JOIN teams AS a ON a.team_id = s.to_value
)
SELECT *, coalesce(team_after <> team_before, FALSE) AS is_handoff,
    is_raise OR (kind = 'escalation' AND NOT (sets_team AND coalesce(team_after = team_before, FALSE)
        AND coalesce(lag(is_raise) OVER (PARTITION BY ticket_id ORDER BY pos), FALSE))) AS is_escalation
FROM told;

-- The first response, and the technician's public replies.
CREATE TABLE human_replies AS
SELECT ticket_id, s, pos FROM e WHERE kind = 'reply' AND actor = 'technician' AND coalesce(is_public, TRUE);
CREATE TABLE answered AS
SELECT t.ticket_id,
    CASE WHEN t.opened_by = 'technician' AND t.channel IN ('phone', 'chat', 'walk_in') THEN t.c
         WHEN t.ticket_id IN (SELECT ticket_id FROM e WHERE kind = 'reply')
             THEN (SELECT arg_min(r.s, r.pos) FROM human_replies AS r WHERE r.ticket_id = t.ticket_id)
         WHEN at_s(t.first_response_at) <= as_of() THEN at_s(t.first_response_at) END AS s
FROM t;

-- The first contact: the opening, or for what a robot opened the requester's first message; what comes later than ten minutes after it is another.
CREATE TABLE further_contacts AS
SELECT t.ticket_id, q.pos FROM t JOIN e AS q ON q.ticket_id = t.ticket_id AND q.kind = 'reply' AND q.actor = 'requester'
WHERE q.s > 600 + CASE WHEN t.opened_by = 'automation' THEN (SELECT min(o.s) FROM e AS o WHERE o.ticket_id = t.ticket_id AND o.kind = 'reply'
    AND o.actor = 'requester') ELSE t.c END;
